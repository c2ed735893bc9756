"""Signal the process that started this one; 0 tries only the permission.

kind: escaping
attacks: cell
mentions: PermissionError
twin: yes
"""

import os


def attack():
    os.kill(os.getppid(), 0)
    return True
