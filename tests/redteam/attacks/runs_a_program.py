"""Run a program.

kind: escaping
attacks: cell
mentions: PermissionError
twin: yes
"""

import subprocess


def attack():
    return subprocess.run(["/bin/true"], check=True).returncode == 0
