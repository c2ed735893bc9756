"""Tensors that live on both sides of the wire: parameters, whose values and gradients either side may change.

Each side keeps the tensor itself and a copy of what the other side last saw. Before a frame is sent, whatever differs
from the copy goes along; edits through `.data` are found too, because contents are compared and not versions.
"""

import weakref

import torch

from autograder.isolation.wire.values import Decoder, Encoder, ProtocolError

UNCHANGED = 0


class _Entry:
    """One shared tensor, and what the other side has of it."""

    __slots__ = ("_tensor", "requires_grad", "seen", "seen_grad")

    def __init__(self, tensor: torch.Tensor | weakref.ref):
        self._tensor = tensor
        self.seen: torch.Tensor | None = None
        self.seen_grad: torch.Tensor | None = None
        self.requires_grad = False

    @property
    def tensor(self) -> torch.Tensor | None:
        return self._tensor() if isinstance(self._tensor, weakref.ref) else self._tensor


class SharedTensors:
    """The shared tensors of one worker, by number. The two sides number theirs with different parity.

    A side keeps its own tensors alive. It keeps those of the other side only as long as somebody here uses them, and
    then lists their numbers in `dropped`.
    """

    def __init__(self, first: int):
        self._next = first
        self._entries: dict[int, _Entry] = {}
        self._numbers: dict[int, int] = {}
        self.dropped: list[int] = []

    def __len__(self) -> int:
        return len(self._entries)

    def __getitem__(self, number: int) -> torch.Tensor:
        entry = self._entries.get(number) if type(number) is int else None
        tensor = entry and entry.tensor
        if tensor is None:
            raise ProtocolError("no such shared tensor")
        return tensor

    def find(self, tensor: torch.Tensor) -> int | None:
        """The number of a tensor that is already shared."""
        return self._numbers.get(id(tensor))

    def share(self, tensor: torch.Tensor) -> int:
        """The tensor's number; a new one is sent with the next changes."""
        number = self._numbers.get(id(tensor))
        if number is None:
            number, self._next = self._next, self._next + 2
            self._entries[number] = _Entry(tensor)
            self._numbers[id(tensor)] = number
        return number

    def forget(self, numbers: list[int]) -> None:
        """The other side no longer uses these."""
        for number in numbers:
            entry = self._entries.pop(number, None)
            if entry is not None:
                self._numbers.pop(id(entry.tensor), None)

    def _adopt(self, number: int, tensor: torch.Tensor) -> _Entry:
        """Take over a tensor that belongs to the other side."""
        key = id(tensor)

        def gone(reference) -> None:
            del self._entries[number]
            del self._numbers[key]
            self.dropped.append(number)

        self._entries[number] = _Entry(weakref.ref(tensor, gone))
        self._numbers[key] = number
        return self._entries[number]

    def changes(self, encoder: Encoder) -> list:
        """[number, requires grad, is a parameter, data, gradient] of everything the other side has not seen."""
        found = []
        for number, entry in list(self._entries.items()):
            tensor = entry.tensor
            if tensor is None:
                continue
            grad = tensor.grad if tensor.is_leaf else None
            new_data = not _same(tensor, entry.seen)
            new_grad = not _same(grad, entry.seen_grad)
            if not new_data and not new_grad and entry.requires_grad == tensor.requires_grad:
                continue
            entry.requires_grad = tensor.requires_grad
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

    def apply(self, changes, decoder: Decoder) -> list[torch.Tensor]:
        """Take over what `changes` of the other side describes. New tensors live as long as the caller keeps the list
        that is returned, or somebody uses them."""
        if type(changes) is not list:
            raise ProtocolError("changes are not a list")
        return [self._apply(change, decoder) for change in changes]

    def _apply(self, change, decoder: Decoder) -> torch.Tensor:
        if type(change) is not list or len(change) != 5 or type(change[0]) is not int:
            raise ProtocolError("a change has the wrong form")
        number, requires_grad, is_parameter, data, gradient = change
        entry = self._entries.get(number)
        tensor = entry and entry.tensor
        if tensor is None:
            if data == UNCHANGED:
                raise ProtocolError("a new shared tensor has no data")
            tensor = _owned(decoder, data)
            if is_parameter is True:
                tensor = torch.nn.Parameter(tensor, requires_grad=False)
            entry = self._adopt(number, tensor)
            entry.seen = tensor.detach().clone()
        elif data != UNCHANGED:
            value = _owned(decoder, data)
            replace_contents(tensor, value)
            entry.seen = value.clone()
        entry.requires_grad = requires_grad is True
        if tensor.is_leaf:
            tensor.requires_grad_(entry.requires_grad)
        if gradient != UNCHANGED:
            value = None if gradient is None else _owned(decoder, gradient)
            tensor.grad = value
            entry.seen_grad = None if value is None else value.clone()
        return tensor


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


