"""Notebooks: what of their code becomes a module, and what is told about the rest."""

import json
import sys
import time

import pytest

from autograder.submission import limits, read_submission
from autograder.submission import notebook as notebook_module

GRU = "class GRUCell: pass"


@pytest.fixture
def module(read, notebook):
    """The module made from these cells, and the problems; GRUCell is added at the end."""

    def make(*cells):
        submission = read(notebook(*cells, GRU))
        return submission.files["recurrent/cells.py"].decode(), submission.problems

    return make


def run(source: str) -> dict:
    names: dict = {"__name__": "recurrent.cells"}
    exec(compile(source, "recurrent/cells.py", "exec"), names)
    return names


def test_definitions_stay_and_what_would_run_does_not(module):
    source, problems = module(
        "import math\nimport no_such_plotting_library as plt",
        ["HIDDEN = 3\n", "SIZES = [HIDDEN, -1, (2, None)]\n", "losses = []"],
        "def scale(x):\n    return x * HIDDEN",
        "class LSTMCell:\n    sizes = SIZES\n    def forward(self, x):\n        return "
        "scale(math.sqrt(x))",
        "for step in range(10**12):\n    losses.append(LSTMCell().forward(step))",
        "cell = LSTMCell()\nplt.plot(losses)\nplt.show()",
        "LSTMCell().forward(1)",
    )
    names = run(source)
    assert names["LSTMCell"]().forward(4) == 6
    assert names["LSTMCell"].sizes == [3, -1, (2, None)]
    assert "GRUCell" in names
    assert {"losses", "cell", "plt"}.isdisjoint(names)
    assert problems == []


def test_only_code_cells_count(read, tmp_path):
    cells = [
        {"cell_type": "markdown", "source": "class LSTMCell: pass"},
        {"cell_type": "raw", "source": "class LSTMCell: pass"},
        {"cell_type": "code", "source": GRU},
    ]
    path = tmp_path / "work.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    submission = read(path)
    assert "GRUCell" in run(submission.files["recurrent/cells.py"].decode())
    assert "no code cell defines LSTMCell" in submission.problems[0]
    cells[0]["cell_type"] = "code"
    path.write_text(json.dumps({"cells": cells}))
    assert read(path).problems == []


def test_the_third_notebook_format(read, tmp_path):
    cells = [
        {"cell_type": "code", "input": ["class LSTMCell:\n", "    pass"]},
        {"cell_type": "code", "input": GRU},
    ]
    path = tmp_path / "work.ipynb"
    path.write_text(json.dumps({"worksheets": [{"cells": cells}], "nbformat": 3}))
    submission = read(path)
    assert submission.problems == []
    assert {"LSTMCell", "GRUCell"} <= set(run(submission.files["recurrent/cells.py"].decode()))


def test_the_same_lines_have_the_same_numbers_in_every_module(notebook, two_modules):
    path = notebook(
        "import math", "class LSTMCell: pass\nclass GRUCell: pass", "def unroll(): pass"
    )
    files = read_submission(path, two_modules).files
    cells, layers = (
        files[f"recurrent/{name}.py"].decode().split("\n") for name in ("cells", "layers")
    )
    assert cells.index("class GRUCell: pass") == layers.index("# class GRUCell: pass")
    assert cells.index("# def unroll(): pass") == layers.index("def unroll(): pass")
    assert cells[cells.index("class LSTMCell: pass") - 1] == "# cell 2"


def test_a_module_none_of_whose_names_is_defined_is_missing(notebook, two_modules, only_problem):
    submission = read_submission(notebook("class LSTMCell: pass", GRU), two_modules)
    assert list(submission.files) == ["recurrent/cells.py"]
    assert "no code cell defines unroll" in only_problem(submission)


def test_a_helper_of_a_helper_stays(module):
    source, problems = module(
        "def first(): return second() + 1",
        "def unused(): return missing_library",
        "def second(): return BASE",
        "BASE = 40 + 1",
        "class LSTMCell:\n    value = staticmethod(first)",
    )
    assert run(source)["LSTMCell"].value() == 42
    assert "# def unused()" in source
    assert problems == []


def test_definitions_are_redefined_in_order(module):
    source, _ = module("class LSTMCell: version = 1", "class LSTMCell: version = 2")
    assert run(source)["LSTMCell"].version == 2


def test_decorators_and_long_strings_and_comments_stay(module):
    source, problems = module(
        '@staticmethod\n# a comment\ndef f(x="""\n% not magic\n!neither\n"""):\n    return x\n\n'
        "class LSTMCell: f = f"
    )
    assert run(source)["LSTMCell"].f() == "\n% not magic\n!neither\n"
    assert problems == []


