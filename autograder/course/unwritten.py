"""What a scaffold left for a person to write: every place says so in the same words, and is found by them."""

from collections.abc import Iterator
from pathlib import Path

from autograder.course.course import Course
from autograder.course.policy import AssignmentPolicy

FILL_IN = "FILL IN:"
NO_REFERENCE = f"{FILL_IN} the reference"
_OF_A_TASK = ("test", "misconceptions", "variants")  # KIND_TASK.py


def unwritten_places(
    course: Course, assignment: AssignmentPolicy, task: str = ""
) -> list[tuple[Path, int, str]]:
    """Where in the master copy and the hidden tests of an assignment something is to be filled in.

    Args:
        task: leave out the files of the other tasks.

    Returns:
        File, line counted from 1, and what is to be written there.
    """
    others = [name for name in assignment.tasks if task not in ("", name)]
    skipped = {f"{kind}_{name}.py" for kind in _OF_A_TASK for name in others}
    return [
        (path, number, line[line.index(FILL_IN) :].split('"')[0].strip(" ',`"))
        for folder in (course.master(assignment.name), course.hidden(assignment.name))
        for path in _texts(folder)
        if path.name not in skipped
        for number, line in enumerate(
            path.read_text(encoding="utf-8", errors="replace").splitlines(), 1
        )
        if FILL_IN in line
    ]


def _texts(folder: Path) -> Iterator[Path]:
    """The programs and Markdown files in a folder, handouts first."""
    for pattern in ("*.md", "*.py"):
        yield from sorted(path for path in folder.rglob(pattern) if path.is_file())
