"""Mount an empty file system over a folder.

kind: escaping
attacks: cell
mentions: the attack failed
twin: no: it would change the machine
"""

import ctypes


def attack():
    return ctypes.CDLL(None, use_errno=True).mount(b"none", b"/mnt", b"tmpfs", 0, None) == 0
