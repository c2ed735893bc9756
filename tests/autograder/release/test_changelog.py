"""Tests of autograder.release.changelog: students are told of every change of what was published."""

import re
import shutil
from datetime import date

import pytest

from autograder.release import generated
from autograder.release.changelog import read_entries
from autograder.release.errors import ReleaseError
from autograder.release.folder import release
from tests.autograder.minicourse import run_command

NAME = "a0_sums"
HANDOUT = f"solutions/{NAME}/README.md"
CHANGELOG = f"solutions/{NAME}/CHANGELOG.md"
DAY = date(2026, 9, 1)


@pytest.fixture(autouse=True)
def collected_once(monkeypatch):
    """Spare pytest's collection, which these tests are not about."""
    tests = {"total": ["test_a", "test_b"], "counter": ["test_c"]}
    monkeypatch.setattr(generated, "collect_public_tests", lambda files, assignment: tests)


@pytest.fixture
def published(course):
    """The course after version 1.0 was published."""
    release(course, publish=DAY)
    return course


def add_entry(course, version="1.1"):
    path = course / CHANGELOG
    head, rest = path.read_text().split("\n\n", 1)
    path.write_text(f"{head}\n\n## {version}\n\n- Count sheep now.\n\n{rest}")


def change(course, word="sheep"):
    path = course / HANDOUT
    path.write_text(re.sub(r"count \w+", f"count {word}", path.read_text()))


def content(course):
    files = [*sorted((course / "assignments").rglob("*")), course / CHANGELOG]
    return {path: path.read_bytes() for path in files if path.is_file()}


def test_publishing_seals_the_entry_once(published):
    first = content(published)
    text = (published / CHANGELOG).read_text()
    assert re.search(
        r"## 1\.0 \(2026-09-01\)\n\n<!-- folder [0-9a-f]{16} -->\n\n- First version\.\n", text
    )
    assert (published / f"assignments/{NAME}/CHANGELOG.md").read_text() == text
    for _ in range(2):
        assert release(published) == {NAME: ""}
        assert release(published, publish=date(2026, 9, 2)) == {NAME: ""}
    assert release(published, check=True) == {NAME: ""}
    assert content(published) == first


def test_a_date_that_was_written_is_kept(course, edit):
    edit(CHANGELOG, "## 1.0", "## 1.0 (2026-08-15)")
    release(course, publish=DAY)
    assert "## 1.0 (2026-08-15)\n\n<!-- folder" in (course / CHANGELOG).read_text()


def test_a_draft_may_change_as_often_as_one_likes(course):
    release(course)
    for word in ("sheep", "goats", "sheep"):
        change(course, word)
        assert f"count {word}" in release(course)[NAME]
        assert release(course, check=True) == {NAME: ""}


@pytest.mark.parametrize("how", [{}, {"check": True}, {"publish": DAY}])
@pytest.mark.parametrize("kept", [True, False], ids=["kept", "clean checkout"])
def test_a_change_of_what_was_published_is_refused(published, how, kept):
    change(published)
    if not kept:
        shutil.rmtree(published / "assignments")
    before = content(published)
    for _ in range(2):
        with pytest.raises(ReleaseError) as error:
            release(published, **how)
    assert content(published) == before
    assert re.search(
        r"CHANGELOG\.md, line 3: version 1\.0 is published, and what students get has changed",
        str(error.value),
    )
    assert ("since (README.md)." if kept else "since (README.md,") in str(error.value)
    assert "write an entry such as\n\n## 1.1\n\n- What changed" in str(error.value)


@pytest.mark.parametrize("how", [{}, {"check": True}, {"publish": DAY}])
def test_without_a_change_there_is_nothing_to_tell(published, how):
    assert release(published, **how) == {NAME: ""}


def test_an_entry_opens_the_folder_until_it_is_published(published):
    change(published)
    add_entry(published)
    assert "+- Count sheep now.\n" in release(published)[NAME]
    change(published, "goats")
    release(published, publish=date(2026, 10, 1))
    text = (published / CHANGELOG).read_text()
    assert re.findall(r"## (.*)", text) == ["1.1 (2026-10-01)", "1.0 (2026-09-01)"]
    assert len(set(re.findall(r"<!-- folder (\w+) -->", text))) == 2
    change(published, "hens")
    with pytest.raises(ReleaseError, match=r"version 1\.1 is published"):
        release(published)
    change(published, "goats")
    assert release(published) == {NAME: ""}


def test_the_points_and_the_files_that_are_generated_count_too(published, edit):
    edit("grading.yml", "points: 40", "points: 39")
    with pytest.raises(ReleaseError, match=r"since \(conftest\.py\)"):
        release(published)


