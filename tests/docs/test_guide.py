"""The TA's guide is true: every page is followed in a new copy of the small course."""

import re
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.autograder.minicourse import write_practice
from tests.docs.pages import follow

GUIDE = Path(__file__).parents[2] / "docs" / "ta"
PAGES = sorted(path.name for path in GUIDE.glob("*.md"))


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_true(name, tmp_path):
    assert follow(GUIDE / name, write_practice(tmp_path / "course")) > 0


def test_links_lead_somewhere():
    links = {
        target
        for name in PAGES
        for part in MarkdownIt().parse((GUIDE / name).read_text(encoding="utf-8"))
        for token in part.children or []
        if token.type == "link_open" and not (target := token.attrs["href"]).startswith("https://")
    }
    assert len(links) > len(PAGES)
    assert not [link for link in links if not (GUIDE / link.partition("#")[0]).is_file()]


def test_every_page_is_in_the_list():
    listed = re.findall(r"\]\(([\w-]+\.md)\)", (GUIDE / "README.md").read_text(encoding="utf-8"))
    assert sorted([*listed, "README.md"]) == PAGES
