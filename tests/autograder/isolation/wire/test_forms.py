"""Frames that repeat the form of an earlier one give the same values, and refuse what does not have the form."""

import json

import pytest
import torch

from autograder.isolation.wire import forms
from autograder.isolation.wire.forms import Received, Sent
from autograder.isolation.wire.frames import ProtocolError
from autograder.isolation.wire.protocol import Reply

BASE = torch.arange(24.0).reshape(2, 3, 4)
VALUES = {
    "plain": (1, True, None, "text", 0.1, -(2**70)),
    "a tensor": (BASE,),
    "tuples": (torch.tensor([3]), (BASE.half(), (2, torch.zeros((), dtype=torch.float64)), ())),
    "another order of the axes": (BASE.transpose(0, 2), BASE.permute(1, 0, 2)),
    "bools": (BASE > 5, torch.tensor(True)),
    "bytes": (torch.arange(256, dtype=torch.uint8),),
    "no elements": (torch.zeros(0, 3), torch.zeros(2, 0, dtype=torch.bool)),
    "complex": (torch.complex(BASE, BASE),),
}


def read(received: Received, tree: dict, buffer: bytearray):
    return received.read(Reply(**tree), buffer)


def crossed(sent: Sent, received: Received, values):
    tree, buffers, _ = sent.repeat(values)
    return read(received, json.loads(json.dumps(tree)), bytearray(b"".join(buffers)))


def assert_same(found, expected):
    assert type(found) is type(expected)
    if isinstance(expected, tuple):
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert_same(one, other)
    elif isinstance(expected, torch.Tensor):
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape)
        assert found.stride() == expected.stride() or not expected.numel()
        assert torch.equal(found, expected)
    else:
        assert found == expected


@pytest.mark.parametrize("name", VALUES)
def test_values_arrive_as_they_are_the_first_time_and_later(name):
    sent, received = Sent(), Received()
    values = VALUES[name]
    assert "form" in sent.repeat(values)[0]
    sent = Sent()
    for _ in range(3):
        found, tensors = crossed(sent, received, values)
        assert_same(found, values)
        assert all(tensor._version == 0 for tensor in tensors)
    assert "form" not in sent.repeat(values)[0]


def test_other_numbers_have_the_same_form_and_other_shapes_another():
    sent, received = Sent(), Received()
    for values in (
        (1, BASE),
        (2, BASE + 1),
        (3, BASE[:, :2].clone()),
        (4, BASE.double()),
        (5, BASE * 2),
    ):
        assert_same(crossed(sent, received, values)[0], values)
    assert [sent.repeat((6, tensor))[0]["again"] for tensor in (BASE, BASE[:, :2].clone())] == [
        1,
        2,
    ]


@pytest.mark.parametrize(
    "values",
    [
        ([1],),
        ({},),
        (BASE.clone().requires_grad_(),),
        (torch.nn.Parameter(BASE, requires_grad=False),),
        (BASE[:, ::2],),
        (BASE[:1].expand(3, 3, 4),),
        (BASE.bfloat16(),),
        (BASE.to_sparse(),),
        (float("nan"),),
        (BASE, BASE),
        (torch.complex(BASE, BASE).conj(),),
    ],
)
def test_what_is_more_than_plain_values_and_bytes_has_no_form(values):
    sent = Sent()
    assert sent.repeat(values) is None
    assert sent.repeat(values) is None


def test_what_the_other_side_has_is_not_sent_again():
    assert Sent().repeat((BASE,), lambda tensor: tensor is BASE) is None
    assert Sent().repeat((BASE,), lambda tensor: False) is not None


def test_the_number_of_forms_is_limited(monkeypatch):
    monkeypatch.setattr(forms, "MAX_FORMS", 3)
    sent, received = Sent(), Received()
    for size in range(3):
        crossed(sent, received, (torch.zeros(size),))
    assert sent.repeat((torch.zeros(9),)) is None
    with pytest.raises(ProtocolError):
        read(received, {"again": 9, "form": [0], "plain": [1]}, bytearray())
    assert_same(crossed(sent, received, (torch.ones(2),))[0], (torch.ones(2),))


GOOD = {"again": 1, "form": [["float32", [2], 0], 0], "plain": [5]}


@pytest.mark.parametrize(
    "changes",
    [
        {"again": "1"},
        {"again": None},
        {"form": None},
        {"form": {}},
        {"form": [["float32", [3], 0], 0]},
        {"form": [["float32", [2**40], 0], 0]},
        {"form": [["float32", [-2], 0], 0]},
        {"form": [["float32", [2], [1]], 0]},
        {"form": [["float32", [2], 1], 0]},
        {"form": [["object", [2], 0], 0]},
        {"form": [[["float32"], [2], 0], 0]},
        {"form": [["float32", [2]], 0]},
        {"form": [["float32", [2], 0], 0, 0]},
        {"form": [["float32", [2], 0], {"t": 3}]},
        {"form": [["float32", [2], 0], True]},
        {"form": [["float32", [2**27], 0]] * 8},
        {"form": [0] * 2000},
        {"plain": []},
        {"plain": [[]]},
        {"plain": {"a": 1}},
        {"plain": [{"a": 1}]},
    ],
)
def test_what_does_not_have_the_form_is_refused(changes):
    assert read(Received(), GOOD, bytearray(8))[0][1] == 5
    with pytest.raises(ProtocolError):
        read(Received(), GOOD | changes, bytearray(8))


def test_a_form_that_was_never_told_or_is_told_twice_is_refused():
    received = Received()
    with pytest.raises(ProtocolError, match="no such form"):
        read(received, {"again": 1}, bytearray())
    read(received, GOOD, bytearray(8))
    with pytest.raises(ProtocolError, match="number of its own"):
        read(received, GOOD, bytearray(8))
    with pytest.raises(ProtocolError, match="form that it names"):
        read(received, {"again": 1, "plain": [5]}, bytearray(9))


def deep(levels: int) -> list:
    found: list = [0]
    for _ in range(levels):
        found = [{"t": found}]
    return found


def test_forms_are_not_nested_without_end():
    read(Received(), {"again": 1, "form": deep(forms.MAX_DEPTH), "plain": [1]}, bytearray())
    with pytest.raises(ProtocolError):
        read(Received(), {"again": 1, "form": deep(forms.MAX_DEPTH + 1), "plain": [1]}, bytearray())
