"""What torch and Python complain about is recognised from what they really raise, and told without a value."""

import re

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from autograder.grading.complaints import argument_error, complaint

ONES = torch.ones


def used_twice():
    x = ONES(2, requires_grad=True)
    loss = (x * x).sum()
    loss.backward()
    loss.backward()


def edited_before_backward():
    result = ONES(2, requires_grad=True).exp()
    result += 1
    result.sum().backward()


def edited_leaf():
    parameter = nn.Parameter(ONES(2))
    parameter += 1


COMPLAINTS = {
    "product": (lambda: ONES(7, 3) @ ONES(7, 3), "two sides of a product"),
    "batched product": (lambda: torch.bmm(ONES(2, 3, 7), ONES(2, 3, 7)), "two sides of a product"),
    "product with a vector": (lambda: ONES(2, 7) @ ONES(2), "two sides of a product"),
    "dtypes of a product": (lambda: ONES(2, 3) @ ONES(3, 2).double(), "different dtypes"),
    "dtype of a layer": (lambda: nn.Linear(3, 4)(ONES(2, 3).double()), "different dtypes"),
    "dtype of an assignment": (
        lambda: ONES(2).__setitem__(torch.tensor([0]), ONES(1).double()),
        "different dtypes",
    ),
    "broadcast": (lambda: ONES(2, 3) + ONES(2, 7), "sizes of two tensors"),
    "expand": (lambda: ONES(2, 3).expand(2, 7), "sizes of two tensors"),
    "mask": (lambda: ONES(2, 3)[ONES(7, 3).bool()], "sizes of two tensors"),
    "loss": (lambda: F.cross_entropy(ONES(2, 3), torch.tensor([0])), "sizes of two tensors"),
    "layout": (lambda: ONES(3, 7).T.view(-1), "another layout in memory"),
    "reshape": (lambda: ONES(6).reshape(7, 2), "do not add up"),
    "split": (lambda: ONES(7).split([1, 2]), "do not add up"),
    "cat": (lambda: torch.cat([ONES(2, 3), ONES(2, 7)], dim=0), "put together differ in shape"),
    "stack": (lambda: torch.stack([ONES(2), ONES(7)]), "put together differ in shape"),
    "nothing to stack": (lambda: torch.stack([]), "empty list of tensors"),
    "axis": (lambda: ONES(2).sum(7), "fewer or more axes"),
    "indices": (lambda: ONES(7)[0, 0], "fewer or more axes"),
    "index": (lambda: ONES(2)[7], "index is out of range"),
    "index of a list": (lambda: [][7], "index is out of range"),
    "id of an embedding": (lambda: F.embedding(torch.tensor([7]), ONES(2, 3)), "out of range"),
    "class number": (lambda: F.cross_entropy(ONES(2, 3), torch.tensor([0, 7])), "out of range"),
    "floating id": (lambda: F.embedding(torch.tensor([0.7]), ONES(2, 3)), "integer tensor"),
    "floating index": (lambda: ONES(2)[torch.tensor([0.7])], "integer tensor"),
    "device": (lambda: ONES(2) + ONES(2, device="meta"), "different devices"),
    "leaf": (edited_leaf, "is edited in place"),
    "edited": (edited_before_backward, "needs was edited in place"),
    "second backward": (used_twice, "used up"),
    "no graph": (lambda: ONES(2).sum().backward(), "nothing leads to"),
    "not a scalar": (lambda: ONES(7, requires_grad=True).backward(), "more than one element"),
    "truth": (lambda: bool(ONES(7) > 0), "several elements"),
    "item": (lambda: ONES(7).item(), "several elements"),
    "numpy": (lambda: ONES(7, requires_grad=True).numpy(), "detach it first"),
    "mean of integers": (lambda: ONES(7).long().mean(), "not defined for"),
    "softmax of integers": (lambda: torch.tensor([1, 7]).softmax(0), "not defined for"),
    "minus a mask": (lambda: 1 - (ONES(7) > 0), "~ inverts a mask"),
    "mask of numbers": (lambda: ONES(7).masked_fill(ONES(7), 1.0), "boolean tensor"),
    "weights of a draw": (lambda: torch.multinomial(torch.zeros(7), 1), "weights of a random"),
    "integer parameter": (lambda: nn.Parameter(torch.tensor([7])), "cannot have a gradient"),
    "None added": (lambda: ONES(7) + None, "None is used"),
    "None asked": (lambda: None.shape, "None is used"),
    "largest of nothing": (lambda: max([]), "something empty"),
    "division": (lambda: 7 / 0, "divided by zero"),
    "overflow": (lambda: ONES(7).half().masked_fill(ONES(7) > 0, -1e9), "too large for the dtype"),
    "no forward": (lambda: nn.Module()(7), "defines no forward"),
}


@pytest.mark.parametrize("name", COMPLAINTS)
def test_a_complaint_is_told_in_kind_and_without_a_value(name):
    cause, words = COMPLAINTS[name]
    with pytest.raises(Exception) as caught:
        cause()
    told = complaint(str(caught.value))
    assert told is not None, caught.value
    assert words in told
    assert not re.search(r"\d", told.replace("0 to 1", ""))


def test_what_is_not_known_is_not_told():
    for message in ("", "LEAK[[0.5]]", "no such thing", "the state is wrong"):
        assert complaint(message) is None


def raised_by(call) -> str:
    with pytest.raises(TypeError) as caught:
        call()
    return str(caught.value)


class Cell:
    def __init__(self, size, bias=True):
        pass

    def step(self, input, *, state):
        pass


KNOWN = {"Cell", "__init__", "step", "size", "input", "state", "hidden"}


def test_errors_about_arguments_keep_the_names_that_are_known():
    told = argument_error(raised_by(lambda: Cell(1, hidden=2)), KNOWN)
    assert told == "Cell.__init__() was given hidden by name, and has no such parameter"
    told = argument_error(raised_by(lambda: Cell()), KNOWN)
    assert told == "Cell.__init__() was not given size, for which it has no default"
    told = argument_error(raised_by(lambda: Cell.step()), KNOWN)
    assert told == "Cell.step() was not given input, for which it has no default"
    told = argument_error(raised_by(lambda: Cell(1).step(2)), KNOWN)
    assert told == "Cell.step() was not given state, for which it has no default"
    told = argument_error(raised_by(lambda: Cell(1).step(2, input=3)), KNOWN)
    assert told == "Cell.step() was given input twice: its parameters come in another order"
    told = argument_error(raised_by(lambda: Cell(1, 2, 3)), KNOWN)
    assert told == "Cell.__init__() takes fewer arguments by position than it was given"


@pytest.mark.parametrize(
    "message",
    [
        "leak_05() got an unexpected keyword argument 'x7'",
        "Cell.leak_05() missing 1 required positional argument: 'x7'",
        "Cell() missing 2 required positional arguments: 'x7' and 'y7'",
        "Cell() takes 7 positional arguments but 77 were given",
        "Cell() got multiple values for argument 'x7'",
    ],
)
def test_errors_about_arguments_tell_no_name_that_is_not_known_and_no_number(message):
    told = argument_error(message, KNOWN)
    assert told is not None
    assert "leak" not in told
    assert "7" not in told


def test_other_type_errors_are_not_about_arguments():
    for cause in (lambda: 1 + "a", lambda: int([]), lambda: [] < 3):
        assert argument_error(raised_by(cause), KNOWN) is None
