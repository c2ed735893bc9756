"""Programs: the reference with one change, as files, and loaded in memory."""

import gc
import importlib.util
import inspect
import linecache
import sys
import textwrap
import traceback
import types
import weakref
from pathlib import Path

import pytest
import torch

from autograder.testing import Misconception, Variant, load_program
from autograder.testing.sources import replace_texts

CELLS = '''\
"""Cells."""

import torch
from torch import nn

from .helpers import gate

SCALE = 2.0


def decorate(cls):
    return cls


@decorate
class Cell(nn.Module):
    """A cell."""

    def forward(self, x):
        # BEGIN SOLUTION
        first, second = torch.sin(x), torch.cos(x)
        return gate(first + 2 * second)
        # END SOLUTION


def helper(x):
    return torch.sin(x)


def norm(x):
    return x * SCALE


LIMIT = 3
'''

FILES = {
    "toy/__init__.py": "from .cells import Cell\n",
    "toy/cells.py": CELLS,
    "toy/helpers.py": "def gate(x):\n    return x * 3\n\n\ndef other(x):\n    return -x\n",
    "toy/deep/__init__.py": "from ..helpers import gate\n\ndef deep(x):\n    return gate(x) + 1\n",
    "toy/deep/words.txt": "a b c\n",
}

POLICY = types.SimpleNamespace(
    name="a0_toy",
    package="toy",
    tasks={
        "cell": types.SimpleNamespace(module="toy.cells", names=["Cell"]),
        "both": types.SimpleNamespace(module="toy.cells", names=["norm", "LIMIT"]),
        "deep": types.SimpleNamespace(module="toy.deep", names=["deep"]),
        "lost": types.SimpleNamespace(module="toy.nowhere", names=["x"]),
        "nameless": types.SimpleNamespace(module="toy.cells", names=["Missing"]),
    },
)

WORDS = {"says": "it is wrong", "hint": "Think."}


@pytest.fixture
def root(tmp_path):
    for path, text in FILES.items():
        file = tmp_path / "solutions" / "a0_toy" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tmp_path / "solutions/a0_toy/toy/__pycache__").mkdir()
    (tmp_path / "solutions/a0_toy/toy/__pycache__/cells.pyc").write_bytes(b"x")
    (tmp_path / "solutions/a0_toy/README.md").write_text("not in the package")
    return tmp_path


def edit(edits, task="cell") -> Misconception:
    return Misconception(task, "wrong", edits=edits, **WORDS)


def run(program, root):
    """The modules of a program; they work after closing."""
    with load_program(program.files(root, POLICY), "toy") as modules:
        return modules


X = torch.tensor([0.3, 0.7])


