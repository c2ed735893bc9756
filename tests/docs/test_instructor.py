"""The instructor's guide is true: its pages are followed one after the other in one copy of the small course."""

from pathlib import Path

from tests.autograder.minicourse import write_practice
from tests.docs.pages import follow

GUIDE = Path(__file__).parents[2] / "docs" / "instructor"
ORDER = ["README.md", "grade-a-class.md", "report.md", "replay.md", "exams.md"]


def test_the_pages_are_true(tmp_path):
    course = write_practice(tmp_path / "course")
    assert [follow(GUIDE / name, course) for name in ORDER] == [1, 5, 1, 1, 5]


def test_no_page_is_left_out():
    assert sorted(path.name for path in GUIDE.glob("*.md")) == sorted(ORDER)
