"""Read a master copy, and refuse one that lacks a part or holds something that has no place."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.course.course import Course
from autograder.course.policy import AssignmentPolicy
from autograder.course.policy_file import choice
from autograder.release.changelog import CHANGELOG
from autograder.release.errors import ReleaseError

HANDOUT, NOTEBOOK, TESTS = "README.md", "notebook.py", "tests"
COPIED = ("data", "figures")


@dataclass(frozen=True)
class Master:
    """The files of a master copy, by their path in it, with `/`.

    Attributes:
        texts: what is text: handout, changelog, modules, public tests, notebook. Lines end in \\n.
        copied: what travels as it is: data and figures.
    """

    texts: dict[str, str]
    copied: dict[str, bytes]


def read_master(course: Course, assignment: AssignmentPolicy) -> Master:
    """Read solutions/ASSIGNMENT.

    Raises:
        ReleaseError: a file is missing, has no place in a master copy, or is of a task that
            grading.yml does not have.
    """
    root = course.master(assignment.name)
    if not root.is_dir():
        raise ReleaseError(
            root, None, "there is no such folder, but grading.yml has the assignment"
        )
    master = Master({}, {})
    for path in _files(root):
        name = path.relative_to(root).as_posix()
        folder = name.partition("/")[0]
        if folder in COPIED and folder != name:
            master.copied[name] = path.read_bytes()
        elif name in (HANDOUT, CHANGELOG, NOTEBOOK) or (
            folder in (assignment.package, TESTS) and name.endswith(".py")
        ):
            master.texts[name] = _read_text(path)
        else:
            raise ReleaseError(
                path,
                None,
                f"has no place in a master copy, which is {HANDOUT}, {CHANGELOG}, {assignment.package}/*.py, "
                f"{TESTS}/*.py, {NOTEBOOK}, {'/, '.join(COPIED)}/",
            )
    for name in (HANDOUT, f"{assignment.package}/__init__.py"):
        if name not in master.texts:
            raise ReleaseError(root / name, None, "is missing")
    _check_tasks(course, assignment, master)
    return master


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name == "__pycache__":
            continue
        if path.is_symlink():
            raise ReleaseError(path, None, "is a link; put the file itself here")
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")  # universal newlines: \r\n becomes \n
    except UnicodeDecodeError as error:
        raise ReleaseError(path, None, f"is not UTF-8 text ({error.reason})") from None


def _check_tasks(course: Course, assignment: AssignmentPolicy, master: Master) -> None:
    """The tasks of grading.yml, the modules and the files of tests must go together."""
    root = course.master(assignment.name)
    hidden = course.hidden(assignment.name)
    for folder in (root / TESTS, hidden):
        for path in sorted(folder.glob("test_*.py")):
            task = path.stem.removeprefix("test_")
            if task not in assignment.tasks:
                raise ReleaseError(
                    path,
                    None,
                    f"grading.yml has no task {task!r} in {assignment.name}, only "
                    f"{choice(task, assignment.tasks)}",
                )
    for task in assignment.tasks.values():
        module = task.module.replace(".", "/")
        if not {f"{module}.py", f"{module}/__init__.py"} & master.texts.keys():
            wrong = f"is missing, but the task {task.name} is to be written in it"
            raise ReleaseError(root / f"{module}.py", None, wrong)
        if task.public_share > 0 and f"{TESTS}/test_{task.name}.py" not in master.texts:
            wrong = "is missing; for a task without public tests say public_share: 0 in grading.yml"
            raise ReleaseError(root / TESTS / f"test_{task.name}.py", None, wrong)
        if task.public_share < 1 and not (hidden / f"test_{task.name}.py").is_file():
            wrong = "is missing; for a task without hidden tests say public_share: 1 in grading.yml"
            raise ReleaseError(hidden / f"test_{task.name}.py", None, wrong)
