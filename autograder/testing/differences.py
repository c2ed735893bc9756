"""Finding the first difference between two results, and the words for it.

Every difference has two texts. The full one tells everything. The hidden one is what a student may
read about a hidden test: it is made of the author's words, the kind of the difference and the form
of the expected result. Nothing that the submission chose goes in, neither a value nor a size nor
the name of a type, because a submission could write the inputs into it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .nested import is_dict, is_list, is_sequence, is_tensor
from .telling import cannot_compare, check_comparable
from .tolerances import Tolerance, tolerance_for

PLAIN_TENSORS = (Tensor, torch.nn.Parameter)
"""The classes that a returned tensor may have; another subclass could redefine comparison."""


class Gradients(dict):
    """Gradients by name, as `observe` returns them; None for one that was not computed.

    No gradient and a gradient of zeros are the same derivative, so they match each other. No
    gradient in the place of another one is a difference of the kind "gradient missing".

    Args:
        of: what the keys name, "input" or "parameter".
    """

    def __init__(self, of: str) -> None:
        super().__init__()
        self.of = of

    def __reduce__(self) -> tuple:
        return Gradients, (self.of,), None, None, iter(self.items())


@dataclass(frozen=True)
class Difference:
    """What differs: the kind (see `Mismatch`), a full text, and one that hides what is secret."""

    kind: str
    text: str
    hidden_text: str


@dataclass(frozen=True)
class Place:
    """Where in the results we are: in words, in words that hide, and with the names of the axes."""

    text: str
    hidden: str
    axes: tuple[str, ...] = ()

    @classmethod
    def root(cls, what: str) -> Place:
        """The whole result; `what` may end in names of axes, "the weights (batch, key)"."""
        named = re.search(r"\((\w+(?:, *\w+)*),?\)$", what)
        return cls(what, what, tuple(re.split(", *", named[1])) if named else ())

    def part(self, key: Any, hidden: str = "") -> Place:
        """A part of it, which hidden texts do not tell from the whole unless by `hidden`."""
        return Place(f"{self.text}[{show(key)}]", self.hidden + hidden, self.axes)

    def named(self, words: str) -> Place:
        """A part that hidden texts may name."""
        return Place(f"{self.text}, {words}", f"{self.hidden}, {words}")

    def difference(self, kind: str, text: str, hidden: str) -> Difference:
        """A difference found here."""
        return Difference(kind, f"{self.text}: {text}", f"{self.hidden}: {hidden}")


def find_difference(
    actual: Any, expected: Any, given: Tolerance | None, place: Place
) -> Difference | None:
    """The first difference, or None if `actual` matches (see `assert_matches` for the rules).

    `given` is the tolerance of the test, None for the defaults. SuiteError if `expected` is of a
    type that cannot be compared.
    """
    actual, expected = _plain(actual), _plain(expected)
    if is_tensor(expected):
        check_comparable(expected)
        if type(actual) is float and expected.dim() == 0 and expected.is_floating_point():
            return _in_floats(actual, expected.item(), given, place)
        return _in_tensors(actual, expected, given, place)
    if type(expected) is Gradients:
        return _in_gradients(actual, expected, given, place)
    if is_sequence(expected):
        return _in_sequences(actual, expected, given, place)
    if is_dict(expected):
        return _in_dicts(actual, expected, given, place)
    if type(expected) is float:
        if type(actual) in PLAIN_TENSORS and actual.dim() == 0 and actual.is_floating_point():
            actual = actual.item()
        if type(actual) not in (int, float):
            return _wrong_type(actual, expected, place)
        return _in_floats(_to_float(actual), expected, given, place)
    if expected is None or type(expected) in (bool, int, str):
        return _in_exact_scalars(actual, expected, place)
    raise cannot_compare(expected)


def _plain(value: Any) -> Any:
    """A NumPy scalar as Python's own."""
    return value.item() if issubclass(type(value), np.generic) else value


# --- tensors --------------------------------------------------------------------------------------


def _in_tensors(
    actual: Any, expected: Tensor, given: Tolerance | None, place: Place
) -> Difference | None:
    if type(actual) not in PLAIN_TENSORS or actual.layout is not torch.strided or actual.is_nested:
        return _wrong_type(actual, expected, place)
    if actual.shape != expected.shape:
        return _wrong_shape(actual.shape, expected.shape, place)
    if actual.dtype is not expected.dtype:
        return place.difference(
            "dtype",
            f"the dtype is {actual.dtype}, but {expected.dtype} is expected",
            f"the dtype should be {expected.dtype}, and is another one",
        )
    if actual.device != expected.device:
        return place.difference(
            "device",
            f"the device is {actual.device}, but {expected.device} is expected",
            f"the device should be {expected.device.type}, and is another one",
        )
    actual, expected = actual.detach(), expected.detach()
    if expected.is_floating_point():
        return _in_floating_tensors(actual, expected, given, place)
    return _in_exact_tensors(actual, expected, place)


