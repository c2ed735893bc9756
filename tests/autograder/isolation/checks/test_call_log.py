"""The log of calls: each alias is caught while it runs, and its innocent twin is not accused."""

import json

import pytest
import torch

from autograder.isolation.checks import call_log
from autograder.isolation.wire.errors import StudentError
from autograder.isolation.wire.frames import ProtocolError
from tests.autograder.minicourse import CELL, run_command, write_course, write_submission
from tests.autograder.minicourse import HEAD as HEAD_OF_COURSE

FORBIDDEN = {
    "torch.nn.LSTMCell": "write the gate equations",
    "torch.lstm_cell": "write the gate equations",
    "torch._VF": "write the gate equations",
    "torch.ops.aten": "write the gate equations",
    "torch.nn.Linear": "multiply with @",
    "torch.nn.functional.linear": "multiply with @",
    "torch._C._nn": "multiply with @",
    "torch.nn.functional.multi_head_attention_forward": "attend yourself",
    "torch.nn.utils.clip_grad_norm_": "compute the norm yourself",
    "torch.autograd": "derive the gradient",
    "torch.func": "derive the gradient",
    "torch.optim": "take the step yourself",
}
# Every program defines f(x) for x of shape (2, 3). `hidden` makes a name that no static check can read.
HEAD = """
import concurrent.futures, functools, importlib, sys, threading
import torch
from torch import nn
from torch.nn import functional as F

def hidden(*names):
    found = sys.modules["torch"]
    for name in names:
        found = getattr(found, "".join(reversed(name)))
    return found

W = torch.ones(12, 3)
B = torch.ones(12)
"""

