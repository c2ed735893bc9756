"""What is compared: a course cut down to some tasks of one assignment, and a class that handed them in."""

import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ruamel.yaml import YAML

from autograder.course.course import POLICY_FILE, Course
from autograder.course.policy import AssignmentPolicy
from autograder.grading.misconceptions import misconceptions_of, variants_of
from autograder.release import checks
from autograder.testing.programs import Program
from benchmarks.graders.adapter import test_files

REPOSITORY = Path(__file__).parents[2]
_CONFTEST = "from benchmarks.graders.adapter import use_profile\n\nuse_profile()\n"
_PYTEST = "[pytest]\naddopts = -q --import-mode=importlib -p no:cacheprovider\n"
# Of five students in a row two have a mistake; whoever is measured on five is measured on the same mixture.
_MIXTURE = ("right", "wrong", "right", "wrong", "right")
_HOSTILE = """

def {function}(*args, **kwargs):
    {body}


if isinstance({name}, type):
    setattr({name}, "forward" if hasattr({name}, "forward") else "__init__", {function})
else:
    {name} = {function}
"""
HOSTILE = {
    "endless loop": "while True:\n        pass",
    "os._exit(0)": "import os\n\n    os._exit(0)",
}


@dataclass(frozen=True)
class Student:
    """One submission: a folder with the package in it."""

    name: str
    folder: Path


@dataclass(frozen=True)
class Setting:
    """The course with nothing but the tasks that are compared, and where everything is put.

    Attributes:
        work: a folder for all of it; whoever runs the benchmark removes it.
        course: the cut course.
        policy: the assignment of it.
        one_thread: whether every process has one thread; else their number is up to each grader.
    """

    work: Path
    course: Course
    policy: AssignmentPolicy
    one_thread: bool = True

    @property
    def tasks(self) -> list[str]:
        return list(self.policy.tasks)

    def environment(self, student: Student | None = None) -> dict[str, str]:
        """For a grader's process; with a student, the package of that one can be imported."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        paths = [*([student.folder] if student else []), self.course.root, REPOSITORY]
        if self.one_thread:
            kept |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
        return kept | {
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "CHECKS_COURSE": str(self.course.root),
            "CHECKS_ASSIGNMENT": self.policy.name,
            "CHECKS_EXAMPLES": str(self.policy.examples),
        }

    def folder(self, *names: str) -> Path:
        """A new, empty folder in `work`."""
        path = self.work.joinpath(*names)
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path


def make_setting(work: Path, assignment: str, tasks: list[str], one_thread: bool) -> Setting:
    """Copy what the tasks need of the course into `work`.

    Raises:
        PolicyError: there is no such assignment or task.
    """
    whole = Course(REPOSITORY)
    policy = whole.policy.assignment(assignment)
    for task in tasks:
        policy.task(task)
    yaml = YAML(typ="safe")
    content = yaml.load(REPOSITORY / POLICY_FILE)
    written = content["assignments"][assignment]
    if tasks:
        written["tasks"] = {task: written["tasks"][task] for task in policy.tasks if task in tasks}
    content["assignments"] = {assignment: written}
    root = work / "course"
    root.mkdir(parents=True)
    # JSON is YAML too.
    (root / POLICY_FILE).write_text(json.dumps(content))
    (root / "conftest.py").write_text(_CONFTEST)
    (root / "pytest.ini").write_text(_PYTEST)
    shutil.copy(checks.__file__, root)  # what public tests import by this name
    chosen = [
        *(path for task in written["tasks"] for path in test_files(whole.root, assignment, task)),
        *(whole.master(assignment) / policy.package).rglob("*.py"),
        *whole.hidden(assignment).glob("misconceptions*.py"),
        *whole.hidden(assignment).glob("variants*.py"),
    ]
    for path in chosen:
        target = root / path.relative_to(whole.root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    course = Course(root)
    return Setting(work, course, course.policy.assignment(assignment), one_thread)


def make_class(setting: Setting, size: int) -> list[Student]:
    """Students who handed in the reference, variants and misconceptions; always the same ones, no two alike."""
    right = [setting.course.reference_files(setting.policy)]
    right += _files_of(setting, variants_of(setting.course, setting.policy.name))
    wrong = _files_of(setting, misconceptions_of(setting.course, setting.policy.name))
    programs = {"right": right, "wrong": wrong}
    used = dict.fromkeys(programs, 0)
    students = []
    for number in range(size):
        kind = _MIXTURE[number % len(_MIXTURE)]
        files = programs[kind][used[kind] % len(programs[kind])]
        used[kind] += 1
        students.append(_hand_in(setting, "class", f"student{number + 1:04}", files))
    return students


def make_hostile(setting: Setting, kind: str) -> Student:
    """The reference, but what the task in the middle asks for never comes back from a call."""
    files = setting.course.reference_files(setting.policy)
    task = setting.policy.tasks[hostile_task(setting)]
    stem = task.module.replace(".", "/")
    path = next(path for path in files if path in (f"{stem}.py", f"{stem}/__init__.py"))
    broken = _HOSTILE.format(name=task.names[0], function="no_return", body=HOSTILE[kind])
    files = {**files, path: files[path] + broken.encode()}
    return _hand_in(setting, f"hostile-{list(HOSTILE).index(kind)}", "hostile", files)


def hostile_task(setting: Setting) -> str:
    """The task that `make_hostile` breaks."""
    return setting.tasks[len(setting.tasks) // 2]


def _files_of(setting: Setting, programs: Iterable[Program]) -> list[dict[str, bytes]]:
    """The programs of the tasks, the first of every task first."""
    by_task: dict[str, list[Program]] = {task: [] for task in setting.tasks}
    for program in programs:
        if program.task in by_task:
            by_task[program.task].append(program)
    longest = max(map(len, by_task.values()))
    in_turn = [found[n] for n in range(longest) for found in by_task.values() if n < len(found)]
    if not in_turn:
        raise SystemExit(f"{setting.policy.name} has no variants, or no misconceptions")
    return [program.files(setting.course.root, setting.policy) for program in in_turn]


def _hand_in(setting: Setting, group: str, name: str, files: dict[str, bytes]) -> Student:
    folder = setting.work / group / name
    for path, content in files.items():
        if path.endswith(".py"):
            target = folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content + f"\n# handed in by {name}\n".encode())
    return Student(name, folder)
