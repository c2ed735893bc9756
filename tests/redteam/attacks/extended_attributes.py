"""Leave a note in the attributes of a file that it owns, by the newest system call for it.

kind: escaping
attacks: cell
mentions: the attack failed
twin: no: kernels before 6.13 lack the call
"""

import ctypes
import struct


def attack():
    note = ctypes.create_string_buffer(b"remembered")
    arguments = struct.pack("QII", ctypes.addressof(note), len(note), 0)
    name, call = b"OWNED", ctypes.CDLL(None, use_errno=True).syscall
    return call(463, -100, name, 0, b"user.redteam", arguments, len(arguments)) == 0
