"""Open a path that a student may have prepared: component by component, following no link, waiting
for nothing.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from autograder.submission import limits
from autograder.submission.tree import Budget, Kind, Parts, Refused, read_all, show

# O_NONBLOCK lets the open of a FIFO return at once, so that it can be looked at and refused.
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_NOFOLLOW", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)
# Where descriptors cannot name folders (Windows), every component is looked at before it is opened
# instead. Somebody who can change the folder in between could still win, which matters only where
# strangers' work is graded: not there.
BY_DESCRIPTOR = (
    hasattr(os, "O_NOFOLLOW") and os.open in os.supports_dir_fd and os.scandir in os.supports_fd
)


def _is_link(status: os.stat_result) -> bool:
    junction = getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", -1)  # Windows only
    return stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) == junction


def _kind(status: os.stat_result) -> Kind:
    if stat.S_ISREG(status.st_mode):
        return "file"
    return "folder" if stat.S_ISDIR(status.st_mode) and not _is_link(status) else "other"


def _refusal(error: OSError, where: str) -> Refused:
    if error.errno in (errno.ELOOP, errno.EMLINK):
        return Refused(
            f"{where} is a link, and links are not followed. Hand in the file or folder itself."
        )
    if error.errno == errno.ENXIO:
        return Refused(f"{where} is not a regular file and is not read. Hand in plain files only.")
    reason = os.strerror(error.errno) if error.errno else "unknown error"
    return Refused(f"{where} cannot be read: {reason}. Check its permissions and hand it in again.")


class Opened:
    """A file or folder held open while it is read. `close` it."""

    def __init__(self, path: str, where: str, parent: "Opened | None" = None):
        """`path` is a whole path, or a name in `parent`.

        Raises Refused, and FileNotFoundError or NotADirectoryError where nothing is there.
        """
        self.where = where
        self._path = os.path.join(parent._path, path) if parent else path
        self._fd = None
        try:
            if BY_DESCRIPTOR:
                self._fd = os.open(path, _FLAGS, dir_fd=parent._fd if parent else None)
                self.kind = _kind(os.fstat(self._fd))
            else:
                status = os.lstat(self._path)
                if _is_link(status):
                    raise OSError(errno.ELOOP, "a link")
                self.kind = _kind(status)
                if self.kind == "file":
                    self._fd = os.open(self._path, _FLAGS)
                    self.kind = _kind(os.fstat(self._fd))
            if self.kind == "other":
                self.close()
                raise OSError(errno.ENXIO, "a special file")
        except (FileNotFoundError, NotADirectoryError):
            raise
        except OSError as error:
            raise _refusal(error, where) from None

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def entries(self) -> Iterator[os.DirEntry]:
        """The entries of a folder. Raises Refused."""
        try:
            with os.scandir(self._fd if BY_DESCRIPTOR else self._path) as entries:
                yield from entries
        except OSError as error:
            raise _refusal(error, self.where) from None

    def read(self, limit: int, budget: Budget) -> bytes:
        """The bytes of a regular file. Raises Refused."""
        if self.kind != "file":
            raise Refused(
                f"{self.where} is a folder where a file is expected. Hand in plain files."
            )
        try:
            return read_all(lambda size: os.read(self._fd, size), self.where, limit, budget)
        except OSError as error:
            raise _refusal(error, self.where) from None


class FolderTree:
    """A folder that is already open.

    A file whose name has backslashes, as some programs unpack a zip from Windows, lies in the folders
    that the name tells.
    """

    def __init__(self, root: Opened, budget: Budget):
        self._root = root
        self._budget = budget
        self._listed: dict[Parts, dict[str, Kind]] = {}
        self._told: dict[Parts, dict[str, Kind]] = {}  # folders that only names of files tell of
        self._names: dict[Parts, Parts] = {}  # of files in these: their path on the disk

    def children(self, folder: Parts) -> dict[str, Kind]:
        if folder not in self._listed:
            self._listed[folder] = {} if folder in self._told else self._list(folder)
        return self._told.get(folder, {}) | self._listed[folder]

    def read(self, file: Parts, limit: int) -> bytes:
        with self._open(self._names.get(file, file)) as opened:
            return opened.read(limit, self._budget)

    def _list(self, folder: Parts) -> dict[str, Kind]:
        found: dict[str, Kind] = {}
        with self._open(folder) as opened:
            if opened.kind != "folder":
                raise Refused(f"{show(folder)} is not a folder any more. Hand the folder in again.")
            for entry in opened.entries():
                self._budget.take_entry()
                try:
                    found[entry.name] = _kind(entry.stat(follow_symlinks=False))
                except OSError:
                    found[entry.name] = "other"
        for name in [name for name, kind in found.items() if kind == "file" and "\\" in name]:
            self._unfold(folder, name, found)
        return found

    def _unfold(self, folder: Parts, name: str, found: dict[str, Kind]) -> None:
        """Remember where a file with backslashes in its name lies, unless something real is there."""
        parts = tuple(part for part in name.split("\\") if part not in ("", "."))
        too_deep = len(folder) + len(parts) > limits.DEPTH
        if len(parts) < 2 or ".." in parts or too_deep or parts[0] in found:
            return
        for depth, part in enumerate(parts):
            kind: Kind = "file" if depth == len(parts) - 1 else "folder"
            siblings = self._told.setdefault((*folder, *parts[:depth]), {})
            if siblings.setdefault(part, kind) != kind:
                return
        self._names.setdefault((*folder, *parts), (*folder, name))

    @contextmanager
    def _open(self, parts: Parts) -> Iterator[Opened]:
        """Walk down from the root, holding only the last component open."""
        current = self._root
        try:
            for depth, name in enumerate(parts, 1):
                above, where = current, show(parts[:depth])
                try:
                    current = Opened(name, where, above)
                except (FileNotFoundError, NotADirectoryError):
                    raise Refused(
                        f"{where} has gone while it was read. Hand the folder in again."
                    ) from None
                finally:
                    if above is not self._root:
                        above.close()
            yield current
        finally:
            if current is not self._root:
                current.close()
