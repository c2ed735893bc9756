"""Cases are drawn once per seed, without running the test, and replayed on copies."""

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from autograder.course.course import Course
from autograder.grading import cases
from autograder.grading.suite import with_suite
from tests.autograder.minicourse import GRADING, HIDDEN_SCALE, write_course

ran = []


@given(number=st.integers(0, 10**6), items=st.lists(st.integers(), min_size=1, max_size=3))
@example(number=7, items=[1])
@settings(max_examples=10, database=None)
def property_of_numbers(number, items):
    ran.append(number)
    items.append(number)
    assert number != 7


@given(number=st.integers(0, 3))
def rejects_all(number):
    assume(number > 3)


def test_the_same_seed_draws_the_same_cases_and_another_seed_others():
    first = cases.draw(property_of_numbers, {}, 1)
    assert first == cases.draw(property_of_numbers, {}, 1)
    assert first != cases.draw(property_of_numbers, {}, 2)
    assert first[0].arguments == {"number": 7, "items": [1]}
    assert 2 < len(first) <= 11


def test_drawing_does_not_run_the_body():
    ran.clear()
    cases.draw(property_of_numbers, {}, 1)
    assert ran == []


def test_a_replay_fails_where_the_body_fails_and_leaves_the_case_as_it_was():
    drawn = cases.draw(property_of_numbers, {}, 1)
    with pytest.raises(AssertionError):
        cases.replay(property_of_numbers, {}, drawn[0])
    cases.replay(property_of_numbers, {}, drawn[1])
    assert drawn == cases.draw(property_of_numbers, {}, 1)


@pytest.mark.filterwarnings("ignore:Using `assume`")
def test_a_case_that_the_body_rejects_does_not_fail():
    for case in cases.draw(rejects_all, {}, 1):
        cases.replay(rejects_all, {}, case)


def test_fixtures_are_not_part_of_a_case():
    @given(number=st.integers(0, 3))
    def with_fixture(number, folder):
        assert folder == "here"

    drawn = cases.draw(with_fixture, {"folder": "here"}, 1)
    assert all(set(case.arguments) == {"number"} for case in drawn)
    cases.replay(with_fixture, {"folder": "here"}, drawn[0])
    with pytest.raises(AssertionError):
        cases.replay(with_fixture, {"folder": "elsewhere"}, drawn[0])


def test_an_assignment_says_how_many_examples_are_drawn(tmp_path):
    """The test of minicourse's `cell` names no number; that of `scale` is told to want four."""
    hidden = HIDDEN_SCALE.replace(
        "@given", "@__import__('hypothesis').settings(max_examples=4)\n@given"
    )
    changes = {"tests/hidden/a0_mini/test_scale.py": hidden}
    drawn = {}
    for line in ("", "    examples: 7\n"):
        changes["grading.yml"] = GRADING.replace(
            "    package: mini\n", "    package: mini\n" + line
        )
        course = Course(write_course(tmp_path / f"course{len(line)}", changes))

        def count(suite, line=line) -> None:
            suite.draw_cases()
            drawn[line] = sorted(len(found) for found in suite._cases.values() if found)

        with_suite(course, course.policy.assignment("a0_mini"), 0, count)
    assert list(drawn.values()) == [[4, 25], [4, 7]]
