"""How much a first wrong attempt at a whole assignment prints: lines of `pytest` in the student's folder.

    python -m benchmarks.first_attempts [ASSIGNMENT ...]

An attempt makes one mistake in every task at once: the first of each task's misconceptions, the second, and so on, as far
as they are edits of the reference; and one that only begins, each function of which ends in the same broken line.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from autograder.course.course import Course
from autograder.course.policy import AssignmentPolicy
from autograder.grading.misconceptions import misconceptions_of
from autograder.release.folder import RELEASED, build_stubs
from autograder.testing.sources import replace_texts

ROOT = Path(__file__).parents[1]
MISTAKES = 4  # of each task, one attempt for each


def attempts(course: Course, policy: AssignmentPolicy) -> dict[str, dict[str, bytes]]:
    """What an attempt is called -> the files of its package."""
    wrong = misconceptions_of(course, policy.name)
    found = {}
    for number in range(MISTAKES):
        files = course.reference_files(policy)
        for task in policy.tasks.values():
            edits = [each.edits for each in wrong if each.task == task.name and each.edits]
            path = task.module.replace(".", "/") + ".py"
            source = files[path].decode()
            chosen = edits[number % len(edits)]
            files[path] = replace_texts(source, task.names, chosen).encode()
        found[f"mistake {number + 1} of each task"] = files
    stubs = build_stubs(course, policy)
    found["a broken line in each module"] = {
        path: _broken(text.decode()).encode() for path, text in stubs.items()
    }
    return found


def _broken(source: str) -> str:
    """Each body that was to be written calls one helper, whose only line raises."""
    begun = re.sub(r"raise NotImplementedError\(.\w+: not started.\)", "return _begin()", source)
    return f"{begun}\n\ndef _begin():\n    return missing\n" if begun != source else source


def printed(course: Course, policy: AssignmentPolicy, files: dict[str, bytes]) -> str:
    """What pytest prints in a student's folder with this package, in a terminal of 80 columns."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name, policy.name)
        shutil.copytree(course.root / RELEASED / policy.name, folder)
        for path, content in files.items():
            (folder / path).write_bytes(content)
        environment = {**os.environ, "COLUMNS": "80", "PYTHONDONTWRITEBYTECODE": "1"}
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:xdist"]
        ran = subprocess.run(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, encoding="utf-8"
        )
        return ran.stdout


def main() -> None:
    course = Course(ROOT)
    table = Table("assignment", "attempt", "lines", title="lines that pytest prints")
    for name in sys.argv[1:] or course.policy.assignments:
        policy = course.policy.assignment(name)
        for what, files in track(attempts(course, policy).items(), name, transient=True):
            table.add_row(name, what, str(len(printed(course, policy, files).splitlines())))
    Console().print(table)


if __name__ == "__main__":
    main()
