"""The stand-in device refuses what a GPU refuses, and computes what the CPU computes.

Everything runs in a process of its own: a device that torch knows cannot be forgotten.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from autograder.isolation.device import standin

ROOT = Path(__file__).parents[4]

BEGIN = """
import contextlib, copy, io, json, sys
import torch
from torch import nn
from torch.nn import functional as F
from autograder.isolation.device import standin
from pathlib import Path
standin.load(Path(sys.argv[1]))
torch.manual_seed(0)
here, there = torch.randn(3, 4), torch.randn(3, 4, device="standin")
ids = torch.tensor([0, 2])
"""

MIXED = {
    "matmul": "there @ here.T",
    "cat": "torch.cat([there, here])",
    "stack": "torch.stack([there, here])",
    "where": "torch.where(there > 0, there, here)",
    "add": "there + here",
    "add in place": "there.add_(here)",
    "masked_fill": "there.masked_fill(here > 0, 0.0)",
    "index_select": "there.index_select(0, ids)",
    "gather": "there.gather(0, ids[None])",
    "scatter": "there.scatter(0, ids[None], 1.0)",
    "embedding": "F.embedding(ids, there)",
    "linear": "nn.Linear(4, 2)(there)",
    "cross entropy": "F.cross_entropy(there, torch.tensor([0, 1, 2]))",
    "an index of the device in a CPU tensor": "here[torch.tensor([0], device='standin')]",
}
ALLOWED = {
    "a number as a tensor": "there * torch.tensor(2.0)",
    "where with a number": "torch.where(there > 0, there, torch.tensor(0.0))",
    "an index on the CPU": "there[ids]",
    "a mask on the CPU": "there[torch.tensor([True, False, True])]",
    "a write by an index on the CPU": "there.clone().index_put_((ids,), torch.tensor(1.0))",
    "lengths of a packed sequence": "nn.utils.rnn.pack_padded_sequence(there[..., None], ids + 1, enforce_sorted=False)[0]",
    "a copy from the CPU": "there.copy_(here)",
    "a slice set from the CPU": "there.__setitem__(0, here[0])",
}
REFUSED = {
    "an array of NumPy": ("there.numpy()", "Tensor.cpu()"),
    "a generator of the CPU": (
        "torch.rand(2, device='standin', generator=torch.Generator())",
        "Expected a 'standin' device type for generator",
    ),
}
SAME = """
def same(make, *inputs, equal=torch.equal):
    found = []
    for device in ("cpu", "standin"):
        torch.manual_seed(7)
        program = make()
        if isinstance(program, nn.Module):
            program = program.double().to(device)
        values = [each.detach().clone().to(device) for each in inputs]
        leaves = [each.requires_grad_() for each in values if each.is_floating_point()]
        outputs = program(*values)
        outputs = [o for o in flat(outputs) if o.is_floating_point()]
        assert all(o.device.type == device for o in outputs), [o.device for o in outputs]
        sum(o.sum() for o in outputs if o.requires_grad).backward()
        parameters = program.parameters() if isinstance(program, nn.Module) else ()
        gradients = [each.grad for each in (*leaves, *parameters)]
        found.append([each.detach().cpu() for each in (*outputs, *gradients) if each is not None])
    here, there = found
    return len(here) == len(there) and all(map(equal, here, there))

def close(here, there):
    return torch.allclose(here, there, rtol=0, atol=1e-12)

def flat(value):
    return [value] if isinstance(value, torch.Tensor) else [o for each in value for o in flat(each)]

def steps():
    return torch.randn(2, 5, 4, dtype=torch.float64)

def step():
    return torch.randn(2, 4, dtype=torch.float64)
