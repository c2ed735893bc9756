"""What programs ask for at home and a worker cannot give, replaced by something that does no harm.

Each stands for a call whose refusal would cost a program that is right: it asks for a number of threads, makes a lock for
processes that it never starts, looks up the name of its user, gives a copy of a file the times of the original.
"""

import multiprocessing.heap
import multiprocessing.synchronize
import os
import sys
import threading

import torch

try:
    import pwd
except ImportError:  # Windows
    pwd = None


def install() -> None:
    """Put all of them in place, in a worker."""
    os.chmod = os.chown = os.utime = _leave_attributes
    # A worker has one thread, and torch raises when it is told so twice.
    torch.set_num_threads = torch.set_num_interop_threads = _no_threads
    multiprocessing.synchronize._multiprocessing.SemLock = ThreadLock
    multiprocessing.heap.Arena._dir_candidates = []  # shared values lie in a temporary folder
    if pwd is not None:
        pwd.getpwuid = _own_entry(pwd.getpwuid)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib"].use = _keep_backend
        sys.modules["matplotlib.pyplot"].switch_backend = _keep_backend


def _leave_attributes(path, *_, dir_fd=None, follow_symlinks=True, **__) -> None:
    """Leave mode, owner or times of a file as they are, as on a file system without them.

    Raises:
        OSError: there is no such file.
    """
    os.stat(path, dir_fd=dir_fd, follow_symlinks=follow_symlinks)


def _keep_backend(backend, *, force=True) -> None:
    """Draw figures without a display, whatever is to show them."""


def _no_threads(number: int) -> None:
    """Take a number of threads, as torch does, and leave it at one."""
    if not isinstance(number, int) or number < 1:
        raise RuntimeError("the number of threads must be positive")


def _own_entry(look_up):
    """`pwd.getpwuid` with an entry for a user that the machine has no name for."""

    def getpwuid(uid):
        try:
            return look_up(uid)
        except KeyError:
            if uid != os.getuid():
                raise
            name, home = os.environ["USER"], os.environ["HOME"]
            return pwd.struct_passwd((name, "x", uid, uid, "", home, "/usr/sbin/nologin"))

    return getpwuid


class ThreadLock:
    """What `multiprocessing` makes its locks of, for the threads of one process."""

    SEM_VALUE_MAX = 2**31 - 1
    name = None  # what other processes would find it by
    handle = 0

    def __init__(self, kind: int, value: int, maxvalue: int, name: str, unlink: bool):
        self.kind = kind
        self.maxvalue = maxvalue
        self._value = value
        self._owner = None  # the thread that took it last, and how often
        self._taken = 0
        self._changed = threading.Condition()

    def acquire(self, block: bool = True, timeout: float | None = None) -> bool:
        with self._changed:
            if self._is_recursive and self._is_mine():
                self._taken += 1
                return True
            limit = timeout if block else 0
            if not self._changed.wait_for(lambda: self._value > 0, limit):
                return False
            self._value -= 1
            self._owner = threading.get_ident()
            self._taken += 1
            return True

    def release(self) -> None:
        with self._changed:
            if self._is_recursive:
                if not self._is_mine():
                    raise AssertionError("attempt to release recursive lock not owned by thread")
                self._taken -= 1
                if self._taken:
                    return
            else:
                if self._value >= self.maxvalue:
                    raise ValueError("semaphore or lock released too many times")
                self._taken -= 1
            self._value += 1
            self._changed.notify()

    @property
    def _is_recursive(self) -> bool:
        return self.kind == multiprocessing.synchronize.RECURSIVE_MUTEX

    def _is_mine(self) -> bool:
        return self._taken > 0 and self._owner == threading.get_ident()

    def _count(self) -> int:
        return self._taken

    def _get_value(self) -> int:
        return self._value

    def _is_zero(self) -> bool:
        return self._value == 0

    def _after_fork(self) -> None:
        """There are no other processes."""

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_) -> None:
        self.release()
