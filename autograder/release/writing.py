"""Compare a folder on disk with what belongs there, and replace it as a whole."""

import difflib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

IGNORED = ("__pycache__",)  # and whatever begins with a dot: made by running the tests


def compare(folder: Path, files: Mapping[str, bytes], shown_as: str) -> str:
    """A unified diff from a folder to what belongs there.

    Args:
        folder: may not exist.
        files: path inside it, with `/`, -> content.
        shown_as: what the diff calls the folder.

    Returns:
        The diff, one file after the other; empty if the folder has just these files.
    """
    present = _read(folder)
    parts = []
    for name in sorted(present.keys() | files.keys()):
        old, new = present.get(name), files.get(name)
        if old != new:
            parts.append(_diff(f"{shown_as}/{name}", old, new))
    return "".join(parts)


def changed_files(folder: Path, files: Mapping[str, bytes]) -> list[str]:
    """The names of all files that a folder does not have as they belong there, or has and should not."""
    present = _read(folder)
    return sorted(
        name for name in present.keys() | files.keys() if present.get(name) != files.get(name)
    )


def replace(folder: Path, files: Mapping[str, bytes]) -> None:
    """Put files in the place of a folder: either all of it is new or all as before.

    Args:
        folder: may not exist.
        files: path inside it, with `/`, -> content.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}.") as scratch:
        new, old = Path(scratch, "new"), Path(scratch, "old")
        new.mkdir()
        for name, content in files.items():
            path = new / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(0o644)
        if folder.exists():
            folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise


def _read(folder: Path) -> dict[str, bytes]:
    files = {}
    for directory, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not _is_ignored(name)]
        for name in names:
            if not _is_ignored(name):
                path = Path(directory, name)
                files[path.relative_to(folder).as_posix()] = path.read_bytes()
    return files


def _is_ignored(name: str) -> bool:
    return name in IGNORED or name.startswith(".")


def _diff(name: str, old: bytes | None, new: bytes | None) -> str:
    try:
        before, after = (
            (content or b"").decode().splitlines(keepends=True) for content in (old, new)
        )
    except UnicodeDecodeError:
        return f"Binary file {name} differs\n"
    before_name = "/dev/null" if old is None else f"a/{name}"
    after_name = "/dev/null" if new is None else f"b/{name}"
    lines = difflib.unified_diff(before, after, before_name, after_name)
    text = "".join(line if line.endswith("\n") else f"{line}\n" for line in lines)
    return text or f"--- {before_name}\n+++ {after_name}\n"  # an empty file comes or goes
