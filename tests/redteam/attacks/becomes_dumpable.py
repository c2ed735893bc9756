"""Let other processes of the same user look into this one.

kind: escaping
attacks: cell
mentions: the attack failed
twin: yes
"""

import ctypes


def attack():
    return ctypes.CDLL(None, use_errno=True).prctl(4, 1, 0, 0, 0) == 0
