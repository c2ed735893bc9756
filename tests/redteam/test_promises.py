"""Whatever is handed in: the same tests with the same maximum, a valid result, and nothing of a hidden test in it."""

import ast
import io
import json
import os
import random
import re
import stat
import zipfile
from pathlib import Path

import jsonschema
import pytest

from tests.redteam import parcels, runner
from tests.redteam.corpus import Attack
from tests.redteam.course import ALL
from tests.redteam.settings import SETTINGS, available

pytestmark = pytest.mark.skipif(not available(), reason="the sandbox is Linux's")

SCHEMA = json.loads(
    (Path(__file__).parents[1] / "autograder/results/gradescope_schema.json").read_text()
)
BROKEN = int(os.environ.get("REDTEAM_BROKEN", "40"))  # programs with random damage
NONSENSE = int(os.environ.get("REDTEAM_NONSENSE", "25"))  # of each kind: zips, folders, notebooks
GARBAGE = (
    "return", "    raise", "x = (", "import nowhere", "while True: break", "\t", "}", "self = None", "del torch", "'''", "\0", "é = 1",
    "def scale(): pass", "class Cell: pass", "fit = 3", "return torch.ones(2)", "        return None", "    factor = -factor",
    "assert False", "yield 1", "nn = torch", "raise SystemExit", "print(x)", "0 / 0", "return x,", "torch.manual_seed(0)",
)  # fmt: skip
NAMES = (
    "mini/__init__.py",
    "mini/ops.py",
    "mini/ops.pyc",
    "ops.py",
    "../ops.py",
    "/ops.py",
    "mini/a b.py",
    "work.ipynb",
    "MINI/ops.py",
    "mini",
)


class Broken(Attack):
    """A submission that is not in the corpus: its source, or what writes it."""

    def write(self, place) -> Path:
        if callable(self.source):
            return self.source(place.submissions / self.name)
        return parcels.folder(place, self.name, self.source)


def damaged(source: random.Random) -> str:
    """The right program with a few lines gone, doubled, moved, or with garbage between them."""
    lines = parcels.RIGHT.splitlines()
    for _ in range(source.randint(1, 5)):
        at = source.randrange(len(lines))
        kind = source.randrange(5)
        if kind == 0:
            del lines[at]
        elif kind == 1:
            lines.insert(at, source.choice(GARBAGE))
        elif kind == 2:
            lines[at] = lines[at][: source.randint(0, len(lines[at]))]
        elif kind == 3:
            lines[at] = re.sub(
                r"\w+", lambda match: source.choice((match[0], "x", "factor", "0")), lines[at]
            )
        else:
            other = source.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
    return "\n".join(lines)


def content(source: random.Random) -> bytes:
    return source.choice(
        (
            b"",
            b"\xff\xfe\x00",
            damaged(source).encode("utf-8", "replace"),
            source.randbytes(300),
            parcels.RIGHT.encode(),
        )
    )


def a_zip(source: random.Random):
    """Something that calls itself a zip."""

    def write(path: Path) -> Path:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for name in dict.fromkeys(source.choices(NAMES, k=source.randint(0, 5))):
                member = zipfile.ZipInfo(name)
                member.external_attr = (
                    source.choice((0, stat.S_IFREG, stat.S_IFLNK, stat.S_IFIFO, stat.S_IFDIR)) << 16
                )
                archive.writestr(member, content(source))
        data = bytearray(buffer.getvalue())
        for _ in range(source.randint(0, 3)):
            data[source.randrange(len(data))] = source.randrange(256)
        path = path.with_suffix(".zip")
        path.write_bytes(data[: source.choice((len(data), source.randrange(len(data))))])
        return path

    return write


def a_folder(source: random.Random):
    """A folder of files, links, pipes and folders, some of them named like what is asked for."""

    def write(path: Path) -> Path:
        path.mkdir()
        for name in source.choices(NAMES, k=source.randint(0, 5)):
            target = path / name.lstrip("/.")
            try:
                target.parent.mkdir(exist_ok=True)
                kind = source.randrange(4)
                if kind == 0:
                    target.symlink_to(
                        source.choice(
                            ("/etc/passwd", ".", "nowhere", "../../redteam-course/tests/hidden")
                        )
                    )
                elif kind == 1:
                    os.mkfifo(target)
                else:
                    target.write_bytes(content(source))
            except OSError:  # there already, or below a file
                continue
        return path

    return write


