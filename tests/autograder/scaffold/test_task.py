"""Tests of autograder.scaffold.task. That the result can be filled in, proved and released, tests/docs show."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from autograder.course.course import Course
from autograder.course.policy import PolicyError
from autograder.course.unwritten import unwritten_places
from autograder.scaffold.draft import ScaffoldError
from autograder.scaffold.task import new_task
from tests.autograder.minicourse import GRADING, run_command

MASTER, HIDDEN = "solutions/a0_mini", "tests/hidden/a0_mini"
NEW = [
    f"{MASTER}/mini/halve.py",
    f"{MASTER}/tests/test_halve.py",
    f"{HIDDEN}/misconceptions_halve.py",
    f"{HIDDEN}/test_halve.py",
    f"{HIDDEN}/variants_halve.py",
]


def add(course, name="halve", module=None, points=10):
    return new_task(course, "a0_mini", name, module, points)


def test_what_is_written(course, tree):
    before = tree()
    draft = add(course)
    after = tree()
    assert sorted(after.keys() - before.keys()) == sorted(NEW)
    assert sorted(n for n in before if before[n] != after[n]) == [
        "grading.yml",
        f"{MASTER}/README.md",
    ]
    assert {path.relative_to(course.root).as_posix() for path in draft.notes} == {
        *NEW,
        "grading.yml",
        f"{MASTER}/README.md",
    }
    entry = "      halve:\n        points: 10\n        module: mini.halve\n        names: [halve]\n"
    assert after["grading.yml"].decode() == GRADING + entry
    assert b"\n## `halve`: FILL IN: a title\n" in after[f"{MASTER}/README.md"]
    assert after[f"{MASTER}/README.md"].startswith(before[f"{MASTER}/README.md"].rstrip())
    assert Course(course.root).policy.assignment("a0_mini").points == 40


def test_every_new_file_says_what_is_to_be_written(course):
    add(course)
    add(course, "double")
    course = Course(course.root)
    policy = course.policy.assignment("a0_mini")
    places = unwritten_places(course, policy, "halve")
    named = {path.relative_to(course.root).as_posix() for path, _, _ in places}
    assert named == {*NEW, f"{MASTER}/README.md", f"{MASTER}/mini/double.py"}
    assert (course.root / NEW[0], 19, "FILL IN: the reference") in places
    for path, line, what in places:
        assert what in path.read_text().splitlines()[line - 1]


def test_new_code_is_in_the_style_of_the_repository(course, root):
    add(course)
    config = ["--config", str(root / "pyproject.toml"), "--no-cache"]
    for command in (["check"], ["format", "--check"]):
        ran = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *config, *NEW],
            cwd=course.root,
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0, ran.stdout


def test_a_module_that_is_there_is_added_to(course):
    path = course.root / MASTER / "mini/ops.py"
    before = ast.parse(path.read_text()).body
    add(course, module="mini.ops")
    after = ast.parse(path.read_text()).body
    assert [ast.dump(n) for n in after if isinstance(n, ast.ClassDef)] == [
        ast.dump(n) for n in before if isinstance(n, ast.ClassDef)
    ]
    assert after[-1].name == "halve"
    imports = {a.name for n in after if isinstance(n, ast.ImportFrom) for a in n.names}
    assert imports == {"nn", "Tensor", "Float"}
    assert not (course.root / MASTER / "mini/halve.py").exists()
    assert Course(course.root).policy.assignment("a0_mini").tasks["halve"].module == "mini.ops"


def test_a_table_of_tasks_gets_a_line(course):
    handout = course.root / MASTER / "README.md"
    table = "| task | points | where |\n| --- | ---: | --- |\n| `cell` | 20 | `ops.py` |\n"
    handout.write_text(f"# Mini\n\n{table}\n## `scale`\n\n## Sources\n\nA book.\n")
    add(course, points=2.5)
    assert handout.read_text() == (
        f"# Mini\n\n{table}| `halve` | 2.5 | `halve` in `mini/halve.py` |\n\n## `scale`\n\n"
        "## `halve`: FILL IN: a title\n\nFILL IN: the idea, the equations with their numbers, and a "
        "worked example by hand.\n\n## Sources\n\nA book.\n"
    )


NUMBERED = """\
# Mini

## 1. The idea

More in section 3 and section 4, as in [a book], section 5.1.4.

## 2. `scale`: larger

## 3. `cell`: a cell

See sections 2 and the table in section 4.

## 4. How to check yourself

## 5. The notebook

Section 4 again.

