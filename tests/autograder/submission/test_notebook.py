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
    source, problems = module("%%python2\nclass LSTMCell: pass", "%%html\n<div class=a>")
    assert "LSTMCell" not in run(source)
    assert any("cell 1 is left out: it starts with %%python2" in problem for problem in problems)
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
    version = ".".join(map(str, sys.version_info[:2]))
    assert (
        f"cell 2 is left out: Python {version}, which grades, cannot read its line 1: invalid syntax"
        in problems[0]
    )


@pytest.mark.parametrize(
    "text", ["return 1", "def f():\n    break", "x = '\ud800", "x = 1\0", "(" * 500]
)
def test_what_python_cannot_run_is_a_broken_cell(module, text):
    source, problems = module("class LSTMCell: pass", text)
    assert "LSTMCell" in run(source)
    assert "cell 2 is left out" in problems[0]


def test_a_needed_value_that_is_left_out_is_told(module):
    uses = "class LSTMCell:\n    def f(self): return words"
    source, problems = module("import os\nwords = open('words.txt').read()", uses)
    assert "words" not in run(source)
    assert problems == [
        "work.ipynb: cell 1, line 2 is left out, because it calls read, and files, the network and "
        "the keyboard are not there: words = open('words.txt').read() It sets words, without which "
        "LSTMCell cannot work. Move it into the function or class that uses it."
    ]
    _, problems = module("words = ['a']", uses)
    assert problems == []


def test_a_value_made_from_what_is_left_out_is_left_out(module):
    source, problems = module(
        "data = load_data()\nfirst = data[0]\nsize = 3\nother = size",
        "class LSTMCell:\n    def f(self): return first, other",
    )
    names = run(source)
    assert "first" not in names and names["other"] == 3
    assert len(problems) == 1 and "It sets data, without which LSTMCell cannot work" in problems[0]


@pytest.mark.parametrize(
    "how",
    [
        "LSTMCell.forward = forward",
        'setattr(LSTMCell, "forward", forward)',
        "LSTMCell.forward, other = forward, 1",
        "LSTMCell.steps += 1\nLSTMCell.forward = lambda self: 42",
        "class LSTMCell(LSTMCell):\n    def forward(self): return 42",
        "def add_to_class(owner):\n    def put(f): setattr(owner, f.__name__, f)\n    return put\n"
        "@add_to_class(LSTMCell)\ndef forward(self): return 42",
        "if True:\n    LSTMCell.forward = forward",
        "for name in ['forward']: setattr(LSTMCell, name, forward)",
    ],
)
def test_a_class_may_be_written_over_several_cells(module, how):
    source, problems = module(
        "class LSTMCell:\n    steps = 0",
        "def forward(self): return 42",
        how,
        "LSTMCell().forward()",
    )
    assert run(source)["LSTMCell"]().forward() == 42
    assert problems == []


def test_the_package_itself_is_not_imported(module):
    """With the notebook alone, the package is what the notebook defines."""
    source, problems = module("from recurrent.cells import GRUCell", "class LSTMCell: pass")
    assert "GRUCell" in run(source) and problems == []
    source, problems = module("from recurrent.cells import LSTMCell\nfrom .layers import unroll")
    assert "LSTMCell" not in run(source)
    assert len(problems) == 1 and "it imports LSTMCell from recurrent, which" in problems[0]


def test_a_notebook_that_only_imports_the_package_says_so_in_one_sentence(
    read, notebook, two_modules, only_problem
):
    path = notebook(
        "import torch\nfrom recurrent.cells import GRUCell, LSTMCell\n"
        "from recurrent.layers import unroll",
        "cell = GRUCell()\nunroll(cell)",
    )
    problem = only_problem(read_submission(path, two_modules))
    assert "it holds none of the work: it imports recurrent, which is not handed in" in problem


@pytest.mark.parametrize("line", ["from .tools import helper", "from . import helper"])
def test_a_needed_import_from_the_package_is_told(module, line):
    uses = "class LSTMCell:\n    def f(self): return helper"
    source, problems = module(line, uses)
    assert "helper" not in run(source)
    assert len(problems) == 1
    assert (
        "it imports helper from recurrent, which is not handed in with it, without which LSTMCell"
        in problems[0]
    )
    assert module(line, uses, "def helper(): pass")[1] == []


