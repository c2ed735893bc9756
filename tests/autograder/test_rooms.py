"""The rooms of autograder/: which of them a module may import. docs/how-it-works.md shows them."""

import ast
from pathlib import Path

import pytest

import autograder

PACKAGE = Path(autograder.__file__).parent
# From the top down; rooms of one floor do not know of each other.
FLOORS = (
    {"__main__"},
    {"cli"},
    {"batch"},
    {"bundles", "proof"},
    {"grading", "report", "scaffold"},
    {"results", "release", "testing"},
    {"course", "submission", "isolation"},
    {"errors", "writing"},
)
ISOLATION = ({"grader"}, {"worker"}, {"checks"}, {"device", "sandbox", "wire"})


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def imported(source: str, package: str = "autograder") -> set[str]:
    """The dotted names below `package` that a program imports, wherever it does."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.startswith(f"{package}.")}


def upward(source: str, room: str, floors: tuple, package: str = "autograder") -> list[str]:
    """What a module of `room` imports from a room above its own, or beside it."""
    floor_of = {name: floor for floor, names in enumerate(floors) for name in names}
    wrong = []
    for name in sorted(imported(source, package)):
        other = name.removeprefix(f"{package}.").partition(".")[0]
        if other in floor_of and other != room and floor_of[other] <= floor_of[room]:
            wrong.append(name)
    return wrong


@pytest.mark.parametrize("path", modules(PACKAGE), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_module_imports_a_room_above_its_own(path):
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if room == "__init__":
        return
    assert room in {name for names in FLOORS for name in names}, f"{room} is in no room"
    assert not upward(path.read_text(), room, FLOORS)


@pytest.mark.parametrize("path", modules(PACKAGE / "isolation"), ids=lambda path: path.stem)
def test_no_module_of_isolation_imports_a_floor_above_its_own(path):
    room = path.relative_to(PACKAGE / "isolation").parts[0].removesuffix(".py")
    if room == "__init__":
        return
    assert not upward(path.read_text(), room, ISOLATION, "autograder.isolation")


def test_an_import_that_runs_upwards_is_found():
    source = "def f():\n    from autograder.cli.commands import grade_command\n"
    assert upward(source, "bundles", FLOORS) == ["autograder.cli.commands.grade_command"]
    assert not upward(source, "__main__", FLOORS)


def test_nothing_but_errors_and_writing_lies_at_the_top():
    loose = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__", "__main__"}
    assert loose == {"errors", "writing"}


def test_only_the_command_line_prints():
    """Programs that a platform starts print for its log; nothing else does."""
    programs = {"bundles/on_gradescope.py"}
    for path in modules(PACKAGE):
        name = path.relative_to(PACKAGE).as_posix()
        if name.startswith("cli/") or name in programs:
            continue
        calls = [
            node.func
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Call)
        ]
        names = {getattr(func, "id", getattr(func, "attr", "")) for func in calls}
        assert not names & {"print", "echo", "Console"}, name
