"""Replace this process by another program, which would be free of Python.

kind: escaping
attacks: cell
mentions: PermissionError
twin: yes
"""

import os


def attack():
    if os.environ.get("REDTEAM_TWIN"):
        print("the attack succeeded", flush=True)
    os.execv("/bin/true", ["true"])