VALUES = {
    "a device": (
        "import torch\n@@ = torch.device('cuda' if torch.cuda.is_available() else 'cpu')",
        "cpu",
    ),
    "a number": ("@@ = float('-inf')", "-inf"),
    "a pattern": ("import re\n@@ = re.compile('a').pattern", "a"),
    "a set": ("@@ = frozenset([-1])", "frozenset({-1})"),
    "a function": ("mul = lambda a, b: a * b\n@@ = mul(2, 3)", "6"),
    "an object of a class": (
        "from dataclasses import dataclass\n@dataclass\nclass Config: size: int = 3\n@@ = Config()",
        "Config(size=3)",
    ),
    "a tensor": ("import torch\n@@ = torch.tensor(0.0)", "tensor(0.)"),
    "a choice": ("if 1 > 2: @@ = 'cuda'\nelse: @@ = 'cpu'", "cpu"),
    "a choice that prints": (
        "if 1 < 2:\n    print('no'); @@ = 'cuda'; print(\n        'ü')\nelse: @@ = 'cpu'",
        "cuda",
    ),
    "an attempt": (
        "try:\n    import no_such_library\n    @@ = 1\nexcept ImportError:\n    !pip install it\n    @@ = 2",
        "2",
    ),
    "an attempt with a program in it": (
        "try: import math\nexcept ImportError:\n    import os; x = os.system('pip')\n@@ = math.inf",
        "inf",
    ),
    "a context": ("import torch\nwith torch.no_grad():\n    @@ = torch.ones(1)", "tensor([1.])"),
    "a match": ("match 3:\n    case 3: @@ = 'three'\n    case _: @@ = 'other'", "three"),
    "several names": ("@@, (_, *rest) = 1, (2, 3)", "1"),
    "one more": ("@@ = 1\n@@ += 2", "3"),
    "a table": ("@@ = {}\nfor number in range(2):\n    @@[number] = number * 2", "{0: 0, 1: 2}"),
    "a list": ("@@ = []\n@@.append('a')\n@@.extend(['b'])", "['a', 'b']"),
    "a comprehension": ("words = ['a']\n@@ = {w: i for i, w in enumerate(words)}", "{'a': 0}"),
    "a name inside": ("print(@@ := 3)", "3"),
    "what a helper makes": (
        "def table(n):\n    found = []\n    for i in range(n): found.append(i)\n    return found\n@@ = table(2)",
        "[0, 1]",
    ),
    "a library's setting": (
        "import torch\ntorch.no_such_setting = 4\n@@ = torch.no_such_setting",
        "4",
    ),
}


@pytest.mark.parametrize(("cell", "value"), VALUES.values(), ids=VALUES)
def test_values_that_calls_make_count(module, cell, value):
    source, problems = module(
        cell.replace("@@", "THIS"), "class LSTMCell:\n    def f(self): return THIS", "print(THIS)"
    )
    assert str(run(source)["LSTMCell"]().f()) == value
    assert problems == []
    assert "THIS" not in run(module(cell.replace("@@", "THIS"), "class LSTMCell: pass")[0])


# What is not had in a module, each with the reason that is told and the name that is lost.
LOST = {
    "a loop that trains": (
        "THIS = [0]\nfor step in range(10**12):\n    THIS.append(step)\n    loss = THIS[0]\n"
        "    if True: x = loss.backward()",
        "it trains (it calls backward)",
    ),
    "a function that trains": (
        "def train(n):\n    def inner(): return 1\n    return optimizer.step()\nTHIS = train(3)",
        "it trains (it calls step)",
    ),
    "an object that trains": (
        "class Fitted:\n    def __init__(self): self.loss.backward()\nTHIS = Fitted()",
        "it trains (it calls backward)",
    ),
    "a method that trains": (
        "class Fitted:\n    @staticmethod\n    def fit(n): n.backward()\nTHIS = Fitted.fit(3)",
        "it trains (it calls backward)",
    ),
    "a loop without end": ("THIS = 0\nwhile True: THIS += 1", "while loops do not run"),
    "a file": ("with open('a') as file: THIS = file.read()", "it calls read, and files"),
    "weights": ("import torch\nTHIS = torch.load('a.pt')", "it calls load, and files"),
    "a question": ("THIS = int(input())", "it calls input, and files"),
    "another library": (
        "import pandas as pd\nTHIS = pd.DataFrame()",
        "it calls DataFrame of pandas, which may not be there",
    ),
    "an answer to wait for": ("THIS = await something()", "a module cannot await"),
    "nothing": ("THIS = no_such_name + 1", "it needs no_such_name, which is not there"),
    "the notebook's machine": ("THIS = get_ipython()", "it needs get_ipython, which is not there"),
    "a package in a block": (
        "if True:\n    from recurrent.other import THIS",
        "it imports from recurrent, which is not handed in",
    ),
}


@pytest.mark.parametrize(("cell", "why"), LOST.values(), ids=LOST)
def test_what_cannot_be_had_is_told_once_with_its_reason_and_its_cost(
    notebook, two_modules, cell, why
):
    path = notebook(
        cell,
        "OTHER = [THIS]",
        "class LSTMCell:\n    def f(self): return THIS, OTHER",
        GRU,
        "def unroll(): return OTHER",
    )
    submission = read_submission(path, two_modules)
    source = submission.files["recurrent/cells.py"].decode()
    assert "LSTMCell" in run(source)
    assert len(submission.problems) == 1
    problem = submission.problems[0]
    assert "cell 1, line " in problem and f"is left out, because {why}" in problem
    assert "THIS, without which LSTMCell, unroll cannot work" in problem.replace(
        "THIS, file", "THIS"
    )
    # Who does not use it is told nothing.
    path = notebook(cell, "class LSTMCell: pass", GRU, "def unroll(): pass")
    assert read_submission(path, two_modules).problems == []


