"""The wire format under mutated frames: a value or one known error comes out, and little memory is taken.

REDTEAM_FRAMES says how many frames; `make redteam` tries a million.
"""

import contextlib
import copy
import functools
import json
import os
import random
import resource
import socket
import sys
import threading
from types import SimpleNamespace
from typing import NamedTuple

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.isolation.grader import announcing
from autograder.isolation.grader.clocks import Clock
from autograder.isolation.grader.limits import Budget
from autograder.isolation.grader.session import Session
from autograder.isolation.wire import frames, protocol
from autograder.isolation.wire.errors import StudentError
from autograder.isolation.wire.frames import Connection, Deadline, ProtocolError
from autograder.isolation.wire.values import Decoder, guarded
from autograder.isolation.worker import worker

FRAMES = int(os.environ.get("REDTEAM_FRAMES", "5000"))
BATCH = 50  # frames for each example of Hypothesis
LARGEST_GROWTH = 2 * frames.MAX_BUFFERS + 64 * frames.MAX_TREE  # bytes: what one frame may come to

STUDENT = b"""
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(size, size))
        self.register_buffer("count", torch.zeros(1))

    def forward(self, x):
        self.count += 1
        return (x @ self.weight).tanh(), x[:, :2]

def edit(x, items, table, generator):
    x.add_(1)
    items.append(torch.randn(2, generator=generator))
    table[2.5] = {1, 2}
    return {"a": x, 1: (2.5, None, items), (1, "b"): x.T}

def call(function, net):
    net.eval()
    return function(torch.ones(2, 2, requires_grad=True), key=[1]) * 2

def decode(step):
    state = torch.ones(1, 2)
    for number in range(3):
        token, (state, *_) = step(torch.tensor([number]), (state, torch.zeros(1).bool()), number)
    return token

def use(shelf, double, items, span):
    double.double()
    shelf.add(net=Net(2), span=span._replace(text="b"))
    return shelf, len(shelf), shelf.items, type(shelf), double(torch.ones(1, 2).double()), next(items), span

def many():
    return [range(3), {1, 2}, frozenset([3]), b"bytes", 2**70, float("nan"), 1j, slice(1, None), torch.float32,
            torch.Size([1, 2]), ..., torch.zeros(2, dtype=torch.bool), torch.ones(1).expand(3), object(), torch.zeros(0, 3)]

def fail():
    raise ValueError("no")
"""
ODD = [
    None, True, -1, 0, 1, 2**31, 2**53, 2**63, -(2**80), 1.5, 1e308, "", "a", "nan", "\ud800", "x" * 3000, [], [[]], {}, {"m": 0},
    {"m": -1}, {"T": 0}, {"S": 0}, {"h": 1, "kind": "module", "type": "Net"}, {"h": "1"}, {"L": 0}, {"L": 3}, {"L": 7}, {"a": 0},
    {"a": 99}, {"G": 0}, {"G": 10**9}, {"i": "0xzz"}, {"i": "f" * 5000}, {"f": "1e999"}, {"c": ["a", 1]}, {"b": "?"}, {"b": 3},
    {"size": ["a"]}, {"size": [-5]}, {"dtype": "float13"}, {"device": ["cpu"]}, {"slice": [1]}, {"range": [0, 2**62, 1]},
    {"range": [0, 1, 0]}, {"s": [[]]}, {"s": [1, 1.0, True]}, {"fs": [{}]}, {"d": [[[], 1]]}, {"d": [[1]]}, {"d": 5, "as": "ordered"},
    {"d": [], "as": []}, {"generator": ["uint8", [16], 0, None, "cpu"]}, {"array": ["float32", [2**39, 0], 0, None, "cpu"]},
    ["float32", [2, 2], 0, [2**39, 2**39], "cpu"], ["bool", [1], 16, None, "cuda"], {"n": ["os", "system"]},
    {"lib": ["torch", "load"]}, {"iter": [1]}, {"V": 7, "items": ["a", 1]}, {"V": 1, "items": []}, {"unknown": 1}, {"t": 3}, {"...": {}},
]  # fmt: skip


