"""The graders that are compared, each set up as an instructor would who had only that one.

They differ in how they run the checks, not in what they check: all of them reach the same test files.
"""

import json
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from benchmarks.graders.measure import Command
from benchmarks.graders.setting import Setting, Student

Scores = dict[str, float]
"""The share of its checks that pass, for every task."""


class Contestant:
    """One grader.

    Attributes:
        name: for people.
        batch: whether one command grades a whole class.
        at_once: how many submissions are graded at a time.
        output: where the results of the present run go.
    """

    name: str
    batch = False
    at_once = 2

    def __init__(self, setting: Setting):
        self.setting = setting
        self.output = Path()
        self.home = setting.folder(type(self).__name__)
        self.set_up()

    def set_up(self) -> None:
        """What an instructor prepares once, in `home`; not measured."""

    def commands(self, students: list[Student]) -> list[Command]:
        """What grades the students, into a new output folder."""
        self.output = self.setting.folder(type(self).__name__, "output")
        self.before(students)
        if self.batch:
            return [self._command(self.grade_class(students), None)]
        return [self._command(self.grade(student), student) for student in students]

    def before(self, students: list[Student]) -> None:
        """Put hand-ins into the form that this grader takes; not measured."""

    def grade(self, student: Student) -> list[str]:
        """The command for one student."""
        raise NotImplementedError

    def grade_class(self, students: list[Student]) -> list[str]:
        """The command for all students."""
        raise NotImplementedError

    def environment(self, student: Student | None) -> dict[str, str]:
        """For the process that grades one student, or a class."""
        return self.setting.environment(student)

    def begun(self) -> bool:
        """Whether what is done once for a class is done; never, where nothing is."""
        return False

    def result(self, student: Student) -> Path:
        """The file with a student's result."""
        raise NotImplementedError

    def read(self, student: Student) -> Scores:
        """The scores in that file."""
        raise NotImplementedError

    def scores(self, student: Student) -> Scores | None:
        """What a student got, None if there is no result, or no proper one."""
        try:
            return self.read(student)
        except (OSError, ValueError, KeyError, ElementTree.ParseError):
            return None

    def _command(self, arguments: list[str], student: Student | None) -> Command:
        log = self.output / f"{student.name if student else 'class'}.log"
        return Command(arguments, self.home, self.environment(student), log)


class Ours(Contestant):
    """`autograder grade` on a class, from the command line, isolated."""

    batch = True

    def __init__(self, setting: Setting, jobs: int = 2):
        self.at_once = jobs
        self.name = "autograder grade"
        super().__init__(setting)

    def grade_class(self, students: list[Student]) -> list[str]:
        course, name = str(self.setting.course.root), self.setting.policy.name
        folders = [str(student.folder) for student in students]
        options = ["-o", str(self.output), "--jobs", str(self.at_once)]
        command = [sys.executable, "-m", "autograder", "--course", course]
        return [*command, "grade", name, *folders, *options]

    def begun(self) -> bool:
        return any(self.output.glob("*/results.json"))

    def result(self, student: Student) -> Path:
        return self.output / student.name / "results.json"

    def read(self, student: Student) -> Scores:
        tests = json.loads(self.result(student).read_text())["tests"]
        checked = [(test["tags"][0], test["score"] == test["max_score"]) for test in tests]
        return shares(checked)


class OneProcess(Contestant):
    """The limit: the same checks in one warm process, without isolation."""

    name = "no isolation"
    batch = True
    at_once = 1

    def grade_class(self, students: list[Student]) -> list[str]:
        where = [str(self.setting.course.root), self.setting.policy.name, str(self.output)]
        module = "benchmarks.graders.in_one_process"
        folders = [str(student.folder) for student in students]
        return [sys.executable, "-m", module, *where, *folders]

    def begun(self) -> bool:
        return (self.output / "begun").exists()

    def result(self, student: Student) -> Path:
        return self.output / f"{student.name}.json"

    def read(self, student: Student) -> Scores:
        counts = json.loads(self.result(student).read_text())
        return {task: passed / every for task, (passed, every) in counts.items()}


def shares(checked: Iterable[tuple[str, bool]]) -> Scores:
    """Scores from the task of each check and whether it passed."""
    every, passed = Counter(), Counter()
    for task, passes in checked:
        every[task] += 1
        passed[task] += passes
    return {task: passed[task] / every[task] for task in every}
