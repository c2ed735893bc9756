"""The command line tells people what is wrong, and leaves nothing half written."""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.autograder.minicourse import (
    CELL,
    GRADING,
    HEAD,
    MISCONCEPTIONS,
    RIGHT,
    run_command,
    write_course,
    write_submission,
)


@pytest.fixture
def submission(tmp_path):
    return write_submission(tmp_path / "submission", RIGHT)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"grading.yml": GRADING.replace("points: 20", "poinst: 20")}, "poinst"),
        (
            {"tests/hidden/a0_mini/test_other.py": "def test_x(): pass\n"},
            "belongs to no task of a0_mini",
        ),
        (
            {"tests/hidden/a0_mini/test_cell.py": "import nothing_of_this_name\n"},
            "nothing_of_this_name",
        ),
    ],
)
def test_a_broken_course_is_told_in_one_message(tmp_path, submission, changes, text):
    found = run_command(
        write_course(tmp_path / "course", changes),
        "grade",
        "a0_mini",
        submission,
        "--results",
        tmp_path / "r.json",
    )
    assert found.returncode == 1
    assert text in found.stderr
    assert "most recent call last" not in found.stderr
    assert not (tmp_path / "r.json").exists()


def test_an_unknown_assignment_names_the_known_ones(tmp_path, submission):
    found = run_command(write_course(tmp_path / "course"), "grade", "a0_mimi", submission)
    assert found.returncode == 1
    assert "a0_mini" in found.stderr


@pytest.fixture
def open_folder():
    """A folder that other users can enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        os.chmod(name, 0o755)
        yield Path(name)


def test_a_level_that_cannot_be_reached_is_refused_and_named(open_folder):
    strict = GRADING.replace("isolation: D", "isolation: A")
    course = write_course(open_folder / "course", {"grading.yml": strict})
    submission = write_submission(open_folder / "submission", RIGHT)
    command = (
        "import os, sys; os.setgroups([]) if os.geteuid() == 0 else None; "
        "os.geteuid() == 0 and (os.setresgid(12345, 12345, 12345), os.setresuid(12345, 12345, 12345)); "
        "from autograder.cli.main import main; main()"
    )
    course.chmod(0o755)
    found = subprocess.run(
        [sys.executable, "-c", command, "--course", str(course), "grade", "a0_mini", str(submission)],
        capture_output=True, text=True, timeout=120, env={**os.environ, "HOME": "/tmp"},
    )  # fmt: skip
    assert found.returncode == 1
    assert "requires isolation level A" in found.stderr


def test_a_task_without_its_device_is_neither_passed_nor_failed(tmp_path, submission):
    on_cuda = GRADING.replace("points: 20\n", "points: 20\n        device: cuda\n")
    course = write_course(tmp_path / "course", {"grading.yml": on_cuda})
    results = tmp_path / "results.json"
    found = run_command(course, "grade", "a0_mini", submission, "--results", results)
    assert found.returncode == 0, found.stderr
    content = json.loads(results.read_text())
    tasks = content["extra_data"]["tasks"]
    assert tasks["scale"] == {"score": 10.0, "max_score": 10.0, "status": "passed"}
    assert tasks["cell"] == {"score": 0, "max_score": 20.0, "status": "not run"}
    assert all("status" not in test for test in content["tests"] if test["name"].startswith("cell"))
    assert "CUDA" in content["tests"][-1]["output"]


def test_the_same_submission_gets_the_same_result_and_another_seed_other_cases(
    tmp_path, submission
):
    course = write_course(tmp_path / "course")
    outputs, seeds = [], []
    for name, more in (("one", ()), ("two", ()), ("three", ("--seed", "5"))):
        path = tmp_path / name / "results.json"
        assert (
            run_command(course, "grade", "a0_mini", submission, "--results", path, *more).returncode
            == 0
        )
        outputs.append(json.loads(path.read_text()))
        notes = json.loads(path.with_name("instructor.json").read_text())
        seeds.append(notes["facts"]["seed"])
    for output in outputs:
        output.pop("execution_time")
    assert outputs[0] == outputs[1]
    assert seeds[0] == seeds[1] != seeds[2] == 5
    assert outputs[2]["score"] == outputs[0]["score"]


@pytest.mark.parametrize("expected, told", [("x * factor", True), ("factor * x", False)])
def test_a_misconception_that_no_longer_fits_the_reference_stops_no_grading(
    tmp_path, expected, told
):
    listed = MISCONCEPTIONS.replace("x * factor", expected)
    course = write_course(tmp_path / "course", {"tests/hidden/a0_mini/misconceptions.py": listed})
    added = "\ndef scale(x, factor):\n    if factor < 0:\n        raise ValueError\n    return x + factor\n"
    folder, results = write_submission(tmp_path / "added", HEAD + added + CELL), tmp_path / "r.json"
    found = run_command(course, "grade", "a0_mini", folder, "--results", results)
    assert found.returncode == 0, found.stderr
    assert ("the factor is added" in results.read_text()) == told
    assert json.loads(results.read_text())["score"] >= 20
