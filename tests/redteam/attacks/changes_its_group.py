"""Join the group of the grader's files.

kind: escaping
attacks: cell
mentions: PermissionError
twin: root
"""

import os


def attack():
    os.setgroups([0])
    return True
