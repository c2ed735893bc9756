"""Read the command lines of all processes; that of the grader must not tell where the course is.

kind: reading
attacks: cell
mentions: PermissionError
twin: yes
"""

import os


def attack():
    for name in os.listdir("/proc"):
        try:
            with open(f"/proc/{name}/cmdline", "rb") as file:
                if b"redteam-course" in file.read():
                    return True
        except OSError:
            continue
    return False
