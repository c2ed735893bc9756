"""What a process has had of the machine, read from outside: what decides whether it has kept a time limit.

The time on the clock says how busy a machine is, not how much a program asks of it. The system knows how long a process
computed, and (Linux) how long it could have computed while others had every core.
"""

import contextlib
import ctypes
import functools
import time


class Clock:
    """The clocks of one process. Once `stop` is called they stand still."""

    def __init__(self, pid: int):
        self._id = _clock_of(pid)
        self._folder = f"/proc/{pid}"
        self._stopped: tuple[float, float] | None = None

    def used(self) -> float:
        """Seconds of processor time, of all its threads. The time on the clock where the system cannot say it."""
        if self._stopped is not None:
            return self._stopped[0]
        if self._id is None:
            return time.monotonic()
        try:
            return time.clock_gettime(self._id)
        except OSError:  # it is gone, and nobody has said so yet
            self._stopped = 0.0, 0.0
            return 0.0

    def delayed(self) -> float:
        """Seconds for which it was ready to compute and had no core; 0 where the system cannot say it."""
        return self._stopped[1] if self._stopped is not None else _delay(self._folder)

    def ready(self) -> bool:
        """Whether it computes, or would with a core."""
        with contextlib.suppress(OSError), open(f"{self._folder}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[0] == b"R"
        return False

    def stop(self) -> None:
        """Keep what the clocks say: soon the process is gone, and its number may be another one's."""
        if self._stopped is None:
            self._stopped = self.used(), self.delayed()


def own_delay() -> float:
    """Seconds for which the calling thread was ready to compute and had no core; 0 where the system cannot say it."""
    return _delay("/proc/thread-self")


def _delay(folder: str) -> float:
    with contextlib.suppress(OSError, ValueError), open(f"{folder}/schedstat", "rb") as file:
        return int(file.read().split()[1]) / 1e9
    return 0.0


@functools.cache
def _library():
    return getattr(ctypes.CDLL(None), "clock_getcpuclockid", None)


def _clock_of(pid: int) -> int | None:
    """The number of the clock of a process, None where there is none."""
    found = ctypes.c_int()
    if _library() is None or _library()(pid, ctypes.byref(found)) != 0:
        return None
    return found.value
