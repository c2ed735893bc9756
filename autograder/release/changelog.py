"""CHANGELOG.md: what students are told about changes, and the proof that they are told of every one.

    # Changes

    ## 1.1

    - `unroll` may get lengths of 0. If you have begun: nothing to do.

    ## 1.0 (2026-09-01)

    <!-- folder 1c2f0c5e8a3b9d47 -->

    - First version.

The newest entry comes first. One without the comment is a draft: the folder may change as long as there is one. Publishing
gives it a date and the digest of everything that students get, and whatever changes the folder after that needs a new entry.
The digest is the record: it needs no history, and the folder that was released last may be gone.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from autograder.release.errors import ReleaseError

CHANGELOG = "CHANGELOG.md"
FIRST = "# Changes\n\n## 1.0\n\n- First version.\n"

_HEADING = re.compile(r"## (\d+(?:\.\d+)*)(?: \((\d{4}-\d\d-\d\d)\))?")
_DIGEST = re.compile(r"<!-- folder ([0-9a-f]{16}) -->")
_SHOWN = 5  # files in one message


@dataclass(frozen=True)
class Entry:
    """One version.

    Attributes:
        version: as in the heading, such as "1.1".
        day: when it was published, as the heading has it; empty if it does not say.
        line: of the heading, counted from 1.
        digest: of the folder that was published; empty for a draft.
    """

    version: str
    day: str
    line: int
    digest: str


def read_entries(text: str, path: Path) -> list[Entry]:
    """The entries of a changelog, newest first, at least one.

    Args:
        text: the changelog.
        path: what messages call it.

    Raises:
        ReleaseError: there is no entry; one has a heading of another form or says nothing; versions do not rise; or a draft
            is not the newest.
    """
    lines = text.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("## ")]
    if not starts:
        raise ReleaseError(path, None, f"has no entry; a first one is\n\n{FIRST}")
    entries: list[Entry] = []
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        heading = _HEADING.fullmatch(lines[start].rstrip())
        if not heading:
            wrong = f"{lines[start]!r} is no heading of an entry, as '## 1.1' or '## 1.1 (2026-09-01)' is"
            raise ReleaseError(path, start + 1, wrong)
        inside = lines[start + 1 : end]
        digests = [found[1] for line in inside if (found := _DIGEST.fullmatch(line.strip()))]
        entry = Entry(heading[1], heading[2] or "", start + 1, "".join(digests[:1]))
        if not any(re.match(r"- \S", line) for line in inside):
            wrong = f"version {entry.version} says nothing: below it, write '- ' and what changed for students"
            raise ReleaseError(path, entry.line, wrong)
        if entries and not entry.digest:
            wrong = f"version {entry.version} was never published, and there is a newer one: make one entry of the two"
            raise ReleaseError(path, entry.line, wrong)
        if entries and _rank(entry.version) >= _rank(entries[-1].version):
            wrong = f"version {entry.version} stands below {entries[-1].version}; the newest comes first, each one once"
            raise ReleaseError(path, entry.line, wrong)
        entries.append(entry)
    return entries


def newest_entry(files: Mapping[str, bytes], path: Path, changed: list[str]) -> Entry:
    """The entry that tells students of the folder as it is.

    Args:
        files: path inside the folder -> content of everything that would be released, the changelog too.
        path: the changelog in the master copy, for messages.
        changed: files that differ from those released before, for messages.

    Raises:
        ReleaseError: there is no changelog, it is not in order, or the newest version was published and the folder is not what
            it was then.
    """
    if CHANGELOG not in files:
        raise ReleaseError(path, None, f"is missing; a first one is\n\n{FIRST}")
    newest = read_entries(files[CHANGELOG].decode(), path)[0]
    if newest.digest and newest.digest != digest_of(files):
        named = [name for name in changed if name != CHANGELOG]
        more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
        where = f" ({', '.join(named[:_SHOWN])}{more})" if named else ""
        raise ReleaseError(
            path,
            newest.line,
            f"version {newest.version} is published, and what students get has changed since{where}. Tell them: above this "
            f"line write an entry such as\n\n## {_next(newest.version)}\n\n- What changed, and what to do about work that is "
            "begun.\n",
        )
    return newest


def published(files: Mapping[str, bytes], newest: Entry, today: date) -> str:
    """The changelog with its draft published; as it is if there is none.

    Args:
        files: everything that is released; the changelog in it begins with `newest`.
        today: the date of the entry, unless its heading has one.
    """
    text = files[CHANGELOG].decode()
    if newest.digest:
        return text
    lines = text.splitlines()
    heading = f"## {newest.version} ({newest.day or today.isoformat()})"
    lines[newest.line - 1 : newest.line] = [heading, "", f"<!-- folder {digest_of(files)} -->"]
    return "\n".join(lines) + "\n"


def digest_of(files: Mapping[str, bytes]) -> str:
    """16 hexadecimal digits over names and contents of all files but the changelog."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        if name != CHANGELOG:
            digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def _rank(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _next(version: str) -> str:
    *front, last = _rank(version)
    return ".".join(map(str, [*front, last + 1]))
