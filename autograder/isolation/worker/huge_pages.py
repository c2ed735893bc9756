"""Cheaper forks: put a process's own memory into huge pages.

A fork copies one page-table entry for each page that the parent has written, and the child's end frees them again. After
`import torch` that is some 55,000 entries of 4 KiB; in pages of 2 MiB it is about a hundred.
"""

import ctypes
import sys

_MADV_COLLAPSE = 25  # Linux 6.1 and newer; linux/mman.h
_SIZE = 2**21


def collapse() -> int:
    """Collapse the heap and the anonymous mappings of this process; returns the bytes it worked for, 0 where the system
    cannot do it."""
    if sys.platform != "linux":
        return 0
    libc = ctypes.CDLL(None)
    done = 0
    with open("/proc/self/maps") as file:
        lines = file.read().splitlines()
    for line in lines:
        addresses, permissions, _, _, _, *name = line.split(maxsplit=5)
        if permissions != "rw-p" or name not in ([], ["[heap]"]):
            continue
        start, end = (int(part, 16) for part in addresses.split("-"))
        start, end = -(-start // _SIZE) * _SIZE, end // _SIZE * _SIZE
        if (
            start < end
            and libc.madvise(ctypes.c_void_p(start), ctypes.c_size_t(end - start), _MADV_COLLAPSE)
            == 0
        ):
            done += end - start
    return done
