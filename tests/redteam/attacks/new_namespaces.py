"""Make a user namespace, inside which it is root.

kind: escaping
attacks: cell
mentions: the attack failed
twin: yes
"""

import ctypes


def attack():
    return ctypes.CDLL(None, use_errno=True).unshare(0x10000000) == 0