class _LentModule:
    """A module on both sides, and what the other side has of it: training flag, {name: tensor} of each kind."""

    __slots__ = ("buffers", "module", "parameters", "training")

    def __init__(self, module: torch.nn.Module):
        self.module = module
        self.training = module.training
        self.parameters, self.buffers = dict(module._parameters), dict(module._buffers)

    def remember(self) -> None:
        """The other side has it as it is; of names that came later it knows nothing."""
        self.training = self.module.training
        for known, now in (
            (self.parameters, self.module._parameters),
            (self.buffers, self.module._buffers),
        ):
            known.update((name, now[name]) for name in known if name in now)


class LentModules:
    """Modules that live on both sides, by number, each for itself: whether it trains, and which tensors it holds under the
    names that it had when it was lent. (What the tensors contain is the business of `SharedTensors`.)"""

    def __init__(self):
        self._known: dict[int, _LentModule] = {}

    def __len__(self) -> int:
        return len(self._known)

    def add(self, number: int, module: torch.nn.Module) -> None:
        """Both sides have this module, as it is now."""
        self._known[number] = _LentModule(module)

    def forget(self, number: int) -> None:
        """The other side has not got this module after all."""
        self._known.pop(number, None)

    def changes(self, shared: SharedTensors) -> list:
        """[number, training flag, new parameters, new buffers] of the modules that the other side does not know as they
        are; of tensors [name, shared number or None]."""
        found = []
        for number, known in self._known.items():
            module = known.module
            parameters = _replaced(known.parameters, module._parameters)
            buffers = _replaced(known.buffers, module._buffers)
            if parameters or buffers or known.training is not module.training:
                known.remember()
                named = [
                    [[name, None if tensor is None else shared.share(tensor)] for name, tensor in tensors]
                    for tensors in (parameters, buffers)
                ]  # fmt: skip
                found.append([number, bool(module.training), *named])
        return found

    def apply(self, changes, shared: SharedTensors) -> None:
        """Take over what `changes` of the other side describes.

        Raises:
            ProtocolError: it has the wrong form, or names what was not there.
        """
        for number, training, parameters, buffers in changes:
            known = self._known.get(number)
            if known is None or type(training) is not bool:
                raise ProtocolError("a module of the test has changed in no possible way")
            known.module.training = training
            for stored, kind, tensors in (
                (known.module._parameters, torch.nn.Parameter, parameters),
                (known.module._buffers, torch.Tensor, buffers),
            ):
                for name, tensor_number in tensors:
                    tensor = None if tensor_number is None else shared[tensor_number]
                    if name not in stored or not (tensor is None or isinstance(tensor, kind)):
                        raise ProtocolError("a module of the test has changed in no possible way")
                    stored[name] = tensor
            known.remember()


def _replaced(known: dict, now: dict) -> list[tuple[str, torch.Tensor | None]]:
    """The names whose tensor is another one now."""
    return [
        (name, now[name]) for name, tensor in known.items() if now.get(name, tensor) is not tensor
    ]
