"""Tables for people: what fits into a terminal of 80 columns."""

from pathlib import Path

import pytest
from rich.console import Console

from autograder.cli.tables import verify_table
from autograder.course.course import Course
from autograder.grading.misconceptions import misconceptions_of, variants_of
from autograder.proof.verify import Row

COURSE = Course(Path(__file__).parents[3])


def shown(rows: list[Row]) -> str:
    console = Console(width=80)
    with console.capture() as capture:
        console.print(verify_table("a9", rows, []))
    return capture.get()


@pytest.mark.parametrize("assignment", COURSE.policy.assignments)
def test_every_name_of_the_course_stands_on_one_line(assignment):
    programs = [
        *(
            ("misconception", one, "12.34 of 50, named")
            for one in misconceptions_of(COURSE, assignment)
        ),
        *(("variant", one, "50 of 50, 20 seeds") for one in variants_of(COURSE, assignment)),
    ]
    rows = [Row(kind, one.task, one.name, True, seen=seen) for kind, one, seen in programs]
    lines = shown(rows).splitlines()
    for row in rows:
        assert any(row.name in line and row.seen in line and row.kind in line for line in lines)
        assert any(f" {row.task} " in line and "task" in line for line in lines)
    too_long = Row("variant", "fit", "a-name" * 9, True, seen="50 of 50, 20 seeds")
    assert too_long.name not in shown([*rows, too_long])


def test_programs_stand_below_their_task_and_what_is_wrong_below_the_table():
    rows = [
        Row("variant", "one", "first", True, "all", "5 of 5, 3 seeds"),
        Row("variant", "two", "second", True, "all", "4 of 5", ["a test rejects it"]),
        Row("cheat", "one", "third", False, "0", "0 of 5"),
    ]
    text = shown(rows)
    places = [text.index(word) for word in (" one ", "first", "third", " two ", "second")]
    assert places == sorted(places)
    assert "✗ variant two second, which must get all: a test rejects it" in text