def test_what_students_do_not_get_needs_no_entry(published, edit):
    edit(f"tests/hidden/{NAME}/test_counter.py", "range(100)", "range(101)")
    edit(f"tests/hidden/{NAME}/test_counter.py", "[15, 15, 14,", "[15, 15, 15,")
    assert release(published) == {NAME: ""}


def test_an_older_changelog_does_not_fool_it(published):
    older = (published / CHANGELOG).read_text()
    add_entry(published)
    change(published)
    release(published)
    (published / CHANGELOG).write_text(older)
    with pytest.raises(ReleaseError, match=r"version 1\.0 is published"):
        release(published)


def test_one_refused_assignment_leaves_all_as_they_were(published, edit):
    text = (published / "grading.yml").read_text()
    _, _, block = text.partition("assignments:\n")
    (published / "grading.yml").write_text(text + block.replace(NAME, "a1_sums"))
    for folder in ("solutions", "tests/hidden"):
        shutil.copytree(published / folder / NAME, published / folder / "a1_sums")
    (published / "solutions/a1_sums/CHANGELOG.md").write_text("# Changes\n\n## 1.0\n\n- New.\n")
    for path in [
        *published.glob("solutions/a1_sums/**/*.py"),
        *published.glob("tests/hidden/a1_sums/*.py"),
    ]:
        path.write_text(path.read_text().replace(NAME, "a1_sums"))
    change(published)
    before = content(published)
    with pytest.raises(ReleaseError, match=rf"{NAME}/CHANGELOG\.md, line 3"):
        release(published, publish=DAY)
    assert content(published) == before
    assert "<!--" not in (published / "solutions/a1_sums/CHANGELOG.md").read_text()
    assert release(published, ["a1_sums"], publish=DAY)["a1_sums"]


def test_a_course_without_a_changelog_is_refused(course):
    (course / CHANGELOG).unlink()
    with pytest.raises(ReleaseError, match=r"CHANGELOG\.md: is missing; a first one is\n\n# Cha"):
        release(course)
    assert not (course / "assignments").exists()


SEAL = "<!-- folder 0123456789abcdef -->\n"


@pytest.mark.parametrize(
    "text, says",
    [
        ("# Changes\n", "CHANGELOG.md: has no entry"),
        ("## v1\n- x\n", "line 1: '## v1' is no heading"),
        ("## 1.0 (soon)\n- x\n", "line 1: '## 1.0 \\(soon\\)' is no heading"),
        ("## 1.0\n\nwords\n- \n", "line 1: version 1.0 says nothing"),
        (f"## 1.0\n- x\n## 1.1\n{SEAL}- y\n", "line 3: version 1.1 stands below 1.0"),
        (f"## 1.9\n- x\n## 1.10\n{SEAL}- y\n", "line 3: version 1.10 stands below 1.9"),
        (f"## 1.0\n- x\n## 1.0\n{SEAL}- y\n", "line 3: version 1.0 stands below 1.0"),
        ("## 1.1\n- x\n## 1.0\n- y\n", "line 3: version 1.0 was never published"),
    ],
)
def test_a_changelog_that_is_not_in_order_is_refused(text, says, tmp_path):
    with pytest.raises(ReleaseError, match=says):
        read_entries(text, tmp_path / "CHANGELOG.md")


def test_a_changelog_in_order_is_read(tmp_path):
    text = f"# Changes\n\n## 1.10\n\n- x\n\n## 1.9 (2026-09-01)\n\n{SEAL}\nWhy:\n\n- y\n- z\n"
    entries = read_entries(text, tmp_path)
    assert [(e.version, e.day, e.line, e.digest) for e in entries] == [
        ("1.10", "", 3, ""),
        ("1.9", "2026-09-01", 7, "0123456789abcdef"),
    ]


def test_what_is_still_to_be_written_is_not_released(course, edit):
    edit(HANDOUT, "count things", "FILL IN: what to count")
    with pytest.raises(
        ReleaseError, match=r"README\.md, line 3: is still to be written: what to count"
    ):
        release(course)
    assert not (course / "assignments").exists()
    edit(HANDOUT, "FILL IN: what to count", "fill in the form")
    assert release(course)[NAME]


def test_the_command_publishes_and_refuses(course):
    found = run_command(course, "release", "--publish")
    assert found.stdout == f"{NAME}: published\n", found.stderr
    change(course)
    found = run_command(course, "release", "--check")
    assert found.returncode == 1
    assert "version 1.0 is published" in found.stderr
    assert "Traceback" not in found.stderr
    found = run_command(course, "release", "--check", "--publish")
    assert found.returncode == 2
