"""A worker's private folder: its working directory, its home and its temporary files in one place, gone with it.

Where the zygote can mount (root), each worker has a file system of its own in memory that no other process sees: the
kernel limits it and drops it with the worker. Elsewhere it is an ordinary folder, which Landlock alone opens to this
worker; the zygote looks at its size, ends a worker that goes too far, and removes the folder afterwards. Without
Landlock nothing could keep a worker's writes inside, so there is no folder and nothing can be written.
"""

import contextlib
import ctypes
import errno
import itertools
import os
import shutil
import tempfile

FILE = 8 * 2**20  # bytes of one file
TOTAL = 32 * 2**20  # bytes of all
ENTRIES = 1000  # files and folders
EVERY = 0.02  # seconds between two looks at an ordinary folder

_CLONE_NEWNS = 0x00020000
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_PRIVATE = 2, 4, 8, 0x4000, 1 << 18
_ROOMY = 4 * 2**30  # bytes free: workers can hold files open that are gone from their folders
_BLOCK = 512  # bytes, the unit of st_blocks


class Folders:
    """Where the workers of one zygote get their folders."""

    def __init__(self):
        """Raises OSError: there is no place where a folder can be made."""
        self._place = _place()
        self.base: str | None = None  # where they lie
        self._made: set[int] = set()  # the workers that may have an ordinary folder

    def open(self) -> None:
        """Be ready for workers; nothing is made before one is wanted."""
        if self.base is None:
            base = tempfile.mkdtemp(prefix="autograder-", dir=self._place)
            os.chmod(base, 0o711)  # workers have other users, and cannot list it
            self.base = os.path.realpath(base)
            self._mounts = _leave_mounts()

    def make(self, uid: int) -> str:
        """The folder of this process, a new worker that is going to be the user `uid`; its path."""
        if self._mounts:
            _mount(self.base, uid)
            return self.base
        path = self._path(os.getpid())
        os.mkdir(path, 0o700)
        os.chown(path, uid, -1)
        return path

    def forked(self, pid: int) -> None:
        """A worker was forked that makes itself a folder."""
        if not self._mounts:
            self._made.add(pid)

    def cloned(self) -> None:
        """This process is a copy of another zygote, whose workers are not its own. Its place is in that of the other, who
        removes it: copies are killed."""
        self._made.clear()
        self._place, self.base = self.base, None

    @property
    def ordinary(self) -> list[int]:
        """The workers with an ordinary folder, so that somebody has to look how full it is."""
        return list(self._made)

    def overfull(self) -> list[int]:
        """The workers whose folders hold more than they may."""
        return [pid for pid in self._made if is_overfull(self._path(pid))]

    def remove(self, pid: int) -> None:
        """Remove the folder of a worker that has ended."""
        if pid in self._made:
            self._made.remove(pid)
            empty(self._path(pid))
            with contextlib.suppress(OSError):
                os.rmdir(self._path(pid))

    def close(self) -> None:
        """Leave nothing."""
        if self.base is not None:
            empty(self.base)
            with contextlib.suppress(OSError):
                os.rmdir(self.base)

    def _path(self, pid: int) -> str:
        return os.path.join(self.base, str(pid))


def settle(path: str) -> None:
    """Live in a folder: work in it, have it as home, put temporary files there."""
    os.chdir(path)
    os.environ.update(HOME=path, TMPDIR=path)
    tempfile.tempdir = None  # as it was found before


def _place() -> str:
    """Memory, where there is much of it, else the folder for temporary files. Raises OSError."""
    with contextlib.suppress(OSError):
        if shutil.disk_usage("/dev/shm").free >= _ROOMY and os.access("/dev/shm", os.W_OK):
            return "/dev/shm"
    return tempfile.gettempdir()


def _leave_mounts() -> bool:
    """Get mounts of one's own, from which none leads to anybody else's; whether that is possible here."""
    libc = ctypes.CDLL(None, use_errno=True)
    return (
        hasattr(libc, "unshare")
        and libc.unshare(_CLONE_NEWNS) == 0
        and libc.mount(b"none", b"/", None, _MS_REC | _MS_PRIVATE, None) == 0
    )


def _mount(path: str, uid: int) -> None:
    """An empty file system in memory at `path`, for this process alone."""
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"size={TOTAL},nr_inodes={ENTRIES + 1},mode=0700,uid={uid}".encode()
    flags = _MS_NOSUID | _MS_NODEV | _MS_NOEXEC
    if (
        libc.unshare(_CLONE_NEWNS) != 0
        or libc.mount(b"worker", os.fsencode(path), b"tmpfs", flags, options) != 0
    ):
        code = ctypes.get_errno()
        raise OSError(code, f"no folder for a worker: {os.strerror(code)}")


def is_overfull(path: str) -> bool:
    """Whether a folder holds more than it may, in bytes or entries, or lies deeper than can be seen."""
    room, entries, waiting = TOTAL, 0, [path]
    while waiting:
        try:
            found = os.scandir(waiting.pop())
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:  # too deep to be looked at
                return True
            continue
        with found:
            for entry in found:
                entries += 1
                with contextlib.suppress(OSError):
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        room -= entry.stat(follow_symlinks=False).st_blocks * _BLOCK
                if room < 0 or entries > ENTRIES:
                    return True
    return False


def empty(path: str) -> None:
    """Remove all that lies in a folder, however deep: what is in a folder in it moves up first."""
    names = (os.path.join(path, f".moved-{number}") for number in itertools.count())
    while True:
        found = _scan(path)
        if not found:
            return
        for entry in found:
            for inner in _scan(entry.path) if entry.is_dir(follow_symlinks=False) else ():
                if not _gone(inner):
                    os.rename(inner.path, next(name for name in names if not os.path.lexists(name)))
            if not _gone(entry):
                return  # which nobody can explain; better a folder left than no end


def _scan(path: str) -> list[os.DirEntry]:
    with contextlib.suppress(OSError), os.scandir(path) as entries:
        return list(entries)
    return []


def _gone(entry: os.DirEntry) -> bool:
    """Remove a file or an empty folder; whether it is gone."""
    try:
        (os.rmdir if entry.is_dir(follow_symlinks=False) else os.unlink)(entry.path)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
