"""Read the command lines of all processes; the grader's tells where the course is.

kind: reading
attacks: cell
mentions: PermissionError
twin: yes
needs: landlock
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
