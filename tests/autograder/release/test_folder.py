"""Tests of autograder.release.folder: a whole release, and keeping it up to date."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course.policy import PolicyError
from autograder.release import generated
from autograder.release.errors import ReleaseError
from autograder.release.folder import release
from autograder.release.sections import sections

NAME = "a0_sums"


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def collected_once(monkeypatch):
    """Spare pytest's collection where a test is about something else."""
    tests = {"total": ["test_a", "test_b"], "counter": ["test_c"]}
    monkeypatch.setattr(generated, "collect_public_tests", lambda files, assignment: tests)


def test_what_a_folder_contains(shared_course):
    course = shared_course
    files = tree(course / "assignments" / NAME)
    assert sorted(files) == [
        "CHANGELOG.md",
        "README.md",
        "conftest.py",
        "data/numbers.csv",
        "grader.py",
        "make_submission.py",
        "notebook.ipynb",
        "pytest.ini",
        "requirements.txt",
        "sums/__init__.py",
        "sums/adding.py",
        "sums/counting.py",
        "tests/checks.py",
        "tests/failures.py",
        "tests/test_counter.py",
        "tests/test_total.py",
    ]
    for name in ("README.md", "tests/test_total.py", "tests/test_counter.py", "data/numbers.csv"):
        assert files[name] == (course / "solutions" / NAME / name).read_bytes()
    assert files["sums/adding.py"].decode() == (
        '"""Adding up."""\n\nimport operator\nfrom functools import partial\n\n\n'
        'def total(numbers):\n    """The sum of some numbers; 0 for none."""\n'
        '    raise NotImplementedError("total: not started")\n\n\n'
        'def running_totals(numbers):\n    """The sum so far, after each number."""\n'
        "    numbers = list(numbers)\n"
        '    raise NotImplementedError("total: not started")\n\n\n'
        "half = partial(operator.mul, 0.5)\n"
    )
    requirements = files["requirements.txt"].decode().splitlines()
    assert any(line.startswith("jupyterlab>=") for line in requirements)
    assert requirements == [line for line in requirements if line]
    assert not any(b"\r" in content for content in files.values())


