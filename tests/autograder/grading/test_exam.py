"""`exam: true`: no public test travels, counts or excuses a leak; beside it, that each does without."""

import json
import os
import subprocess
import sys

import pytest

from autograder.course.course import Course
from autograder.course.policy import PolicyError, load_policy
from autograder.release.errors import ReleaseError
from autograder.release.folder import build_folder
from tests.autograder.minicourse import (
    CELL,
    GRADING,
    HEAD,
    PUBLIC_CELL,
    run_command,
    write_course,
    write_submission,
)

EXAM = GRADING.replace("package: mini\n", "package: mini\n    exam: true\n")
# What only the public test asks for: the hidden ones draw factors and sizes of their own.
ONLY_PUBLIC = "def scale(x, factor):\n    return torch.tensor([2.0, 4.0])\n"


def folder(root, grading, changes=None) -> dict[str, bytes]:
    course = Course(write_course(root, {"grading.yml": grading} | (changes or {})))
    return build_folder(course, course.policy.assignment("a0_mini"))


def test_the_public_tests_stay_with_the_author(tmp_path):
    exam, usual = folder(tmp_path / "exam", EXAM), folder(tmp_path / "usual", GRADING)
    tests = {"tests/checks.py", "tests/test_scale.py", "tests/test_cell.py"}
    assert usual.keys() - exam.keys() == tests
    assert (tmp_path / "exam/solutions/a0_mini/tests/test_scale.py").is_file()


def test_a_student_is_told_that_hidden_tests_decide_everything(tmp_path):
    for path, content in folder(tmp_path / "course", EXAM).items():
        target = tmp_path / "student" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONPATH"}
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"],
        cwd=tmp_path / "student", env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert run.returncode == 5 and run.stderr == ""  # 5: there are no tests
    assert "hidden tests decide the other 30" in run.stdout


LINE = PUBLIC_CELL.splitlines()[-1].strip()


def test_a_line_of_a_public_test_may_not_be_told_in_an_exam(tmp_path):
    handout = {
        "solutions/a0_mini/README.md": f"# Two tiny tasks\n\n`{LINE}`\n\n## `scale`, `cell`\n"
    }
    folder(tmp_path / "usual", GRADING, handout)
    with pytest.raises(ReleaseError, match=r"solutions/a0_mini/tests/test_cell.py"):
        folder(tmp_path / "exam", EXAM, handout)


@pytest.mark.parametrize(("grading", "earned"), [(EXAM, 0), (GRADING, 4)])
def test_public_tests_do_not_count(tmp_path, grading, earned):
    course = write_course(tmp_path / "course", {"grading.yml": grading})
    work = write_submission(tmp_path / "work", HEAD + ONLY_PUBLIC + CELL)
    path = tmp_path / "results.json"
    done = run_command(course, "grade", "a0_mini", work, "--results", path)
    assert done.returncode == 0, done.stderr
    result = json.loads(path.read_text())
    tasks = result["extra_data"]["tasks"]
    assert (tasks["scale"]["score"], tasks["scale"]["max_score"]) == (earned, 10)
    assert (tasks["cell"]["score"], tasks["cell"]["max_score"]) == (20, 20)
    public = [test["name"] for test in result["tests"] if "(public)" in test["name"]]
    assert bool(public) == (grading == GRADING)
    # The course's hidden tests are shown after the due date, so of an exam nothing is said before.
    first = result["output"].splitlines()[0]
    shown = "30 points by tests" if grading == EXAM else "12 of 12 points, and 18 points by tests"
    assert first == f"a0_mini: {shown} that are not shown now"
    assert ("cell" in result["output"]) == (grading == GRADING)


def load(tmp_path, text):
    path = tmp_path / "grading.yml"
    path.write_text(text)
    return load_policy(path).assignment("a0_mini")


def test_the_usual_share_of_public_tests_is_not_an_exams(tmp_path):
    exam, usual = load(tmp_path, EXAM), load(tmp_path, GRADING)
    assert {task.public_share for task in exam.tasks.values()} == {0}
    assert {task.public_share for task in usual.tasks.values()} == {0.4}
    assert load(tmp_path, EXAM.replace("exam: true", "exam: false")) == usual
    load(tmp_path, EXAM.replace("points: 20", "points: 20\n        public_share: 0"))


@pytest.mark.parametrize(
    ("old", "new", "line", "says"),
    [
        ("exam: true", "exam: true\n    public_share: 0.5", 12, "public_share is 0.5"),
        ("points: 20", "points: 20\n        public_share: 1", 22, "public_share is 1"),
        ("exam: true", "exam: maybe", 11, "cannot be 'maybe'; allowed: true, false"),
    ],
)
def test_an_exam_that_gives_points_for_public_tests_is_refused(tmp_path, old, new, line, says):
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, EXAM.replace(old, new))
    assert caught.value.line == line and says in str(caught.value)
    if "share" in new:
        load(tmp_path, EXAM.replace("exam: true", "exam: false").replace(old, new))