class Span(NamedTuple):
    text: str
    score: float


class Shelf:
    def __init__(self):
        self.items = []

    def __len__(self):
        return len(self.items)

    def add(self, **more):
        self.items.append(more)
        return self


class Double(torch.nn.Linear):
    def forward(self, x):
        return super().forward(x)


class Recorder(Connection):
    """A connection that keeps what it sends."""

    def __init__(self, sock, kept: list):
        super().__init__(sock)
        self.kept = kept

    def send(self, tree, buffers=(), deadline=None, hold=False):
        self.kept.append(
            (json.loads(json.dumps(tree)), b"".join(bytes(memoryview(part)) for part in buffers))
        )
        super().send(tree, buffers, deadline)


@functools.cache
def converse() -> tuple[list, list]:
    """A conversation of a grader and a worker in this process: the frames of each."""
    left, right = socket.socketpair()
    asked, answered = [], []
    finders = list(sys.meta_path)
    thread = threading.Thread(target=worker.Worker(Recorder(right, answered), [], None).serve)
    thread.start()
    here = SimpleNamespace(
        connection=Recorder(left, asked), end=left.close, clock=Clock(os.getpid())
    )
    session = Session(here, Budget(20, 20))

    def call(name: str, *args):
        return session.request(
            protocol.Call, target={"n": ["student_of_wire.code", name]}, args=args, kwargs={}
        )

    try:
        session.load({"student_of_wire/code.py": STUDENT}, "student_of_wire.code", 0)
        net = call("Net", 3)
        output, _ = net(torch.ones(1, 3, requires_grad=True))
        again, _ = net(output)
        announcing.show([(again, torch.ones_like(again))])
        again.sum().backward(retain_graph=True)
        output.sum().backward()
        call("edit", torch.ones(2, 2), [1], {"b": 2}, torch.Generator())
        call("call", lambda x, key: x * 3, torch.nn.Linear(2, 2))
        call("use", Shelf(), Double(2, 2), (n for n in range(3)), Span("a", 0.5))
        call(
            "decode",
            lambda token, state, number: (token + number, (state[0] + 1, state[1].clone())),
        )
        call("many")
        with pytest.raises(StudentError):
            call("fail")
    finally:
        left.close()
        thread.join()
        sys.meta_path[:] = finders
        for name in [name for name in sys.modules if name.startswith("student_of_wire")]:
            del sys.modules[name]
    return asked, answered


def packed(tree, buffer: bytes) -> bytes:
    text = json.dumps(tree).encode()
    return frames.HEADER.pack(frames.MAGIC, len(text), len(buffer)) + text + buffer


def mutated(tree, buffer: bytes, source: random.Random) -> bytes:
    """The bytes of a frame after a few changes to its tree, to its lengths and to its bytes."""
    if source.random() < 0.8:
        tree = copy.deepcopy(tree)
        for _ in range(source.randint(1, 3)):
            _edit_tree(tree, source)
    data = bytearray(packed(tree, buffer))
    if source.random() < 0.2:
        size, other = (source.choice((0, 1, len(data), 2**24, 2**32 - 1, 2**63)) for _ in range(2))
        data[:16] = frames.HEADER.pack(frames.MAGIC, size % 2**32, other)
    if source.random() < 0.3:
        for _ in range(source.randint(1, 4)):
            data[source.randrange(len(data))] = source.randrange(256)
    if source.random() < 0.1:
        del data[source.randrange(len(data)) :]
    if source.random() < 0.1:
        at = source.randrange(len(data) + 1)
        data[at:at] = source.choice(
            (b"[", b"{", b'"', b"9" * 30, b"\\ud800", b"1e999", bytes(50), bytes(data[:60]))
        )
    return bytes(data)


