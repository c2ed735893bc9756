"""Make a file in memory, which could be run or passed on.

kind: escaping
attacks: cell
mentions: PermissionError
twin: yes
"""

import os


def attack():
    os.close(os.memfd_create("redteam"))
    return True
