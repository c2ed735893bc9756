"""Tests of autograder.scaffold.assignment."""

import pytest

from autograder.course.course import Course
from autograder.release.changelog import read_entries
from autograder.scaffold.assignment import new_assignment
from autograder.scaffold.draft import ScaffoldError
from autograder.scaffold.task import new_task
from tests.autograder.minicourse import GRADING

GOOD = {"name": "a1_words", "title": 'The "new" \\ one', "package": "words", "task": "count"}


def add(course, **changes):
    return new_assignment(course, **(GOOD | {"points": 5.0} | changes))


def test_what_is_written(course, tree):
    before = tree()
    add(course)
    after = tree()
    assert sorted(after.keys() - before.keys()) == [
        "solutions/a1_words/CHANGELOG.md",
        "solutions/a1_words/README.md",
        "solutions/a1_words/tests/test_count.py",
        "solutions/a1_words/words/__init__.py",
        "solutions/a1_words/words/count.py",
        "tests/hidden/a1_words/misconceptions_count.py",
        "tests/hidden/a1_words/test_count.py",
        "tests/hidden/a1_words/variants_count.py",
    ]
    assert [name for name in before if before[name] != after[name]] == ["grading.yml"]
    assert after["grading.yml"].decode().startswith(f"{GRADING}\n  a1_words:\n    title:")
    policy = Course(course.root).policy.assignment("a1_words")
    assert (policy.title, policy.package, policy.points) == (GOOD["title"], "words", 5)
    assert policy.tasks["count"].module == "words.count"
    handout = after["solutions/a1_words/README.md"].decode()
    assert "| --- | --- | --- |\n| `count` | `count` in `words/count.py` | 5 |\n" in handout
    changelog = course.root / "solutions/a1_words/CHANGELOG.md"
    assert read_entries(changelog.read_text(), changelog)[0].version == "1.0"


def test_more_tasks_follow(course):
    add(course)
    new_task(Course(course.root), "a1_words", "rare", "words.count", 5)
    policy = Course(course.root).policy.assignment("a1_words")
    assert list(policy.tasks) == ["count", "rare"]
    source = (course.root / "solutions/a1_words/words/count.py").read_text()
    assert source.count("import Float") == source.count("import Tensor") == 1


@pytest.mark.parametrize(
    "changes, says",
    [
        ({"name": "a0_mini"}, "there is an assignment 'a0_mini' already"),
        ({"name": "A1"}, "'A1' cannot be the name of an assignment"),
        ({"task": "Count"}, "'Count' cannot be the name of a task"),
        ({"package": "a.b"}, "'a.b' cannot be the name of a package"),
        ({"package": "torch"}, "a package cannot be called 'torch'"),
        ({"package": "random"}, "a package cannot be called 'random'"),
        ({"package": "mini"}, "a0_mini has the package 'mini' already"),
        ({"title": " "}, "the title is empty"),
        ({"title": "two\nlines"}, "is not one line"),
        ({"points": 0.0}, "grading.yml would not be valid: .*points cannot be 0"),
    ],
)
def test_what_is_refused_is_not_half_written(changes, says, course, tree):
    before = tree()
    with pytest.raises(ScaffoldError, match=says):
        add(course, **changes)
    assert tree() == before
    assert not (course.root / "solutions/a1_words").exists()


def test_a_folder_that_is_there_is_left_alone(course, tree):
    folder = course.root / "solutions/a1_words"
    folder.mkdir()
    (folder / "README.md").write_text("mine\n")
    before = tree()
    with pytest.raises(ScaffoldError, match=r"solutions/a1_words/README\.md is there already"):
        add(course)
    assert tree() == before
