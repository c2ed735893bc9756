"""What a class's results say about its students, and about its tests."""

import json
import statistics
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from autograder.course.policy import Policy
from autograder.results.folder import INSTRUCTOR, RESULTS
from autograder.results.gradebook import Grade, read_grades

MISCONCEPTION = "misconception: "
# Kinds of failure that a person should look at, and what they say.
_FLAGS = {
    "forbidden": "uses a library call that the task forbids",
    "timeout": "ran into a time limit",
    "died": "ended or crashed its own process",
    "malformed": "sent something that is no answer",
    "suite": "met a test that could not be used",
}
_LEAST_FOR_SUSPICION = 5  # students; with fewer, a correlation says nothing


@dataclass(frozen=True)
class TestOfStudent:
    """One test of one student."""

    number: str
    label: str
    passed: bool
    kind: str
    why: str
    seconds: float


@dataclass(frozen=True)
class Student:
    """One hand-in and all that is known of it."""

    grade: Grade
    tests: list[TestOfStudent]
    problems: list[str]
    flags: list[str]

    @property
    def key(self) -> str:
        return self.grade.key

    @property
    def seconds(self) -> float:
        return sum(test.seconds for test in self.tests)


@dataclass(frozen=True)
class TestOfClass:
    """One test over all students. `discrimination` is the correlation of passing it with the points of all other tests;
    None where everybody or nobody passes."""

    number: str
    label: str
    task: str
    passed: float
    discrimination: float | None
    suspicion: str = ""


@dataclass(frozen=True)
class ClassReport:
    """A whole class. `tasks` maps a task to the mean share of its points, `misconceptions` (task, name) to students."""

    assignment: str
    students: list[Student]
    tests: list[TestOfClass]
    tasks: dict[str, float]
    misconceptions: Counter = field(default_factory=Counter)

    @property
    def scores(self) -> list[float]:
        return [student.grade.score for student in self.students]

    @property
    def max_score(self) -> float:
        return max((student.grade.max_score for student in self.students), default=0.0)

    @property
    def flagged(self) -> list[Student]:
        return [student for student in self.students if student.flags]


def gather(folder: Path, policy: Policy) -> ClassReport:
    """Read a folder that `autograder grade -o` wrote.

    Raises:
        GradebookError: it is no such folder, or a result is missing.
    """
    assignment, grades = read_grades(folder, policy)
    results = [json.loads((folder / grade.key / RESULTS).read_text()) for grade in grades]
    students = [
        _student(folder, grade, content) for grade, content in zip(grades, results, strict=True)
    ]
    earned = [{test["number"]: test["score"] for test in content["tests"]} for content in results]
    tests = [_test(entry, earned) for entry in (results[0]["tests"] if results else [])]
    return ClassReport(
        assignment, students, tests, _tasks(results), _misconceptions(results, students)
    )


def _student(folder: Path, grade: Grade, content: dict) -> Student:
    notes = json.loads((folder / grade.key / INSTRUCTOR).read_text())
    tests = [
        TestOfStudent(
            entry["number"],
            entry["name"],
            note["status"] == "passed",
            note["kind"],
            note["why"],
            note["seconds"],
        )
        for entry, note in zip(content["tests"], notes["tests"], strict=True)
    ]
    kinds = Counter(test.kind for test in tests)
    flags = [f"{text} ({kinds[kind]} tests)" for kind, text in _FLAGS.items() if kinds[kind]]
    return Student(grade, tests, notes["problems"], flags)


def _test(entry: dict, earned: list[dict[str, float]]) -> TestOfClass:
    number = entry["number"]
    passed = [scores[number] > 0 for scores in earned]
    others = [sum(scores.values()) - scores[number] for scores in earned]
    share = sum(passed) / len(passed)
    discrimination = None
    if len(set(passed)) == 2 and len(set(others)) > 1:
        discrimination = statistics.correlation([float(value) for value in passed], others)
    return TestOfClass(
        number,
        entry["name"],
        entry["tags"][0],
        share,
        discrimination,
        _suspicion(share, discrimination, len(passed)),
    )


def _suspicion(share: float, discrimination: float | None, students: int) -> str:
    """Why a test may be wrong rather than the students; empty if nothing speaks for it."""
    if students < _LEAST_FOR_SUSPICION:
        return ""
    if share == 0:
        return "everybody fails it"
    if discrimination is not None and discrimination < 0:
        return "the best fail it more often than the weakest"
    return ""


def _tasks(results: list[dict]) -> dict[str, float]:
    shares: dict[str, list[float]] = {}
    for content in results:
        for name, task in content["extra_data"]["tasks"].items():
            shares.setdefault(name, []).append(task["score"] / task["max_score"])
    return {name: statistics.mean(values) for name, values in shares.items()}


def _misconceptions(results: list[dict], students: list[Student]) -> Counter:
    """(task, name) -> the students who were told of it, the most frequent first."""
    tasks = {test["number"]: test["tags"][0] for content in results for test in content["tests"]}
    found = Counter()
    for student in students:
        found.update(
            {
                (tasks[test.number], test.kind.removeprefix(MISCONCEPTION))
                for test in student.tests
                if test.kind.startswith(MISCONCEPTION)
            }
        )
    return Counter(dict(found.most_common()))
