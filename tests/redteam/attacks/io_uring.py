"""Open sockets and files through io_uring, which filters of system calls do not see.

kind: escaping
attacks: cell
mentions: the attack failed
twin: no: many machines switch io_uring off
"""

import ctypes


def attack():
    parameters = ctypes.create_string_buffer(120)
    return ctypes.CDLL(None, use_errno=True).syscall(425, 4, parameters) >= 0