## Sources
"""


def test_a_section_is_numbered_and_stands_behind_that_of_the_last_task(course):
    handout = course.root / MASTER / "README.md"
    handout.write_text(NUMBERED)
    add(course)
    head, tail = NUMBERED.split("## 4. How")
    head = head.replace("section 4", "section 5")
    tail = tail.replace("## 5.", "## 6.").replace("Section 4", "Section 5")
    title, idea = "FILL IN: a title", "FILL IN: the idea, the equations with their numbers, and a"
    section = f"## 4. `halve`: {title}\n\n{idea} worked example by hand.\n\n"
    assert handout.read_text() == f"{head}{section}## 5. How{tail}"


def test_without_numbers_a_section_has_none(course):
    handout = course.root / MASTER / "README.md"
    handout.write_text(
        "# Mini\n\n## `scale`\n\n## `cell`\n\nA cell.\n\n## The notebook\n\nIt draws.\n"
    )
    add(course)
    text = handout.read_text()
    assert (
        text.index("## `cell`")
        < text.index("\n## `halve`: FILL IN")
        < text.index("## The notebook")
    )


def put(name: str, text: str = ""):
    return lambda root: (root / name).write_text(text)


@pytest.mark.parametrize(
    "arguments, says",
    [
        ({"name": "scale"}, "a0_mini has a task 'scale' already"),
        ({"name": "Halve"}, "'Halve' cannot be the name of a task; use lower case"),
        ({"name": "half-way"}, "'half-way' cannot be"),
        ({"name": "../halve"}, "'../halve' cannot be"),
        ({"name": "lambda"}, "'lambda' cannot be"),
        ({"name": "_halve"}, "'_halve' cannot be"),
        ({"module": "other.ops"}, "'other.ops' is outside the package; allowed: a module in mini"),
        ({"module": "mini"}, "'mini' is outside the package"),
        ({"module": "mini..ops"}, "'' cannot be the name of a module"),
        ({"module": "mini.sub.ops"}, "solutions/a0_mini/mini/sub, which has no __init__.py"),
        ({"points": 0}, "tasks.halve.points cannot be 0; allowed: a number above 0"),
        ({"points": -3}, "points cannot be -3"),
        ({"points": 2.505}, "2.505 has more than two decimals"),
        ({"points": float("inf")}, "points cannot be 'inf'"),
        ({"points": float("nan")}, "points cannot be 'nan'"),
        ({"points": 0.01}, "0.01 points are too few: with a public share of 0.4 nothing is left"),
    ],
)
def test_what_is_refused_is_not_half_written(arguments, says, course, tree):
    before = tree()
    with pytest.raises(ScaffoldError, match=says):
        add(course, **arguments)
    assert tree() == before


@pytest.mark.parametrize(
    "change, module, says",
    [
        (put(NEW[1]), None, "tests/test_halve.py is there already"),
        (put(NEW[3]), None, "tests/hidden/a0_mini/test_halve.py is there already"),
        (put(NEW[2]), None, "misconceptions_halve.py is there already"),
        (put(NEW[4]), None, "variants_halve.py is there already"),
        (
            put(NEW[0], "\nhalve, x = 1, 2\n"),
            None,
            "halve.py, line 2: has the name 'halve' already",
        ),
        (put(NEW[0], "import a as halve\n"), None, "line 1: has the name 'halve' already"),
        (put(NEW[0], "def halve(:\n"), None, "halve.py, line 1: not valid Python"),
        (lambda root: (root / MASTER / "mini/sub").mkdir(), "mini.sub", "'mini.sub' is a package"),
        (lambda root: (root / MASTER / "README.md").unlink(), None, "README.md is missing"),
    ],
)
def test_what_stands_in_the_way_is_named(change, module, says, course, tree):
    change(course.root)
    before = tree()
    with pytest.raises(ScaffoldError, match=says):
        add(course, module=module)
    assert tree() == before


def test_an_unknown_assignment_is_refused(course, tree):
    before = tree()
    with pytest.raises(PolicyError, match=r"no assignment named 'a0_mimi'.*did you mean 'a0_mini'"):
        new_task(course, "a0_mimi", "halve", None, 10)
    assert tree() == before


@pytest.mark.parametrize("method", ["write_bytes", "replace"])
@pytest.mark.parametrize("failing", range(1, 8))
def test_all_is_written_or_nothing(method, failing, course, tree, monkeypatch):
    before = tree()
    works, calls = getattr(Path, method), []

    def fails(self, *arguments):
        calls.append(self)
        if len(calls) == failing:
            raise OSError("disk full")
        return works(self, *arguments)

    monkeypatch.setattr(Path, method, fails)
    with pytest.raises(OSError, match="disk full"):
        add(course)
    monkeypatch.undo()
    assert tree() == before
    add(course)
    assert tree() != before


def test_the_command_says_what_is_wrong_in_one_message(course):
    found = run_command(course.root, "new-task", "a0_mini", "halve", "--module", "ops")
    assert found.returncode == 1
    assert found.stderr.startswith("Error: the module 'ops' is outside the package")
    assert len(found.stderr.splitlines()) == 1
