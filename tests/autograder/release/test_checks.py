"""Tests of autograder.release.checks: what public tests compare with, and what they say to students."""

import subprocess
import sys

import pytest
import torch

from autograder.release.checks import (
    TOLERANCES,
    assert_close,
    assert_equal,
    assert_refuses,
    assert_shape,
    call_by_name,
)

RIGHT = torch.arange(6.0).reshape(2, 3)


def said(*arguments, **options) -> list[str]:
    """The lines of a comparison that fails."""
    with pytest.raises(AssertionError) as caught:
        assert_close(*arguments, **options)
    return str(caught.value).splitlines()


def test_equal_results_pass():
    assert_close(RIGHT.clone(), RIGHT, "the state (batch, size)")
    assert_close((RIGHT, [RIGHT]), [RIGHT, (RIGHT,)])
    assert_close({"a": RIGHT}, {"a": RIGHT})
    assert_close(RIGHT + 0.01, RIGHT, atol=0.1, rtol=0)
    with pytest.raises(AssertionError):
        assert_close(torch.tensor([torch.nan]), torch.tensor([torch.nan]))  # as torch has it
    assert_shape(RIGHT, "the state", batch=2, size=3)


def test_a_wrong_shape_is_told_with_the_names_of_the_axes():
    first, expected, got, why = said(RIGHT.T, RIGHT, "the state (batch, size)")
    assert first == "the state: the shape is wrong"
    assert expected.split() == ["expected", "(batch=2,", "size=3)"]
    assert got.split() == ["got", "(batch=3,", "size=2)"]
    assert why.strip() == "the sizes are right, but their order is not"
    assert said(RIGHT[:, :1], RIGHT, "it (batch, size)")[-1].strip() == "size should be 3, not 1"
    assert said(RIGHT[:1, :1], RIGHT)[-1].strip() == (
        "axis 0 should be 2, not 1; axis 1 should be 3, not 1"
    )
    _, _, got, why = said(RIGHT[None], RIGHT, "it (batch, size)")
    assert (got.split(maxsplit=1)[1], why.strip()) == ("(1, 2, 3)", "1 axis too many")
    assert said(RIGHT.sum(), RIGHT)[-1].strip() == "2 axes too few"


def test_a_shape_alone():
    with pytest.raises(AssertionError, match=r"the mask: .*\n.*\(query=2, key=4\)\n.*key=3\)\n"):
        assert_shape(RIGHT, "the mask", query=2, key=4)
    with pytest.raises(
        AssertionError, match=r"shape \(n=2\) is expected, got a value of type list"
    ):
        assert_shape([1, 2], "it", n=2)


def test_wrong_values_are_told_with_their_place():
    actual = RIGHT.clone()
    actual[1, 2] += 0.5
    actual[0, 2] += 0.25
    assert said(actual, RIGHT, "the state (batch, size)", "Look at g.") == [
        "Look at g.",
        "the state: 2 of 6 values are wrong",
        "    worst    at batch=1, size=2: expected 5, got 5.5, off by 0.5",
        "    only     at size=2 of 3",
        "    expected [[0, 1, 2], [3, 4, 5]]",
        "    got      [[0, 1, 2.25], [3, 4, 5.5]]",
    ]
    assert said(RIGHT[0, 0] + 1, RIGHT[0, 0], "the loss") == [
        "the loss: expected 0, got 1, off by 1"
    ]
    many = torch.zeros(40)
    lines = said(many + torch.eye(40)[:20].sum(0), many, "it (n)")
    assert lines[2].strip() == "only     at n=0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, ... of 40"
    assert len(lines) == 3  # too many to be shown


@pytest.mark.parametrize(
    ("actual", "expected", "text"),
    [
        (torch.tensor([True, True]), torch.tensor([True, False]), "expected False, got True"),
        (torch.tensor([1, 2**40]), torch.tensor([1, 2]), "expected 2, got 1099511627776"),
        (torch.tensor([0.0, torch.nan]), torch.zeros(2), "expected 0, got nan"),
        (torch.tensor([0.0, -torch.inf]), torch.zeros(2), "expected 0, got -inf"),
    ],
)
def test_values_of_every_kind(actual, expected, text):
    lines = said(actual, expected, "it (n)")
    assert lines[:2] == [
        "it: 1 of 2 values are wrong",
        f"    worst    at n=1: {text}, off by {lines[1].rpartition(' ')[2]}",
    ]


@pytest.mark.parametrize(
    ("actual", "expected", "text"),
    [
        (None, RIGHT, "it: a tensor of shape (a=2, b=3) is expected, got None"),
        (1.5, RIGHT[0, 0], "it: a tensor of shape () is expected, got a value of type float"),
        (RIGHT.double(), RIGHT, "it: the dtype torch.float32 is expected, got torch.float64"),
        (RIGHT.to("meta"), RIGHT, "it: the device cpu is expected, got meta"),
        ([RIGHT], (RIGHT, RIGHT), "it: 2 parts are expected, got 1"),
        ([RIGHT, RIGHT + 1], [RIGHT, RIGHT], "it, part 2 of 2: 6 of 6 values are wrong"),
        ({"w": RIGHT}, {"b": RIGHT}, "it: the names ['b'] are expected, got ['w']"),
        ({"w": RIGHT + 1}, {"w": RIGHT}, "it, w: 6 of 6 values are wrong"),
        (2.5, 2.0, "it: Scalars are not close!"),
        (None, [RIGHT], "it: None mismatch: None is not [tensor("),
    ],
)
def test_what_else_can_be_wrong(actual, expected, text):
    assert said(actual, expected, "it (a, b)")[0].startswith(text)


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("size", [0.0, 1.0])
def test_the_tolerances_are_those_of_torch(dtype, size):
    """Of two values, one off by half of what is allowed and one by twice as much, one is wrong."""
    rtol, atol = TOLERANCES[dtype]
    right = torch.tensor([size, size], dtype=dtype)
    off = torch.tensor([0.5, 2.0], dtype=torch.float64) * (atol + rtol * size)
    actual = (right.double() + off).to(dtype)
    assert said(actual, right, "it (n)")[0] == "it: 1 of 2 values are wrong"
    assert_close(actual[:1], right[:1])