# name: (program, its twin that does the honest thing, what the program is told that it called). The call is in the line
# that ends in "#!", or else in the last one.
ALIASES = {
    "computed name": (
        "def f(x): return hidden('llec_mtsl')(x, (x, x), W, W, B, B)[0]",
        "def f(x): return hidden('hnat')(x)",
        "torch.lstm_cell",
    ),
    "in a dictionary": (
        "OPS = {'own': torch.tanh, 'lib': hidden('nn', 'lanoitcnuf', 'raenil')}\ndef f(x): return OPS['lib'](x, W)",
        "OPS = {'own': torch.tanh, 'lib': hidden('nn', 'lanoitcnuf', 'raenil')}\ndef f(x): return OPS['own'](x)",
        "torch.nn.functional.linear",
    ),
    "variable functions": (
        "def f(x): return hidden('C_', 'snoitcnuFelbairaV_', 'llec_mtsl')(x, (x, x), W, W, B, B)[0]",
        "def f(x): return hidden('C_', 'snoitcnuFelbairaV_', 'hnat')(x)",
        "torch.lstm_cell",
    ),
    "namespace of C functions": (
        "def f(x): return hidden('FV_', 'hnat')(x)",
        "def f(x): return hidden('hnat')(x)",
        "torch._VF",
    ),
    "another namespace of C functions": (
        "def f(x): return hidden('C_', 'nn_', 'uleg')(x)",
        "def f(x): return hidden('nn', 'lanoitcnuf', 'uleg')(x)",
        "torch._C._nn",
    ),
    "operator": (
        "def f(x): return hidden('spo', 'neta', 'hnat')(x)",
        "def f(x): return hidden('hnat')(x)",
        "torch.ops.aten",
    ),
    "overload of an operator": (
        "def f(x): return hidden('spo', 'neta', 'hnat', 'tluafed')(x)",
        "def f(x): return x.tanh() + torch.tanh(x) + x @ x.T @ x",
        "torch.ops.aten",
    ),
    "operator by its schema": (
        "def f(x): return hidden('C_', 'noitarepo_teg_tij_')('aten::lstm_cell')[0](x, (x, x), W, W, B, B)[0]",
        "def f(x): return hidden('C_', 'noitarepo_teg_tij_') and torch.tanh(x)",
        "torch.ops.aten",
    ),
    "imported": (
        "def f(x): return getattr(importlib.import_module('.'.join(['torch', 'nn', 'functional'])), 'lin' 'ear')(x, W)",
        "def f(x): return getattr(importlib.import_module('.'.join(['torch', 'nn', 'functional'])), 're' 'lu')(x)",
        "torch.nn.functional.linear",
    ),
    "mapped": (
        "def f(x): return list(map(hidden('nn', 'lanoitcnuf', 'raenil'), [x], [W]))[0]",
        "def f(x): return list(map(hidden('nn', 'lanoitcnuf', 'uler'), [x]))[0]",
        "torch.nn.functional.linear",
    ),
    "partial": (
        "def f(x): return functools.partial(hidden('nn', 'lanoitcnuf', 'raenil'), weight=W)(x)",
        "def f(x): return functools.partial(hidden('nn', 'lanoitcnuf', 'xamtfos'), dim=1)(x)",
        "torch.nn.functional.linear",
    ),
    "decorated by the library": (
        "def f(x): return torch.no_grad()(hidden('nn', 'lanoitcnuf', 'raenil'))(x, W)",
        "def f(x): return torch.no_grad()(hidden('nn', 'lanoitcnuf', 'uler'))(x)",
        "torch.nn.functional.linear",
    ),
    "vectorised by the library": (
        "def f(x): return torch.vmap(hidden('nn', 'lanoitcnuf', 'raenil'), (0, None))(x, W)",
        "def f(x): return torch.vmap(lambda row: row * 2)(x)",
        "torch.nn.functional.linear",
    ),
    "class": (
        "def f(x): return hidden('nn', 'lleCMTSL')(3, 3)(x)[0]",
        "def f(x): return hidden('nn', 'hnaT')()(x)",
        "torch.nn.LSTMCell",
    ),
    "subclass": (
        "class Mine(hidden('nn', 'lleCMTSL')):\n    def forward(self, x): return super().forward(x)[0]\n"
        "def f(x): return Mine(3, 3)(x)",
        "class Mine(hidden('nn', 'hnaT')):\n    def forward(self, x): return super().forward(x)\n"
        "def f(x): return Mine()(x)",
        "torch.nn.LSTMCell",
    ),
    "forward of a class on an object of one's own": (
        "class Mine(nn.Module):\n    weight, bias = W, B\ndef f(x): return hidden('nn', 'raeniL').forward(Mine(), x)",
        "class Mine(nn.Module):\n    p, inplace = 0.0, False\n"
        "def f(x): return hidden('nn', 'tuoporD').forward(Mine(), x)",
        "torch.nn.Linear",
    ),
    "function written in Python": (
        "def f(x):\n    p = nn.Parameter(x)\n    p.grad = x\n    return hidden('nn', 'slitu', '_mron_darg_pilc')([p], 1.0)",
        "def f(x):\n    p = nn.Parameter(x)\n    p.grad = x\n    return hidden('nn', 'slitu', '_eulav_darg_pilc')([p], 1.0)",
        "torch.nn.utils.clip_grad_norm_",
    ),
    "member of a namespace": (
        "def f(x):\n    y = x.clone().requires_grad_()\n    return hidden('dargotua', 'darg')(y.sum(), y)[0]",
        "def f(x):\n    with torch.no_grad():\n        return hidden('sba')(x)",
        "torch.autograd",
    ),
    "function of autograd": (
        "def f(x):\n    class Own(hidden('dargotua', 'noitcnuF')): pass  #!\n    return x",
        "def f(x):\n    class Own(hidden('nn', 'eludoM')): pass\n    return x",
        "torch.autograd",
    ),
    "optimiser": (
        "def f(x): return hidden('mitpo', 'DGS')([nn.Parameter(x)], lr=0.1).state_dict()['state'] or x",
        "def f(x): return nn.ParameterList([nn.Parameter(x)])[0] * 0.1",
        "torch.optim",
    ),
    "in a thread": (
        "def f(x):\n    with concurrent.futures.ThreadPoolExecutor(1) as pool:\n"
        "        return pool.submit(lambda: hidden('nn', 'lanoitcnuf', 'raenil')(x, W)).result()",
        "def f(x):\n    with concurrent.futures.ThreadPoolExecutor(1) as pool:\n"
        "        return pool.submit(lambda: hidden('nn', 'lanoitcnuf', 'uler')(x)).result()",
        "torch.nn.functional.linear",
    ),
    "in a subclass of Tensor": (
        "class T(torch.Tensor):\n    @classmethod\n    def __torch_function__(cls, function, types, args=(), kwargs=None):\n"
        "        return hidden('nn', 'lanoitcnuf', 'raenil')(torch.ones(2, 3), W)  #!\n"
        "def f(x): return x.as_subclass(T).cos()",
        "class T(torch.Tensor):\n    @classmethod\n    def __torch_function__(cls, function, types, args=(), kwargs=None):\n"
        "        return super().__torch_function__(function, types, args, kwargs)\n"
        "def f(x): return x.as_subclass(T).cos().as_subclass(torch.Tensor)",
        "torch.nn.functional.linear",
    ),
    "with torch functions disabled": (
        "def f(x):\n    with hidden('C_', 'noitcnuFhcroTelbasiD')():\n        return hidden('nn', 'lanoitcnuf', 'raenil')(x, W)",
        "def f(x):\n    with hidden('C_', 'noitcnuFhcroTelbasiD')():\n        return hidden('nn', 'lanoitcnuf', 'uler')(x)",
        "torch.nn.functional.linear",
    ),
    "run from text": (
        "def f(x): return eval(''.join(['F.', 'linear(x, W)']))",
        "def f(x): return eval(''.join(['F.', 'relu(x)']))",
        "torch.nn.functional.linear",
    ),
}  # fmt: skip


