"""Take the user of the grader back.

kind: escaping
attacks: cell
mentions: PermissionError
twin: root
"""

import os


def attack():
    os.setresuid(0, 0, 0)
    return True
