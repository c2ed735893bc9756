"""The static check: each alias is found, each innocent neighbour of it is not."""

import ast
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.isolation.checks.static_check import Finding, SourceError, find_forbidden

GATES = "write the gate equations"
FORBIDDEN = {
    "torch.nn.LSTMCell": GATES,
    "torch.nn.LSTM": GATES,
    "torch.lstm_cell": GATES,
    "torch._VF": "use torch.sigmoid",
    "torch.ops.aten": "use torch.sigmoid",
}


def names(source: str, skip=(), forbidden=FORBIDDEN, asked=("LSTMCell",)) -> set[str]:
    return {found.name for found in find_forbidden(source, "cells.py", forbidden, skip, asked)}


# Each program and its twin, which differs in as little as possible and is innocent.
ALIASES = {
    "attribute": (
        "import torch\ndef f(): return torch.nn.LSTMCell(1, 2)",
        "import torch\ndef f(): return torch.nn.Linear(1, 2)",
    ),
    "module alias": ("import torch.nn as nn\nnn.LSTMCell", "import torch.nn as nn\nnn.RNNCell"),
    "from alias": (
        "from torch import nn as n\nn.LSTMCell",
        "from torch import fft as n\nn.LSTMCell",
    ),
    "name alias": (
        "from torch.nn import LSTMCell as L\nclass A:\n    def f(self): return L(1, 2)",
        "from mine import LSTMCell as L\nclass A:\n    def f(self): return L(1, 2)",
    ),
    "own module": (
        "from torch.nn import LSTMCell as L\nL(1)",
        "from .nn import LSTMCell as L\nL(1)",
    ),
    "assigned": ("import torch; t = torch; t.nn.LSTMCell", "import torch; t = tree; t.nn.LSTMCell"),
    "assigned twice": (
        "import torch\na = torch\nb = a.nn\nc = b.LSTMCell\nc(1)",
        "import torch\na = torch\na = 3\nb = a.nn\nc = b.LSTMCell\nc(1)",
    ),
    "in a function": (
        "import torch\ndef f():\n    n = torch.nn\n    return n.LSTMCell",
        "import torch\ndef f():\n    n = torch.nn\n    n = other\n    return n.LSTMCell",
    ),
    "in a class": (
        "import torch\nclass A:\n    lib = torch.nn\n    def f(self): return self.lib.LSTMCell",
        "import torch\nclass A:\n    lib = torch.fft\n    def f(self): return self.lib.LSTMCell",
    ),
    "in a class body": (
        "import torch\nclass A:\n    n = torch.nn\n    x = n.LSTMCell",
        "import torch\nclass A:\n    n = torch.nn\n    def f(self): return n.LSTMCell",
    ),
    "imported in a function": (
        "def f():\n    from torch.nn import LSTMCell\n    return LSTMCell",
        "def f():\n    from torch.nn import RNNCell\n    return RNNCell",
    ),
    "on self": (
        "from torch import nn\nclass A:\n    def f(self): return self.n.LSTMCell\n"
        "    def __init__(self): self.n = nn",
        "from torch import nn\nclass A:\n    def f(self): return self.n.LSTMCell\n"
        "class B:\n    def __init__(self): self.n = nn",
    ),
    "unpacked": (
        "import torch\na, (b, c) = 1, (2, torch.nn)\nc.LSTMCell",
        "import torch\na, (b, c) = 1, (torch.nn, 2)\nc.LSTMCell",
    ),
    "walrus": ("import torch\n(n := torch.nn).LSTMCell", "import torch\n(n := mine.nn).LSTMCell"),
    "choice": (
        "from torch import nn\nm = nn if x else None\nm.LSTMCell",
        "from torch import nn\nm = 1 if nn else None\nm.LSTMCell",
    ),
    "only in a branch": (
        "from torch import nn\nm = None\nif x:\n    m = nn\nm.LSTMCell",
        "from torch import nn\nm = nn\nm = None\nm.LSTMCell",
    ),
    "loop": (
        "from torch import nn\nfor m in (nn, 3):\n    m.LSTMCell",
        "from torch import nn\nfor m in (4, 3):\n    m.LSTMCell",
    ),
    "comprehension": (
        "import torch\n[m.LSTMCell for m in [torch.nn]]",
        "import torch\n[m.LSTMCell for m in [torch]]",
    ),
    "container": (
        "import torch\nd = {}\nd['n'] = torch.nn\nd['n'].LSTMCell",
        "import torch\nd = {}\nd['n'] = torch.fft\nd['n'].LSTMCell",
    ),
    "default": (
        "from torch import nn\ndef f(x, *, n=nn): return n.LSTMCell",
        "from torch import nn\ndef f(n, *, x=nn): return n.LSTMCell",
    ),
    "lambda": (
        "import torch\ng = lambda n=torch.nn: n.LSTMCell",
        "import torch\ng = lambda n: n.LSTMCell",
    ),
    "global": (
        "from torch import nn\nL = None\ndef f():\n    global L\n    L = nn\nL.LSTMCell",
        "from torch import nn\nL = None\ndef f():\n    L = nn\nL.LSTMCell",
    ),
    "nonlocal": (
        "from torch import nn\ndef f():\n    n = 0\n    def g():\n        nonlocal n\n        n = "
        "nn\n"
        "    def h(): return n.LSTMCell",
        "from torch import nn\ndef f():\n    n = 0\n    def g():\n        n = nn\n"
        "    def h(): return n.LSTMCell",
    ),
    "with": (
        "from torch import nn\nwith nn as n:\n    n.LSTMCell",
        "from torch import nn\nwith open() as n:\n    n.LSTMCell",
    ),
    "match": (
        "from torch import nn\nmatch nn:\n    case n:\n        n.LSTMCell",
        "from torch import nn\nmatch 1:\n    case n:\n        n.LSTMCell",
    ),
    "defined later": (
        "def f(): return nn.LSTMCell\nfrom torch import nn",
        "def f(): return nn.LSTMCell",
    ),
    "closed over": (
        "from torch import nn\nm = nn\ndef f(): return m.LSTMCell\nf()\nm = None",
        "from torch import nn\nm = 1\ndef f(): return m.LSTMCell\nf()\nm = None",
    ),
    "base class": (
        "from torch import nn\nclass LSTMCell(nn.LSTMCell): pass",
        "from torch import nn\nclass LSTMCell(nn.Module): pass",
    ),
    "the name itself": (
        "from torch import nn\nLSTMCell = nn.LSTMCell",
        "from torch import nn\nLSTMCell = nn.Module",
    ),
    "getattr": (
        "from torch import nn\ngetattr(nn, 'LSTMCell')",
        "from torch import nn\ngetattr(nn, 'RNNCell')",
    ),
    "getattr renamed": (
        "from torch import nn\ng = getattr\ng(nn, 'LSTM' + 'Cell')",
        "from torch import nn\ng = setattr\ng(nn, 'LSTM' + 'Cell')",
    ),
    "getattr text": (
        "from torch import nn\nk = 'Cell'\ndef f(): return getattr(nn, f'LSTM{k}')",
        "from torch import nn\nk = 'Call'\ndef f(): return getattr(nn, f'LSTM{k}')",
    ),
    "getattr twice": (
        "import torch\ngetattr(getattr(torch, 'nn'), 'LSTMCell', None)",
        "import torch\ngetattr(getattr(torch, 'fft'), 'LSTMCell', None)",
    ),
    "import_module": (
        "import importlib\nimportlib.import_module('torch.nn').LSTMCell",
        "import importlib\nimportlib.import_module('mine.nn').LSTMCell",
    ),
    "import_module renamed": (
        "from importlib import import_module as i\ni('.nn', 'torch').LSTMCell",
        "from importlib import import_module as i\ni('.nn', 'mine').LSTMCell",
    ),
    "__import__": ("__import__('torch').nn.LSTMCell", "__import__('mine').nn.LSTMCell"),
    "__import__ below": (
        "__import__('torch.nn', fromlist=['nn']).LSTMCell",
        "__import__('mine.nn', fromlist=['nn']).LSTMCell",
    ),
    "builtins": (
        "import builtins\nbuiltins.__import__('torch').nn.LSTMCell",
        "import builtins\nbuiltins.print('torch').nn.LSTMCell",
    ),
    "sys.modules": (
        "import sys\nsys.modules['torch.nn'].LSTMCell",
        "import sys\nsys.path['torch.nn'].LSTMCell",
    ),
    "vars": (
        "from torch import nn\nvars(nn)['LSTMCell']",
        "from torch import nn\nvars(me)['LSTMCell']",
    ),
    "__dict__": (
        "from torch import nn\nnn.__dict__.get('LSTMCell')",
        "from torch import nn\nnn.__dict__.get('RNNCell')",
    ),
    "globals": (
        "from torch import nn\ndef f(): return globals()['nn'].LSTMCell",
        "from torch import nn\ndef f(): return globals()['xx'].LSTMCell",
    ),
    "eval": (
        "from torch import nn\neval('nn.LSTMCell')(1)",
        "from torch import nn\neval('nn.RNNCell')(1)",
    ),
    "exec": (
        "exec(compile('from torch.nn import LSTMCell as L', 'x', 'exec'))\nL",
        "exec(compile('from torch.nn import RNNCell as L', 'x', 'exec'))\nL",
    ),
    "prefix": ("import torch\ntorch._VF.lstm_cell(1)", "import torch\ntorch._VFX.lstm_cell(1)"),
    "prefix deep": (
        "import torch\ntorch.ops.aten.lstm_cell.default(1)",
        "import torch\ntorch.ops.mine.x.y(1)",
    ),
    "prefix import": ("from torch._VF import gru_cell\ngru_cell", "from torch import sigmoid"),
    "prefix alias": (
        "from torch import _VF as v\nv.gru_cell(1)",
        "from torch import fft as v\nv.gru_cell(1)",
    ),
    "other name": (
        "import torch\ntorch.nn.modules.rnn.LSTMCell",
        "import torch\ntorch.nn.modules.rnn.RNNCell",
    ),
    "other name imported": (
        "from torch.nn.modules import rnn as r\nr.LSTMCell",
        "from torch.nn.modules import rnn as r\nr.RNNCell",
    ),
    "star": (
        "from torch.nn import *\nLSTMCell(1)",
        "from torch.nn import *\nRNNCell(1)\nclass LSTMCell: pass",
    ),
    "star of all": (
        "from torch import *\nnn.LSTM",
        "from torch import *\nnn.GRU\nclass LSTMCell: pass",
    ),
    "star as the answer": (
        "from torch.nn import *",
        "from torch.nn import *\nclass LSTMCell(Module): pass",
    ),
    "import as the answer": (
        "from torch.nn import LSTMCell",
        "from torch.nn import LSTMCell\nclass LSTMCell: pass\ndef f(): return LSTMCell(1)",
    ),
    "import used": ("from torch.nn import LSTM\nLSTM", "from torch.nn import LSTM"),
    "in try": (
        "try:\n    from torch.nn import LSTMCell as L\nexcept ImportError:\n    L = None\nL(1)",
        "try:\n    from torch.nn import RNNCell as L\nexcept ImportError:\n    L = None\nL(1)",
    ),
    "async": (
        "import torch.nn as n\nasync def f():\n    async for x in n: await n.LSTMCell",
        "import torch.nn as n\nasync def f():\n    async for x in n: await n.RNNCell",
    ),
    "star as a script": (
        "from torch.nn import *\nif __name__ == '__main__':\n    pass",
        "if __name__ == '__main__':\n    from torch.nn import *",
    ),
    "as a script": (
        "import torch.nn as n\nif __name__ == '__main__':\n    pass\nelse:\n    n.LSTMCell",
        "import torch.nn as n\nif '__main__' == __name__:\n    n.LSTMCell\nelse:\n    pass",
    ),
    "as a false script": (
        "import torch.nn as n\n__name__ = '__main__'\nif __name__ == '__main__':\n    n.LSTMCell",
        "import torch.nn as n\nif __name__ == '__main__':\n    n.LSTMCell",
    ),
    "for types": (
        "import torch.nn as n\nTYPE_CHECKING = 1\nif TYPE_CHECKING:\n    L = n.LSTMCell",
        "import torch.nn as n\nfrom typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    L = "
        "n.LSTMCell",
    ),
    "annotation": (
        "from torch import nn\ndef f(cell=nn.LSTMCell): pass",
        "from torch import nn\nx: nn.LSTM\ndef f(cell: nn.LSTMCell) -> nn.LSTM: pass",
    ),
}


