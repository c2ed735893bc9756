"""The one error of this package that people see."""

from pathlib import Path

from autograder.errors import AutograderError


class ReleaseError(AutograderError):
    """A master copy cannot be released as it is.

    Attributes:
        file: the file in which something is wrong, or the folder.
        line: where in it, counted from 1; None when no line is to blame.
        wrong: what is wrong and what to do about it.
    """

    def __init__(self, file: str | Path, line: int | None, wrong: str) -> None:
        self.file, self.line, self.wrong = file, line, wrong
        super().__init__(f"{file}, line {line}: {wrong}" if line else f"{file}: {wrong}")
