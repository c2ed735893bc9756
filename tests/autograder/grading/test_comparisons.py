"""What a misconception gives on an example is computed once, unless a submission has a part in it."""

import contextlib

import pytest

from autograder.course.course import Course
from autograder.grading.suite import Suite, with_suite
from autograder.isolation.grader.proxies import LocalTarget
from autograder.proof.verify import local
from autograder.testing import load_program
from tests.autograder.minicourse import CELL, HEAD, SCALE, write_course

HIDDEN_CELL = "tests/hidden/a0_mini/test_cell.py"
# A test of the submission alone, one with a parameter, and one whose fixture holds an object of the submission.
TESTS = """\
import pytest
import torch
from autograder.testing import assert_matches
from mini.ops import Cell


@pytest.fixture
def cell():
    return Cell(2)


def compare(cell, factor=1.0):
    cell.load_state_dict({"weight": torch.tensor([[0.1, 0.2], [0.3, 0.4]]) * factor})
    assert_matches(cell(torch.tensor([[0.5, -1.0]])), torch.tensor([[9.0, 8.0]]))


def test_alone():
    compare(Cell(2))


@pytest.mark.parametrize("factor", [1.0, 2.0])
def test_factor(factor):
    compare(Cell(2), factor)


def test_fixture(cell):
    compare(cell)
"""


@pytest.fixture
def in_suite(tmp_path):
    """Calls a function with the suite of a course with these tests."""
    course = Course(write_course(tmp_path / "course", {HIDDEN_CELL: TESTS}))
    return lambda work: with_suite(course, course.policy.assignment("a0_mini"), 0, work)


@pytest.fixture
def programs():
    """Targets: a submission and a misconception, wrong in different ways."""
    with contextlib.ExitStack() as stack:
        found = []
        for function in ("sin", "cos"):
            source = HEAD + SCALE + CELL.replace("tanh", function)
            files = {"mini/__init__.py": b"", "mini/ops.py": source.encode()}
            found.append(LocalTarget(stack.enter_context(load_program(files, "mini"))))
        yield found


def compared(suite: Suite, title: str, submission: LocalTarget, misconception: LocalTarget):
    [test] = [test for test in suite.tests if test.name == title]
    [verdict] = suite.run(lambda _: local(submission), [test])
    return suite.comparison(test, misconception, verdict.looks[0], verdict.fixtures)


def test_the_next_submission_does_not_wait_for_it(in_suite, programs, monkeypatch):
    runs = []
    compare = Suite._compare
    monkeypatch.setattr(Suite, "_compare", lambda *arguments: runs.append(1) or compare(*arguments))

    def work(suite: Suite) -> None:
        sine, cosine = programs
        for title in ("alone", "factor[1.0]", "factor[2.0]"):
            runs.clear()
            one, two = (compared(suite, title, each, cosine) for each in (sine, cosine))
            assert one is two
            assert len(runs) == 1
            assert one.actual.abs().sum() > 0
        one, two = (compared(suite, f"factor[{n}]", sine, cosine).actual for n in ("1.0", "2.0"))
        assert not one.allclose(two)
        assert not one.allclose(compared(suite, "factor[1.0]", sine, sine).actual)
        suite.reseed(1)
        runs.clear()
        compared(suite, "alone", sine, cosine)
        assert len(runs) == 1

    in_suite(work)


def test_what_a_submission_has_a_part_in_is_not_kept(in_suite, programs):
    def work(suite: Suite) -> None:
        sine, cosine = programs
        one, two = (compared(suite, "fixture", each, cosine).actual for each in (sine, cosine))
        assert not one.allclose(two)

    in_suite(work)


@pytest.mark.parametrize(("room", "kept"), [(10_000, 3), (5_000, 2), (100, 0)])
def test_only_so_much_is_kept(in_suite, programs, monkeypatch, room, kept):
    monkeypatch.setattr("autograder.grading.suite._COMPARISONS", room)

    def work(suite: Suite) -> None:
        sine, cosine = programs
        for title in ("alone", "factor[1.0]", "factor[2.0]"):
            assert compared(suite, title, sine, cosine).actual.abs().sum() > 0
        assert len(suite._comparisons) == kept

    in_suite(work)