def a_notebook(source: random.Random):
    """Something that calls itself a notebook."""

    def write(path: Path) -> Path:
        odd = (
            None,
            3,
            [],
            {},
            "text",
            {"cell_type": "code"},
            {"cell_type": "code", "source": 7},
            [[[]]],
        )
        cells = [
            source.choice((*odd, {"cell_type": "code", "source": damaged(source)}))
            for _ in range(source.randint(0, 6))
        ]
        text = json.dumps({source.choice(("cells", "worksheets")): source.choice((cells, *odd))})
        path = path.with_suffix(".ipynb")
        path.write_text(text[: source.choice((len(text), source.randrange(len(text))))])
        return path

    return write


def submissions() -> list[Broken]:
    source = random.Random(int(os.environ.get("REDTEAM_SEED", "1")))
    found = [Broken("right", parcels.RIGHT, {})]
    found += [Broken(f"damaged{number}", damaged(source), {}) for number in range(BROKEN)]
    for kind in (a_zip, a_folder, a_notebook):
        found += [
            Broken(f"{kind.__name__}{number}", kind(random.Random(source.random())), {})
            for number in range(NONSENSE)
        ]
    return found


@pytest.fixture(scope="module")
def run():
    with runner.graded(submissions(), SETTINGS[available()[0]]) as run:
        yield run


def test_every_result_has_the_same_tests_with_the_same_maximum(run):
    def form(name: str) -> list[tuple]:
        return [
            (test["number"], test["name"], test["max_score"], test["visibility"])
            for test in run.result(name)["tests"]
        ]

    for name in run.names:
        result = run.result(name)
        jsonschema.validate(result, SCHEMA)
        assert form(name) == form("right")
        assert result["extra_data"]["max_score"] == ALL
        assert 0 <= result["score"] <= ALL
    assert run.result("right")["score"] == ALL


def test_whoever_gets_nothing_is_told_why(run):
    for name in run.names:
        result = run.result(name)
        if result["score"] == 0:
            assert all(test["output"] for test in result["tests"])


def test_nothing_is_left_and_nothing_changed(run):
    assert not run.processes_left
    assert run.files_after == run.files_before


def secrets(run: runner.Run) -> set[str]:
    """Lines of the hidden tests and of the reference's bodies that a student has not got, and the files' names."""
    course, public = run.place.course, parcels.RIGHT
    public += "".join(
        path.read_text() for path in (course / "solutions/a0_mini/tests").glob("*.py")
    )
    found = {"misconceptions.py", "variants.py"}
    for path in [
        *(course / "tests/hidden/a0_mini").glob("*.py"),
        course / "solutions/a0_mini/mini/ops.py",
    ]:
        lines = {line.strip() for line in path.read_text().splitlines()}
        found |= {line for line in lines if len(line) > 12 and line not in public}
    return found


def test_the_check_of_secrets_knows_some(run):
    found = secrets(run)
    assert "return torch.tanh(x @ self.weight.T)" in found
    assert any("assert_matches(" in line for line in found)


def test_nothing_hidden_is_in_what_students_may_see(run):
    """results.json is made for students whole, whatever the visibility of a test, and so is what the command prints."""
    hidden_lines = secrets(run)
    for name in run.names:
        result = run.result(name)
        seen = json.dumps(
            {
                **result,
                "tests": [
                    {**test, "output": own_removed(test["output"])} for test in result["tests"]
                ],
            }
        )
        for line in hidden_lines:
            assert json.dumps(line)[1:-1] not in seen
        hidden = [
            own_removed(test["output"]) for test in result["tests"] if "(hidden)" in test["name"]
        ]
        for text in hidden:
            assert not re.search(r"test_\w+\.py|\d\.\d{3}|tensor\(|seed", text), text
    assert not any(line in run.output for line in hidden_lines)


def own_removed(text: str) -> str:
    """The text without the lines that quote the submission itself."""
    return "\n".join(
        line for line in text.splitlines() if not line.startswith(("  mini/", "nothing to grade: "))
    )


def test_damage_breaks_programs_in_many_ways(run):
    broken = [
        submission.source for submission in submissions() if submission.name.startswith("damaged")
    ]
    parses = sum(_parses(text) for text in broken)
    assert 0 < parses < len(broken)
    assert len({run.result(f"damaged{number}")["score"] for number in range(len(broken))}) > 3


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True
