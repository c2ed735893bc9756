"""Use the kernel's interfaces for tracing: bpf, perf events, user faults.

kind: escaping
attacks: cell
mentions: the attack failed
twin: no: most machines refuse it to ordinary users
"""

import ctypes


def attack():
    call = ctypes.CDLL(None, use_errno=True).syscall
    attributes = ctypes.create_string_buffer(128)
    return (
        call(321, 0, attributes, 128) >= 0
        or call(298, attributes, 0, -1, -1, 0) >= 0
        or call(323, 0) >= 0
    )