def test_generated_programs_look_written_by_hand(shared_course):
    folder = shared_course / "assignments" / NAME
    programs = ["conftest.py", "grader.py", "make_submission.py", "tests/checks.py"]
    programs.append("tests/failures.py")
    ruff = [sys.executable, "-m", "ruff", "format", "--check", "--isolated", "--line-length=100"]
    ran = subprocess.run([*ruff, *programs], cwd=folder, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_points_of_public_tests_add_up(shared_course):
    namespace = {}
    source = (shared_course / "assignments" / NAME / "conftest.py").read_text(encoding="utf-8")
    exec(source[source.index("TOTAL =") : source.index("SLOW =")], namespace)
    assert namespace["TOTAL"] == 100
    assert namespace["TASKS"] == {
        "total": [
            "section 1, total: adding up",
            "total and running_totals in sums/adding.py",
            28,
        ],
        "counter": ["section Counter and counter, ≥ 0", "Counter in sums/counting.py", 42],
    }
    assert namespace["PUBLIC"] == {
        "total": {
            "test_by_hand[numbers0-0]": 2.4,
            "test_by_hand[numbers1-5]": 2.4,
            "test_by_hand[numbers2--1]": 2.4,
            "test_the_last_running_total_is_the_total": 2.4,
            "test_running_totals_by_hand": 2.4,
        },
        "counter": {"TestCounter::test_counts": 9, "TestCounter::test_unseen": 9},
    }


def test_a_second_release_changes_nothing(course, monkeypatch):
    release(course)
    folder = course / "assignments" / NAME
    before, inode = tree(folder), folder.stat().st_ino
    # Another process order, hash seed, locale or time must not show.
    monkeypatch.setenv("PYTHONHASHSEED", "7")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert release(course) == {NAME: ""}
    assert release(course, check=True) == {NAME: ""}
    assert folder.stat().st_ino == inode  # not even written anew
    for path in folder.rglob("*"):
        path.chmod(0o777)
    folder.rename(course / "elsewhere")
    release(course)
    assert tree(folder) == before
    assert not any(path.stat().st_mode & 0o111 for path in folder.rglob("*") if path.is_file())


def test_check_shows_what_is_stale_and_writes_nothing(collected_once, course, edit):
    release(course)
    edit(f"solutions/{NAME}/README.md", "then count things", "then count sheep")
    folder = course / "assignments" / NAME
    (folder / "left_over.txt").write_text("old\n")
    (folder / "data/numbers.csv").unlink()
    before = tree(folder)

    diff = release(course, check=True)[NAME]
    assert "-Add numbers up, then count things.\n+Add numbers up, then count sheep.\n" in diff
    assert f"--- a/assignments/{NAME}/left_over.txt\n+++ /dev/null" in diff
    assert f"--- /dev/null\n+++ b/assignments/{NAME}/data/numbers.csv" in diff
    assert tree(folder) == before

    assert release(course)[NAME] == diff
    assert release(course, check=True) == {NAME: ""}
    assert "left_over.txt" not in tree(folder)


def test_what_running_the_tests_leaves_behind_is_not_stale(collected_once, course):
    release(course)
    folder = course / "assignments" / NAME
    for name in (".pytest_cache/x", ".hypothesis/y", "sums/__pycache__/adding.pyc"):
        (folder / name).parent.mkdir()
        (folder / name).write_bytes(b"\xff")
    assert release(course, check=True) == {NAME: ""}


def test_nothing_else_in_assignments_is_touched(collected_once, course):
    other = course / "assignments" / "mine" / "notes.txt"
    other.parent.mkdir(parents=True)
    other.write_text("keep\n")
    found = release(course)
    assert found["mine"] == "assignments/mine is no assignment of grading.yml\n"
    assert other.read_text() == "keep\n"
    assert list(release(course, [NAME])) == [NAME]
    assert sorted(path.name for path in (course / "assignments").iterdir()) == [NAME, "mine"]


def test_a_failure_while_writing_leaves_the_old_folder(collected_once, course, edit, monkeypatch):
    release(course)
    before = tree(course / "assignments")
    edit(f"solutions/{NAME}/README.md", "Sums", "Numbers")
    rename = Path.rename

    def failing(self, target):
        if self.name == "new":
            raise OSError("disk full")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(OSError, match="disk full"):
        release(course)
    assert tree(course / "assignments") == before
    monkeypatch.undo()
    assert release(course)[NAME]
    assert tree(course / "assignments") != before


def test_a_release_that_would_leak_is_refused_and_nothing_is_written(course):
    handout = course / f"solutions/{NAME}/README.md"
    secret = "assert abs(total(numbers) - reference(numbers)) < 1e-9"
    handout.write_text(f"{handout.read_text()}\n{secret}\n")
    with pytest.raises(ReleaseError, match=r"README\.md, line \d+: contains a line of test"):
        release(course)
    assert not (course / "assignments" / NAME).exists()


def delete(path: str):
    return lambda course: (course / path).unlink()


def put(path: str, text: str = ""):
    def change(course: Path) -> None:
        (course / path).parent.mkdir(exist_ok=True)
        (course / path).write_text(text)

    return change


@pytest.mark.parametrize(
    "change, says",
    [
        (delete(f"solutions/{NAME}/README.md"), "README.md: is missing"),
        (delete(f"solutions/{NAME}/sums/__init__.py"), "sums/__init__.py: is missing"),
        (delete(f"solutions/{NAME}/sums/counting.py"), "but the task counter is to be written in"),
        (delete(f"solutions/{NAME}/tests/test_counter.py"), "say public_share: 0 in grading.yml"),
        (delete(f"tests/hidden/{NAME}/test_counter.py"), "say public_share: 1 in grading.yml"),
        (put(f"solutions/{NAME}/tests/test_countre.py"), "no task 'countre'.*mean 'counter'"),
        (
            put(f"tests/hidden/{NAME}/test_other.py"),
            "no task 'other' in a0_sums, only total, count",
        ),
        (put(f"solutions/{NAME}/notes.txt"), "notes.txt: has no place in a master copy"),
        (
            lambda course: (course / "grading.yml").write_text(
                (course / "grading.yml")
                .read_text()
                .replace("defaults:\n", "defaults:\n  total: 7\n")
            ),
            "should be worth 7",
        ),
        (put(f"solutions/{NAME}/sums/table.json"), "table.json: has no place in a master copy"),
        (put(f"solutions/{NAME}/tests/test_counter.py"), "test_counter.py: pytest finds no test"),
        (
            put(f"solutions/{NAME}/tests/test_counter.py", "from sums.counting import Nothing\n"),
            "cannot load these tests with the stubs:(.|\n)*cannot import name 'Nothing'",
        ),
        (
            put(f"solutions/{NAME}/sums/__init__.py", "import no_such_library\n"),
            "line 1: imports no_such_library",
        ),
        (
            lambda course: os.symlink("README.md", course / f"solutions/{NAME}/data/link.md"),
            "link.md: is a link",
        ),
    ],
)
def test_a_master_copy_that_is_not_in_order_is_refused(change, says, course):
    change(course)
    with pytest.raises(ReleaseError, match=says):
        release(course)
    assert not (course / "assignments").exists()


@pytest.mark.parametrize(
    "heading, found",
    [
        ("## 1. `total`: adding up", "section 1, total: adding up"),
        ("### 1.2 Now `total(numbers)` ##", "section 1.2, Now total(numbers)"),
        ("# `total`", "section total"),
        ("## `running_totals`\n## 3. Its `total`\n## 4. More of `total`", "section 3, Its total"),
        ("## total", None),
        ("`total` is here", None),
        ("## `totals`", None),
        ("```\n## 1. `total`\n```", None),
        ("    ## 1. `total`", None),
    ],
)
def test_each_task_has_a_section_in_the_handout(heading, found):
    handout = f"# Sums\n\n{heading}\n\nAdd them up.\n"
    if found:
        assert sections(handout, ["total"], "README.md") == {"total": found}
    else:
        with pytest.raises(ReleaseError, match=r"README\.md: no heading names the task total, so"):
            sections(handout, ["total"], "README.md")


def test_a_handout_without_a_section_for_a_task_is_refused(collected_once, course, edit):
    release(course)
    edit(f"solutions/{NAME}/README.md", "## 1. `total`: adding up", "## 1. Adding up")
    with pytest.raises(ReleaseError, match=f"{NAME}/README.md: no heading names the task total"):
        release(course)


def test_an_unknown_assignment_is_refused(course):
    with pytest.raises(PolicyError, match=r"no assignment named 'a0_sum'.*did you mean 'a0_sums'"):
        release(course, ["a0_sum"])
