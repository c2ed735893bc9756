"""Read the memory of the parent with the system call that debuggers use.

kind: reading
attacks: cell
mentions: the attack failed
twin: root
"""

import ctypes
import os
import struct


def attack():
    with open("/dev/null") as _:
        libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(8)
    here = struct.pack("QQ", ctypes.addressof(buffer), 8)
    there = struct.pack("QQ", 0, 0)  # an empty read: only the permission is tried
    return libc.process_vm_readv(os.getppid(), here, 1, there, 1, 0) >= 0
