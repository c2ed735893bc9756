"""Fork twice, so that nobody waits for the grandchild, and write from there when the grader is done.

kind: tampering
attacks: cell
mentions: PermissionError
twin: yes
"""

import os


def attack():
    child = os.fork()
    if child == 0:
        os.setsid()
        os._exit(0 if os.fork() else 7)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status) == 0
