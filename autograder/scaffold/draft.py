"""Files that are to be written: all of them, or none."""

import contextlib
from pathlib import Path

from autograder.errors import AutograderError


class ScaffoldError(AutograderError):
    """Something cannot be added to the course."""


class Draft:
    """New texts of files in a course, over those on disk. Nothing is on disk before `commit`.

    Args:
        root: the folder of the course.

    Attributes:
        notes: path -> what is new in the file, in the order of writing.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._texts: dict[Path, str] = {}
        self.notes: dict[Path, str] = {}

    def read(self, path: Path) -> str | None:
        """The text of a file as it will be; None if there is no such file."""
        if path not in self._texts and path.is_file():
            # Not read_text, which would turn the ends of all lines into \n.
            return path.read_bytes().decode()
        return self._texts.get(path)

    def create(self, path: Path, text: str, note: str) -> None:
        """A new file.

        Raises:
            ScaffoldError: there is one already.
        """
        if path.exists() or path in self._texts:
            raise ScaffoldError(
                f"{path.relative_to(self._root)} is there already; move it away first, or choose another name"
            )
        self.change(path, text, note)

    def change(self, path: Path, text: str, note: str) -> None:
        """A new text for a file that may be there."""
        self._texts[path] = text
        self.notes[path] = f"{self.notes[path]}; {note}" if path in self.notes else note

    def commit(self) -> None:
        """Write all files. If one cannot be written, none is: full disks and closed folders show before anything changes."""
        with contextlib.ExitStack() as undo:
            written: list[tuple[Path, Path]] = []
            for path, text in self._texts.items():
                for folder in reversed([f for f in path.parents if not f.exists()]):
                    folder.mkdir()
                    undo.callback(folder.rmdir)
                new = path.with_name(f".{path.name}.new")
                undo.callback(new.unlink, missing_ok=True)
                new.write_bytes(text.encode())
                written.append((new, path))
            for new, path in written:
                if path.exists():
                    undo.callback(path.write_bytes, path.read_bytes())
                else:
                    undo.callback(path.unlink, missing_ok=True)
                new.replace(path)
            undo.pop_all()