@pytest.mark.parametrize("which", ALIASES)
def test_an_alias_is_found_and_its_twin_is_not(which):
    guilty, innocent = ALIASES[which]
    assert names(guilty), "the use was not found"
    assert names(innocent) == set()


def test_where_what_and_what_instead():
    source = "import torch\n\nx = 1\ny = [\n    torch._VF.lstm_cell,\n    torch.nn.LSTM,\n]\n"
    assert find_forbidden(source, "cells.py", FORBIDDEN) == [
        Finding(5, "torch._VF.lstm_cell", "use torch.sigmoid", "cells.py"),
        Finding(6, "torch.nn.LSTM", GATES, "cells.py"),
    ]


def test_the_longest_rule_says_what_instead():
    forbidden = {"torch.nn": "short", "torch.nn.LSTM": "long"}
    found = find_forbidden("import torch\ntorch.nn.LSTM\ntorch.nn.GRU", "cells.py", forbidden)
    assert [(use.line, use.instead) for use in found] == [(2, "long"), (3, "short")]


def test_other_libraries_and_no_rules():
    source = "import numpy as np\nfrom scipy import linalg\nnp.linalg.svd(x)\nlinalg.svd(x)"
    assert names(source, forbidden={"numpy.linalg": "", "scipy.linalg.svd": ""}) == {
        "numpy.linalg.svd",
        "scipy.linalg.svd",
    }
    assert names(source, forbidden={}) == set()


