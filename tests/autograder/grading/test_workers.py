"""A worker serves the tests of a task as long as they pass; what code does in one test costs no other test a point."""

import pytest

from autograder.course.course import Course
from autograder.grading.grader import _Run
from autograder.grading.starting import with_pool
from autograder.isolation.grader.host import Zygote
from autograder.submission import Submission
from tests.autograder.minicourse import CELL, HEAD, RIGHT, SCALE, write_course

# Each program does something to its process that a later test in the same process would suffer from.
LEAKS = {
    "wrong values": "x = x if calls == 10 else 0 * x",
    "the end of the process": "calls > 10 and os._exit(0)",
    "an endless call": "calls > 10 and time.sleep(1e9)",
    "no gradients": "torch.set_grad_enabled(False)",
    "another default dtype": "torch.set_default_dtype(torch.float64)",
    "a changed library": "nn.Parameter = None",
}
# Ten calls for each test, of which the first is judged.
HIDDEN_CELL = "tests/hidden/a0_mini/test_cell.py"
CELL_TESTS = """\
import pytest
import torch
from autograder.testing import assert_matches, observe
from mini.ops import Cell
from solutions.a0_mini.mini.ops import Cell as Reference


@pytest.mark.parametrize("number", range(6))
def test_cell(number):
    reference, cell = Reference(3), Cell(3)
    cell.load_state_dict(reference.state_dict())
    inputs = {"x": torch.randn(2, 3)}
    actual = observe(cell, inputs, cell.named_parameters)
    assert_matches(actual, observe(reference, inputs, reference.named_parameters))
    for _ in range(9):
        cell(torch.zeros(1, 3))
"""
# Slow in the tests that ask once or twice.
SLOW = RIGHT.replace(
    "return factor * x", "time.sleep(0.8 * (x.shape == (2,)))\n    return factor * x"
)
FIGURES = "import matplotlib\nmatplotlib.use('TkAgg')\nfrom matplotlib import pyplot\npyplot.plot([1])\npyplot.show()\n"


def leaking(line: str) -> str:
    """A right program whose forward does `line` from the tenth call on."""
    return (
        "import os, time\n"
        + HEAD
        + SCALE
        + "calls = 0\n"
        + CELL.replace(
            "        return (x",
            f"        global calls\n        calls += 1\n        if calls >= 10:\n            {line}\n        return (x",
        )
    )


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """What came of each program: {name: ([outcomes], number of workers)}; "unconfirmed" without the second run."""
    course = Course(write_course(tmp_path_factory.mktemp("course"), {HIDDEN_CELL: CELL_TESTS}))
    programs = {
        "right": RIGHT,
        "slow": "import time\n" + SLOW,
        "wrong": HEAD + SCALE + CELL.replace("tanh", "sin"),
        "figures": FIGURES + RIGHT,
        "a folder": leaking(
            "x = 0 * x if os.path.exists('seen') else x; os.makedirs('seen', exist_ok=True)"
        ),
        **{name: leaking(line) for name, line in LEAKS.items()},
    }
    found = {}

    def work(pool) -> None:
        for name, source in programs.items():
            files = {"mini/__init__.py": b"", "mini/ops.py": source.encode()}
            started = []
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(Zygote, "start_worker", counted(Zygote.start_worker, started))
                grader, tests = pool.grader, pool.grader.suite.tests
                outcomes = grader.outcomes(Submission(files, [], name), tests)
                found[name] = outcomes, len(started)
                patch.setattr(_Run, "_confirmed", lambda run, verdict: verdict)
                unconfirmed = grader.outcomes(Submission(files, [], name + " again"), tests)
                found[name, "unconfirmed"] = unconfirmed, len(started)

    with_pool(course, "a0_mini", "cpu", 0, 1, work)
    return found


def counted(start, started: list):
    def start_worker(zygote, memory, cpu):
        started.append(start(zygote, memory, cpu))
        return started[-1]

    return start_worker


def lost(outcomes) -> list[str]:
    return [outcome.test.label for outcome in outcomes if outcome.status != "passed"]


def test_one_worker_for_each_task_of_a_right_program(graded):
    outcomes, workers = graded["right"]
    assert lost(outcomes) == []
    assert (len(outcomes), workers) == (11, 2)


def test_figures_cost_nothing(graded):
    outcomes, workers = graded["figures"]
    assert (lost(outcomes), workers) == ([], 2)


def test_what_a_test_writes_is_gone_in_the_next(graded):
    assert lost(graded["a folder"][0]) == lost(graded["a folder", "unconfirmed"][0]) == []


@pytest.mark.parametrize("name", LEAKS)
def test_a_test_does_not_suffer_from_another(graded, name):
    assert lost(graded[name][0]) == []


@pytest.mark.parametrize("name", LEAKS)
def test_it_would_without_a_second_run(graded, name):
    assert lost(graded[name, "unconfirmed"][0]) != []


def test_tests_whose_calls_take_long_get_a_new_worker_each(graded):
    outcomes, workers = graded["slow"]
    slow = [each for each in outcomes if each.seconds >= 0.8]
    assert (len(slow), workers) == (3, len(slow) + 1)


def test_a_wrong_program_fails_the_same_tests(graded):
    assert lost(graded["wrong"][0]) == lost(graded["wrong", "unconfirmed"][0])
    assert len(lost(graded["wrong"][0])) == 7
