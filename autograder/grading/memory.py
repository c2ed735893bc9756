"""Memory that nobody uses any more, back to the system."""

import ctypes
import functools
import sys


def give_back() -> None:
    """Return the free parts of the heap, which the C library would keep: less than a millisecond. Without effect where
    the C library cannot do it."""
    if (trim := _trim()) is not None:
        trim(0)


@functools.cache
def _trim():
    return getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