def test_a_reference_solution_is_innocent():
    source = (
        "import torch\nfrom torch import Tensor, nn\nfrom torch.nn.functional import linear\n"
        "class LSTMCell(nn.Module):\n    def forward(self, x, hx=None):\n"
        "        i, f, g, o = linear(x, self.weight_ih).chunk(4, dim=1)\n"
        "        return torch.sigmoid(o) * torch.tanh(torch.sigmoid(i) * torch.tanh(g))\n"
        "class Stack(nn.Module):\n    def __init__(self):\n        self.cell = LSTMCell(1, 2)\n"
    )
    assert names(source) == set()


# Other tasks' definitions.

OTHER = """\
from torch import nn
class GRUCell(nn.LSTM):
    lib = nn.LSTMCell
    def f(self): return nn.LSTM
"""


def test_other_tasks_definitions_are_not_searched():
    assert names(OTHER) == {"torch.nn.LSTM", "torch.nn.LSTMCell"}
    assert names(OTHER, skip={"GRUCell"}) == set()
    assert (
        names("from torch import nn\n@nn.LSTM\ndef f(x=nn.LSTM): return nn.LSTM", skip={"f"})
        == set()
    )


def test_what_is_beside_another_tasks_definition_is_searched():
    assert names(OTHER + "def g(): return nn.LSTM", skip={"GRUCell"}) == {"torch.nn.LSTM"}
    assert names(OTHER + "x = GRUCell.lib", skip={"GRUCell"}) == {"torch.nn.LSTMCell"}


