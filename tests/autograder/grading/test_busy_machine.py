"""The same submission gets the same score on any machine, however busy."""

import contextlib
import subprocess
import sys

import pytest

from autograder.course.course import Course
from autograder.grading.grader import Whole
from autograder.grading.starting import with_pool
from autograder.submission import Submission
from tests.autograder.minicourse import GRADING, HEAD, RIGHT, write_course

BUSY = (0, 8, 16)
LIMITS = "call: 0.25s, test: 0.75s"
_LOOP = "import time\nend = time.monotonic() + 240\nwhile time.monotonic() < end: pass\n"
_BURN = """
def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass

"""
IN_SCALE, IN_CELL = "    return factor * x", "        return (x"


def doing(line: str, place: str) -> str:
    """The right program, which does something before it returns."""
    indent = " " * (len(place) - len(place.lstrip()))
    return "import time\n" + HEAD + _BURN + RIGHT.replace(place, f"{indent}{line}\n{place}")


ALL, NO_CELL = 30.0, 10.0
# Each program with its score. The slow ones ask for half of a limit, and for twice as much; so do those that sleep, whose
# limit is twice as long.
PROGRAMS = {
    "a variant": (RIGHT, ALL),
    "sleeps a little": (doing("time.sleep(0.2 * (x.shape == (2,)))", IN_SCALE), ALL),
    "sleeps for ever": (doing("time.sleep(1e6)", IN_CELL), NO_CELL),
    "loops": (doing("while True: pass", IN_CELL), NO_CELL),
    "is slow": (doing("burn(0.12 * (x.shape == (2,)))", IN_SCALE), ALL),
    "is too slow": (doing("burn(0.5)", IN_CELL), NO_CELL),
}


@contextlib.contextmanager
def busy(count: int):
    """So many processes that do nothing but compute."""
    line = [sys.executable, "-S", "-c", _LOOP]
    loops = [subprocess.Popen(line) for _ in range(count)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
        for loop in loops:
            loop.wait()


@pytest.fixture(scope="module")
def scores(tmp_path_factory):
    """The score of each program beside so many busy processes: {(name, processes): score}."""
    grading = GRADING.replace("call: 1s, test: 3s", LIMITS)
    course = Course(write_course(tmp_path_factory.mktemp("course"), {"grading.yml": grading}))
    policy, found = course.policy.assignment("a0_mini"), {}

    def grade(pool, count: int, name: str, files: dict[str, bytes]) -> None:
        submission = Submission(files, [], f"{name} {count}")
        whole = Whole(policy.limits.submission)
        outcomes = pool.grader.outcomes(submission, pool.grader.suite.tests, whole)
        found[name, count] = pool.grader.result(submission, whole.applied(outcomes), 0.0).score

    def work(pool) -> None:
        for count in BUSY:
            with busy(count):
                grade(pool, count, "the reference", course.reference_files(policy))
                for name, (source, _) in PROGRAMS.items():
                    files = {"mini/__init__.py": b"", "mini/ops.py": source.encode()}
                    grade(pool, count, name, files)

    with_pool(course, "a0_mini", "cpu", 0, 1, work)
    return found


@pytest.mark.parametrize("count", BUSY)
def test_the_reference_gets_all_points(scores, count):
    assert scores["the reference", count] == ALL


@pytest.mark.parametrize("count", BUSY)
@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_gets_the_same_score_beside_busy_processes(scores, name, count):
    assert scores[name, count] == PROGRAMS[name][1]