def _in_floating_tensors(
    actual: Tensor, expected: Tensor, given: Tolerance | None, place: Place
) -> Difference | None:
    atol, rtol = tolerance_for(expected.dtype, given)
    actual, expected = actual.double(), expected.double()
    same = (actual == expected) | (actual.isnan() & expected.isnan())

    wild = ~same & ~actual.isfinite()
    if wild.any():
        nans, infs = int((wild & actual.isnan()).sum()), int((wild & actual.isinf()).sum())
        kinds = [f"{count} {name}" for count, name in ((nans, "nan"), (infs, "inf")) if count]
        index = tuple(wild.nonzero()[0].tolist())
        return _not_finite(
            place,
            f"{nans + infs} of {wild.numel()} elements are not finite ({', '.join(kinds)}); "
            f"the first is {show(actual[index].item())}{_at(index, place)}, "
            f"where {show(expected[index].item())} is expected",
        )

    distance = (actual - expected).abs()
    # An expected inf allows nothing but itself, though rtol * inf is inf.
    wrong = ~same & ~(expected.isfinite() & (distance <= atol + rtol * expected.abs()))
    if not wrong.any():
        return None
    index = _largest(distance.nan_to_num(nan=math.inf, posinf=math.inf), wrong)
    return _wrong_values(
        place,
        f"{int(wrong.sum())} of {wrong.numel()} elements differ; "
        f"the largest difference is {distance[index].item():.3g}{_at(index, place)}, "
        f"where {show(expected[index].item())} is expected "
        f"and {show(actual[index].item())} was returned {_allowed(atol, rtol)}",
    )


def _in_exact_tensors(actual: Tensor, expected: Tensor, place: Place) -> Difference | None:
    wrong = actual != expected
    if not wrong.any():
        return None
    distance = (actual.double() - expected.double()).abs()
    index = _largest(distance, wrong)
    largest = f"{distance[index].item():g}{_at(index, place)}"
    return _wrong_values(
        place,
        f"{int(wrong.sum())} of {wrong.numel()} elements differ; the largest difference is "
        f"{largest}, where {expected[index].item()} is expected "
        f"and {actual[index].item()} was returned",
    )


def _largest(distance: Tensor, wrong: Tensor) -> tuple[int, ...]:
    """The index of the largest distance among the wrong elements."""
    flat = int(distance.masked_fill(~wrong, -1.0).argmax())
    return tuple(int(axis) for axis in np.unravel_index(flat, tuple(distance.shape)))


# --- scalars --------------------------------------------------------------------------------------


def _in_floats(
    actual: float, expected: float, given: Tolerance | None, place: Place
) -> Difference | None:
    if actual == expected or (math.isnan(actual) and math.isnan(expected)):
        return None
    text = f"{show(actual)} was returned, but {show(expected)} is expected"
    if not math.isfinite(actual):
        return _not_finite(place, text)
    atol, rtol = tolerance_for(float, given)
    distance = abs(actual - expected)
    if math.isfinite(expected) and distance <= atol + rtol * abs(expected):
        return None
    return place.difference(
        "value",
        f"{text}; the difference is {distance:.3g} {_allowed(atol, rtol)}",
        "the value is wrong",
    )


def _in_exact_scalars(actual: Any, expected: Any, place: Place) -> Difference | None:
    if type(actual) is not type(expected):
        return _wrong_type(actual, expected, place)
    if actual == expected:
        return None
    return place.difference(
        "value",
        f"{show(actual)} was returned, but {show(expected)} is expected",
        "the value is wrong",
    )


def _to_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:  # an int beyond the largest float
        return math.inf if value > 0 else -math.inf


# --- containers -----------------------------------------------------------------------------------


def _in_sequences(
    actual: Any, expected: Any, given: Tolerance | None, place: Place
) -> Difference | None:
    if not is_sequence(actual):
        return _wrong_type(actual, expected, place)
    if len(actual) != len(expected):
        return place.difference(
            "length",
            f"{len(actual)} parts were returned, but {len(expected)} are expected: "
            f"{show(actual)} instead of {show(expected)}",
            f"too {'few' if len(actual) < len(expected) else 'many'} parts were returned",
        )
    # A tuple with tensors in it has a fixed form, so a hidden text may name its parts; where in a
    # list of tokens a difference is, it may not say.
    fixed = not is_list(expected) and any(map(is_tensor, expected))
    for position, (got, right) in enumerate(zip(actual, expected, strict=True)):
        hidden = f", part {position + 1} of {len(expected)}" if fixed else ""
        difference = find_difference(got, right, given, place.part(position, hidden))
        if difference is not None:
            return difference
    return None


def _in_dicts(
    actual: Any, expected: Any, given: Tolerance | None, place: Place
) -> Difference | None:
    if not is_dict(actual):
        return _wrong_type(actual, expected, place)
    if actual.keys() != expected.keys():
        return _wrong_keys(actual, expected, place)
    observed = any(type(part) is Gradients for part in expected.values())
    for key, right in expected.items():
        # The parts of what `observe` returns have words of their own.
        here = place if observed else place.part(key)
        difference = find_difference(actual[key], right, given, here)
        if difference is not None:
            return difference
    return None