def test_a_name_inside_the_task_hides_nothing():
    source = "from torch import nn\nclass LSTMCell:\n    class GRUCell:\n        x = nn.LSTMCell"
    assert names(source, skip={"GRUCell"}) == {"torch.nn.LSTMCell"}


def test_another_tasks_attribute_of_the_same_name_is_not_this_tasks():
    source = (
        "from torch import nn\nclass GRUCell:\n    def __init__(self): self.cell = nn.LSTM\n"
        "class LSTMCell:\n    def f(self): return self.cell\n"
    )
    assert names(source, skip={"GRUCell"}) == set()
    assert names(source, skip={"LSTMCell"}) == {"torch.nn.LSTM"}


def test_an_import_for_another_task_is_its_own():
    source = "from torch.nn import LSTM as L\nclass GRUCell:\n    def f(self): return L(1)\n"
    assert names(source, skip={"GRUCell"}) == set()
    assert names(source + "def g(): return L", skip={"GRUCell"}) == {"torch.nn.LSTM"}
    asked = "from torch.nn import LSTMCell\nclass GRUCell:\n    def f(self): return LSTMCell(1)\n"
    assert names(asked, skip={"GRUCell"}) == {"torch.nn.LSTMCell"}


def test_without_names_every_forbidden_name_may_be_asked_for():
    source = "from torch.nn import *\nclass LSTMCell: pass\n"
    assert names(source, asked=None) == {"torch.nn.LSTM"}
    assert names(source + "class LSTM: pass\n", asked=None) == set()
    source = "from torch.nn import LSTM\n"
    assert names(source, asked=None) == {"torch.nn.LSTM"}
    other = "class GRUCell:\n    def f(self): return LSTM(1)\n"
    assert names(source + other, skip={"GRUCell"}, asked=None) == set()


# Other modules of the submission.


def uses(source: str, skip=(), path="recurrent/cells.py", **files: str) -> set[tuple]:
    files = {f"recurrent/{name}.py": text for name, text in files.items()}
    found = find_forbidden(source, path, FORBIDDEN, skip, ["LSTMCell"], files | {path: source})
    return {(use.path.removeprefix("recurrent/"), use.line, use.name) for use in found}


