"""Tensors that live on both sides of the wire: parameters, whose values and gradients either side may change.

Each side keeps the tensor itself and a copy of what the other side last saw. Before a frame is sent, whatever differs
from the copy goes along; edits through `.data` are found too, because contents are compared and not versions.
"""

from dataclasses import dataclass

import torch

from autograder.isolation.wire import Decoder, Encoder, ProtocolError

UNCHANGED = 0


@dataclass(slots=True)
class _Entry:
    tensor: torch.Tensor
    seen: torch.Tensor | None = None  # what the other side has
    seen_grad: torch.Tensor | None = None


class SharedTensors:
    """The shared tensors of one worker, by number. The two sides number theirs with different parity."""

    def __init__(self, first: int):
        self._next = first
        self._entries: dict[int, _Entry] = {}
        self._numbers: dict[int, int] = {}

    def __getitem__(self, number: int) -> torch.Tensor:
        if type(number) is not int or number not in self._entries:
            raise ProtocolError("no such shared tensor")
        return self._entries[number].tensor

    def find(self, tensor: torch.Tensor) -> int | None:
        """The number of a tensor that is already shared."""
        return self._numbers.get(id(tensor))

    def share(self, tensor: torch.Tensor) -> int:
        """The tensor's number; a new one is sent with the next changes."""
        number = self._numbers.get(id(tensor))
        if number is None:
            number, self._next = self._next, self._next + 2
            self._add(number, tensor)
        return number

    def _add(self, number: int, tensor: torch.Tensor) -> None:
        self._entries[number] = _Entry(tensor)
        self._numbers[id(tensor)] = number

    def changes(self, encoder: Encoder) -> list:
        """[number, requires grad, is a parameter, data, gradient] of everything the other side has not seen."""
        found = []
        for number, entry in self._entries.items():
            tensor, grad = entry.tensor, entry.tensor.grad
            new_data = not _same(tensor, entry.seen)
            new_grad = not _same(grad, entry.seen_grad)
            if not new_data and not new_grad:
                continue
            data = gradient = UNCHANGED
            if new_data:
                data = encoder.data(tensor)
                entry.seen = tensor.detach().clone()
            if new_grad:
                gradient = None if grad is None else encoder.data(grad)
                entry.seen_grad = None if grad is None else grad.detach().clone()
            is_parameter = isinstance(tensor, torch.nn.Parameter)
            found.append([number, tensor.requires_grad, is_parameter, data, gradient])
        return found

    def apply(self, changes, decoder: Decoder) -> None:
        """Take over what `changes` of the other side describes."""
        if type(changes) is not list:
            raise ProtocolError("changes are not a list")
        for change in changes:
            if type(change) is not list or len(change) != 5 or type(change[0]) is not int:
                raise ProtocolError("a change has the wrong form")
            number, requires_grad, is_parameter, data, gradient = change
            known = self._entries.get(number)
            if known is None:
                if data == UNCHANGED:
                    raise ProtocolError("a new shared tensor has no data")
                value = _owned(decoder, data)
                if is_parameter is True:
                    value = torch.nn.Parameter(value, requires_grad=requires_grad is True)
                else:
                    value.requires_grad_(requires_grad is True)
                self._add(number, value)
                known = self._entries[number]
                known.seen = value.detach().clone()
            elif data != UNCHANGED:
                value = _owned(decoder, data)
                replace_contents(known.tensor, value)
                known.seen = value.clone()
            if gradient != UNCHANGED:
                value = None if gradient is None else _owned(decoder, gradient)
                known.tensor.grad = value
                known.seen_grad = None if value is None else value.clone()


def _same(tensor: torch.Tensor | None, seen: torch.Tensor | None) -> bool:
    if tensor is None or seen is None:
        return tensor is seen
    if tensor.dtype != seen.dtype or tensor.shape != seen.shape:
        return False
    return torch.equal(tensor, seen)


def _owned(decoder: Decoder, data) -> torch.Tensor:
    value = decoder.data(data)
    return value if decoder.own_memory else value.clone()


def replace_contents(tensor: torch.Tensor, value: torch.Tensor) -> None:
    """Give `tensor` the contents of `value`, in place where that is possible."""
    if tensor.shape == value.shape and tensor.dtype == value.dtype and 0 not in tensor.stride():
        with torch.no_grad():
            tensor.copy_(value)
    else:
        tensor.data = value



def training_flags(module: torch.nn.Module) -> list[bool]:
    """The training flag of a module and of each module in it, in their fixed order."""
    return [part.training for part in module.modules()]


def set_training_flags(module: torch.nn.Module, flags: list[bool]) -> None:
    """The inverse of `training_flags`."""
    for part, flag in zip(module.modules(), flags, strict=True):
        part.training = bool(flag)
