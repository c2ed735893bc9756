"""Have the machine to oneself: a test that is to decide about a time limit waits until no other one runs.

Every process that grades, of whatever command of the same user, holds a lock while it runs a test, together with all
others; who wants to be alone asks for it exclusively. A second lock is the gate: who waits to be alone stands in it, so
that no new test begins meanwhile.
"""

import contextlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

# Seconds to wait for others; then a test runs beside them, because many commands at once, each with programs that run into
# limits, would do little but wait. A verdict about a limit says that the machine was busy.
_PATIENCE = 20.0
_LOOK_AGAIN = 0.01  # seconds


class Place:
    """The two locks of a user's grading processes."""

    def __init__(self, folder: Path | None = None):
        self._folder = folder
        self._files: tuple[int, int] | None = None  # the gate, and what is behind it
        self._pid = 0  # of the process that opened them: a lock belongs to whoever opened its file

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """For the length of a with statement: one of those that run a test."""
        with self._hold(exclusive=False):
            yield

    @contextlib.contextmanager
    def alone(self) -> Iterator[bool]:
        """For the length of a with statement: the only one. False where that cannot be had."""
        with self._hold(exclusive=True) as held:
            yield held

    @contextlib.contextmanager
    def _hold(self, exclusive: bool) -> Iterator[bool]:
        files = self._open()
        if files is None:
            yield False
            return
        gate, room = files
        held = _lock(gate, fcntl.LOCK_EX)
        try:
            held = _lock(room, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) and held
            if not exclusive:
                fcntl.flock(gate, fcntl.LOCK_UN)
            yield held
        finally:
            fcntl.flock(room, fcntl.LOCK_UN)
            fcntl.flock(gate, fcntl.LOCK_UN)

    def _open(self) -> tuple[int, int] | None:
        if self._files is None or self._pid != os.getpid():
            self._files, self._pid = None, os.getpid()
            if fcntl is not None:
                with contextlib.suppress(OSError):
                    self._files = self._open_files()
        return self._files

    def _open_files(self) -> tuple[int, int]:
        folder = self._folder or Path(tempfile.gettempdir()) / f"autograder-locks-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.is_symlink() or folder.stat().st_uid != os.getuid():
            raise PermissionError(f"{folder} is somebody else's")
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        gate, room = (os.open(folder / name, flags, 0o600) for name in ("gate", "room"))
        return gate, room


def _lock(file: int, kind: int) -> bool:
    """Take a lock, or give up after a long time."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(file, kind | fcntl.LOCK_NB)
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_AGAIN)


place = Place()
