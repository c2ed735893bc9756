"""Leave a note in shared memory of System V, which stays until somebody removes it.

kind: escaping
attacks: cell
mentions: the attack failed
twin: yes
"""

import ctypes


def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    segment = libc.shmget(0, 4096, 0o1600)
    return segment >= 0 and libc.shmctl(segment, 0, None) == 0
