"""Leave a note in a message queue.

kind: escaping
attacks: cell
mentions: the attack failed
twin: yes
"""

import ctypes


def attack():
    libc = ctypes.CDLL(None, use_errno=True)
    queue = libc.msgget(0, 0o1600)
    return queue >= 0 and libc.msgctl(queue, 0, None) == 0