"""
# torch composes its own layers otherwise on a device that has no fused kernel for them: close, in float64, not bitwise.
COMPUTED = {
    "nn.LSTMCell": "same(lambda: nn.LSTMCell(4, 3), step())",
    "nn.GRUCell": "same(lambda: nn.GRUCell(4, 3), step())",
    "nn.LSTM": "same(lambda: nn.LSTM(4, 3, 2, batch_first=True, bidirectional=True), steps(), equal=close)",
    "nn.GRU": "same(lambda: nn.GRU(4, 3, batch_first=True), steps(), equal=close)",
    "nn.LayerNorm": "same(lambda: nn.LayerNorm(4), steps(), equal=close)",
    "nn.MultiheadAttention": "same(lambda: nn.MultiheadAttention(4, 2, batch_first=True), steps(), steps(), steps())",
    "scaled_dot_product_attention": "same(lambda: F.scaled_dot_product_attention, steps(), steps(), steps())",
    "the LSTM cell of a3": "same(lambda: a3.cells.LSTMCell(4, 3), step())",
    "the GRU cell of a3": "same(lambda: a3.cells.GRUCell(4, 3), step())",
    "unroll of a3": "same(lambda: Unrolled(), steps())",
    "the attention of a5": "same(lambda: a5.MultiHeadAttention(4, 2), steps(), steps(), steps())",
    "gradient_norm_by_step of a3": """
        torch.equal(*(a3.gradients.gradient_norm_by_step(cell.to(d), x.to(d)).cpu()
        for cell, x in [(a3.cells.GRUCell(4, 3), steps().float())] for d in ("cpu", "standin")))""",
    "a seed": """
        torch.equal(torch.randn(3, generator=torch.Generator().manual_seed(5)),
        torch.randn(3, device="standin", generator=torch.Generator("standin").manual_seed(5)).cpu())""",
    "a copy of a module": "copy.deepcopy(nn.Linear(2, 2).to('standin')).weight.device.type == 'standin'",
    "an optimiser": "trained('standin') == trained('cpu')",
}
COURSE = """
import importlib.util
def module(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    sys.modules[name] = found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found
class a3: pass
sys.path.insert(0, "solutions/a3_recurrent")
import recurrent.cells, recurrent.layers, recurrent.gradients
a3.cells, a3.layers, a3.gradients = recurrent.cells, recurrent.layers, recurrent.gradients
a5 = module("solutions/a5_transformers/attention_models/attention.py", "attention")
class Unrolled(nn.Module):
    def __init__(self):
        super().__init__()
        self.cell = a3.cells.LSTMCell(4, 3)
    def forward(self, inputs):
        lengths = torch.tensor([5, 3], device=inputs.device)
        return a3.layers.unroll(self.cell, inputs, lengths)[0]
def trained(device):
    torch.manual_seed(3)
    model, x = nn.Linear(4, 1).to(device), torch.randn(8, 4).to(device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        model(x).square().mean().backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
    return model.weight.tolist()
"""
RUN = """
found = {}
for name, code in json.loads(sys.stdin.read()).items():
    torch.manual_seed(1)
    try:
        value = eval(code.strip())
        found[name] = value if isinstance(value, bool) else "ok"
    except Exception as error:
        found[name] = f"{type(error).__name__}: {error}"
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found() -> dict:
    """What each expression gave in a process that has the device: True or False, "ok", or an error."""
    path = standin.library(torch.__version__, print)
    if path is None:
        pytest.skip("there is no stand-in device on this machine")
    codes = MIXED | ALLOWED | {name: code for name, (code, _) in REFUSED.items()} | COMPUTED
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", BEGIN + SAME + COURSE + RUN, str(path)],
        input=json.dumps(codes), capture_output=True, text=True, cwd=ROOT, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", MIXED)
def test_tensors_of_different_devices_are_refused(found, name):
    assert "to be on the same device" in found[name] or "should be either on cpu" in found[name]


@pytest.mark.parametrize("name", ALLOWED)
def test_what_a_gpu_takes_from_the_cpu_is_taken(found, name):
    assert found[name] == "ok"


@pytest.mark.parametrize("name", REFUSED)
def test_the_memory_and_the_generators_of_the_device_are_its_own(found, name):
    assert REFUSED[name][1] in found[name]


@pytest.mark.parametrize("name", COMPUTED)
def test_values_and_gradients_are_those_of_the_cpu(found, name):
    assert found[name] is True


def test_it_is_built_once_for_a_version_of_torch(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    built, said = [], []

    def build(path):
        built.append(path)
        path.write_bytes(b"a library")

    monkeypatch.setattr(standin, "_build", build)
    monkeypatch.setattr(standin, "_tools", lambda: {"a C++ compiler": True})
    first = standin.library("2.13.0", said.append)
    assert standin.library("2.13.0", said.append) == first and len(built) == 1
    assert standin.library("2.14.0", said.append) != first and len(built) == 2
    assert len(said) == 2 and "about a minute" in said[0]


def test_without_a_compiler_there_is_none_and_a_reason(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("CXX", "no-such-compiler")
    said = []
    assert standin.library("2.13.0", said.append) is None
    assert said == ["no stand-in device: it needs a C++ compiler once, to be built"]


def test_a_build_that_fails_leaves_nothing_and_is_no_reason_to_stop(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(
        standin, "_command", lambda target: ["sh", "-c", "echo broken header >&2; exit 1"]
    )
    said = []
    assert standin.library("2.13.0", said.append) is None
    assert said[-1] == "no stand-in device: broken header"
    assert not list(tmp_path.rglob("*.so"))