class TestEdits:
    def test_give_a_complete_submission_with_one_change(self, root):
        files = edit({"2 * second": "second"}).files(root, POLICY)
        assert sorted(files) == sorted(FILES)
        changed = CELLS.replace("2 * second", "second")
        assert files.pop("toy/cells.py").decode() == changed
        assert all(files[path].decode() == FILES[path] for path in files)

    def test_can_exchange_texts(self, root):
        program = edit({"torch.sin": "torch.cos", "torch.cos": "torch.sin"})
        cell = run(program, root)["toy.cells"].Cell()
        assert torch.equal(cell(X), (torch.cos(X) + 2 * torch.sin(X)) * 3)

    def test_may_touch_each_other_and_come_in_any_order(self):
        source = "x = 1 + 2\ny = 1"
        assert (
            replace_texts(source, ["x"], {" + 2": " - 3", "x = 1": "x = 4"}) == "x = 4 - 3\ny = 1"
        )

    def test_reach_every_definition_of_the_task_and_nothing_else(self, root):
        source = edit({"x * SCALE": "x", "LIMIT = 3": "LIMIT = 4"}, "both").files(root, POLICY)
        expected = CELLS.replace("x * SCALE", "x").replace("LIMIT = 3", "LIMIT = 4")
        assert source["toy/cells.py"].decode() == expected

    def test_reach_decorators_and_the_init_of_a_package(self, root):
        files = edit({"@decorate\n": ""}).files(root, POLICY)
        assert files["toy/cells.py"].decode() == CELLS.replace("@decorate\n", "")
        assert run(edit({"+ 1": "+ 2"}, "deep"), root)["toy.deep"].deep(1) == 5

    @pytest.mark.parametrize(
        ("edits", "task", "message"),
        [
            ({"torch.tan": "torch.sin"}, "cell", "'torch.tan' occurs 0 times in Cell"),
            ({"second": "first"}, "cell", "'second' occurs 2 times in Cell"),
            ({"torch": "numpy"}, "cell", "'torch' occurs 2 times in Cell"),
            ({"def helper": "def other"}, "cell", "'def helper' occurs 0 times"),
            ({"import torch\n": ""}, "cell", "occurs 0 times"),
            ({"SCALE": "1", "x * SCALE": "x"}, "both", "overlap"),
            ({"SCALE": "SCALE"}, "both", "changes nothing"),
            ({"return gate(": "return gate"}, "cell", "unmatched|was never closed|invalid"),
            ({"x": "y"}, "nameless", "Missing is not defined"),
            ({"x": "y"}, "lost", "has no module toy.nowhere"),
            ({"x": "y"}, "unknown", "no such task; there are cell, both"),
        ],
    )
    def test_that_do_not_fit_are_refused(self, root, edits, task, message):
        with pytest.raises(ValueError, match=message) as caught:
            edit(edits, task).files(root, POLICY)
        assert str(caught.value).startswith(f"misconception {task}/wrong: ")

    def test_find_their_place_in_a_file_with_odd_lines(self, root):
        file = root / "solutions/a0_toy/toy/cells.py"
        file.write_bytes(b"TEXT = 'a\x0cb\xe2\x80\xa8c'\r\n" + CELLS.replace("\n", "\r\n").encode())
        files = edit({"2 * second": "second"}).files(root, POLICY)
        assert "gate(first + second)" in files["toy/cells.py"].decode()


