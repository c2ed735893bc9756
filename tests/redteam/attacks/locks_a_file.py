"""Hold a lock on a file that the grader may want.

kind: escaping
attacks: cell
mentions: PermissionError
twin: yes
"""

import fcntl
import os


def attack():
    with open(os.__file__) as file:
        fcntl.flock(file, fcntl.LOCK_SH)
    return True
