"""Tests of what `autograder verify` says is missing, without running anything."""

import sys
from types import SimpleNamespace

import pytest

from autograder.course.course import Course
from autograder.proof.verify import subjects_of, what_is_missing
from autograder.scaffold.task import new_task
from tests.autograder.minicourse import HIDDEN_SCALE

HIDDEN = "tests/hidden/a0_mini"


@pytest.fixture
def missing(course, monkeypatch):
    """What a task of the course as it is on disk lacks."""

    def missing(task: str) -> list[str]:
        for name in [name for name in sys.modules if name.startswith("hidden_tests_hidden_a0")]:
            monkeypatch.delitem(sys.modules, name)
        return what_is_missing(grader(course), task)

    return missing


def grader(course):
    fresh = Course(course.root)
    return SimpleNamespace(course=fresh, policy=fresh.policy.assignment("a0_mini"))


def test_a_task_that_is_complete_but_for_numbers(missing):
    assert missing("scale") == [
        "scale has 1 misconceptions; at least 8 are asked for",
        "scale has 1 variants; at least 4 are asked for",
    ]
    assert len(missing("")) == 4


def test_another_total_is_named_for_the_whole_assignment(course, missing):
    path = course.root / "grading.yml"
    path.write_text(path.read_text().replace("  isolation: D\n", "  isolation: D\n  total: 35\n"))
    told = "the tasks of a0_mini are worth 30 points together, and should be worth 35"
    assert any(told in text for text in missing("")) and len(missing("scale")) == 2
    path.write_text(path.read_text().replace("total: 35", "total: 30"))
    assert len(missing("")) == 4


def test_an_assertion_without_words_for_students_is_named(course, missing):
    path = course.root / HIDDEN / "test_scale.py"
    path.write_text(
        HIDDEN_SCALE
        + """

def test_sum():
    found = scale(torch.ones(2), 2.0).sum()
    assert found == 4, "the sum is wrong"
    assert found == 4
    assert found == 4, f"the sum is {found}"
"""
    )
    words = "an assertion needs words that a student may read, without values"
    lines = path.read_text().splitlines()
    expected = [
        f"{HIDDEN}/test_scale.py, line {number}: {words}"
        for number, line in enumerate(lines, 1)
        if line.endswith("== 4") or line.endswith('{found}"')
    ]
    assert len(expected) == 2
    for task in ("scale", ""):
        assert [text for text in missing(task) if words in text] == expected
    assert not any(words in text for text in missing("cell"))


def test_a_new_task_lacks_everything(course, missing):
    new_task(course, "a0_mini", "halve", None, 10)
    found = missing("halve")
    for text in (
        "solutions/a0_mini/mini/halve.py, line 19: FILL IN: the reference",
        "solutions/a0_mini/tests/test_halve.py, line 14: FILL IN: the worked example of the handout",
        "halve has 0 misconceptions; at least 8 are asked for",
        "halve has 0 variants; at least 4 are asked for",
    ):
        assert text in found
    assert subjects_of(grader(course), "halve") == []
    assert len(missing("scale")) > 2  # the handout and the new module are everybody's
    assert not [text for text in missing("scale") if f"{HIDDEN}/" in text]


@pytest.mark.parametrize(
    "old, new",
    [
        ("assert_matches(", "print("),
        ("def test_", "def check_"),
    ],
)
def test_hidden_tests_that_compare_nothing(old, new, course, missing):
    says = f"scale has no hidden test that compares: {HIDDEN}/test_scale.py"
    assert says not in missing("scale")
    (course.root / HIDDEN / "test_scale.py").write_text(HIDDEN_SCALE.replace(old, new))
    assert says in missing("scale")
    (course.root / HIDDEN / "test_scale.py").write_text("def test_x():\n    assert 1\n")
    assert says not in missing("scale")
    (course.root / HIDDEN / "test_scale.py").unlink()
    assert says in missing("scale")


def test_a_program_that_does_not_fit_any_more(course, missing):
    path = course.root / "solutions/a0_mini/mini/ops.py"
    path.write_text(path.read_text().replace("x * factor", "x.mul(factor)"))
    found = missing("scale")
    assert [text for text in found if "the text 'x * factor' occurs 0 times" in text] == [
        "misconception scale/added: the text 'x * factor' occurs 0 times in scale, and should occur "
        "exactly once",
        "variant scale/swapped: the text 'x * factor' occurs 0 times in scale, and should occur "
        "exactly once",
    ]
    assert subjects_of(grader(course), "scale") == []
    assert not [text for text in missing("cell") if "occurs" in text]
