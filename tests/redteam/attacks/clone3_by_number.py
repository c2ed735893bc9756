"""Fork by clone3, whose arguments a filter cannot see.

kind: escaping
attacks: cell
mentions: the attack failed
twin: yes
"""

import ctypes
import os
import signal
import struct


def attack():
    arguments = struct.pack("8Q", 0, 0, 0, 0, signal.SIGCHLD, 0, 0, 0)
    child = ctypes.CDLL(None, use_errno=True).syscall(435, arguments, len(arguments))
    if child == 0:
        os._exit(0)
    return child > 0 and os.waitpid(child, 0)[0] == child