def test_a_future_import_comes_first(module):
    source, problems = module(
        "import math",
        "from __future__ import annotations\nclass LSTMCell:\n    x: Unknown = math.pi",
    )
    assert run(source)["LSTMCell"].__annotations__ == {"x": "Unknown"}
    assert problems == []


@pytest.mark.parametrize(
    "line",
    [
        "%matplotlib inline",
        "!pip install torch",
        "!echo \"it's ( open",
        "files = !ls",
        "took = %timeit -o sum([1])",
        "?print",
        "print?",
        "math.sqrt??",
        "!echo a \\\n  b \\\n  c",
    ],
)
def test_magics_and_shell_lines_are_commented_out(module, line):
    source, problems = module(f"import math\n{line}\nclass LSTMCell: pi = math.pi")
    assert run(source)["LSTMCell"].pi > 3
    assert f"# {line.splitlines()[0]}".strip() in source or f"#   {line.strip()}" in source
    assert problems == []


def test_a_magic_in_a_block_leaves_the_block_whole(module):
    source, problems = module(
        "def train():\n    %time x = 1\n    return 2\nclass LSTMCell: t = train"
    )
    assert run(source)["LSTMCell"].t() == 2
    assert problems == []
    source, problems = module("def train():\n    !echo a \\\n        b\nclass LSTMCell: t = train")
    assert run(source)["LSTMCell"].t() is None
    assert problems == []


@pytest.mark.parametrize(
    "text",
    [
        "x = (7\n% 4)",
        "x = 7 \\\n% 4",
        "x = 7 % 4",
        "x = '''\n!a''' and 3",
        "x = {3: '}'\n}[3] and 3 # ?\n",
    ],
)
def test_what_only_looks_like_magic_stays(module, text):
    source, problems = module(f"def f():\n    {text.strip()}\n    return x\nclass LSTMCell: f = f")
    assert run(source)["LSTMCell"].f() == 3
    assert problems == []


def test_timed_cells_are_code_and_other_cell_magics_are_not(module):
    source, problems = module("%%time\nclass LSTMCell: pass")
    assert "LSTMCell" in run(source) and problems == []
    source, problems = module(
        "%%writefile recurrent/cells.py\nclass LSTMCell: pass", "%%html\n<div class=a>"
    )
    assert "LSTMCell" not in run(source)
    assert any("cell 1 is left out: it starts with %%writefile" in problem for problem in problems)
    assert not any("cell 2" in problem for problem in problems)


def test_an_indented_cell_is_code(module):
    source, problems = module("\n    x = 3\n    class LSTMCell:\n        y = x\n")
    assert run(source)["LSTMCell"].y == 3
    assert problems == []


def test_several_statements_on_one_line(module):
    source, problems = module(
        "import math; print(1); x = (\n  2); no_such_name()", "class LSTMCell: y = math.pi + x"
    )
    assert run(source)["LSTMCell"].y > 5
    assert problems == []


def test_a_broken_cell_costs_only_itself(module):
    source, problems = module("class LSTMCell: pass", "def broken(:\n    pass")
    assert "LSTMCell" in run(source)
    assert len(problems) == 1
    assert "cell 2 is left out: Python cannot read its line 1: invalid syntax" in problems[0]


@pytest.mark.parametrize(
    "text", ["return 1", "def f():\n    break", "x = '\ud800", "x = 1\0", "(" * 500]
)
def test_what_python_cannot_run_is_a_broken_cell(module, text):
    source, problems = module("class LSTMCell: pass", text)
    assert "LSTMCell" in run(source)
    assert "cell 2 is left out" in problems[0]


def test_a_needed_value_that_is_left_out_is_told(module):
    source, problems = module(
        "import os\ndevice = os.getenv('DEVICE')", "class LSTMCell:\n    def f(self): return device"
    )
    assert "device" not in run(source)
    assert len(problems) == 1
    assert "cell 1 sets device in a way that is left out" in problems[0]
    _, problems = module("device = 'cpu'", "class LSTMCell:\n    def f(self): return device")
    assert problems == []


def test_a_value_made_from_what_is_left_out_is_left_out(module):
    source, problems = module(
        "data = load_data()\nfirst = data[0]\nsize = 3\nother = size",
        "class LSTMCell:\n    def f(self): return first, other",
    )
    names = run(source)
    assert "first" not in names and names["other"] == 3
    assert any("first" in problem for problem in problems)


def test_a_method_set_from_outside_is_told(module):
    text = "class LSTMCell: pass\ndef forward(self): pass\nLSTMCell.forward = forward"
    _, problems = module(text)
    assert len(problems) == 1 and "sets LSTMCell in a way" in problems[0]


