"""Fork by the number of the system call, past libc.

kind: escaping
attacks: cell
mentions: the attack failed
twin: yes
"""

import ctypes
import os
import platform
import signal


def attack():
    number = {"x86_64": 56, "aarch64": 220}[platform.machine()]
    child = ctypes.CDLL(None, use_errno=True).syscall(number, signal.SIGCHLD, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    return child > 0 and os.waitpid(child, 0)[0] == child
