"""The one comparison of every hidden test, `assert_matches`, and a record of its calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from autograder.errors import SuiteError

from .differences import PLAIN_TENSORS, Place, find_difference, show
from .nested import copy_tensor, is_dict, is_sequence, is_tensor, map_tensors
from .telling import CLEAR, tells
from .tolerances import TOLERANCES, Tolerance, tolerance_for

__all__ = [
    "TOLERANCES",
    "Comparison",
    "Mismatch",
    "SuiteError",
    "Tolerance",
    "assert_matches",
    "count_comparisons",
    "record_comparisons",
]


class Mismatch(AssertionError):
    """A result that is not the expected one; `str()` tells everything about it.

    Attributes:
        kind: "type", "length" (number of parts, or keys of a dict), "shape", "dtype", "device",
            "not finite", "value", "gradient missing" or "frequency".
        what: what was compared, in the author's words.
        actual, expected: the two whole results, copied.
        index: how many comparisons came before in this run of the test's body; None outside
            `count_comparisons`.
        hidden_text: what a student may read about a hidden test; no value, input or position.
    """

    def __init__(
        self,
        text: str,
        *,
        kind: str,
        what: str,
        actual: Any,
        expected: Any,
        index: int | None,
        hidden_text: str,
    ) -> None:
        super().__init__(text)
        self.kind = kind
        self.what = what
        self.actual = actual
        self.expected = expected
        self.index = index
        self.hidden_text = hidden_text


@dataclass(frozen=True)
class Comparison:
    """One call of `assert_matches`, as `record_comparisons` keeps it, the results copied."""

    actual: Any
    expected: Any
    what: str
    tolerance: Tolerance | None

    def matches(self, other_actual: Any) -> bool:
        """Whether another program's result equals this one's, within the tolerance of the test."""
        try:
            return _match(other_actual, self.actual, self.tolerance)
        except SuiteError:  # what was recorded is nothing that can be compared
            return False


@dataclass
class _Run:
    """One run of a test's body: how many comparisons so far, and the list that keeps them."""

    count: int = 0
    kept: list[Comparison] | None = None


_current_run: ContextVar[_Run | None] = ContextVar("current_run", default=None)


@contextmanager
def count_comparisons() -> Iterator[None]:
    """Number the comparisons inside from 0, for `Mismatch.index`.

    The grader puts it around every single run of a test's body (each example of a property), so
    that a mismatch is found again when the same body runs with another program. Inside
    `record_comparisons` it changes nothing.
    """
    run = _current_run.get()
    if run is not None and run.kept is not None:
        yield
        return
    token = _current_run.set(_Run())
    try:
        yield
    finally:
        _current_run.reset(token)


@contextmanager
def record_comparisons() -> Iterator[list[Comparison]]:
    """Inside, `assert_matches` never raises; it appends a `Comparison` to the list.

    The grader runs a failing example again with a misconception in the place of the submission. If
    `comparisons[mismatch.index].matches(mismatch.actual)`, that misconception explains it.
    """
    comparisons: list[Comparison] = []
    token = _current_run.set(_Run(kept=comparisons))
    try:
        yield comparisons
    finally:
        _current_run.reset(token)


def note_comparison(make: Callable[[], Comparison]) -> tuple[int | None, bool]:
    """The number of a comparison in the run that it belongs to, None outside of one, and whether it is only recorded: then
    it is made, and kept."""
    run = _current_run.get()
    if run is None:
        return None, False
    run.count += 1
    if run.kept is not None:
        run.kept.append(make())
    return run.count - 1, run.kept is not None


