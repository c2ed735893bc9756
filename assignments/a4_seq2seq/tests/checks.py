# Generated together with this assignment: nothing to change here.
"""What the tests compare results with: `torch.testing.assert_close`, and words for what it finds.

A result is named by `what`, which may end in the names of its axes: "the output (batch, size)". A
message then says which axis has the wrong size, and where along each axis the values are wrong.
`assert_equal` does the same for plain values, `assert_refuses` says what came instead of an error,
and `call_by_name` calls by the names of parameters.
"""

import re
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

FEW = 12  # values of a tensor that is shown as a whole; indices of an axis that are listed
FEW_LETTERS = 60  # of a result that should not be there
# What `torch.testing.assert_close` allows unless a test says otherwise, as (rtol, atol).
TOLERANCES = {
    torch.float16: (1e-3, 1e-5),
    torch.bfloat16: (1.6e-2, 1e-5),
    torch.float32: (1.3e-6, 1e-5),
    torch.float64: (1e-7, 1e-7),
}


def assert_close(actual, expected, what="the result", advice="", *, atol=None, rtol=None):
    """`torch.testing.assert_close(actual, expected)`: tensors, or lists and dictionaries of them.

    `advice` is what to think of first when they differ. `atol` and `rtol` come together.
    """
    __tracebackhide__ = True
    if _agree(actual, expected, atol, rtol):
        return
    try:
        torch.testing.assert_close(actual, expected, atol=atol, rtol=rtol)
        return
    except (AssertionError, TypeError, RuntimeError) as error:
        message = str(error)
    named = re.search(r" \((\w+(?:, \w+)*)\)$", what)
    axes = named[1].split(", ") if named else []
    what = what[: named.start()] if named else what
    message = _difference(actual, expected, what, axes, (rtol, atol)) or f"{what}: {message}"
    raise AssertionError(f"{advice}\n{message}" if advice else message)


def _agree(actual, expected, atol, rtol):
    """Whether they are equal beyond doubt; `torch.testing.assert_close` decides all else.

    Its first call in a process imports what takes half a second.
    """
    if isinstance(expected, (list, tuple)):
        same_length = isinstance(actual, (list, tuple)) and len(actual) == len(expected)
        return same_length and all(
            _agree(part, right, atol, rtol) for part, right in zip(actual, expected, strict=True)
        )
    for tensor in (actual, expected):
        if type(tensor) not in (Tensor, torch.nn.Parameter) or tensor.layout is not torch.strided:
            return False
    if _form(actual) != _form(expected):
        return False
    if atol is None and rtol is None:
        rtol, atol = TOLERANCES.get(expected.dtype, (0, 0))
    if atol is None or rtol is None:
        return False
    return torch.allclose(actual, expected, rtol=rtol, atol=atol)


def _form(tensor):
    return tensor.shape, tensor.dtype, tensor.device


def assert_shape(actual, what, **axes):
    """The tensor has these axes, in this order: `assert_shape(logits, "the logits", batch=3)`."""
    __tracebackhide__ = True
    wrong = _wrong_shape(actual, tuple(axes.values()), what, list(axes))
    if wrong:
        raise AssertionError(wrong)


def assert_equal(actual, expected, what, advice="", *, within=0.0):
    """Plain values are the same: numbers, texts, and lists or tuples of them.

    Floats may differ by `within`. `advice` is what to think of first when they differ.
    """
    __tracebackhide__ = True
    message = _difference_of_values(actual, expected, what, within)
    if message:
        raise AssertionError(f"{advice}\n{message}" if advice else message)


def call_by_name(function, /, **arguments):
    """`function(**arguments)`: whoever uses it may write the names that its docstring has."""
    __tracebackhide__ = True
    try:
        return function(**arguments)
    except TypeError as error:
        if not re.search(r"\w\(\) (got an unexpected keyword|missing \d|takes no )", str(error)):
            raise
        advice = f"Keep the names of the parameters that you were given: {', '.join(arguments)}."
        raise AssertionError(f"{advice}\n{error}") from None


def assert_refuses(error, function, *arguments, what):
    """`function(*arguments)` raises this kind of error; `what` names what is to be refused."""
    __tracebackhide__ = True
    try:
        result = function(*arguments)
    except error:
        return
    got = " ".join(repr(result).split())
    got = f"{got[:FEW_LETTERS]}..." if len(got) > FEW_LETTERS else got
    raise AssertionError(f"{what}: {error.__name__} is to be raised, but the result is {got}")


def _difference_of_values(actual, expected, what, within):
    """What is wrong with a plain value, in words, or None."""
    if isinstance(expected, list | tuple):
        if not isinstance(actual, list | tuple):
            return f"{what}: a list is expected, got a value of type {type(actual).__name__}"
        if len(actual) != len(expected):
            first = f"{what}: {len(expected)} values are expected, got {len(actual)}"
        else:
            pairs = zip(actual, expected, strict=True)
            wrong = [_difference_of_values(*pair, "", within) is not None for pair in pairs]
            if not any(wrong):
                return None
            first = f"{what}: value {wrong.index(True) + 1} of {len(wrong)} is wrong"
        return f"{first}\n    expected {expected!r}\n    got      {actual!r}"
    if isinstance(expected, float) and not isinstance(actual, float):
        return f"{what}: a Python float is expected, got a value of type {type(actual).__name__}"
    if isinstance(expected, float) and abs(actual - expected) <= within:
        return None
    if not isinstance(expected, float) and type(actual) is type(expected) and actual == expected:
        return None
    said = [f"{v:.6g}" if isinstance(v, float) else repr(v) for v in (expected, actual)]
    # Six digits of two that lie close together may be the same.
    return "{}: expected {}, got {}".format(
        what, *(said if said[0] != said[1] else (expected, actual))
    )