VALUES = [
    RIGHT,
    RIGHT + 1e-6,
    RIGHT + 1e-3,
    RIGHT.double(),
    RIGHT.bool(),
    RIGHT.int(),
    RIGHT.half(),
    RIGHT.T,
    RIGHT * torch.inf,
    RIGHT.to_sparse(),
    RIGHT.to(torch.complex64),
    torch.nn.Parameter(RIGHT),
    torch.empty(0, 3),
    torch.tensor(1.5),
    torch.tensor(torch.nan),
    1.5,
    True,
    None,
]


def torch_accepts(actual, expected, **tolerance) -> bool:
    try:
        torch.testing.assert_close(actual, expected, **tolerance)
    except (AssertionError, TypeError, RuntimeError):
        return False
    return True


@pytest.mark.parametrize("tolerance", [{}, {"atol": 1e-2, "rtol": 0.0}])
@pytest.mark.parametrize("pack", [lambda v: v, lambda v: (v, RIGHT), lambda v: [[v]]])
def test_what_is_accepted_is_what_torch_accepts(pack, tolerance):
    for actual in VALUES:
        for expected in VALUES:
            pair = pack(actual), pack(expected)
            accepted = True
            try:
                assert_close(*pair, **tolerance)
            except AssertionError:
                accepted = False
            assert accepted == torch_accepts(*pair, **tolerance), pair


@pytest.mark.parametrize(("change", "imported"), [("", False), (" + 1", True)])
def test_a_right_result_does_not_wait_for_half_a_second_of_imports(change, imported):
    program = f"""
import contextlib, sys, torch
from autograder.release.checks import assert_close
with contextlib.suppress(AssertionError):
    assert_close((torch.ones(2){change}, torch.nn.Parameter(torch.ones(3))), [torch.ones(2), torch.ones(3)])
print("torch.distributed.tensor" in sys.modules)
"""
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert found.stdout.strip() == str(imported), found.stderr


def values_said(*arguments, **options) -> str | None:
    """What `assert_equal` says of plain values, if they differ."""
    try:
        assert_equal(*arguments, **options)
    except AssertionError as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    ("actual", "expected", "text"),
    [
        (3, 3, None),
        ("a", "a", None),
        (["a", 1], ("a", 1), None),
        (0.5, 0.5, None),
        (1.0, 40 / 3, "it: expected 13.3333, got 1"),
        (0.5000000001, 0.5, "it: expected 0.5, got 0.5000000001"),
        (4, 6, "it: expected 6, got 4"),
        (True, 1, "it: expected 1, got True"),
        (1, 1.0, "it: a Python float is expected, got a value of type int"),
        (torch.tensor(0.5), 0.5, "it: a Python float is expected, got a value of type Tensor"),
        (float("nan"), 0.5, "it: expected 0.5, got nan"),
        (None, ["a"], "it: a list is expected, got a value of type NoneType"),
        (["b"], ["a", "c"], "it: 2 values are expected, got 1\n    expected ['a', 'c']\n"),
        (["a", "b"], ["a", "c"], "it: value 2 of 2 is wrong\n    expected ['a', 'c']\n    got "),
    ],
)
def test_plain_values(actual, expected, text):
    said = values_said(actual, expected, "it")
    assert said == text or said.startswith(text)


def test_how_far_floats_may_lie_apart_and_what_to_think_of():
    assert values_said(0.5001, 0.5, "it", within=1e-3) is None
    assert values_said([0.5001], [0.5], "it", within=1e-3) is None
    assert values_said(0.5001, 0.5, "it", "Divide.", within=1e-5) == (
        "Divide.\nit: expected 0.5, got 0.5001"
    )


def test_what_is_to_be_refused():
    assert_refuses(IndexError, [].__getitem__, 0, what="the first of none")
    with pytest.raises(AssertionError, match=r"^it: IndexError is to be raised, but .* is 'a'$"):
        assert_refuses(IndexError, ["a"].__getitem__, 0, what="it")
    with pytest.raises(AssertionError, match=r"the result is \[0, .{50,60}\.\.\.$"):
        assert_refuses(IndexError, list, range(100), what="it")
    with pytest.raises(TypeError):
        assert_refuses(IndexError, ["a"].__getitem__, "b", what="it")


def test_names_of_parameters():
    def renamed(xs, *, b):
        return xs + b

    def broken(x):
        return len(x, 1)

    assert call_by_name(renamed, xs=1, b=2) == 3
    advice = r"^Keep the names of the parameters that you were given: x, b\.\n.*argument 'x'"
    with pytest.raises(AssertionError, match=advice):
        call_by_name(renamed, x=1, b=2)
    with pytest.raises(AssertionError, match="missing 1 required"):
        call_by_name(renamed, xs=1)
    with pytest.raises(TypeError):  # of the student's own, and told as such
        call_by_name(broken, x=[])
