"""What code on one side of the wire has edited in place, so that the other side can repeat it on its own objects."""

import dataclasses

import torch

from autograder.isolation.wire.sharing import replace_contents
from autograder.isolation.wire.values import Decoder, Encoder, Items


def contents(value):
    """What a container, a generator, an iterator or a dataclass holds now, for `is_edited`; of a tensor, how often it was
    edited."""
    if isinstance(value, torch.Tensor):
        return value._version
    if isinstance(value, dict):
        return list(value.items())
    if isinstance(value, (list, set)):
        return list(value)
    if isinstance(value, torch.Generator):
        return value.get_state()
    if isinstance(value, Items):
        return value.taken
    return [getattr(value, field.name) for field in dataclasses.fields(value)]


def is_edited(value, before) -> bool:
    """Whether a value no longer has the `contents` that it had before."""
    if isinstance(value, torch.Tensor):
        return before != value._version
    if isinstance(value, torch.Generator):
        return not torch.equal(before, value.get_state())
    if isinstance(value, Items):
        return before != value.taken
    now = contents(value)
    return len(now) != len(before) or not all(map(_is_same_item, now, before))


def _is_same_item(a, b) -> bool:
    if isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b) == 2:  # a dict's item
        return a[0] is b[0] and a[1] is b[1]
    return a is b


def describe(value, encoder: Encoder) -> dict:
    """What an edited value has become."""
    if isinstance(value, torch.Tensor):
        grad = None if value.grad is None else encoder.data(value.grad)
        return {"T": encoder.data(value), "grad": grad}
    if isinstance(value, torch.Generator):
        return {"generator": encoder.data(value.get_state())}
    if isinstance(value, Items):
        return {"taken": value.taken}
    if isinstance(value, dict):
        return {"d": [[encoder.encode(k), encoder.encode(v)] for k, v in value.items()]}
    return {"items": [encoder.encode(item) for item in contents(value)]}


def repeat(target, edit: dict, decoder: Decoder) -> None:
    """Have `target` become what was described."""
    if isinstance(target, torch.Tensor):
        replace_contents(target, decoder.data(edit["T"]))
        if target.is_leaf:
            target.grad = None if edit["grad"] is None else decoder.data(edit["grad"])
    elif isinstance(target, torch.Generator):
        target.set_state(decoder.data(edit["generator"]))
    elif isinstance(target, dict):
        pairs = [(decoder.decode(key), decoder.decode(value)) for key, value in edit["d"]]
        target.clear()
        dict.update(target, pairs)
    elif dataclasses.is_dataclass(target):
        items = [decoder.decode(item) for item in edit["items"]]
        for field, item in zip(dataclasses.fields(target), items, strict=True):
            object.__setattr__(target, field.name, item)
    elif isinstance(target, (list, set)):
        items = [decoder.decode(item) for item in edit["items"]]
        target.clear()
        (target.extend if isinstance(target, list) else target.update)(items)
    else:  # an iterator over what a list has
        for _, _ in zip(range(edit["taken"]), target, strict=False):
            pass