def _difference(actual, expected, what, axes, tolerances):
    """The first difference in words, or None if none is found."""
    if isinstance(expected, Tensor):
        return _wrong_shape(actual, expected.shape, what, axes) or _difference_of_tensors(
            actual, expected, what, axes, tolerances
        )
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        if actual.keys() != expected.keys():
            return f"{what}: the names {sorted(expected)} are expected, got {sorted(actual)}"
        parts = [(actual[key], expected[key], f"{what}, {key}") for key in expected]
    elif isinstance(expected, list | tuple) and isinstance(actual, Sequence):
        if len(actual) != len(expected):
            return f"{what}: {len(expected)} parts are expected, got {len(actual)}"
        pairs = enumerate(zip(actual, expected, strict=True), start=1)
        parts = [(*pair, f"{what}, part {number} of {len(expected)}") for number, pair in pairs]
    else:
        return None
    return next(filter(None, (_difference(*part, axes, tolerances) for part in parts)), None)


def _wrong_shape(actual, shape, what, axes):
    """What is wrong with a shape, in words, or None."""
    if not isinstance(actual, Tensor):
        got = "None" if actual is None else f"a value of type {type(actual).__name__}"
        return f"{what}: a tensor of shape {_shape(shape, axes)} is expected, got {got}"
    if actual.shape == shape:
        return None
    lines = [
        f"{what}: the shape is wrong",
        f"    expected  {_shape(shape, axes)}",
        f"    got       {_shape(actual.shape, axes)}",
    ]
    more = actual.dim() - len(shape)
    if more:
        axis = "axis" if abs(more) == 1 else "axes"
        lines.append(f"    {abs(more)} {axis} too {'many' if more > 0 else 'few'}")
    elif sorted(actual.shape) == sorted(shape):
        lines.append("    the sizes are right, but their order is not")
    else:
        names = _names(axes, len(shape))
        sizes = zip(names, actual.shape, shape, strict=True)
        wrong = [
            f"{name} should be {right}, not {got}" for name, got, right in sizes if got != right
        ]
        lines.append(f"    {'; '.join(wrong)}")
    return "\n".join(lines)


def _difference_of_tensors(actual, expected, what, axes, tolerances):
    for name in ("dtype", "device", "layout"):
        got, right = getattr(actual, name), getattr(expected, name)
        if got != right:
            return f"{what}: the {name} {right} is expected, got {got}"
    if expected.layout is not torch.strided or expected.is_complex():
        return None
    rtol, atol = TOLERANCES.get(expected.dtype, (0, 0)) if None in tolerances else tolerances
    # Booleans and whole numbers as float64: one way to compare for all.
    actual, expected = actual.detach(), expected.detach()
    got, right = actual.double(), expected.double()
    wrong = ~torch.isclose(got, right, rtol=rtol, atol=atol)
    if not wrong.any():
        return None
    distance = (got - right).abs().nan_to_num(nan=torch.inf).masked_fill(~wrong, -1)
    index = tuple(torch.unravel_index(distance.argmax(), distance.shape))
    names = _names(axes, wrong.dim())
    at = ", ".join(f"{name}={int(i)}" for name, i in zip(names, index, strict=True))
    worst = f"expected {_number(expected[index])}, got {_number(actual[index])}, "
    worst += f"off by {distance[index].item():.3g}"
    if wrong.numel() == 1:
        return f"{what}{f' at {at}' if at else ''}: {worst}"
    lines = [
        f"{what}: {int(wrong.sum())} of {wrong.numel()} values are wrong",
        f"    worst    at {at}: {worst}",
    ]
    for axis, name in enumerate(names):
        others = [other for other in range(wrong.dim()) if other != axis]
        places = (wrong.sum(dim=others) if others else wrong).nonzero().flatten().tolist()
        if len(places) < wrong.shape[axis]:
            shown = ", ".join(map(str, places[:FEW])) + (", ..." if len(places) > FEW else "")
            lines.append(f"    only     at {name}={shown} of {wrong.shape[axis]}")
    if wrong.numel() <= FEW:
        lines.append(f"    expected {_values(expected)}")
        lines.append(f"    got      {_values(actual)}")
    return "\n".join(lines)


def _names(axes, count):
    """The names of the axes, or numbers if they are not the names of so many axes."""
    return axes if len(axes) == count else [f"axis {number}" for number in range(count)]


def _shape(shape, axes):
    if len(axes) != len(shape):
        return str(tuple(shape))
    return f"({', '.join(f'{name}={size}' for name, size in zip(axes, shape, strict=True))})"


def _number(value):
    value = value.item()
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _values(tensor):
    if tensor.dim() == 0:
        return _number(tensor)
    return f"[{', '.join(_values(part) for part in tensor)}]"
