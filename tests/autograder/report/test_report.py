"""The report on a class: its numbers, and what a browser makes of its page."""

import json
import re
import shutil
from html.parser import HTMLParser

import pytest

from autograder.course.course import Course
from autograder.report.gather import gather
from autograder.report.page import page
from autograder.report.similar import ALIKE, Pair, similar
from tests.autograder.minicourse import CELL, HEAD, RIGHT, SCALE, write_course

HOSTILE = "<script>document.title = 'owned'</script>"
# Who passes test 1.1 (worth 10) and 2.1 (worth 20), and how 2.1 failed.
CLASS = {
    "ann": (True, True, ""),
    "bea": (True, True, ""),
    "cleo": (True, False, "misconception: transposed"),
    "dan": (False, False, "misconception: transposed"),
    "eve": (False, False, "forbidden"),
}
CHROMIUM = (
    shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
)


def write_results(folder, students: dict) -> None:
    roster = {
        key: {
            "path": str(folder / "gone"),
            "people": [{"name": key.title() + HOSTILE}],
            "submitted": None,
            "late": False,
        }
        for key in students
    }
    folder.mkdir()
    (folder / "roster.json").write_text(
        json.dumps({"assignment": "a0_mini", "submissions": roster})
    )
    for key, (one, two, kind) in students.items():
        scores = {"1.1": 10.0 * one, "2.1": 20.0 * two}
        tests = [
            {
                "number": number,
                "name": f"{task} (hidden): values",
                "score": scores[number],
                "max_score": most,
                "tags": [task],
            }
            for number, task, most in (("1.1", "scale", 10.0), ("2.1", "cell", 20.0))
        ]
        notes = [
            {
                "number": "1.1",
                "status": "passed" if one else "failed",
                "kind": "" if one else "value",
                "why": "",
                "seconds": 0.5,
            },
            {
                "number": "2.1",
                "status": "passed" if two else "failed",
                "kind": kind,
                "why": HOSTILE,
                "seconds": 1.0,
            },
        ]
        tasks = {
            "scale": {"score": scores["1.1"], "max_score": 10.0},
            "cell": {"score": scores["2.1"], "max_score": 20.0},
        }
        extra = {"max_score": 30.0, "finished": True, "tasks": tasks}
        (folder / key).mkdir()
        (folder / key / "results.json").write_text(
            json.dumps({"score": sum(scores.values()), "extra_data": extra, "tests": tests})
        )
        (folder / key / "instructor.json").write_text(
            json.dumps({"problems": [HOSTILE], "tests": notes})
        )


@pytest.fixture
def report(tmp_path):
    write_results(tmp_path / "out", CLASS)
    return gather(tmp_path / "out", Course(write_course(tmp_path / "course")).policy)


def test_tasks_tests_and_misconceptions_are_counted_by_student(report):
    assert report.scores == [30, 30, 10, 0, 0] and report.max_score == 30
    assert report.tasks == {"scale": pytest.approx(0.6), "cell": pytest.approx(0.4)}
    assert [(test.number, test.task, test.passed) for test in report.tests] == [
        ("1.1", "scale", 0.6),
        ("2.1", "cell", 0.4),
    ]
    assert report.misconceptions == {("cell", "transposed"): 2}
    assert [student.key for student in report.flagged] == ["eve"]
    assert "forbids (1 tests)" in report.flagged[0].flags[0]
    assert {student.seconds for student in report.students} == {1.5}


def test_discrimination_is_the_correlation_with_the_other_points(report):
    # passing 1.1: 1 1 1 0 0; points of 2.1: 20 20 0 0 0; both have the correlation 2/3
    assert [test.discrimination for test in report.tests] == [pytest.approx(2 / 3)] * 2
    assert [test.suspicion for test in report.tests] == ["", ""]


@pytest.mark.parametrize(
    ("students", "suspicion"),
    [
        ([(True, False)] * 3 + [(False, False)] * 2, "everybody fails it"),
        ([(True, False)] * 3 + [(False, True)] * 2, "the best fail it more often than the weakest"),
        ([(True, True)] * 3 + [(False, False)] * 2, ""),
        ([(True, False)] * 2 + [(False, True)] * 2, ""),  # too few to say
    ],
)
def test_a_suspect_test_stands_out(tmp_path, students, suspicion):
    write_results(tmp_path / "out", {f"s{n}": (*pair, "value") for n, pair in enumerate(students)})
    found = gather(tmp_path / "out", Course(write_course(tmp_path / "course")).policy)
    assert found.tests[1].suspicion == suspicion