def _in_gradients(
    actual: Any, expected: Gradients, given: Tolerance | None, place: Place
) -> Difference | None:
    if not is_dict(actual):
        return _wrong_type(actual, expected, place)
    if actual.keys() - expected.keys():
        return _wrong_keys(actual, expected, place)
    for name, right in expected.items():
        got = actual.get(name)
        here = place.named(f"the gradient of {expected.of} {name}")
        if got is None and right is None:
            continue
        if got is None:
            # The derivative is zero: as good as a tensor of zeros.
            if find_difference(torch.zeros_like(right), right, given, here) is None:
                continue
            text = "missing; nothing that was returned depends on it, or it was detached"
            return here.difference("gradient missing", text, text)
        if right is None:
            right = torch.zeros_like(got) if is_tensor(got) else None
        difference = find_difference(got, right, given, here)
        if difference is not None:
            return difference
    return None


# --- words ----------------------------------------------------------------------------------------


def _wrong_type(actual: Any, expected: Any, place: Place) -> Difference:
    return place.difference(
        "type",
        f"{_kind(actual)} was returned, but {_kind(expected)} is expected",
        f"{_kind(expected)} is expected, and something else was returned",
    )


def _wrong_shape(actual: torch.Size, expected: torch.Size, place: Place) -> Difference:
    if len(actual) != len(expected):
        hint = f"; it has too {'few' if len(actual) < len(expected) else 'many'} axes"
    elif sorted(actual) == sorted(expected):
        hint = "; its axes seem to be in another order"
    else:
        hint = ""
    return place.difference(
        "shape",
        f"the shape is {tuple(actual)}, but {tuple(expected)} is expected{hint}",
        f"the shape is wrong{hint}",
    )


def _wrong_keys(actual: dict, expected: dict, place: Place) -> Difference:
    missing = [key for key in expected if key not in actual]
    besides = [key for key in actual if key not in expected]
    texts = [f"keys are missing: {show(missing)}"] if missing else []
    texts += [f"keys are not expected: {show(besides)}"] if besides else []
    return place.difference("length", "; ".join(texts), "the keys are wrong")


def _not_finite(place: Place, text: str) -> Difference:
    hidden = "there are nan or infinite values where finite ones are expected"
    return place.difference("not finite", text, hidden)


def _wrong_values(place: Place, text: str) -> Difference:
    return place.difference("value", text, "the form is right, but values are wrong")


def _allowed(atol: float, rtol: float) -> str:
    return f"(allowed: {atol:g} + {rtol:g} * |expected|)"


def _at(index: Sequence[int], place: Place) -> str:
    """Where in a tensor, " at [batch=1, key=0]"; nothing for a tensor without axes."""
    if not index:
        return ""
    names = place.axes
    if len(names) != len(index):
        names = tuple(f"axis {number}" for number in range(len(index)))
    return f" at [{', '.join(f'{name}={i}' for name, i in zip(names, index, strict=True))}]"


_KINDS = {
    type(None): "None",
    bool: "a bool",
    int: "an int",
    float: "a float",
    str: "a string",
    list: "a list",
    tuple: "a tuple",
    dict: "a dict",
    Gradients: "a dict",
    Tensor: "a tensor",
    torch.nn.Parameter: "a tensor",
}


def _kind(value: Any) -> str:
    """The kind of a value in words."""
    kind = type(value)
    if kind in PLAIN_TENSORS and (value.layout is not torch.strided or value.is_nested):
        return "a sparse or nested tensor"
    return _KINDS.get(kind, f"an object of the class {kind.__name__[:80]}")


def show(value: Any, depth: int = 0) -> str:
    """A short text for any value that calls no code of the value's own."""
    kind = type(value)
    if kind is int and value.bit_length() > 200:
        return f"an int of {value.bit_length()} bits"
    if kind in (int, bool, type(None)):
        return repr(value)
    if kind is float:
        return f"{value:.9g}"
    if kind is str:
        return repr(value if len(value) <= 80 else value[:77] + "...")
    if kind in PLAIN_TENSORS and value.layout is torch.strided and not value.is_nested:
        if value.numel() <= 8 and value.device.type != "meta":
            return f"tensor({show(value.tolist())})"
        return f"a tensor of shape {tuple(value.shape)}"
    if depth == 3 or not (is_sequence(value) or is_dict(value)):
        return _kind(value)
    if is_dict(value):
        parts = [f"{show(key, 3)}: {show(value[key], depth + 1)}" for key in list(value)[:12]]
    else:
        parts = [show(part, depth + 1) for part in value[:12]]
    opening, closing = "{}" if is_dict(value) else "[]" if is_list(value) else "()"
    more = ", ..." if len(value) > len(parts) else ""
    return f"{opening}{', '.join(parts)}{more}{closing}"
