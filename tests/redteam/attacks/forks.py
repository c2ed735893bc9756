"""Fork a process that outlives the test.

kind: escaping
attacks: cell
mentions: PermissionError
twin: yes
"""

import os


def attack():
    child = os.fork()
    if child == 0:
        os._exit(0)
    return os.waitpid(child, 0)[0] == child
