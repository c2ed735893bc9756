"""Tests of autograder.results.gradescope, against a schema written from Gradescope's specification."""

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from autograder.results.gradescope import instructor_json, results_json
from autograder.results.result import FAILED, NOT_RUN, PASSED, Outcome, Result, unfinished
from autograder.results.result import Test as SuiteTest

SCHEMA = json.loads(Path(__file__).with_name("gradescope_schema.json").read_text())


def suite_test(number, task, *, points=5.0, visibility="visible", public=True) -> SuiteTest:
    return SuiteTest(
        number, task, public, "a name", points, visibility, f"test_{task}.py::{number}"
    )


TESTS = [
    suite_test("1.1", "add"),
    suite_test("1.2", "add", visibility="hidden", public=False),
    suite_test("2.1", "train", points=2.5, visibility="after_due_date"),
]
RESULT = Result(
    "a0_mini",
    "Ada",
    [
        Outcome(TESTS[0], PASSED, seconds=0.25),
        Outcome(TESTS[1], FAILED, "value", "wrong somewhere", "wrong at x = 3"),
        Outcome(TESTS[2], NOT_RUN, "device", "no GPU here", "no GPU here"),
    ],
    problems=["mini/spare.py is not read"],
    facts={"seed": 7, "suite": "abc", "versions": {"torch": "2.13.0"}},
    seconds=1.23456,
)


def valid(content) -> bool:
    return jsonschema.Draft202012Validator(SCHEMA).is_valid(json.loads(json.dumps(content)))


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_every_kind_of_outcome_is_valid_and_in_its_place():
    content = results_json(RESULT)
    assert valid(content)
    assert [(test["number"], test["score"], test["max_score"]) for test in content["tests"]] == [
        ("1.1", 5.0, 5.0),
        ("1.2", 0.0, 5.0),
        ("2.1", 0.0, 2.5),
    ]
    assert [test.get("status") for test in content["tests"]] == ["passed", "failed", None]
    visibility = [test["visibility"] for test in content["tests"]]
    assert visibility == ["visible", "hidden", "after_due_date"]
    assert content["score"] == 5.0
    assert content["extra_data"]["tasks"] == {
        "add": {"score": 5.0, "max_score": 10.0, "status": "partial"},
        "train": {"score": 0.0, "max_score": 2.5, "status": "not run"},
    }
    assert "mini/spare.py is not read" in content["output"]


def test_a_result_before_grading_is_valid_and_has_the_same_maximum():
    content = results_json(unfinished("a0_mini", "Ada", TESTS, "not finished", {"seed": 7}))
    assert valid(content)
    assert [test["max_score"] for test in content["tests"]] == [5.0, 5.0, 2.5]
    assert content["score"] == 0
    assert {test["output"] for test in content["tests"]} == {"not finished"}


def test_what_instructors_see_is_not_in_the_students_file():
    assert "x = 3" not in json.dumps(results_json(RESULT))
    assert "x = 3" in json.dumps(instructor_json(RESULT))


def test_the_seed_is_the_instructors_and_the_suites_hash_too():
    """The usual seed follows from the suite's hash, which whoever guesses at hidden cases must not have."""
    told = json.dumps(results_json(RESULT)["extra_data"])
    assert "seed" not in told and '"abc"' not in told
    assert results_json(RESULT)["extra_data"]["versions"] == {"torch": "2.13.0"}
    assert instructor_json(RESULT)["facts"] == RESULT.facts
    other = replace(RESULT, facts={**RESULT.facts, "suite": "abd"})
    assert results_json(other)["extra_data"]["suite"] != results_json(RESULT)["extra_data"]["suite"]


def test_the_summary_counts_what_students_see_at_once():
    assert results_json(RESULT)["output"].splitlines()[:2] == [
        "a0_mini: 5 of 5 points, and 7.50 points by tests that are not shown now",
        "  add: 5 of 5",
    ]
    every = replace(RESULT, outcomes=[shown(outcome) for outcome in RESULT.outcomes])
    assert results_json(every)["output"].splitlines() == [
        "a0_mini: 5 of 12.50 points",
        "  add: 5 of 10",
        "  train: 0 of 2.50 (not run)",
        "note: mini/spare.py is not read",
    ]
    none = replace(RESULT, outcomes=RESULT.outcomes[1:])
    assert results_json(none)["output"].splitlines() == [
        "a0_mini: 7.50 points by tests that are not shown now",
        "note: mini/spare.py is not read",
    ]


def shown(outcome: Outcome) -> Outcome:
    return replace(outcome, test=replace(outcome.test, visibility="visible"))


def test_standard_output_is_for_instructors():
    assert results_json(RESULT)["stdout_visibility"] == "hidden"


def changed(**changes):
    return {**results_json(RESULT), **changes}


def first_test(**changes):
    content = results_json(RESULT)
    content["tests"][0] |= changes
    return content


@pytest.mark.parametrize(
    "content",
    [
        changed(score="5"),
        changed(visibility="shown"),
        changed(output=["line"]),
        changed(output_format="rtf"),
        changed(scores=1),
        first_test(status="not run"),
        first_test(score=None),
        first_test(number=1.1),
        first_test(visibility="never"),
        first_test(tags="add"),
        first_test(points=1),
        {"tests": [{"name": "no score anywhere"}]},
        {},
    ],
)
def test_the_schema_refuses_what_the_specification_does_not_allow(content):
    assert not valid(content)


@pytest.mark.parametrize(
    "content",
    [
        {"score": 44.0},
        {"tests": [{"score": 1, "name": "one"}]},
        changed(leaderboard=[{"name": "Time", "value": 15.1, "order": "asc"}]),
    ],
)
def test_the_schema_takes_what_the_specification_allows(content):
    assert valid(content)
