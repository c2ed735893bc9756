"""Walking through what a program takes and returns: tensors in tuples, lists and dicts.

Types are looked at with `type`, never with `isinstance`: that would ask the value itself for its
class, which an object from a submission may answer as it likes.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor


def is_tensor(value: object) -> bool:
    """Whether `value` really is a tensor, of any class derived from it."""
    return issubclass(type(value), Tensor)


def is_sequence(value: object) -> bool:
    """Whether `value` is a list or a tuple."""
    return issubclass(type(value), (list, tuple))


def is_list(value: object) -> bool:
    """Whether `value` is a list, of any class derived from it."""
    return issubclass(type(value), list)


def is_dict(value: object) -> bool:
    """Whether `value` is a dict."""
    return issubclass(type(value), dict)


def map_tensors(value: Any, change: Callable[[Tensor], Any]) -> Any:
    """The same structure with `change(tensor)` for every tensor; containers are new, the rest kept.

    Named tuples become tuples; a dict of a class of its own keeps it.
    """
    if is_tensor(value):
        return change(value)
    if is_sequence(value):
        parts = [map_tensors(part, change) for part in value]
        return parts if is_list(value) else tuple(parts)
    if is_dict(value):
        result = {} if type(value) is dict else copy.copy(value)
        for key, part in value.items():
            result[key] = map_tensors(part, change)
        return result
    return value


def is_plain(value: Any) -> bool:
    """Whether `value` is made of tensors, numbers, strings and None alone."""
    if is_sequence(value):
        return all(map(is_plain, value))
    if is_dict(value):
        return all(is_plain(part) for pair in value.items() for part in pair)
    return is_tensor(value) or type(value) in (type(None), bool, int, float, str)


def tensors_in(value: Any) -> Iterator[Tensor]:
    """Every tensor in `value`, depth first, in order."""
    if is_tensor(value):
        yield value
    elif is_sequence(value):
        for part in value:
            yield from tensors_in(part)
    elif is_dict(value):
        for part in value.values():
            yield from tensors_in(part)


def copy_tensor(
    tensor: Tensor, *, dtype: torch.dtype | None = None, device: torch.device | str | None = None
) -> Tensor:
    """A detached copy in storage of its own, with the same strides.

    `Tensor.clone` makes a stepped view contiguous, and a bug that only non-contiguous inputs show
    would hide. A view that repeats its elements (stride 0) becomes contiguous all the same.
    """
    source = tensor.detach()
    dtype = source.dtype if dtype is None else dtype
    device = source.device if device is None else device
    if source.is_contiguous() or 0 in source.stride():
        return source.to(device=device, dtype=dtype, copy=True)
    empty = torch.empty_strided(source.shape, source.stride(), dtype=dtype, device=device)
    return empty.copy_(source)
