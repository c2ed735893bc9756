"""Would a program that returns a constant pass? Then the expected result tells nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from autograder.errors import SuiteError

from .nested import is_dict, is_sequence, is_tensor
from .tolerances import Tolerance, tolerance_for

CLEAR = 100
"""Expected values lie this many tolerances away from zero, and apart from each other."""


def tells(expected: Any, given: Tolerance | None) -> bool:
    """Whether some part of `expected` is clearly neither zero nor constant nor empty.

    A list of numbers counts as one array; the parts of a tuple or a dict count by themselves.
    `given` is the tolerance of the test, None for the defaults. SuiteError if a part is of a type
    that cannot be compared.
    """
    if is_tensor(expected):
        return _tensor_tells(expected.detach(), given)
    if is_dict(expected):
        return any(tells(part, given) for part in expected.values())
    if is_sequence(expected):
        if type(expected) is list and expected and all(map(_is_number, expected)):
            return _numbers_tell(expected, given)
        return any(tells(part, given) for part in expected)
    if _is_number(expected):
        return _numbers_tell([expected], given)
    if type(expected) is str:
        return expected != ""
    if expected is None:
        return False
    raise cannot_compare(expected)


def cannot_compare(expected: Any) -> SuiteError:
    """The error for an expected result of a type that `assert_matches` does not know."""
    return SuiteError(
        f"an expected {type(expected).__name__} cannot be compared: "
        "make it dense real tensors, numbers or strings, in tuples, lists or dicts"
    )


def check_comparable(expected: Tensor) -> None:
    """Raise SuiteError if `expected` is no dense real tensor."""
    if expected.layout is not torch.strided or expected.is_nested or expected.is_complex():
        raise cannot_compare(expected)


def _tensor_tells(expected: Tensor, given: Tolerance | None) -> bool:
    check_comparable(expected)
    dtype = expected.dtype if expected.is_floating_point() else None
    if expected.numel() == 0:
        return False
    low, high = (bound.item() for bound in torch.aminmax(expected))
    if low != low:  # a nan among them: what do the others say?
        expected = expected[~expected.isnan()]
        if expected.numel() == 0:
            return False
        low, high = (bound.item() for bound in torch.aminmax(expected))
    return _range_tells(low, high, expected.numel(), dtype, given)


def _numbers_tell(numbers: list, given: Tolerance | None) -> bool:
    dtype = float if any(issubclass(type(number), float) for number in numbers) else None
    known = [number for number in numbers if number == number]
    return bool(known) and _range_tells(min(known), max(known), len(known), dtype, given)


def _range_tells(low: Any, high: Any, count: int, dtype: Any, given: Tolerance | None) -> bool:
    """Whether `count` numbers from `low` to `high` are away from zero and from one constant."""
    if low == high and count > 1:
        return False
    if dtype is None:
        return low != 0 or high != 0
    largest = max(abs(low), abs(high))
    if largest == float("inf"):
        return True
    atol, rtol = tolerance_for(dtype, given)
    if largest <= CLEAR * atol:
        return False
    return count == 1 or high - low > CLEAR * (atol + rtol * largest)


def _is_number(value: Any) -> bool:
    return issubclass(type(value), (bool, int, float, np.generic))