LIBRARY = "import torch\ndef step(): return torch.nn.LSTMCell(1, 2)\ndef more(): pass\n"
STEP = ("helpers.py", 2, "torch.nn.LSTMCell")


@pytest.mark.parametrize(
    "source",
    [
        "from .helpers import step\nclass LSTMCell: f = step",
        "from .helpers import step as s\nclass LSTMCell:\n    def f(self): return s()",
        "from . import helpers\nclass LSTMCell: f = helpers.step",
        "from recurrent.helpers import step\nclass LSTMCell: f = step",
        "import recurrent.helpers as h\nclass LSTMCell: f = h.step",
        "import recurrent.helpers\nclass LSTMCell: f = recurrent.helpers.step",
        "from .helpers import *\nclass LSTMCell: f = step",
        "def f():\n    from .helpers import step\n    return step",
        "from .helpers import step as LSTMCell",
    ],
)
def test_a_module_that_the_task_uses_is_searched(source):
    assert uses(source, helpers=LIBRARY) == {STEP}
    assert uses(source, helpers=LIBRARY.replace("LSTMCell", "Linear")) == set()


def test_a_module_that_the_task_does_not_use_is_not_searched():
    source = "from .helpers import step\nclass GRUCell: f = step\nclass LSTMCell: pass\n"
    assert uses(source, skip={"GRUCell"}, helpers=LIBRARY) == set()
    assert uses(source, helpers=LIBRARY) == {STEP}
    assert uses("class LSTMCell: pass", helpers=LIBRARY) == set()


def test_modules_of_modules_and_circles():
    source = "from .first import step\nclass LSTMCell: f = step"
    first = "from . import cells\nfrom .helpers import step"
    assert uses(source, first=first, helpers=LIBRARY) == {STEP}
    circle = "from .cells import LSTMCell\nfrom .first import step\nstep\n" + LIBRARY
    assert ("helpers.py", 5, "torch.nn.LSTMCell") in uses(source, first=first, helpers=circle)


def test_other_tasks_definitions_are_not_searched_in_other_modules_either():
    source = "from .helpers import more\nclass LSTMCell: f = more"
    assert uses(source, skip={"step"}, helpers=LIBRARY) == set()
    assert uses(source, helpers=LIBRARY) == {STEP}


def test_a_name_is_followed_through_other_modules():
    source = "from .helpers import lib\nclass LSTMCell:\n    def f(self): return lib.LSTMCell"
    found = {("cells.py", 3, "torch.nn.LSTMCell")}
    nn = "from torch import nn as lib"
    assert uses(source, helpers="import torch\nlib = torch.nn") == found
    assert uses(source, helpers=nn) == found
    assert uses(source, helpers="from .deep import lib", deep=nn) == found
    assert uses(source, helpers="from .deep import *", deep=nn) == found
    assert uses(source, helpers="import torch\nlib = torch.fft") == set()
    dynamic = "from importlib import import_module as i\n\ni('.helpers', 'recurrent').lib.LSTMCell"
    assert uses(dynamic, helpers=nn) == found
    dynamic = "import sys\n\nsys.modules['recurrent.helpers'].lib.LSTMCell"
    assert uses(dynamic, helpers=nn) == found


def test_the_answer_imported_through_another_module():
    source = "from .helpers import LSTMCell"
    found = uses(source, helpers="from torch.nn import LSTMCell")
    assert ("cells.py", 1, "torch.nn.LSTMCell") in found
    assert uses(source, helpers="class LSTMCell: pass") == set()
    own = "from torch.nn import LSTMCell\nclass LSTMCell: pass"
    assert uses("try:\n    from .helpers import LSTMCell\nfinally: pass", helpers=own) == set()


def test_only_the_tasks_own_module_can_give_the_answer():
    source = "from .helpers import step\nclass LSTMCell: f = step"
    assert uses(source, helpers="from torch.nn import *\ndef step(): return Linear") == set()
    assert uses("from torch.nn import *") == {("cells.py", 1, "torch.nn.LSTMCell")}


def test_packages_and_files_that_cannot_be_read():
    source = "from .tools import step\nclass LSTMCell: f = step"
    package = {"tools/__init__": "from .helpers import step", "tools/helpers": LIBRARY}
    assert uses(source, **package) == {("tools/helpers.py", 2, "torch.nn.LSTMCell")}
    assert uses(source, tools="def f(:") == set()
    assert uses("from ....x import y\nfrom .. import z\ny, z", tools="") == set()
    deep = "from ..helpers import step\nclass LSTMCell: f = step"
    assert uses(deep, path="recurrent/tools/cells.py", helpers=LIBRARY) == {STEP}


