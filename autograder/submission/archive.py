"""Look into a zip in memory. Nothing is ever extracted: members are read one at a time, and only
those that are asked for.
"""

import contextlib
import io
import stat
import zipfile

from autograder.submission import limits
from autograder.submission.text import Problems, clean
from autograder.submission.tree import Budget, Kind, Parts, Refused, read_all, show

# The other methods may ask for gigabytes of dictionary.
_USUAL_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_ENCRYPTED = 0x1
_UTF8_NAME = 0x800
_CENTRAL_HEADER = b"PK\x01\x02"
_REMAKE = "Make the zip anew, for example with make_submission.py."


class ArchiveTree:
    """The members of a zip. A member that could mislead an unpacker is refused, with a problem, and
    the others stay.
    """

    def __init__(self, data: bytes, where: str, problems: Problems, budget: Budget):
        """Raises Refused where `data` is not a zip that can be read."""
        # Each member costs at least one such header; counting them first keeps zipfile from
        # building a million objects.
        for _ in range(min(data.count(_CENTRAL_HEADER), limits.ENTRIES + 1)):
            budget.take_entry()
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            members = self._zip.infolist()
        except Exception as error:  # a damaged archive can raise nearly anything
            raise Refused(
                f"{where} is not a zip that can be read ({_reason(error)}). {_REMAKE}"
            ) from None
        self._budget = budget
        self._members: dict[Parts, zipfile.ZipInfo] = {}
        self._duplicates: set[Parts] = set()
        self._folders: dict[Parts, dict[str, Kind]] = {(): {}}
        for member in members:
            try:
                self._add(member)
            except Refused as refused:
                problems.add(str(refused))

    def children(self, folder: Parts) -> dict[str, Kind]:
        return self._folders.get(folder, {})

    def read(self, file: Parts, limit: int) -> bytes:
        where = show(file)
        if file in self._duplicates:
            raise Refused(
                f"{where} is in the archive more than once, and which one counts is unclear. "
                f"{_REMAKE}"
            )
        member = self._members[file]
        if member.flag_bits & _ENCRYPTED:
            raise Refused(f"{where} is encrypted. Make the zip anew, without a password.")
        if member.compress_type not in _USUAL_METHODS:
            raise Refused(
                f"{where} is compressed in an unusual way. Make the zip anew, with the usual "
                "method (deflate)."
            )
        # zipfile stops at the size that the header claims, and then compares the checksum: a lie
        # told twice could cut a program short. So it reads to the end of the stream, as we count.
        member.file_size = limits.EXPANDED + 1
        try:
            with self._zip.open(member) as stream:
                return read_all(stream.read, where, limit, self._budget)
        except Refused:
            raise
        except Exception as error:  # as above: a damaged member can raise nearly anything
            raise Refused(
                f"{where} is damaged in the archive ({_reason(error)}). {_REMAKE}"
            ) from None

    def _add(self, member: zipfile.ZipInfo) -> None:
        parts, is_folder = _parts(member)
        if not parts:
            return
        kind = _kind(member, is_folder)
        for depth in range(1, len(parts)):
            self._note(parts[:depth], "folder")
        self._note(parts, kind)
        if kind == "file":
            if parts in self._members:
                self._duplicates.add(parts)
            self._members[parts] = member

    def _note(self, parts: Parts, kind: Kind) -> None:
        """Remember an entry; a folder wins over anything else of its name, a link over a file."""
        siblings = self._folders.setdefault(parts[:-1], {})
        rank = ["file", "other", "folder"]
        siblings[parts[-1]] = max(siblings.get(parts[-1], "file"), kind, key=rank.index)
        if kind == "folder":
            self._folders.setdefault(parts, {})


def _parts(member: zipfile.ZipInfo) -> tuple[Parts, bool]:
    """The path of a member and whether its name is a folder's. Raises Refused for a path that could
    lead elsewhere.
    """
    name = member.orig_filename
    if not member.flag_bits & _UTF8_NAME:
        # Without the flag the format says code page 437, but macOS and some other programs write
        # UTF-8.
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    where = f"The member {clean(name)}"
    if "\0" in name:
        raise Refused(f"{where} has a zero byte in its name and is not read. {_REMAKE}")
    name = name.replace("\\", "/")
    if name.startswith("/") or name[1:2] == ":":
        raise Refused(f"{where} has an absolute path and is not read. {_REMAKE}")
    if name.count("/") > limits.DEPTH:
        raise Refused(
            f"{where} lies more than {limits.DEPTH} folders deep and is not read. {_REMAKE}"
        )
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    if ".." in parts:
        raise Refused(f"{where} has '..' in its path and is not read. {_REMAKE}")
    return parts, name.endswith("/")


def _kind(member: zipfile.ZipInfo, is_folder: bool) -> Kind:
    kind = stat.S_IFMT(member.external_attr >> 16)  # 0 where the program left it out
    if is_folder or kind == stat.S_IFDIR:
        return "folder"
    return "file" if kind in (0, stat.S_IFREG) else "other"


def _reason(error: Exception) -> str:
    return clean(str(error) or type(error).__name__)
