"""`autograder replay` and the secret seed: a run is repeated from instructor.json, and from nothing that students have."""

import json

import pytest

from autograder.course.course import Course, CourseError
from autograder.results.replay import NotRecorded, read_record
from tests.autograder.minicourse import (
    CELL,
    GRADING,
    HEAD,
    SCALE,
    run_command,
    write_course,
    write_submission,
)

SECRET = "3f1c0d5a97e2b846\n"
# The worker of each test has its own random numbers, which follow from the seed of the run.
LUCK = "tests/hidden/a0_mini/test_scale.py"
TEST_OF_LUCK = """\
import pytest
import torch
from autograder.testing import assert_matches
from mini.ops import scale


@pytest.mark.parametrize("number", range(20))
def test_luck(number):
    assert_matches(scale(torch.tensor([1.0, 2.0]), 2.0), torch.tensor([2.0, 4.0]))
"""
SOMETIMES = SCALE.replace("return factor * x", "return x * (factor if torch.rand(()) < 0.5 else 5)")


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A course with a secret seed, a submission whose points the seed decides, and its result."""
    root = tmp_path_factory.mktemp("replay")
    course = write_course(root / "course", {LUCK: TEST_OF_LUCK, "secret_seed": SECRET})
    work = write_submission(root / "work", HEAD + SOMETIMES + CELL)
    path = root / "results.json"
    done = run_command(course, "grade", "a0_mini", work, "--results", path)
    assert done.returncode == 0, done.stderr
    return course, work, root


def replay(course, record, work):
    return run_command(course, "replay", record, work)


def test_a_replay_meets_what_the_submission_met(graded):
    course, work, root = graded
    (course / "secret_seed").rename(root / "lost")  # the record has all that is needed
    done = replay(course, root / "instructor.json", work)
    (root / "lost").rename(course / "secret_seed")
    assert done.returncode == 0, done.stdout + done.stderr
    score = json.loads((root / "results.json").read_text())["score"]
    assert done.stdout.strip() == (
        f"{score:g} of 30 points; none of 23 tests ended otherwise before"
    )


def test_another_seed_would_have_shown(graded, tmp_path):
    course, work, root = graded
    record = json.loads((root / "instructor.json").read_text())
    record["facts"]["seed"] += 1
    (tmp_path / "instructor.json").write_text(json.dumps(record))
    done = replay(course, tmp_path / "instructor.json", work)
    assert done.returncode == 1
    assert f"{LUCK}::test_luck[" in done.stdout and "of 23 tests ended otherwise" in done.stdout
    assert "not the same" not in done.stdout


def test_what_is_not_as_it_was_is_said_aloud(graded, tmp_path):
    _, _, root = graded
    changed = {
        "grading.yml": GRADING.replace("call: 1s", "call: 2s").replace("points: 20", "points: 40"),
        LUCK: TEST_OF_LUCK.replace("range(20)", "range(1, 21)"),
    }
    course = write_course(tmp_path / "course", changed)
    work = write_submission(tmp_path / "other", HEAD + SCALE + CELL)
    done = replay(course, root / "instructor.json", work)
    assert done.returncode == 1
    for fact in ("suite", "policy", "submission"):
        assert f"not the same: {fact} was " in done.stdout
    for fact in ("seed", "device", "versions"):
        assert f"not the same: {fact}" not in done.stdout
    assert "test_luck[0]: " in done.stdout and " -> not there" in done.stdout
    assert "test_luck[20]: not there -> passed" in done.stdout


def test_only_the_instructor_reads_the_seed(graded):
    course, _, root = graded
    seed = json.loads((root / "instructor.json").read_text())["facts"]["seed"]
    assert seed == Course(course).seed("a0_mini")
    told = (root / "results.json").read_text()
    assert str(seed) not in told and SECRET.strip() not in told


def test_a_students_file_is_no_record(graded):
    course, work, root = graded
    done = replay(course, root / "results.json", work)
    assert done.returncode == 1
    assert "give the instructor.json that lies beside its results.json" in done.stderr


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"assignment": "a0_mini", "tests": [], "facts": {"seed": "1"}}']
)
def test_what_is_no_record_is_refused(tmp_path, text):
    path = tmp_path / "instructor.json"
    path.write_text(text)
    with pytest.raises(NotRecorded, match=r"is no record of a graded submission"):
        read_record(path)


def test_a_secret_seed_draws_other_cases_and_is_not_part_of_the_suite(tmp_path):
    course = Course(write_course(tmp_path / "course"))
    usual, suite = course.seed("a0_mini"), course.suite_hash("a0_mini")
    seeds = {usual}
    for text in (SECRET, SECRET.replace("3", "4")):
        (course.root / "secret_seed").write_text(text)
        seeds.add(course.seed("a0_mini"))
    assert len(seeds) == 3 and max(seeds) < 2**53
    assert course.suite_hash("a0_mini") == suite
    (course.root / "secret_seed").write_text(SECRET.strip())
    assert course.seed("a0_mini") in seeds  # the end of the line does not count
    (course.root / "secret_seed").unlink()
    assert course.seed("a0_mini") == usual


@pytest.mark.parametrize("text", ["", "7\n", "short secret\n"])
def test_a_secret_that_could_be_tried_is_refused(tmp_path, text):
    course = Course(write_course(tmp_path / "course", {"secret_seed": text}))
    with pytest.raises(CourseError, match=r"16 characters or more.*secrets.token_hex"):
        course.seed("a0_mini")