class _Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.ids, self.links, self.loaded = [], [], []

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        if "id" in found:
            self.ids.append(found["id"])
        if tag == "a":
            self.links.append(found["href"])
        self.loaded += [found[name] for name in ("src", "srcset", "data") if name in found]
        self.loaded += [found["href"]] if tag == "link" else []


def test_the_page_loads_nothing_and_its_links_lead_somewhere(report):
    text = page(report, [Pair("ann", "bea", 0.93)], "a0_mini")
    links = _Links()
    links.feed(text)
    assert links.loaded == []
    assert (
        all(link.startswith("#") and link[1:] in links.ids for link in links.links)
        and len(links.links) > 10
    )
    assert len({name for name in links.ids if name.startswith("student-")}) == 6
    assert "url(http" not in text and HOSTILE not in text and "&lt;script&gt;document.title" in text
    assert len(re.findall("<svg", text)) == 3 and text.count('role="img"') == 3
    assert page(report, [], "a0_mini") == page(report, [], "a0_mini")


def test_similar_submissions_are_paired_and_what_was_given_does_not_count():
    given = {"mini/ops.py": (HEAD + SCALE).encode()}
    own = "def {0}(values, limit):\n    total, seen = 0, []\n    for item in values:\n        if item > limit and item not in seen:\n            seen.append(item)\n            total += item * limit - len(seen)\n    return total, sorted(seen)\n"
    other = "class Table:\n    def __init__(self):\n        self.rows = {}\n    def put(self, key, row):\n        self.rows.setdefault(key, []).append(tuple(row))\n        return max(map(len, self.rows.values()))\n"
    sources = {
        "ann": {"mini/ops.py": (HEAD + SCALE + own.format("ours")).encode()},
        "bea": {
            "mini/ops.py": (HEAD + SCALE + own.format("mine").replace("seen", "known")).encode()
        },
        "cleo": {"mini/ops.py": (HEAD + SCALE + other).encode()},
        "dan": given,
        "eve": given,
    }
    [pair] = similar(sources, given)
    assert {pair.first, pair.second} == {"ann", "bea"} and pair.share >= ALIKE
    assert (
        similar(
            {"dan": {"mini/ops.py": RIGHT.encode()}, "eve": {"mini/ops.py": CELL.encode()}},
            {"mini/ops.py": RIGHT.encode()},
        )
        == []
    )


def test_only_so_much_of_a_submission_is_compared(monkeypatch):
    """The work comes before larger files, which would hide a copy and take hours."""
    own = "".join(
        f"def f{n}(a, b):\n    return [a * {n} + b for b in range(a) if b > {n}]\n"
        for n in range(9)
    )
    junk = {
        key: "\n".join(sign.join("xyzuvw") for _ in range(200))
        for key, sign in (("ann", " + "), ("bea", " * "))
    }
    sources = {
        key: {"mini/a.py": text.encode(), "mini/ops.py": own.encode()} for key, text in junk.items()
    }
    assert similar(sources, {"mini/ops.py": b""}) == []
    monkeypatch.setattr("autograder.report.similar.MOST", len(own))
    [pair] = similar(sources, {"mini/ops.py": b""})
    assert pair.share >= ALIKE


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium (Debian: apt install chromium)")
def test_in_a_browser_it_sorts_filters_and_opens(report, tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api")
    file = tmp_path / "report.html"
    file.write_text(page(report, [], "a0_mini"))
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": 360, "height": 700})
        complaints, requests = [], []
        tab.on("console", lambda message: complaints.append(message.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on("request", lambda request: requests.append(request.url))
        tab.goto(file.as_uri())
        assert tab.title() == "a0_mini" and requests == [file.as_uri()]

        def names():
            return tab.locator("#student-table tbody tr:visible td:first-child").all_inner_texts()

        assert names() == list(CLASS)
        score = tab.locator("#student-table thead button", has_text="score")
        score.focus()
        tab.keyboard.press("Enter")
        assert names() == ["dan", "eve", "cleo", "ann", "bea"]
        score.click()
        assert (
            names()[-2:] == ["dan", "eve"]
            and score.locator("..").get_attribute("aria-sort") == "descending"
        )
        tab.fill("input[data-filter]", "DA")
        assert names() == ["dan"]
        tab.click("#student-table a:visible")
        tab.locator("#student-dan[open]").wait_for(
            timeout=5000
        )  # the page hears of it a little later
        assert (
            tab.evaluate("document.documentElement.scrollWidth") <= 360
        )  # nothing is wider than a phone
        assert complaints == []
        browser.close()
