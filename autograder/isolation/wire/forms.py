"""Calls that repeat the form of an earlier one: the same number of arguments, with tensors of the same shapes.

A decoder calls the `step` of a test a thousand times with a token and a state. What does not change between the calls is
described once, as a form, which both sides keep; later frames name it and bring plain values and bytes. Only plain values,
tensors without gradients and tuples of them have a form; the rest goes as `values` has it.

    {"again": number, "form": [...] when it is new, "plain": [...] if there are any}     and the bytes, one after the other

A form is a list: 0 for a plain value, {"t": form} for a tuple, [dtype, shape, order of the axes in memory] for a tensor.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from autograder.isolation.wire.frames import MAX_BUFFERS, ProtocolError
from autograder.isolation.wire.protocol import Ask, Reply
from autograder.isolation.wire.values import ARRAY_DTYPES, Decoder

MAX_FORMS = 200  # of one example, in one direction
MAX_PARTS = 1000
MAX_DEPTH = 20
_PLAIN = frozenset((int, bool, str, float, type(None)))


class Sent:
    """The forms that one side has told the other."""

    def __init__(self):
        self._known: dict[tuple, tuple[int, list] | None] = {}  # number, orders of the axes

    def repeat(
        self, values, named: Callable[[Tensor], bool] | None = None
    ) -> tuple[dict, list[bytes], list[Tensor]] | None:
        """What to send instead of `values`: a tree, buffers; and the tensors among them. None if they have no form, or if
        one of the tensors is `named`: the other side has it already."""
        key, plain, tensors, arrays = [], [], [], []
        try:
            if not _look_at(values, key, plain, tensors, arrays, 0):
                return None
        except (RuntimeError, TypeError):  # numpy has no such tensors
            return None
        if len(tensors) > 1 and len(set(map(id, tensors))) < len(tensors):
            return None  # one tensor at two places is more than its bytes
        if named is not None and any(map(named, tensors)):
            return None
        key = tuple(key)
        known = self._known.get(key)
        if known is not None:
            number, orders = known
            tree = {"again": number}
        elif key in self._known or len(self._known) == MAX_FORMS:
            return None
        else:
            orders = [_order(array) for array in arrays]
            self._known[key] = None
            if None in orders or len(key) > MAX_PARTS:
                return None
            number = len(self._known)
            self._known[key] = number, orders
            tree = {"again": number, "form": _form(values, iter(arrays), iter(orders))}
        if plain:
            tree["plain"] = plain
        buffers = [
            array.tobytes() if order == 0 else array.transpose(order).tobytes()
            for array, order in zip(arrays, orders, strict=True)
        ]
        return tree, buffers, tensors


class Received:
    """The forms that the other side has told."""

    def __init__(self):
        self._known: dict[int, _Form] = {}

    def read(self, frame: Ask | Reply, buffer: bytearray) -> tuple[tuple, list[Tensor]]:
        """The values of a frame, and the tensors among them.

        Raises:
            ProtocolError: the frame does not have the form that it names.
        """
        number = frame.again
        if frame.form is not None:
            if type(number) is not int or number in self._known or len(self._known) >= MAX_FORMS:
                raise ProtocolError("a form has no number of its own")
            self._known[number] = _Form(frame.form)
        found = self._known.get(number) if type(number) is int else None
        if found is None:
            raise ProtocolError("no such form")
        return found.read(frame.plain or (), buffer)


class _Form:
    """A form, checked and ready to be read with."""

    def __init__(self, form):
        self._plain = 0
        self._size = 0
        self._parts = 0
        self._tensors: list[tuple] = []
        self._tree = self._check(form, 0)

    def _check(self, form, depth: int) -> tuple:
        """The places of plain values (-1, -2, ...) and tensors (0, 1, ...), in nested tuples."""
        if type(form) is not list or depth > MAX_DEPTH:
            raise ProtocolError("a form is no list")
        found = []
        for part in form:
            self._parts += 1
            if self._parts > MAX_PARTS:
                raise ProtocolError("a form has too many parts")
            if type(part) is int and part == 0:
                self._plain += 1
                found.append(-self._plain)
            elif type(part) is dict:
                found.append(self._check(part.get("t"), depth + 1))
            else:
                found.append(len(self._tensors))
                self._tensors.append(self._tensor(part))
        return tuple(found)

    def _tensor(self, part) -> tuple:
        """Type of an element, whether it is a bool, shape in the order of memory, order that gives the shape of the tensor,
        first byte, number of elements."""
        if type(part) is not list or len(part) != 3 or type(part[0]) is not str:
            raise ProtocolError("a tensor has the wrong form")
        name, shape, order = part
        dtype = ARRAY_DTYPES.get(name)
        if dtype is None:
            raise ProtocolError("a tensor has an unknown dtype")
        count, back = Decoder.elements(shape), None
        if order != 0:
            if type(order) is not list or sorted(order) != list(range(len(shape))):
                raise ProtocolError("axes have no such order")
            shape, back = [shape[axis] for axis in order], np.argsort(order).tolist()
        start, self._size = self._size, self._size + count * dtype.itemsize
        if self._size > MAX_BUFFERS:
            raise ProtocolError("a tensor is too large")
        is_bool = name == "bool"  # any byte may have come; a bool is 0 or 1
        return np.dtype(np.uint8) if is_bool else dtype, is_bool, tuple(shape), back, start, count

    def read(self, plain, buffer: bytearray) -> tuple[tuple, list[Tensor]]:
        fits = type(plain) in (list, tuple) and _PLAIN.issuperset(map(type, plain))
        if not fits or len(plain) != self._plain or len(buffer) != self._size:
            raise ProtocolError("a frame does not have the form that it names")
        tensors = []
        for dtype, is_bool, shape, back, start, count in self._tensors:
            array = np.ndarray(shape, dtype, buffer, start) if count else np.empty(shape, dtype)
            array = np.asarray(array != 0) if is_bool else array.copy()
            tensors.append(torch.from_numpy(array if back is None else array.transpose(back)))
        return _built(self._tree, plain, tensors), tensors


def _look_at(
    values, key: list, plain: list, tensors: list, arrays: list[np.ndarray], depth: int
) -> bool:
    """Note what the form of values depends on, the plain ones, and the tensors with their arrays; False if they have none."""
    for value in values:
        kind = type(value)
        if kind is Tensor:
            if value.requires_grad:
                return False
            array = value.numpy()
            key += array.dtype.char, array.shape, array.strides
            tensors.append(value)
            arrays.append(array)
        elif kind is tuple:
            key.append(len(value))
            if depth == MAX_DEPTH or not _look_at(value, key, plain, tensors, arrays, depth + 1):
                return False
        elif kind in _PLAIN and (kind is not float or math.isfinite(value)):
            key.append(None)
            plain.append(value)
        else:
            return False
    return True


def _order(array: np.ndarray) -> list[int] | int | None:
    """The axes in the order of memory, 0 for their own order, None if there is memory between elements."""
    if array.flags.c_contiguous:
        return 0
    order = sorted(range(array.ndim), key=lambda axis: -array.strides[axis])
    return order if array.transpose(order).flags.c_contiguous else None


def _form(values, arrays, orders) -> list:
    """The form of values whose tensors have these arrays and orders."""
    found = []
    for value in values:
        if type(value) is Tensor:
            array = next(arrays)
            found.append([array.dtype.name, list(array.shape), next(orders)])
        elif type(value) is tuple:
            found.append({"t": _form(value, arrays, orders)})
        else:
            found.append(0)
    return found


def _built(tree: tuple, plain, tensors: list[Tensor]) -> tuple:
    return tuple(
        [
            _built(part, plain, tensors)
            if type(part) is tuple
            else tensors[part]
            if part >= 0
            else plain[-1 - part]
            for part in tree
        ]
    )