def definitions(tmp_path: Path, text: str) -> types.ModuleType:
    """A file of programs, run without being in `sys.modules`, as a grader may do it."""
    file = tmp_path / "misconceptions.py"
    file.write_text(textwrap.dedent(text))
    spec = importlib.util.spec_from_file_location("misconceptions_of_a_test", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def code(definition, task="cell", replaces=None) -> Variant:
    return Variant(task, "other", says="it is other", code=definition, replaces=replaces)


@pytest.fixture
def solutions(root, monkeypatch):
    """The reference can be imported by its path."""
    monkeypatch.syspath_prepend(str(root))
    for name in [name for name in sys.modules if name.split(".")[0] == "solutions"]:
        monkeypatch.delitem(sys.modules, name)
    yield root
    for name in [name for name in sys.modules if name.split(".")[0] == "solutions"]:
        del sys.modules[name]


IMPORTS = """\
from __future__ import annotations
import math
import pytest
import torch.nn.functional as F
from math import pi as PI
from autograder.testing import Variant
from solutions.a0_toy.toy import Cell as Reference
from solutions.a0_toy.toy.cells import SCALE, norm
from solutions.a0_toy.toy.helpers import gate as close, other
"""


class TestCode:
    def test_may_subclass_the_reference(self, root, solutions, tmp_path):
        module = definitions(
            tmp_path,
            IMPORTS
            + """
class Wrong(Reference):
    def forward(self, x: F.Tensor):
        return super().forward(x) + math.pi - PI + SCALE + close(x)
""",
        )
        files = code(module.Wrong).files(root, POLICY)
        added = files["toy/cells.py"].decode().removeprefix(CELLS.rstrip("\n"))
        assert "import math\n" in added
        assert "Reference = Cell\n" in added
        assert "from .helpers import gate as close\n" in added
        assert added.endswith("\nCell = Wrong\n")
        for unused in ("pytest", "autograder", "solutions", "other", "__future__", "norm"):
            assert unused not in added
        modules = run(code(module.Wrong), root)
        right = (torch.sin(X) + 2 * torch.cos(X)) * 3
        assert torch.allclose(modules["toy"].Cell()(X), right + 2 + X * 3)

    def test_may_be_functions_with_helpers(self, root, solutions, tmp_path):
        module = definitions(
            tmp_path,
            """
            import functools
            from solutions.a0_toy.toy.cells import SCALE

            def keep(f):
                @functools.wraps(f)
                def inner(*arguments):
                    return f(*arguments)
                return inner

            @keep
            def scaled(x):
                return twice(x) * SCALE / 2

            def twice(x):
                return sum(len(str(n)) for n in range(2)) * x
            """,
        )
        program = code((module.scaled, module.twice, module.keep), "both")
        source = program.files(root, POLICY)["toy/cells.py"].decode()
        assert (
            source.index("def keep") < source.index("@keep\ndef scaled") < source.index("def twice")
        )
        assert run(program, root)["toy.cells"].norm(3) == 6

    def test_replaces_the_names_it_is_told_to(self, root, tmp_path):
        module = definitions(
            tmp_path,
            """
            def helper(x):
                return 1
            def second(x):
                return 2
            """,
        )
        cells = run(code(module.second, "both", "helper"), root)["toy.cells"]
        assert (cells.helper(0), cells.norm(1)) == (2, 2.0)
        pair = (module.helper, module.second)
        cells = run(code(pair, "both", ("helper", "norm")), root)["toy.cells"]
        assert (cells.helper(0), cells.norm(0)) == (1, 2)

    def test_goes_into_the_init_of_a_package(self, root, solutions, tmp_path):
        module = definitions(
            tmp_path,
            """
            from solutions.a0_toy.toy.cells import norm

            def deep(x):
                return norm(x)
            """,
        )
        assert run(code(module.deep, "deep"), root)["toy.deep"].deep(4) == 8

    def test_may_be_a_class_without_methods(self, root, tmp_path, monkeypatch):
        module = definitions(tmp_path, "class Empty:\n    size = 5\n")
        with pytest.raises(ValueError, match="the file of Empty is not known"):
            code(module.Empty).files(root, POLICY)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        assert run(code(module.Empty), root)["toy.cells"].Cell.size == 5

    def test_may_be_on_one_line(self, root, tmp_path):
        module = definitions(tmp_path, "def f(x): return x + 1\n")
        assert run(code(module.f, "both"), root)["toy.cells"].norm(1) == 2

    def test_finds_the_right_one_of_two_classes_of_a_name(self, root, tmp_path):
        module = definitions(
            tmp_path,
            """
            class Cell:
                def value(self):
                    return 1
            First = Cell
            class Cell:
                def value(self):
                    return 2
            """,
        )
        assert run(code(module.First), root)["toy.cells"].Cell().value() == 1
        assert run(code(module.Cell), root)["toy.cells"].Cell().value() == 2

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("EPS = 1\ndef f(x):\n    return x + EPS", "f uses EPS"),
            ("import autograder\ndef f(x):\n    return autograder", "f uses autograder"),
            (
                "from autograder.testing import observe\ndef f(x):\n    return observe(x)",
                "f uses observe",
            ),
            # A helper that is left behind, where something else has its name.
            (
                "def norm(x):\n    return 1\ndef f(x):\n    return norm(x)",
                "f uses norm, which this",
            ),
            ("def sum(x):\n    return 1\ndef f(x):\n    return sum(x)", "f uses sum, which this"),
            (
                "from torch import exp\ndef exp(x):\n    return 1\ndef f(x):\n    return exp(x)",
                "f uses exp, which this",
            ),
            ("math = 1\ndef f(x):\n    return math", "f uses math, which this file"),
            (
                "if True:\n    from math import sin as torch\ndef f(x):\n    return torch(x)",
                "uses torch",
            ),
            ("def g():\n    def f(x):\n        return x\n    return f\nf = g()", "top level"),
            ("f = len", "file of len is not known"),
            ("f = lambda x: x", "definition of <lambda> is not found"),
        ],
    )
    def test_that_does_not_stand_alone_is_refused(self, root, tmp_path, text, message):
        module = definitions(tmp_path, text)
        with pytest.raises(ValueError, match=message):
            code(module.f, "both").files(root, POLICY)

    def test_must_replace_something(self, root, tmp_path):
        module = definitions(tmp_path, "def f(x):\n    return x")
        with pytest.raises(ValueError, match=r"toy\.cells does not define Nothing"):
            code(module.f, "both", "Nothing").files(root, POLICY)
        with pytest.raises(ValueError, match="not a definition for each of norm, helper"):
            code(module.f, "both", ("norm", "helper")).files(root, POLICY)
        code(module.f, "both", "helper").files(root, POLICY)


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"edits": {"a": "b"}, "code": len},
        {"edits": {}},
        {"edits": {"a": "b"}, "replaces": "x"},
        {"edits": {"a": "b"}, "says": " "},
        {"edits": {"a": "b"}, "hint": ""},
    ],
)
def test_a_program_is_one_change_and_words(arguments):
    with pytest.raises(ValueError, match="misconception cell/wrong"):
        Misconception("cell", "wrong", **(WORDS | arguments))
    Misconception("cell", "wrong", **WORDS, edits={"a": "b"})


