"""Have the kernel send a signal to the grader when a descriptor becomes ready.

kind: escaping
attacks: cell
mentions: PermissionError
twin: yes
"""

import fcntl
import os


def attack():
    reader, writer = os.pipe()
    fcntl.fcntl(reader, fcntl.F_SETOWN, os.getppid())
    os.close(reader)
    os.close(writer)
    return True
