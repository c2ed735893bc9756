"""The real course, end to end: what students start from earns nothing, the reference earns everything, isolated."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course.course import Course

ROOT = Path(__file__).parents[2]
ASSIGNMENTS = sorted(Course(ROOT).policy.assignments)


@pytest.fixture(scope="module", params=ASSIGNMENTS)
def results(request, tmp_path_factory):
    """results.json of the reference and of the untouched release of one assignment."""
    name = request.param
    policy = Course(ROOT).policy.assignment(name)
    folder = tmp_path_factory.mktemp(name)
    shutil.copytree(
        ROOT / "solutions" / name / policy.package, folder / "reference" / policy.package
    )
    shutil.copytree(ROOT / "assignments" / name, folder / "released")
    paths = [str(folder / "reference"), str(folder / "released")]
    command = [sys.executable, "-m", "autograder", "grade", name, *paths, "-o", str(folder / "out")]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert found.returncode == 0, found.stderr[-2000:]
    return [
        json.loads((folder / "out" / kind / "results.json").read_text())
        for kind in ("reference", "released")
    ]


def test_the_reference_gets_full_marks(results):
    reference, _ = results
    lost = [
        f"{test['name']}: {test['output']}"
        for test in reference["tests"]
        if test["status"] != "passed"
    ]
    assert not lost
    assert reference["score"] == reference["extra_data"]["max_score"] == 100


def test_the_release_gets_nothing_and_is_told_that_it_is_not_started(results):
    _, released = results
    assert released["score"] == 0
    assert released["extra_data"]["max_score"] == 100
    assert all("NotImplementedError" in test["output"] for test in released["tests"])