def assert_matches(
    actual: Any,
    expected: Any,
    *,
    what: str = "the result",
    atol: float | None = None,
    rtol: float | None = None,
    allow_constant: bool = False,
) -> None:
    """Raise `Mismatch` unless `actual` is what is expected: type, form and values.

    Both may be nested: tensors and numbers in tuples, lists and dicts. A list and a tuple are the
    same; so are a float and a floating tensor without axes; an int will do for a float (a bool will
    not). Integers, strings and bools are compared exactly. Every part is checked for its type,
    length, shape, dtype, device, finiteness and values, in this order. nan and inf match only
    themselves.

    Args:
        actual: the result of the program under test.
        expected: the right one, from the reference or the library, never from that program.
        what: what is compared, for the messages, such as "the new state". It may end in the names
            of the axes, "the weights (batch, query, key)". Students read it: put no value in it.
        atol, rtol: a tolerance for all floating values in the place of `TOLERANCES`; if only one is
            given, the other is 0.
        allow_constant: accept an expected result that a constant would satisfy.

    Raises:
        Mismatch: the results differ.
        SuiteError: the test is bad: a constant would satisfy it (all of the expected result is
            within 100 tolerances of zero or of one value, or it is empty), there is no default
            tolerance for the dtype, or the expected result is of a type that cannot be compared.
    """
    __tracebackhide__ = True
    tolerance = None
    if atol is not None or rtol is not None:
        tolerance = Tolerance(atol or 0.0, rtol or 0.0)
    index, only_recorded = note_comparison(
        lambda: Comparison(_copy(actual), _copy(expected), what, tolerance)
    )
    if only_recorded:
        return
    if not allow_constant and not tells(expected, tolerance):
        raise SuiteError(
            f"{what}: a constant would match the expected result, {show(expected)}: all of it is "
            f"empty, or within {CLEAR} tolerances of zero or of one value. Draw other inputs, or "
            "say allow_constant=True when the test also compares something else."
        )
    if _agree(actual, expected, tolerance):
        return
    difference = find_difference(actual, expected, tolerance, Place.root(what))
    if difference is None:
        return
    raise Mismatch(
        difference.text,
        kind=difference.kind,
        what=what,
        actual=_copy(actual),
        expected=_copy(expected),
        index=index,
        hidden_text=difference.hidden_text,
    )


def _copy(value: Any) -> Any:
    """A copy that later changes in place do not reach."""
    return map_tensors(value, copy_tensor)


def _match(actual: Any, expected: Any, given: Tolerance | None) -> bool:
    return _agree(actual, expected, given) or (
        find_difference(actual, expected, given, Place.root("")) is None
    )


# What follows is the usual case, everything right, in as few operations as possible. True means
# that `actual` matches; False means nothing: `find_difference` decides.


def _agree(actual: Any, expected: Any, given: Tolerance | None) -> bool:
    if is_tensor(expected):
        return _tensors_agree(actual, expected, given)
    if is_sequence(expected):
        return (
            is_sequence(actual)
            and len(actual) == len(expected)
            and all(_agree(got, right, given) for got, right in zip(actual, expected, strict=True))
        )
    if is_dict(expected):
        return (
            is_dict(actual)
            and actual.keys() == expected.keys()
            and all(_agree(actual[key], right, given) for key, right in expected.items())
        )
    kind = type(expected)
    return type(actual) is kind and kind in (bool, int, str, type(None)) and actual == expected


def _tensors_agree(actual: Any, expected: Tensor, given: Tolerance | None) -> bool:
    if (
        type(actual) not in PLAIN_TENSORS
        or actual.layout is not torch.strided
        or actual.is_nested
        or actual.shape != expected.shape
        or actual.dtype is not expected.dtype
        or actual.device != expected.device
        or expected.numel() == 0
    ):
        return False
    actual, expected = actual.detach(), expected.detach()
    if not expected.is_floating_point():
        return not expected.is_complex() and torch.equal(actual, expected)
    atol, rtol = tolerance_for(expected.dtype, given)
    if (actual - expected).abs_().max().item() <= atol:  # never true for nan
        return True
    return torch.allclose(actual, expected, rtol=rtol, atol=atol, equal_nan=True)
