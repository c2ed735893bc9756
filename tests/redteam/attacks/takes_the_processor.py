"""Take a higher priority, or one core for itself.

kind: escaping
attacks: cell
mentions: PermissionError
twin: yes
"""

import os


def attack():
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    return True
