"""What a person reads at a terminal about one result, and about what feedback helps."""

import io

import pytest
from rich.console import Console

from autograder.cli.tables import feedback_table, result_table
from autograder.proof.verify import Row, Told
from autograder.results.result import (
    FAILED,
    NOT_STARTED,
    PASSED,
    Outcome,
    Result,
    points_text,
)
from autograder.results.result import Test as SuiteTest


def printed(table) -> str:
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(table, soft_wrap=True)
    return console.export_text()


def outcomes(*kinds: tuple[str, str], task: str = "scale", points: float = 0.7) -> list[Outcome]:
    """Failed outcomes of these kinds and texts; "" is one that passed."""
    return [
        Outcome(
            SuiteTest(f"1.{n}", task, False, f"test {n}", points, "visible", f"node {n}"),
            FAILED if kind else PASSED,
            kind,
            text,
            hints=kind != "value",
        )
        for n, (kind, text) in enumerate(kinds)
    ]


def shown(found: list[Outcome]) -> str:
    return printed(result_table(Result("a0", "ada", found)))


def test_not_started_is_said_once():
    text = shown(outcomes((NOT_STARTED, "one line\n  a place"), (NOT_STARTED, "another line")))
    assert text.count("not started") == 1
    assert "more kind" not in text and "line" not in text


def test_other_failures_of_a_task_that_is_begun_are_told():
    text = shown(outcomes((NOT_STARTED, "one line"), ("value", "values are wrong")))
    assert "not started" in text and "values are wrong" in text


@pytest.mark.parametrize(
    ("count", "words"), [(2, "1 more kind of failure"), (3, "2 more kinds of failure")]
)
def test_how_many_more_kinds_there_are(count, words):
    assert words in shown(outcomes(*(("value", f"text {n}") for n in range(count))))


def test_what_helps_most_comes_first():
    text = shown(
        outcomes(("value", "bare"), ("shape", "a hint"), ("misconception: added", "a name"))
    )
    assert "a name" in text and "bare" not in text and "a hint" not in text
    assert "a hint" in shown(outcomes(("value", "bare"), ("shape", "a hint")))


def test_points_are_whole_or_in_hundredths():
    found = [points_text(points) for points in (0.0, 4.0, 0.7, 0.69, 4.18, 1234567.0)]
    assert found == ["0", "4", "0.70", "0.69", "4.18", "1234567"]
    text = shown([*outcomes(("", "")), *outcomes(("value", "bare"), points=0.69)])
    assert "0.70 of 1.39 points" in text


def test_how_often_feedback_helps():
    row = Row("misconception", "scale", "added", False)
    row.told = [
        Told("values", "named", "values are wrong\nYour result equals"),
        Told("shapes", "hinted", "the shape is wrong"),
        Told("other", "another named", "values are wrong"),
        Told("silent", "not helped", "values are wrong"),
    ]
    summary = (
        "a0: feedback names or hints at the mistake in 50.0% of 4 failed tests "
        "(1 named, 1 hinted, 1 another named, 1 not helped)"
    )
    assert printed(feedback_table("a0", [row], whole=False)).strip() == summary
    lines = printed(feedback_table("a0", [row], whole=True)).strip().splitlines()
    assert lines[0].rstrip() == "scale added, values: named: values are wrong"
    assert len(lines) == 5
    assert printed(feedback_table("a0", [], whole=True)).strip() == ""