# Source that cannot be read.

UNREADABLE = {
    "syntax": ("x = 1\ndef f(:\n    pass", 2),
    "indentation": ("x = 1\n  y = 2", 2),
    "zero byte": ("x = 1\0", None),
    "lone surrogate": ("x = '\ud800'", None),
    "brackets": ("(" * 5000, 1),
    "signs": ("-" * 100_000 + "1", None),
    "sums": ("x = " + "+".join(["1"] * 50_000), None),
    "attributes": ("a" + ".b" * 100_000, None),
    "calls": ("f" + "()" * 50_000, None),
    "blocks": ("".join(" " * depth + "if x:\n" for depth in range(300)), None),
    "a huge number": ("x = " + "9" * 10_000, 1),
}


@pytest.mark.parametrize("which", UNREADABLE)
def test_source_that_cannot_be_read_is_one_error(which):
    source, line = UNREADABLE[which]
    with pytest.raises(SourceError) as caught:
        find_forbidden(source, "cells.py", FORBIDDEN)
    assert line is None or caught.value.line == line
    assert caught.value.text and caught.value.text in str(caught.value)
    assert len(str(caught.value)) < 300


def test_moderate_nesting_is_read():
    sums = "import torch\nx = " + "+".join(["1"] * 600) + " + torch.nn.LSTM"
    assert names(sums) == {"torch.nn.LSTM"}
    chains = "\n".join(f"{'el' * (n > 0)}if x == {n}: pass" for n in range(150))
    assert names("import torch\n" + chains + "\nelse: torch.nn.LSTM") == {"torch.nn.LSTM"}


def test_values_do_not_multiply():
    """Each line could double what the names and the texts may be."""
    source = (
        "import torch.nn as n\nx, s, t, v = n, 'a', 'a', n._VF\n"
        + "x = (x, x.modules, x.rnn)\ns = [s + 'a', s + s]\nt = t + t\nv = (v.a, v.b, torch._VF.c)\n"
        * 200
        + "y = x[0].LSTMCell\n"
    )
    assert "torch.nn.LSTMCell" in names(source)


def test_text_in_text_ends():
    source = "eval(" + "x := " + "'eval(x)'" + ")"
    assert names(f"import torch\n{source}\ntorch.nn.LSTM") == {"torch.nn.LSTM"}


def test_no_warning_of_the_source_gets_out():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert names("x = '\\d' is 1\nimport torch\ntorch.nn.LSTM") == {"torch.nn.LSTM"}


pieces = st.lists(
    st.sampled_from(
        [
            "import torch", "from torch import nn", "from torch.nn import *",
            "from torch.nn import LSTMCell as L", "n = torch.nn", "n.LSTMCell", "def f(x=n):",
            "class A(n.LSTM):", "    return L", "    x = n", "if x:", "else:", "    pass",
            "for n in n:", "try:", "except E as n:", "finally:", "global n", "    nonlocal n",
            "    global n", "with n as n:", "match n:", "    case {'a': n, **r}: pass",
            "    case [*n]: pass", "x = [n for n in n if n]", "x = lambda n=n, *a, k=n, **kw: n",
            "del n", "n += n", "n: int = n", "n[0] = n", "n.a.b = n", "n, *m = n, n", "eval('n')",
            "exec('n = 1')", "getattr(n, *n)", "vars()", "__import__('.')",
            "import_module('..', 'x')", "yield n", "await n", "(n := n)", "f'{n!r:{n}}'", "@n",
            "async def g():", "print(*n, **n)", "n[n:n, ...]", "n if n else n", "not n", "type(n)",
            "from .a import f", "from . import *", "from .x import n", "import r.a as n",
            "import a.b as c",
        ]
    ),
    max_size=12,
).map("\n".join)  # fmt: skip


@settings(max_examples=400, deadline=None, database=None)
@given(source=pieces | st.text(max_size=30), skip=st.sets(st.sampled_from(["f", "A"])))
def test_any_source_gives_findings_or_one_error(source, skip):
    try:
        found = find_forbidden(source, "cells.py", FORBIDDEN, skip)
    except SourceError:
        with pytest.raises((SyntaxError, ValueError)), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(source)
    else:
        assert found == sorted(found)
        again = find_forbidden(source, "r/x.py", FORBIDDEN, skip, files={"r/a.py": source})
        assert len(again) >= len(found)
        assert all(1 <= use.line <= source.count("\n") + 1 for use in found)
