"""The site: complete, offline, readable on a phone, and without anything that students must not see."""

import os
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

from autograder.course.course import Course
from autograder.release.leaks import find_leaks

ROOT = Path(__file__).parents[2]
CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)
PHONE = 390  # CSS pixels
# What a guide may name and a released folder may not: it says where things are.
_GUIDES_NAME = (
    "a solution marker",
    "the path of the master copy",
    "the path of the hidden tests",
    "the grader's own package",
)
_ENDS_A_LINE = {
    "p",
    "li",
    "tr",
    "td",
    "th",
    "pre",
    "br",
    "div",
    "summary",
    *(f"h{n}" for n in range(1, 7)),
}


class Page(HTMLParser):
    """What a page says, where its links lead and what it loads."""

    def __init__(self, path: Path):
        super().__init__()
        self.path = path
        self.ids, self.links, self.loaded, self.spoken = set(), [], [], []
        self._text, self._silent = [], 0
        self.feed(path.read_text(encoding="utf-8"))

    @property
    def text(self) -> str:
        return "".join(self._text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids |= {found[name] for name in ("id", "name") if found.get(name)}
        if tag == "a" and found.get("href"):
            self.links.append(found["href"])
        self.loaded += [found[name] for name in ("src", "srcset", "data") if name in found]
        self.loaded += [found["href"]] if tag == "link" else []
        self.spoken += (
            [found["aria-label"]] if found.get("class") == "equation" and tag == "svg" else []
        )
        self._silent += tag in ("script", "style")

    def handle_endtag(self, tag):
        self._silent -= tag in ("script", "style")
        self._text.append("\n" if tag in _ENDS_A_LINE else "")

    def handle_data(self, data):
        if not self._silent:
            self._text.append(data)


def build(config: Path, site: Path) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "-q", "-f", str(config), "-d", str(site)],
        cwd=config.parent, capture_output=True, text=True, timeout=240,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = build(ROOT / "mkdocs.yml", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="module")
def pages(site) -> dict[str, Page]:
    return {path.relative_to(site).as_posix(): Page(path) for path in sorted(site.rglob("*.html"))}


def test_every_handout_notebook_and_guide_is_there(pages):
    for name in Course(ROOT).policy.assignments:
        folder = ROOT / "assignments" / name
        title = (folder / "README.md").read_text().splitlines()[0].lstrip("# ")
        assert title in pages[f"assignments/{name}/index.html"].text
        for source, page in (("notebook.ipynb", "notebook"), ("CHANGELOG.md", "CHANGELOG")):
            assert (folder / source).is_file() == (f"assignments/{name}/{page}.html" in pages)
    for path in (ROOT / "docs").glob("**/*.md"):
        page = path.relative_to(ROOT / "docs").with_suffix(".html")
        page = page.with_name("index.html") if page.stem == "README" else page
        assert page.as_posix() in pages
    everything = "\n".join(page.text for page in pages.values())
    assert "def prepare_colab" in everything  # code of the notebooks


def broken(site: Path, pages: dict[str, Page]) -> list[str]:
    """The links within the site that lead nowhere."""
    found = []
    for name, page in pages.items():
        for link in page.links:
            if link.startswith(("http://", "https://", "mailto:")):
                continue
            target, _, anchor = unquote(link).partition("#")
            path = (page.path.parent / target).resolve() if target else page.path
            path = path / "index.html" if path.is_dir() else path
            inside = path.relative_to(site.resolve()).as_posix() if path.is_file() else ""
            if not inside or (anchor and inside in pages and anchor not in pages[inside].ids):
                found.append(f"{name}: {link}")
    return found


def test_every_link_and_anchor_leads_somewhere(site, pages):
    pages = {name: page for name, page in pages.items() if name != "404.html"}  # for servers
    assert broken(site, pages) == []
    page = next(iter(pages.values()))
    page.links += ["nowhere.html", "index.html#nothing-of-this-name"]
    assert len(broken(site, pages)) == 2


def test_nothing_comes_from_the_network(site, pages):
    for page in pages.values():
        assert not [source for source in page.loaded if re.match("https?:|//", source)]
    for path in site.rglob("*.css"):
        assert not re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", path.read_text())