X = torch.ones(2, 3)


def marked_line(source: str) -> int:
    lines = source.splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.endswith("#!")), len(lines))


def accused(submission, source: str, call=lambda code: code.f(X), **rules) -> str:
    """What a program is told about a forbidden call; empty if nothing."""
    with submission(source, **{"forbidden": FORBIDDEN} | rules) as code:
        try:
            call(code)
        except StudentError as error:
            assert error.failure.kind == "forbidden", error
            return error.failure.message
    return ""


@pytest.mark.parametrize("name", ALIASES)
def test_an_alias_is_caught_and_its_twin_is_not(name, submission):
    program, twin, rule = ALIASES[name]
    where = f"student/code.py, line {marked_line(HEAD + program)}"
    assert accused(submission, HEAD + program) == f"{where} calls {rule}: {FORBIDDEN[rule]}"
    assert accused(submission, HEAD + twin) == ""


@pytest.mark.parametrize("name", ALIASES)
def test_a_task_without_rules_has_no_log(name, submission):
    with submission(HEAD + ALIASES[name][0]) as code:
        code.f(X)


# What the library does for a program is the library's: name -> (program, what it may not call).
ON_BEHALF = {
    "linear": ("M = nn.Linear(3, 4)\ndef f(x): return M(x)", "torch.nn.functional.linear"),
    "a lazy module": ("def f(x): return nn.LazyLinear(4)(x)", "torch.nn.Linear"),
    "a recurrent module": ("def f(x): return nn.LSTMCell(3, 3)(x)[0]", "torch.lstm_cell"),
    "a recurrent layer": ("def f(x): return nn.LSTM(3, 3)(x)[0]", "torch._VF"),
    "attention": (
        "def f(x): return nn.MultiheadAttention(3, 1)(x, x, x)[0]",
        "torch.nn.functional.multi_head_attention_forward",
    ),
    "a part of attention": ("def f(x): return nn.MultiheadAttention(3, 1)(x, x, x)[0]", "torch.nn.Linear"),
    "operators": ("def f(x): return torch.softmax(F.gelu(x) @ x.T, 1).tanh() ** 2", "torch.ops.aten"),
    "functions written in C": ("def f(x): return F.gelu(F.linear(x, W))", "torch._C._nn"),
    "a backward": (
        "def f(x):\n    y = x.clone().requires_grad_()\n    y.sum().backward()\n    return y.grad",
        "torch.autograd",
    ),
    "a context": ("@torch.no_grad()\ndef f(x):\n    with torch.inference_mode():\n        return x * 2", "torch.autograd"),
    "a mapping": ("def f(x): return torch.vmap(torch.tanh)(x)", "torch.func"),
    "an optimiser": (
        "def f(x):\n    p = nn.Parameter(x.clone())\n    p.grad = x\n    torch.optim.Adam([p]).step()\n    return p.detach()",
        "torch.autograd",
    ),
    "a parameter": ("def f(x): return nn.Linear(3, 4)(x)", "torch.nn.Parameter"),
    "clipping values": (
        "def f(x):\n    p = nn.Parameter(x)\n    p.grad = x\n    nn.utils.clip_grad_value_([p], 1.0)\n    return p",
        "torch.nn.utils.clip_grad",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ON_BEHALF)
def test_what_the_library_calls_for_a_program_is_not_the_program_s(name, submission):
    program, rule = ON_BEHALF[name]
    assert accused(submission, HEAD + program, forbidden={rule: "no"}) == ""


@pytest.mark.parametrize(
    ("source", "call", "told"),
    [
        ("Cell = hidden('nn', 'lleCMTSL')", lambda code: code.Cell(3, 3), ", line 15 calls torch.nn.LSTMCell"),
        ("class Cell(hidden('nn', 'lleCMTSL')): pass", lambda code: code.Cell(3, 3), ", line 15 calls torch.nn.LSTMCell"),
        ("step = hidden('nn', 'lanoitcnuf', 'raenil')", lambda code: code.step(X, X), ", line 15 calls torch.nn.functional"),
        ("clip = hidden('nn', 'slitu', '_mron_darg_pilc')", lambda code: code.clip([], 1.0), ", line 15 calls torch.nn.utils"),
        ("step = functools.partial(hidden('nn', 'lanoitcnuf', 'raenil'))", lambda code: code.step(X, X), ", line 15 calls torch.nn.functional"),
        ("globals()['step'] = [hidden('nn', 'lanoitcnuf', 'raenil')][0].__call__", lambda code: code.step(X, X), ""),
    ],
)  # fmt: skip
def test_handing_the_library_out_as_one_s_own_work_is_a_call(source, call, told, submission):
    assert accused(submission, HEAD + source, call).startswith(
        (told and "student/code.py" + told) or "your code calls"
    )


def test_the_definitions_of_other_tasks_are_left_out(submission):
    source = (
        HEAD
        + "def other(x): return hidden('nn', 'lanoitcnuf', 'raenil')(x, W)\ndef f(x): return other(x)"
    )
    assert accused(submission, source, skip=["other"]) == ""
    assert accused(submission, source).startswith("student/code.py, line 15 ")


def test_a_test_may_pass_in_what_is_forbidden(submission):
    source = HEAD + "import copy\ndef f(x, use): return copy.deepcopy(use)(x)"
    for lent in (torch.nn.LSTMCell(3, 3), torch.nn.Linear(3, 3)):
        assert accused(submission, source, lambda code, lent=lent: code.f(X, lent)) == ""
    make = HEAD + "def f(x, kind): return kind(3, 3)(x)"
    assert accused(submission, make, lambda code: code.f(X, torch.nn.Linear)) == ""


def test_what_one_test_passed_in_is_forbidden_to_the_next(submission, next_test):
    source = HEAD + "def f(x, use): return use(x)\ndef g(x): return hidden('nn', 'raeniL')(3, 3)(x)"
    with submission(source, forbidden=FORBIDDEN) as code:
        code.f(X, torch.nn.Linear(3, 3))
        code.g(X)
        next_test()
        with pytest.raises(StudentError) as caught:
            code.g(X)
        assert caught.value.failure.kind == "forbidden"


def test_a_forbidden_call_is_told_even_if_the_program_fails_afterwards(submission):
    source = (
        HEAD
        + "def f(x):\n    hidden('nn', 'lanoitcnuf', 'raenil')(x, W)  #!\n    raise ValueError('no')"
    )
    assert accused(submission, source).startswith(f"student/code.py, line {marked_line(source)} ")


def test_the_rest_of_the_test_fails_as_well(submission):
    source = (
        HEAD + "def f(x): return hidden('nn', 'lanoitcnuf', 'raenil')(x, W)\ndef g(x): return x"
    )
    with submission(source, forbidden=FORBIDDEN) as code:
        for name in ("f", "g"):
            with pytest.raises(StudentError) as caught:
                getattr(code, name)(X)
            assert caught.value.failure.kind == "forbidden"


def test_the_mode_cannot_be_taken_from_the_stack(submission):
    source = HEAD + (
        "def f(x):\n    pop = hidden('C_', 'kcats_noitcnuf_hcrot_pop_')\n    try:\n        pop()\n"
        "    except RuntimeError:\n        pass\n    return hidden('nn', 'lanoitcnuf', 'raenil')(x, W)"
    )
    assert "calls torch.nn.functional.linear" in accused(submission, source)


def test_a_mode_of_one_s_own_works(submission):
    source = HEAD + (
        "class Count(torch.overrides.TorchFunctionMode):\n    n = 0\n"
        "    def __torch_function__(self, function, types, args=(), kwargs=None):\n"
        "        self.n += 1\n        return function(*args, **(kwargs or {}))\n"
        "def f(x):\n    with Count() as count:\n        torch.tanh(x)\n        x.sum()\n    return count.n"
    )
    with submission(source, forbidden=FORBIDDEN) as code:
        assert code.f(X) == 2


FILES = {"a/b.py": b"x = 1\ny = 2\n"}


@pytest.mark.parametrize(
    "claim",
    [
        None,
        {},
        [],
        ["torch.lstm_cell", "a/b.py"],
        ["torch.tanh", "a/b.py", 1],
        [["torch.lstm_cell"], "a/b.py", 1],
        ["torch.lstm_cell", "the input was 0.5", 1],
        ["torch.lstm_cell", ["a/b.py"], 1],
        ["torch.lstm_cell", "a/b.py", -1],
        ["torch.lstm_cell", "a/b.py", 4],
        ["torch.lstm_cell", "a/b.py", True],
        ["torch.lstm_cell", "a/b.py", 1.0],
        ["torch.lstm_cell", "", 2],
    ],
)
def test_a_claim_of_the_wrong_form_is_refused(claim):
    with pytest.raises(ProtocolError):
        call_log.failure_from(claim, FORBIDDEN, FILES)


def test_a_claim_becomes_a_failure_in_the_grader_s_words():
    failure = call_log.failure_from(["torch.lstm_cell", "a/b.py", 2], FORBIDDEN, FILES)
    assert failure.message == "a/b.py, line 2 calls torch.lstm_cell: write the gate equations"


def test_a_graded_submission_is_told_file_line_call_and_what_to_use_instead(tmp_path):
    aliased = "def scale(x, factor):\n    return getattr(torch, 'lum'[::-1])(x, factor)\n"
    folder = tmp_path / "aliased"
    write_submission(folder, HEAD_OF_COURSE + CELL + aliased, {})
    course, output = write_course(tmp_path / "course"), tmp_path / "out"
    found = run_command(course, "grade", "a0_mini", folder, "-o", output)
    assert found.returncode == 0, found.stderr
    result = json.loads(next(output.rglob("results.json")).read_text())
    told = {
        test["output"].splitlines()[0]
        for test in result["tests"]
        if test["name"].startswith("scale")
    }
    assert told == {"mini/ops.py, line 12 calls torch.mul: use the operator *"}
    assert result["extra_data"]["tasks"]["cell"]["status"] == "passed"