def _edit_tree(tree, source: random.Random) -> None:
    """Put something odd in one place of a tree."""
    while True:
        keys = (
            list(tree)
            if type(tree) is dict
            else list(range(len(tree)))
            if type(tree) is list
            else []
        )
        if not keys:
            return
        key = source.choice(keys)
        inner = tree[key]
        if type(inner) in (dict, list) and inner and source.random() < 0.75:
            tree = inner
            continue
        kind = source.random()
        if kind < 0.7:
            tree[key] = copy.deepcopy(source.choice(ODD))
        elif kind < 0.85:
            del tree[key]
        elif type(tree) is list:
            tree.insert(key, copy.deepcopy(inner))
        else:
            tree[
                source.choice(
                    (
                        "sync",
                        "edits",
                        "states",
                        "modules",
                        "again",
                        "form",
                        "plain",
                        "get",
                        "copy",
                        "name",
                        "node",
                        "error",
                        "value",
                        "callback",
                        "d",
                        "T",
                    )
                )
            ] = inner
        return


def assert_a_grader_survives(data: bytes) -> None:
    """A session gets these bytes as the answer to a call: a value comes out, or the student's error."""
    here, there = socket.socketpair()
    with here, there:
        there.sendall(data)
        there.shutdown(socket.SHUT_WR)
        gone = SimpleNamespace(
            connection=Connection(here),
            end=lambda: None,
            usage=SimpleNamespace(exit=0, overfull=False),
            clock=Clock(os.getpid()),
        )
        session = Session(gone, Budget(5, 5))
        session.lending.add(lambda *args, **kwargs: torch.ones(2))
        lent = Shelf(), torch.nn.Linear(2, 2), Double(2, 2), (n for n in range(3)), Span("a", 0.5)
        arguments = [torch.ones(2, 2), [1], {"b": 2}, torch.Generator(), *lent]
        with contextlib.suppress(StudentError):
            session.request(protocol.Call, target={"h": 1}, args=arguments, kwargs={})


def assert_a_decoder_survives(data: bytes) -> None:
    """A connection and a decoder get these bytes: a value comes out, or a known error."""
    here, there = socket.socketpair()
    with here, there:
        there.sendall(data)
        there.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ProtocolError, ConnectionError):
            tree, buffer = Connection(here).receive(Deadline(5))
            guarded(Decoder(buffer).decode, tree)


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@given(seed=st.integers(0, 2**64))
@settings(
    max_examples=max(FRAMES // BATCH, 1), deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow]
)  # fmt: skip
def test_mutated_frames_give_a_value_or_one_error(seed):
    source, before = random.Random(seed), peak()
    asked, answered = converse()
    for number in range(BATCH):
        if number % 2:
            assert_a_grader_survives(mutated(*source.choice(answered), source))
        else:
            assert_a_decoder_survives(mutated(*source.choice(asked + answered), source))
    assert peak() - before < LARGEST_GROWTH


def test_the_unchanged_frames_are_read():
    asked, answered = converse()
    assert len(asked) > 7 and len(answered) > 7
    for tree, buffer in answered:
        here, there = socket.socketpair()
        with here, there:
            there.sendall(packed(tree, buffer))
            assert Connection(here).receive(Deadline(5)) == (tree, buffer)


@pytest.mark.parametrize(
    ("tree", "said"),
    [
        ([[1], *({"t": [{"m": n}, {"m": n}]} for n in range(1)), *[[{"m": n}, {"m": n}] for n in range(1, 60)]], "too many parts"),
        ({"s": [{"i": hex(n * (2**61 - 1))} for n in range(200)]}, "one hash"),
        ({"d": [[{"i": hex(n * (2**61 - 1))}, 0] for n in range(200)]}, "one hash"),
        ({"fs": [{"i": hex(n * (2**61 - 1))} for n in range(200)]}, "one hash"),
        ({"range": [0, 2**40, 1]}, "range is too long"),
        ({"T": ["float32", [0, 2**39], 0, None, "cpu"]}, "tensor is too large"),
    ],
)  # fmt: skip
def test_a_small_frame_of_a_huge_value_is_refused(tree, said):
    with pytest.raises(ProtocolError, match=said):
        guarded(Decoder(bytearray()).decode, tree)


def test_what_is_shared_and_small_stays_shared():
    found = Decoder(bytearray()).decode([[1], {"m": 1}, {"s": list(range(500))}])
    assert found[0] is found[1]
    assert len(found[2]) == 500
