"""Signal every process that the user may signal; 0 tries only the permission.

kind: escaping
attacks: cell
mentions: PermissionError
twin: yes
"""

import os


def attack():
    os.kill(-1, 0)
    return True
