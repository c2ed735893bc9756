"""Every layout gives one hand-in for each student, under a key of its own."""

import zipfile
from datetime import UTC, datetime

import pytest

from autograder.batch.layouts import LayoutError, all_hand_ins
from autograder.course.course import Course
from autograder.results.folder import ROSTER
from autograder.submission import read_submission
from tests.autograder.minicourse import RIGHT, write_course, write_submission

INDEX = """\
submission_11:
  :submitters:
  - :name: Ada Lovelace
    :sid: '7'
    :email: ada@example.org
  :created_at: 2026-11-20 10:00:00.5 -05:00
submission_9:
  :submitters:
  - :name: Bob
  - :name: Eve
"""


@pytest.fixture
def policy(tmp_path):
    return Course(write_course(tmp_path / "course")).policy.assignment("a0_mini")


@pytest.fixture
def found(tmp_path, policy):
    """`found(folder)`: {key: path below the folder}."""
    return lambda folder: {
        one.key: str(one.path.relative_to(folder)) for one in all_hand_ins([folder], policy)
    }


def zipped(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mini/ops.py", RIGHT)


def test_one_submission_is_one_whatever_its_form(tmp_path, found):
    write_submission(tmp_path / "ann", RIGHT)
    write_submission(tmp_path / "bea" / "inside", RIGHT)
    (tmp_path / "cleo").mkdir()
    (tmp_path / "cleo" / "work.ipynb").write_text("{}")
    for name in ("ann", "bea", "cleo"):
        assert found(tmp_path / name) == {name: "."}


def test_a_plain_folder_has_an_entry_for_each_student(tmp_path, found):
    write_submission(tmp_path / "class" / "ann", RIGHT)
    zipped(tmp_path / "class" / "bea.zip")
    (tmp_path / "class" / "cleo.ipynb").write_text("{}")
    for other in ("notes.txt", ".hidden/x", "__MACOSX/y"):
        path = tmp_path / "class" / other
        path.parent.mkdir(exist_ok=True)
        path.write_text("")
    assert found(tmp_path / "class") == {"ann": "ann", "bea": "bea.zip", "cleo": "cleo.ipynb"}


def test_gradescope_says_who_and_when(tmp_path, policy):
    for name in ("submission_9", "submission_11"):
        write_submission(tmp_path / "export" / name, RIGHT)
    (tmp_path / "export" / "submission_metadata.yml").write_text(INDEX)
    ada, pair = all_hand_ins([tmp_path / "export"], policy)
    assert (ada.key, ada.path.name) == ("Ada_Lovelace", "submission_11")
    assert ada.people == [{"name": "Ada Lovelace", "email": "ada@example.org", "sid": "7"}]
    assert ada.submitted.astimezone(UTC) == datetime(2026, 11, 20, 15, 0, 0, 500_000, UTC)
    assert (pair.key, pair.people, pair.submitted) == (
        "Bob-Eve",
        [{"name": "Bob"}, {"name": "Eve"}],
        None,
    )


@pytest.mark.parametrize(
    "text",
    [
        "a: [",
        "- 1",
        "submission_1: {}",
        "submission_1: {':submitters': 3}",
        "submission_1: {':submitters': [{':name': [Ann, Bea]}]}",
        "submission_1: {':submitters': [], ':created_at': 2026-13-41 10:00:00}",
        "submission_1: " + 900 * "[",
        "submission_1: !!python/object/apply:os.getcwd []",
        "caf\udce9: 1",
    ],
)
def test_a_broken_index_is_named(tmp_path, policy, text):
    write_submission(tmp_path / "submission_1", RIGHT)
    index = tmp_path / "submission_metadata.yml"
    index.write_text(text, encoding="utf-8", errors="surrogateescape")
    with pytest.raises(LayoutError, match=r"submission_metadata\.yml is not the index"):
        all_hand_ins([tmp_path], policy)


def test_an_index_leads_nowhere_else(tmp_path, policy):
    """Neither out of its folder nor through a link: the reference would be somebody's work."""
    export = tmp_path / "export"
    export.mkdir()
    for name in ("../course/solutions/a0_mini", "..", str(tmp_path / "course"), "a/b"):
        (export / "submission_metadata.yml").write_text(f"{name!r}: {{':submitters': []}}")
        with pytest.raises(LayoutError, match="is no folder beside it"):
            all_hand_ins([export], policy)
    (export / "submission_metadata.yml").rename(tmp_path / "index")
    (export / "submission_metadata.yml").symlink_to(tmp_path / "index")
    with pytest.raises(LayoutError, match="is a link"):
        all_hand_ins([export], policy)


def test_a_time_without_a_zone_is_utc(tmp_path, policy):
    write_submission(tmp_path / "submission_1", RIGHT)
    text = "submission_1: {':submitters': [], ':created_at': 2026-11-20 10:00:00}"
    (tmp_path / "submission_metadata.yml").write_text(text)
    [one] = all_hand_ins([tmp_path], policy)
    assert one.submitted == datetime(2026, 11, 20, 10, tzinfo=UTC)


def test_a_link_among_the_hand_ins_is_not_followed(tmp_path, policy):
    write_submission(tmp_path / "class" / "bea", RIGHT)
    (tmp_path / "class" / "ann").symlink_to(tmp_path / "course" / "solutions" / "a0_mini")
    ann, bea = all_hand_ins([tmp_path / "class"], policy)
    assert "is a link" in read_submission(ann.path, policy).problems[0]
    assert read_submission(ann.path, policy).files == {}
    assert read_submission(bea.path, policy).files.keys() == {"mini/__init__.py", "mini/ops.py"}


def test_canvas_has_one_for_each_student(tmp_path, policy):
    for name in ("doejane_12_345_work.zip", "roejim_LATE_13_346_work-1.zip"):
        zipped(tmp_path / "class" / name)
    (tmp_path / "class" / "doejane_12_344_notes.ipynb").write_text("{}")
    (tmp_path / "class" / "doejane_12_347_later.ipynb").write_text("{}")
    jane, jim = all_hand_ins([tmp_path / "class"], policy)
    assert (jane.key, jane.path.name, jane.late) == ("doejane", "doejane_12_345_work.zip", False)
    assert (jim.key, jim.people, jim.late) == ("roejim", [{"name": "roejim", "sid": "13"}], True)


def test_keys_are_different_and_fit_for_files(tmp_path, policy):
    paths = [
        write_submission(tmp_path / part / name, RIGHT)
        for part, name in (("a", "Ann"), ("b", "ann"), ("c", "x y/"))
    ]
    assert [one.key for one in all_hand_ins(paths, policy)] == ["Ann.1", "ann.2", "x_y"]


def test_no_key_takes_the_place_of_another_or_of_the_roster(tmp_path, policy):
    names = ["ann", "Ann", "ANN.2", "ann.1", "Roster.json", "ann/", "roster.json.1"]
    paths = [
        write_submission(tmp_path / str(number) / name, RIGHT) for number, name in enumerate(names)
    ]
    keys = [one.key.casefold() for one in all_hand_ins(paths, policy)]
    assert len({*keys, ROSTER}) == len(names) + 1
    assert keys[2:4] == ["ann.2", "ann.1"]


def test_an_empty_class_is_an_error(tmp_path, policy):
    (tmp_path / "class").mkdir()
    (tmp_path / "class" / "submission_metadata.yml").write_text("{}")
    with pytest.raises(LayoutError, match="nothing to grade"):
        all_hand_ins([tmp_path / "class"], policy)