def test_equations_are_drawn(pages):
    sources = [
        *(ROOT / "assignments").glob("*/README.md"),
        *(ROOT / "assignments").glob("*/*.ipynb"),
    ]
    written = sum(path.read_text().count("$$") for path in sources) // 2
    assert written > 0
    assert len([label for page in pages.values() for label in page.spoken]) >= written
    for page in pages.values():
        assert not re.search(r"\$\$|\\(frac|sum|text|cdot|sqrt)\b|\\\[", page.text), page.path


def told(files: dict[str, str]) -> list[str]:
    """What the texts tell of solutions and hidden tests."""
    course = Course(ROOT)
    encoded = {name: text.encode() for name, text in files.items()}
    return [
        f"{file}, line {line}: {what}"
        for assignment in course.policy.assignments.values()
        for file, line, what in find_leaks(course, assignment, encoded)
        if not what.endswith(_GUIDES_NAME)
    ]


def test_no_solution_and_no_hidden_test_is_in_it(site, pages):
    # The guides try things on a made-up course; what only that says is no secret.
    made_up = {
        line.strip() for line in (ROOT / "tests/autograder/minicourse.py").read_text().splitlines()
    }
    texts = {
        name: "\n".join(line for line in page.text.splitlines() if line.strip(" -+") not in made_up)
        for name, page in pages.items()
    }
    for path in site.rglob("*"):
        shown = path.suffix in (".py", ".ipynb", ".zip")
        assert not shown or path.is_relative_to(site / "ta/standardize"), path  # a made-up task
    # The scan sees what it looks for: a page of each kind of secret, as it is written.
    course, secrets = Course(ROOT), {}
    for name, assignment in course.policy.assignments.items():
        for folder in (course.master(name) / assignment.package, course.hidden(name)):
            text = "\n".join(path.read_text() for path in folder.glob("*.py"))
            secrets[f"{folder.relative_to(ROOT)}.html"] = text
    leaks = told({**texts, **secrets})
    assert {leak.partition(",")[0] for leak in leaks} == secrets.keys(), [
        leak for leak in leaks if leak.partition(",")[0] not in secrets
    ]


def test_an_equation_that_cannot_be_drawn_stops_the_build(tmp_path):
    shutil.copytree(ROOT / "docs/assets", tmp_path / "docs/assets")
    (tmp_path / "docs/index.md").write_text("# A page\n\n$$\\frac{1}{2}$$\n")
    text = (ROOT / "mkdocs.yml").read_text()
    nav, rest = text.index("nav:"), text.index("theme:")
    config = tmp_path / "mkdocs.yml"
    config.write_text(text[:nav] + "nav: [{Home: index.md}, {More: [index.md]}]\n" + text[rest:])
    assert build(config, tmp_path / "site").returncode == 0
    (tmp_path / "docs/index.md").write_text("# A page\n\n$$\\frac{1}{2} \\nonesuch$$\n")
    done = build(config, tmp_path / "site")
    assert done.returncode != 0 and r"index.md: no drawing for \nonesuch" in done.stderr


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt install chromium)")
def test_in_a_browser_on_a_phone(site, pages):
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": PHONE, "height": 844})
        complaints, requests = [], []
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("request", lambda request: requests.append(request.url))
        for name in pages:
            if name == "404.html":
                continue
            tab.goto((site / name).as_uri())
            assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE, name
            assert tab.evaluate(
                "[...document.querySelectorAll('svg.equation')].every(s => s.getBBox().width > 5)"
            )
        tab.goto((site / "index.html").as_uri())
        tab.click("label[for=__search]:visible")
        tab.locator("input.md-search__input").press_sequentially("lstm")
        first = tab.locator("a.md-search-result__link").first
        first.wait_for()
        assert "lstm" in tab.locator(".md-search-result__list").inner_text().lower()
        first.click()
        tab.wait_for_url("**/assignments/**")
        assert complaints == []
        assert requests and not [url for url in requests if not url.startswith(site.as_uri())]
        browser.close()
