"""Read the memory of the process that started this one.

kind: reading
attacks: cell
mentions: PermissionError
twin: yes
"""

import os


def attack():
    with open(f"/proc/{os.getppid()}/maps") as file:
        return len(file.read()) > 0
