"""Leave a note in the kernel's key ring of the user.

kind: escaping
attacks: cell
mentions: the attack failed
twin: no: containers refuse it
"""

import ctypes


def attack():
    return (
        ctypes.CDLL(None, use_errno=True).syscall(250, 0, -3, 1) >= 0
    )  # keyctl: the session's ring
