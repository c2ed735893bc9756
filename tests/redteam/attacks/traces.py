"""Attach to the parent as a debugger.

kind: escaping
attacks: cell
mentions: the attack failed
twin: yes
"""

import ctypes


def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.ptrace(0, 0, None, None) == 0  # PTRACE_TRACEME, the mildest request