def test_the_package_itself_is_not_imported(module):
    """With the notebook alone, the package is what the notebook defines."""
    source, problems = module("from recurrent.cells import GRUCell", "class LSTMCell: pass")
    assert "GRUCell" in run(source) and problems == []
    source, problems = module("from recurrent.cells import LSTMCell\nfrom .layers import unroll")
    assert "LSTMCell" not in run(source)
    assert any("no code cell defines LSTMCell" in problem for problem in problems)


@pytest.mark.parametrize("line", ["from .tools import helper", "from . import helper"])
def test_a_needed_import_from_the_package_is_told(module, line):
    uses = "class LSTMCell:\n    def f(self): return helper"
    source, problems = module(line, uses)
    assert "helper" not in run(source)
    assert len(problems) == 1 and "cell 1 sets helper in a way" in problems[0]
    assert module(line, uses, "def helper(): pass")[1] == []


def test_star_imports_stay(module):
    source, problems = module("from math import *\nHALF = pi / 2", "class LSTMCell: x = HALF")
    assert run(source)["LSTMCell"].x > 1.5
    assert problems == []


@pytest.mark.parametrize("source", [17, None, {"a": 1}, ["class X: pass", 3], [["nested"]]])
def test_a_source_that_is_not_text_costs_only_itself(module, source):
    made, problems = module("class LSTMCell: pass", source)
    assert "LSTMCell" in run(made)
    assert problems == [
        "work.ipynb: cell 2 is left out: its source is not text. Save the notebook again."
    ]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b'{"cells": 3}',
        b'{"cells": {"a": 1}}',
        b'{"worksheets": [3, {"cells": 4}]}',
        b"\xff\xfe\x00",
        b"[" * 200_000,
        b'{"cells": [' + b'{"a":' * 100_000,
        b'{"cells": [3, null, [], {}, {"cell_type": 3}, {"cell_type": "code"}]}',
    ],
)
def test_what_is_no_notebook_is_told(read, tmp_path, data):
    path = tmp_path / "work.ipynb"
    path.write_bytes(data)
    submission = read(path)
    assert submission.files == {}
    assert submission.problems and submission.problems[0].startswith("work.ipynb: ")


def test_huge_numbers_and_a_byte_order_mark_do_no_harm(read, tmp_path, as_notebook):
    data = as_notebook("class LSTMCell: pass", GRU).replace(
        b'"nbformat": 4', b'"nbformat": ' + b"9" * 50_000
    )
    path = tmp_path / "work.ipynb"
    path.write_bytes(b"\xef\xbb\xbf" + data.replace(b'"nbformat_minor": 5', b'"minor": 1e999999'))
    submission = read(path)
    assert list(submission.files) == ["recurrent/cells.py"] and submission.problems == []


def test_the_size_of_a_notebook_and_of_its_code_is_limited(
    read, notebook, monkeypatch, only_problem
):
    fits = "#" * (limits.PYTHON_FILE // 2)
    assert read(notebook("class LSTMCell: pass", GRU, fits)).problems == []
    path = notebook("class LSTMCell: pass", GRU, fits, fits)
    assert "more than 1 MB of code" in only_problem(read(path))
    monkeypatch.setattr(limits, "NOTEBOOK", 1000)
    submission = read(path)
    assert submission.files == {} and "work.ipynb is larger than" in only_problem(submission)


def test_a_notebook_that_takes_too_long_is_stopped(read, notebook, monkeypatch, only_problem):
    path = notebook("class LSTMCell: pass", GRU)
    monkeypatch.setattr(notebook_module, "_SECONDS", 0.01)
    before = time.monotonic()
    submission = read(path)
    assert time.monotonic() - before < 10
    assert submission.files == {}
    assert "takes too much time or memory" in only_problem(submission)
    monkeypatch.undo()
    assert read(path).problems == []


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS does not limit a process's memory")
def test_a_notebook_that_takes_too_much_memory_is_stopped(
    read, notebook, monkeypatch, only_problem
):
    path = notebook("class LSTMCell: pass", GRU, f"x = [{'(1,), ' * 20_000}]")
    assert read(path).problems == []
    monkeypatch.setattr(notebook_module, "_MEMORY", 40 << 20)
    problem = only_problem(read(path))
    assert "takes too much time or memory" in problem or "MemoryError" in problem


def test_nothing_of_a_notebook_runs_while_it_is_read(read, notebook, tmp_path):
    mark = tmp_path / "ran"
    cell = f"open({str(mark)!r}, 'w')\nclass LSTMCell:\n    open({str(mark)!r}, 'w')"
    assert read(notebook(cell, GRU)).files
    assert not mark.exists()
