"""The hand-ins in a folder: Gradescope's export, Canvas's export, or one entry for each student.

Gradescope   submission_metadata.yml beside submission_N/ folders (Assignment > Review Grades > Export Submissions)
Canvas       name_LATE_user_submission_file.zip, flat (Assignment > Download Submissions)
plain        one folder, zip or notebook for each student; its name is the student's
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from autograder.course.policy import AssignmentPolicy
from autograder.errors import AutograderError
from autograder.submission import limits
from autograder.submission.folder import Opened
from autograder.submission.text import clean
from autograder.submission.tree import Budget, Refused

GRADESCOPE_INDEX = "submission_metadata.yml"
_CANVAS = re.compile(
    r"(?P<name>[^_]+)(?P<late>_LATE)?_(?P<user>\d+)_(?P<submission>\d+)_(?P<file>.+)"
)
_ARCHIVES = (".zip",)
_FILES = (*_ARCHIVES, ".ipynb")
_KEY_LENGTH = 100
_RESERVED = "roster.json"  # the file beside the folders that keys name


class LayoutError(AutograderError):
    """A folder holds no hand-ins, or its index cannot be read."""


@dataclass(frozen=True)
class HandIn:
    """One student's (or group's) work: where it is, and what the export says of it.

    `key` names its folder among the results and is different for each. `submitted` is a time with its zone, if known.
    """

    path: Path
    key: str
    people: list[dict[str, str]] = field(default_factory=list)
    submitted: datetime | None = None
    late: bool = False

    def entry(self) -> dict:
        """What the roster keeps of it."""
        return {
            "path": str(self.path.resolve()),
            "people": self.people,
            "submitted": self.submitted.isoformat() if self.submitted else None,
            "late": self.late,
        }


def one_hand_in(path: Path) -> HandIn:
    """A path as one submission, whatever is in it."""
    return HandIn(path, _key(path.name or path.resolve().name))


def all_hand_ins(paths: Iterable[Path], policy: AssignmentPolicy) -> list[HandIn]:
    """What there is to grade at some paths, each with a key of its own.

    Raises:
        LayoutError: there is nothing, or an export's index cannot be read.
    """
    found = [hand_in for path in paths for hand_in in _hand_ins(path, policy)]
    if not found:
        where = ", ".join(map(str, paths))
        raise LayoutError(
            f"there is nothing to grade in {where}: put one folder, zip or notebook for each student there"
        )
    return _with_own_keys(found)


def _hand_ins(path: Path, policy: AssignmentPolicy) -> list[HandIn]:
    """One submission, or those of a class, in the order of their names."""
    if not path.is_dir() or _is_one_submission(path, policy.package):
        return [one_hand_in(path)]
    if (path / GRADESCOPE_INDEX).is_file():
        return _gradescope(path)
    entries = _entries(path)
    canvas = [(entry, _CANVAS.fullmatch(entry.name)) for entry in entries]
    if all(match for _, match in canvas):
        return _canvas(canvas)
    return [HandIn(entry, entry.name if entry.is_dir() else entry.stem) for entry in entries]


def _is_one_submission(folder: Path, package: str) -> bool:
    """Whether a folder is itself a submission: the package at its root or one folder down, or one notebook."""
    if (folder / GRADESCOPE_INDEX).exists():
        return False
    if (folder / package).is_dir():
        return True
    entries = _entries(folder)
    if len(entries) == 1:
        return entries[0].suffix == ".ipynb" or (entries[0] / package).is_dir()
    return not entries


def _entries(folder: Path) -> list[Path]:
    """The folders, archives and notebooks in a folder that may be hand-ins."""
    return [
        entry
        for entry in sorted(folder.iterdir())
        if not entry.name.startswith((".", "__"))
        and (entry.is_dir() or entry.suffix.lower() in _FILES)
    ]


def _gradescope(folder: Path) -> list[HandIn]:
    """What the index lists. A student may have written it, into a submission that is then taken for a class."""
    index = folder / GRADESCOPE_INDEX
    try:
        content = YAML(typ="safe").load(_read(index))
        return [_gradescope_entry(folder, name, entry) for name, entry in sorted(content.items())]
    except (
        YAMLError,
        Refused,
        ValueError,
        RecursionError,
        AttributeError,
        TypeError,
        KeyError,
    ) as error:
        text = f"{index} is not the index of a Gradescope export ({type(error).__name__}: {error})"
        raise LayoutError(f"{text}; export the submissions again") from error


def _read(path: Path) -> str:
    opened = Opened(str(path), path.name)
    try:
        return opened.read(limits.EXPANDED, Budget()).decode()
    finally:
        opened.close()


def _gradescope_entry(folder: Path, name: str, entry: dict) -> HandIn:
    if name == ".." or Path(name).name != name:
        raise ValueError(f"{name!r} is no folder beside it")
    people = [
        {
            part: _scalar(person[f":{part}"])
            for part in ("name", "email", "sid")
            if person.get(f":{part}")
        }
        for person in entry[":submitters"]
    ]
    submitted = entry.get(":created_at")
    if not isinstance(submitted, datetime):
        submitted = None
    elif submitted.tzinfo is None:
        submitted = submitted.replace(tzinfo=UTC)  # what YAML says of a time without a zone
    key = "-".join(person.get("name", "") for person in people) or name
    return HandIn(folder / name, key, people, submitted)


def _scalar(value) -> str:
    """The text of a value; a list can be short in YAML, by its aliases, and endless as text."""
    if not isinstance(value, str | int | float):
        raise TypeError(f"a person's {type(value).__name__} is no text")
    return str(value)


def _canvas(entries: list[tuple[Path, re.Match]]) -> list[HandIn]:
    """One hand-in for each student: of several files the archive, or else the last."""
    chosen: dict[str, HandIn] = {}
    for entry, match in entries:
        before = chosen.get(match["user"])
        if before is not None and before.path.suffix in _ARCHIVES and entry.suffix not in _ARCHIVES:
            continue
        people = [{"name": match["name"], "sid": match["user"]}]
        chosen[match["user"]] = HandIn(entry, match["name"], people, late=match["late"] is not None)
    return list(chosen.values())


def _with_own_keys(found: list[HandIn]) -> list[HandIn]:
    """The same with keys that are fit for a file system and different, whatever the case of letters."""
    keys = [_key(one.key) for one in found]
    counts = Counter([_RESERVED, *(key.casefold() for key in keys)])
    numbers, result = dict.fromkeys(counts, 1), []
    for one, key in zip(found, keys, strict=True):
        own, name = key, key.casefold()
        while counts[own.casefold()] > 1 or (own != key and own.casefold() in counts):
            own = f"{key}.{numbers[name]}"
            numbers[name] += 1
        result.append(replace(one, key=own))
    return result


def _key(name: str) -> str:
    return re.sub(r"[^\w.\-]+", "_", clean(name, _KEY_LENGTH)).strip("._") or "unnamed"
