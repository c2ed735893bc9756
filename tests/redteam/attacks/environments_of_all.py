"""Read a secret in the environment of every process.

kind: reading
attacks: cell
mentions: PermissionError | the attack failed
twin: yes
"""

import os


def attack():
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/environ", "rb") as file:
                if b"REDTEAM_SECRET=" in file.read():
                    return True
        except OSError:
            continue
    return False
