"""The mistakes of a submission are named by all that fails in a task, not by one small example."""

import pytest

from autograder.course.course import Course
from autograder.grading.misconceptions import names_in_kind
from autograder.grading.starting import with_pool
from autograder.submission import Submission
from tests.autograder.minicourse import CELL, HEAD, MISCONCEPTIONS, SCALE, write_course

TESTS = """\
import torch
from hypothesis import given
from hypothesis import strategies as st
from autograder.testing import assert_matches
from mini.ops import scale

FACTORS = st.floats(1.5, 9)


def draw(seed, *shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@given(seed=st.integers(0, 999), factor=FACTORS)
def test_values(seed, factor):
    x = draw(seed, 3, 2)
    assert_matches(scale(x, factor), x * factor)


@given(seed=st.integers(0, 999), factor=FACTORS)
def test_other_values(seed, factor):
    x = draw(seed, 5)
    assert_matches(scale(x, factor), x * factor)


@given(seed=st.integers(0, 999), factor=FACTORS)
def test_positive_values(seed, factor):
    x = draw(seed, 4).abs()
    assert_matches(scale(x, factor), x * factor)


@given(x=st.floats(0.5, 2), factor=FACTORS)
def test_one_value(x, factor):
    x = torch.tensor([x])
    assert_matches(scale(x, factor), x * factor)
"""


def misconception(name: str, edits: str) -> str:
    return (
        f'Misconception("scale", "{name}", says="it is {name}", hint="Not {name}.", edits={edits}),'
    )


PLANTED = "\n".join(
    [
        "from autograder.testing import Misconception",
        "MISCONCEPTIONS = [",
        misconception("squared", '{"* factor": "* factor ** 2"}'),
        misconception("negated", '{"return x": "return -x"}'),
        misconception("absolute", '{"return x * factor": "return x.abs() * factor"}'),
        misconception("flat", '{"return x * factor": "return x * (factor + (x.ndim == 2))"}'),
        misconception("long", '{"return x * factor": "return x * (factor + 2 * (len(x) == 5))"}'),
        misconception("doubled", '{"return x": "return 2 * x"}'),
        misconception("twice", '{"x * factor": "x * factor * 2"}'),
        MISCONCEPTIONS.split("MISCONCEPTIONS = [")[1],
    ]
)
PROGRAMS = {
    "squared": "x * factor ** 2",
    "squared and negated": "-x * factor ** 2",
    "doubled or twice": "x * factor + x * factor",
    "no tanh": "torch.where(x > 0, x * factor, x * factor ** 3)",
    "seldom wrong": "x + factor if x.numel() == 1 else x * factor",
    "two in two tests": "x * (factor + (x.ndim == 2) + 2 * (len(x) == 5))",
    "unknown": "x * factor + 0.5",
}


@pytest.fixture(scope="module", params=[1, 2])
def named(request, tmp_path_factory):
    """By program and test: the names, and what the student reads; with one process and with two."""
    changes = {
        "tests/hidden/a0_mini/test_scale.py": TESTS,
        "tests/hidden/a0_mini/misconceptions.py": PLANTED,
    }
    course = Course(write_course(tmp_path_factory.mktemp("course"), changes))
    found = {}

    def work(pool) -> None:
        for name, line in PROGRAMS.items():
            source = HEAD + CELL + SCALE.replace("factor * x", line)
            files = {"mini/__init__.py": b"", "mini/ops.py": source.encode()}
            outcomes = pool.grade(Submission(files, [], name)).outcomes
            found[name] = {
                o.test.name: (names_in_kind(o.kind), o.student)
                for o in outcomes
                if o.test.task == "scale" and not o.test.public and o.status == "failed"
            }
            assert not any(outcome.looks for outcome in outcomes)

    with_pool(course, "a0_mini", "cpu", None, request.param, work)
    return found


def names(tests: dict) -> dict[str, list[str]]:
    return {test: found for test, (found, _) in tests.items()}


def test_one_mistake_is_named_in_every_test(named):
    assert set(map(tuple, names(named["squared"]).values())) == {("squared",)}
    assert len(named["squared"]) == 4
    text = named["squared"]["values"][1]
    assert text.endswith("Your result equals what you get when it is squared.\nHint: Not squared.")


def test_two_mistakes_at_once_are_both_named(named):
    assert set(map(tuple, names(named["squared and negated"]).values())) == {
        ("squared and negated",)
    }
    text = named["squared and negated"]["values"][1]
    assert "when it is squared, and it is negated.\nHint: Not squared.\nHint: Not negated." in text


def test_two_mistakes_that_show_in_different_tests_are_each_named_there(named):
    assert names(named["two in two tests"]) == {"values": ["flat"], "other values": ["long"]}


def test_mistakes_that_nothing_tells_apart_are_alternatives(named):
    for found, text in named["doubled or twice"].values():
        assert found == ["doubled", "twice"]
        assert "when either it is doubled or it is twice." in text


def test_a_mistake_that_would_fail_what_passes_is_not_named(named):
    assert names(named["seldom wrong"]) == {"one value": []}


def test_a_mistake_that_is_none_of_them_has_no_name(named):
    for program in ("unknown", "no tanh"):
        assert all(not found for found in names(named[program]).values())
        assert named[program]
