"""What a folder and an archive have in common: named entries below a root, and bytes that are
counted as they are read.
"""

from collections.abc import Callable
from typing import Literal, Protocol

from autograder.submission import limits
from autograder.submission.text import clean

Parts = tuple[str, ...]  # a path below the root, () for the root itself
Kind = Literal["file", "folder", "other"]  # other: a link or a special file, which is never read


class Refused(Exception):
    """Something is not read; the text says to people what, where, and what to do."""


class Tree(Protocol):
    """The readable side of a submission."""

    def children(self, folder: Parts) -> dict[str, Kind]:
        """The names in a folder. Raises Refused where it cannot be listed."""

    def read(self, file: Parts, limit: int) -> bytes:
        """The bytes of a regular file, at most `limit` of them. Raises Refused."""


class Budget:
    """What one submission may still cost."""

    def __init__(self) -> None:
        self.entries = limits.ENTRIES
        self.bytes = limits.EXPANDED

    def take_entry(self) -> None:
        self.entries -= 1
        if self.entries < 0:
            raise Refused(
                f"The submission has more than {limits.ENTRIES} entries and is not read. Hand in "
                "the package folder alone, without virtual environments, data or caches."
            )

    def take_bytes(self, size: int) -> None:
        self.bytes -= size
        if self.bytes < 0:
            raise Refused(
                f"The submission expands to more than {limits.in_mb(limits.EXPANDED)} and is not "
                "read further. Hand in the package folder alone."
            )


def show(parts: Parts) -> str:
    """A path for people."""
    return clean("/".join(parts[-limits.DEPTH :]))


def read_all(read: Callable[[int], bytes], where: str, limit: int, budget: Budget) -> bytes:
    """Everything that `read(size)` gives, at most `limit` bytes of it. Raises Refused."""
    chunks, size = [], 0
    while chunk := read(min(limits.MB, limit + 1 - size)):
        budget.take_bytes(len(chunk))
        size += len(chunk)
        if size > limit:
            raise Refused(
                f"{where} is larger than {limits.in_mb(limit)} and is not read. Make it smaller."
            )
        chunks.append(chunk)
    return b"".join(chunks)