@pytest.mark.parametrize(
    "definition",
    [
        "class LSTMCell(LOST): pass",
        "class LSTMCell:\n    table = LOST",
        "class LSTMCell:\n    def f(self, x=LOST): pass",
        "@LOST\nclass LSTMCell: pass",
        "LSTMCell = LOST",
    ],
)
def test_a_definition_that_needs_at_once_what_is_left_out_costs_nobody_else(module, definition):
    source, problems = module("LOST = open('a')", definition)
    assert "GRUCell" in run(source)
    assert len(problems) == 1 and "It sets LOST, without which LSTMCell cannot work" in problems[0]


def test_an_import_of_the_package_in_a_block_does_no_harm_where_a_cell_defines_the_name(module):
    attempt = "try:\n    from recurrent.cells import LSTMCell\nexcept ImportError:\n    pass"
    source, problems = module(attempt, "class LSTMCell: x = 1")
    assert run(source)["LSTMCell"].x == 1 and problems == []
    _, problems = module(attempt)
    assert len(problems) == 1 and "because it imports from recurrent, which is not" in problems[0]


def test_a_method_that_is_not_called_costs_nothing(module):
    """A class may train, and open files, where nobody asks it to."""
    source, problems = module(
        "class Config:\n    size = 3\n    def save(self): open('a', 'w')\n"
        "    def train(self): self.loss.backward()\ncfg = Config()",
        "class LSTMCell:\n    def f(self): return cfg.size",
    )
    assert run(source)["LSTMCell"]().f() == 3
    assert problems == []


@pytest.mark.parametrize("line", ['__all__ = ["LSTMCell", "other"]', '__all__ += ["LSTMCell"]'])
def test_a_list_of_what_is_public_does_no_harm(module, line):
    source, problems = module(line, "class LSTMCell: pass")
    assert "LSTMCell" in run(source) and problems == []


WRITTEN = "class LSTMCell: x = 1\nclass GRUCell: pass\n"


@pytest.mark.parametrize(
    "magic",
    [
        "%%writefile recurrent/cells.py",
        "%%file recurrent/cells.py",
        "%%writefile -a '/content/a3/recurrent/cells.py'",
        "%%writefile cells.py",
        "%%writefile ..\\recurrent\\cells.py",
    ],
)
def test_a_cell_that_writes_a_module_is_that_module(read, notebook, magic):
    submission = read(notebook("import torch", f"{magic}\n{WRITTEN}", "print(1)"))
    assert submission.files == {"recurrent/cells.py": WRITTEN.encode()}
    assert submission.problems == []


def test_cells_that_write_files_and_cells_that_define_names_make_one_package(notebook, two_modules):
    path = notebook(
        "%%writefile recurrent/cells.py\nfrom recurrent.more import BASE\nclass LSTMCell: pass\n",
        "%%writefile -a recurrent/cells.py\nclass GRUCell: pass\n",
        "%%writefile recurrent/more.py\nBASE = 1\n",
        "def unroll(): return 3",
    )
    submission = read_submission(path, two_modules)
    assert submission.problems == []
    assert sorted(submission.files) == [f"recurrent/{n}.py" for n in ("cells", "layers", "more")]
    assert submission.files["recurrent/cells.py"].decode().count("class") == 2


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        (
            ["class LSTMCell: x = 1\n"],
            "recurrent/cells.py, which cell 1 writes, does not define GRUCell",
        ),
        (
            [WRITTEN, GRU],
            "cell 1 writes recurrent/cells.py, and that file counts; GRUCell in other",
        ),
        (["class LSTMCell(:\n"], "which grades, cannot read line 1 of it: invalid syntax"),
    ],
)
def test_what_a_written_file_lacks_is_told(read, notebook, only_problem, cells, told):
    first, *others = cells
    submission = read(notebook(f"%%writefile recurrent/cells.py\n{first}", *others))
    assert submission.files == {"recurrent/cells.py": first.encode()}
    assert told in only_problem(submission)


@pytest.mark.parametrize(
    "path", ["../cells.pyc", "recurrent/../a.py", "recurrent/a b.py", "more.py", ""]
)
def test_other_files_that_cells_write_are_none_of_ours(module, path):
    source, problems = module(f"%%writefile {path}\nclass LSTMCell: pass", "class LSTMCell: pass")
    assert "LSTMCell" in run(source)
    assert len(problems) == 1 and "cell 1 is left out: it starts with %%writefile" in problems[0]


def test_a_written_file_cannot_hide_a_line_by_its_encoding(read, notebook):
    text = "# coding: utf-7\nclass LSTMCell: pass\nclass GRUCell: pass\n"
    submission = read(notebook(f"%%writefile recurrent/cells.py\n{text}"))
    assert submission.files["recurrent/cells.py"].startswith(b"# coding: utf-8\n")


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