def sources(**texts: str) -> dict[str, bytes]:
    """Files of a package `p`; `a__b` is p/a/b.py."""
    return {f"p/{name.replace('__', '/')}.py": text.encode() for name, text in texts.items()}


class TestLoading:
    def test_modules_have_their_public_names_and_relative_imports_work(self):
        files = {path: text.encode() for path, text in FILES.items()}
        with load_program(files | {"other/x.py": b"1/0", "conftest.py": b"1/0"}, "toy") as modules:
            assert sorted(modules) == ["toy", "toy.cells", "toy.deep", "toy.helpers"]
            assert modules["toy"].Cell is modules["toy.cells"].Cell
            assert modules["toy.deep"].deep(1) == 4
            assert "toy" not in sys.modules

    def test_packages_need_no_init(self):
        with load_program(sources(a__b="from ..c import x", c="x = 5"), "p") as modules:
            assert sorted(modules) == ["p", "p.a", "p.a.b", "p.c"]
            assert modules["p.a.b"].x == 5

    def test_two_programs_live_side_by_side(self):
        with (
            load_program(sources(a="x = 1"), "p") as one,
            load_program(sources(a="x = 2"), "p") as two,
        ):
            assert (one["p.a"].x, two["p.a"].x) == (1, 2)
            one.close()
            late = sources(a="def f():\n    from . import b\n    return b.x", b="x = 3")
            with load_program(late, "p") as three:
                assert three["p.a"].f() == 3
            assert two["p.a"].__name__ in sys.modules

    def test_tracebacks_and_inspect_show_the_source(self):
        text = "class A:\n    def f(self):\n        return 1 / 0  # here\n"
        with load_program(sources(a=text), "p") as modules:
            linecache.checkcache()
            assert inspect.getsource(modules["p.a"].A) == text
            assert inspect.getsource(modules["p.a"].A.f).endswith("# here\n")
            with pytest.raises(ZeroDivisionError) as caught:
                modules["p.a"].A().f()
            shown = "".join(traceback.format_exception(caught.value))
            assert "return 1 / 0  # here" in shown
            assert "/p/a.py" in shown

    def test_the_encoding_of_the_source_counts(self):
        files = {"p/a.py": "# -*- coding: latin-1 -*-\nx = 'é'\r\n".encode("latin-1")}
        with load_program(files, "p") as modules:
            assert modules["p.a"].x == "é"

    def test_nothing_is_written(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "dont_write_bytecode", False)
        with load_program(sources(a="x = 1"), "p"):
            assert list(tmp_path.rglob("*")) == []

    def test_thousands_leave_nothing_behind(self):
        def state():
            return set(sys.modules), set(linecache.cache), list(sys.meta_path)

        load_program(sources(a="x = 1"), "p").close()
        before, alive = state(), []
        for number in range(300):
            program = load_program(
                sources(a=f"class A:\n    n = {number}", b="from .a import A"), "p"
            )
            alive.append(weakref.ref(program["p.b"].A))
            program.close()
            program.close()
        assert state() == before
        del program
        gc.collect()
        assert not any(reference() for reference in alive)

    def test_a_program_that_fails_leaves_nothing_behind(self):
        before = set(sys.modules), set(linecache.cache), list(sys.meta_path)
        with pytest.raises(ZeroDivisionError):
            load_program(sources(a="x = 1", b="1 / 0"), "p")
        with pytest.raises(SyntaxError):
            load_program(sources(a="x ="), "p")
        with pytest.raises(ImportError):
            load_program(sources(a="from .b import x"), "p")
        # What shows the traceback may cache the grader's own files.
        new = set(linecache.cache) - before[1]
        left = [name for name in new if "__program_" in name]
        assert (set(sys.modules), left, list(sys.meta_path)) == (before[0], [], before[2])

    def test_there_must_be_something_to_load(self):
        with pytest.raises(ValueError, match="no Python file in the folder p/"):
            load_program({"q/a.py": b"", "p/a.txt": b"", "p.py": b""}, "p")
