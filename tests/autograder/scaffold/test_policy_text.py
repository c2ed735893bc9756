"""Tests of autograder.scaffold.policy_text: what was in grading.yml stays, byte for byte."""

import pytest

from autograder.course.course import Course
from autograder.scaffold.draft import ScaffoldError
from autograder.scaffold.policy_text import add_entry, points_text, read_policy, task_lines

ENTRY = task_lines("new", "mini.new", 2.5)

TEXT = """\
# First.
assignments:   # all of them
    a0:
        tasks:
            one: {points: 1}   # a comment

            two:
                points: 2
                # the end of two

        # The title comes last.
        title: "A"

    # Another one.
    a1:
        title: B
"""


def test_a_new_task_comes_after_the_last_one():
    found = add_entry(TEXT, ["assignments", "a0", "tasks"], ["three:", "  points: 3"])
    before, after = TEXT.split("                # the end of two\n")
    new = "            three:\n              points: 3\n"
    assert found == f"{before}                # the end of two\n{new}{after}"


def test_a_new_assignment_comes_last():
    found = add_entry(TEXT, ["assignments"], ["a2:", "  title: C"], apart=True)
    assert found == f"{TEXT}\n    a2:\n      title: C\n"


def test_a_file_without_an_end_of_line_gets_one():
    found = add_entry(TEXT.rstrip("\n"), ["assignments", "a1"], ["x: 1"])
    assert found == f"{TEXT}        x: 1\n"


def test_a_mapping_in_braces_is_refused():
    with pytest.raises(ScaffoldError, match=r"line 5: write what is in \{ \} one below the other"):
        add_entry(TEXT, ["assignments", "a0", "tasks", "one"], ["x: 1"])


def test_the_real_file_keeps_its_bytes(root):
    policy = Course(root).policy
    text = (root / "grading.yml").read_text()
    lines = text.splitlines()
    for assignment in policy.assignments.values():
        entry = task_lines("new", f"{assignment.package}.new", 2.5)
        found = add_entry(text, ["assignments", assignment.name, "tasks"], entry)
        new = found.splitlines()
        at = next(n for n, line in enumerate(new) if n == len(lines) or line != lines[n])
        assert new[at : at + len(entry)] == [f"      {line}" for line in entry]
        assert "\n".join([*new[:at], *new[at + len(entry) :], ""]) == text
        # Every value is as it was, and the new task is the last.
        changed = read_policy(found).assignments
        assert list(changed[assignment.name].tasks) == [*assignment.tasks, "new"]
        assert changed[assignment.name].tasks["new"].points == 2.5
        for name, other in policy.assignments.items():
            for task in other.tasks.values():
                assert changed[name].tasks[task.name] == task


@pytest.mark.parametrize(
    "points, text", [(10, "10"), (10.0, "10"), (2.5, "2.5"), (1e6, "1000000"), (0.01, "0.01")]
)
def test_points_are_written_as_people_do(points, text):
    assert points_text(points) == text
