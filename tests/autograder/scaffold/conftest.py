"""A course to add to."""

from pathlib import Path

import pytest

from autograder.course.course import Course
from tests.autograder.minicourse import write_course


@pytest.fixture
def course(tmp_path) -> Course:
    return Course(write_course(tmp_path / "course"))


@pytest.fixture
def tree(course):
    """What is in the course now: path -> content."""

    def tree() -> dict[str, bytes]:
        paths = (path for path in sorted(course.root.rglob("*")) if path.is_file())
        return {path.relative_to(course.root).as_posix(): path.read_bytes() for path in paths}

    return tree


def without(text: str, added: list[str]) -> str:
    """A text less some lines that follow each other."""
    block = "".join(f"{line}\n" for line in added)
    assert text.count(block) == 1, text
    return text.replace(block, "")


@pytest.fixture
def root() -> Path:
    """The folder of this repository."""
    return Path(__file__).parents[3]
