"""Run a program that changes the user by its mode.

kind: escaping
attacks: cell
mentions: PermissionError | FileNotFoundError
twin: yes
"""

import os
import subprocess


def attack():
    program = next(
        path for path in ("/usr/bin/su", "/bin/su", "/bin/mount") if os.path.exists(path)
    )
    return subprocess.run([program, "--help"], capture_output=True).returncode == 0
