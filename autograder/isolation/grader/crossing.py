"""How values cross from a test to the worker and back: what is sent, what stays here and has a stand-in there."""

import copy
import types
from collections.abc import Iterator
from pathlib import Path

import torch

from autograder.isolation.grader.lending import (
    bases_of,
    can_be_lent,
    field_names,
    is_function,
    is_named_tuple,
    is_value_class,
    library_name,
    public_methods,
    public_properties,
)
from autograder.isolation.grader.nodes import Link, RemoteNode, link_of
from autograder.isolation.grader.proxies import LazyName, RemoteModule, RemoteObject
from autograder.isolation.wire import cotangents, edits
from autograder.isolation.wire.errors import clean
from autograder.isolation.wire.frames import ProtocolError
from autograder.isolation.wire.values import Decoder, Encoder

_TORCH = str(Path(torch.__file__).parent) + "/"
_LIST_ITERATORS = (type(iter([])), type(iter(())), type(iter(range(0))))


class GraderEncoder(Encoder):
    within: type | None = None  # the class of the test's object that holds what is encoded

    def __init__(self, session):
        super().__init__()
        self.session = session

    def tensor(self, tensor):
        number = self.session.shared.find(tensor)
        if number is not None:
            return {"S": number}
        link = link_of(tensor)
        if (
            link is not None
            and link.session is self.session
            and torch.equal(tensor, link.sent(tensor.output_nr))
        ):
            self.note(tensor)
            return {"N": [link.number, tensor.output_nr]}
        self.note(tensor)
        tree = {"T": self.data(tensor)}
        if tensor.requires_grad:
            tree["r"] = 1
        if type(tensor) is not torch.Tensor and isinstance(tensor, torch.nn.Parameter):
            tree["p"] = 1
        if tensor.is_leaf and tensor.grad is not None:
            tree["grad"] = self.data(tensor.grad)
        return tree

    def object(self, value, depth):
        if isinstance(value, LazyName):
            return {"n": [value._module, value._name]}
        if type(value) in (RemoteObject, RemoteModule):
            if value._session is not self.session:
                raise ProtocolError("an object of one example was kept for another")
            return {"h": value._number}
        return self._lent(value, depth)

    def own_tuple(self, value, depth):
        if is_named_tuple(type(value)):
            return self._value(value, tuple.__iter__(value), depth)
        return super().own_tuple(value, depth)

    # What stays here, and the worker has a stand-in of.

    def _lent(self, value, depth: int) -> dict:
        lending, kind = self.session.lending, type(value)
        if isinstance(value, type):
            return self._class_itself(value)
        number = lending.number_of(value)
        if number is not None:
            return {"L": number}
        if isinstance(value, Iterator):
            return self._iterator(value, depth)
        library = library_name(kind)
        if library is not None and library[0] != "builtins":
            return self._library_object(value, library, depth)
        if callable(value) and (library := library_name(value)) is not None:
            return {"lib": library}
        if is_function(value):
            return {"L": lending.add(value), "function": 1}
        if is_value_class(kind):
            self.note(value)
            return self._value(value, edits.contents(value), depth)
        if not can_be_lent(value):
            raise ProtocolError(f"a test cannot pass a {kind.__name__} to student code")
        if isinstance(value, torch.nn.Module):
            return self._module(value, depth)
        cls = self._class(kind)
        tree = {"L": lending.add(value), "of": cls}
        if isinstance(value, torch.optim.Optimizer):
            tree |= self._groups(value, depth)
        return tree

    def _value(self, value, items, depth: int) -> dict:
        """An instance of a named tuple or of a plain dataclass."""
        return {
            "V": self._class(type(value)),
            "items": [self.encode(item, depth) for item in items],
        }

    def _class_itself(self, cls: type) -> dict:
        tree = self._class(cls)
        if "L" in tree:
            self.session.lending.let_be_called(tree["L"])
            tree["itself"] = 1
        return tree

    def _class(self, cls: type) -> dict:
        """A class of the test: what student code may see of it."""
        lending = self.session.lending
        number = lending.number_of(cls)
        if number is not None:
            return {"L": number}
        library = library_name(cls)
        if library is not None:
            return {"lib": library}
        bases = [self._class(base) for base in bases_of(cls)]
        tree = {"class": cls.__name__, "bases": bases, "methods": public_methods(cls)}
        if is_value_class(cls):
            tree |= {"fields": field_names(cls), "properties": public_properties(cls)}
            if is_named_tuple(cls):
                tree["kind"] = "tuple"
            else:
                options, names = cls.__dataclass_params__, ("eq", "order", "frozen", "unsafe_hash")
                tree |= {
                    "kind": "data",
                    "options": {name: getattr(options, name) for name in names},
                }
        return {"L": lending.add(cls, calls_back=bool(tree["methods"]))} | tree

    def _iterator(self, value: Iterator, depth: int) -> dict:
        """What a list or the library iterates over is sent whole; any other iterator goes on when it is asked to."""
        if isinstance(value, _LIST_ITERATORS):
            items = copy.copy(value)
        elif isinstance(value, types.GeneratorType) and _is_of_torch(value.gi_code):
            items = value
        else:
            return {"L": self.session.lending.add(value), "iterator": 1}
        self.note(value)
        return {"iter": [self.encode(item, depth) for item in items]}

    def _module(self, value: torch.nn.Module, depth: int) -> dict:
        """A module of a class of the test: its tensors are shared, its methods are asked for here. A module in it of
        which the test's own file knows nothing, or which has a private name, has its tensors there and no more."""
        lending, cls = self.session.lending, type(value)
        hidden = self.within is not None and not lending.may_lead_to(value, self.within)
        of = {"lib": ["torch.nn.modules.module", "Module"]} if hidden else self._class(cls)
        number = lending.add(value)
        if hidden:
            lending.hide(number)
        tree = {"L": number, "of": of, "module": {"training": bool(value.training)}}
        tree["module"] |= self._tensors(value)
        outer, parts = self.within, []
        for name, part in value._modules.items():
            self.within = _Nothing if hidden or name.startswith("_") else cls
            parts.append([name, self.encode(part, depth)])
        self.within = outer
        tree["module"]["modules"] = parts
        lending.modules.add(number, value)
        return tree

    def _tensors(self, module: torch.nn.Module) -> dict:
        """[name, shared number] of the parameters of one module; of its buffers also whether they are saved."""
        share, unsaved = self.session.shared.share, module._non_persistent_buffers_set
        parameters, buffers = (
            [
                [name, None if tensor is None else {"S": share(tensor)}]
                for name, tensor in each.items()
            ]
            for each in (module._parameters, module._buffers)
        )
        return {
            "parameters": parameters,
            "buffers": [[*buffer, buffer[0] not in unsaved] for buffer in buffers],
        }

    def _library_object(self, value, library: list[str], depth: int) -> dict:
        """An object of torch (a module, an optimiser, a loader): the worker makes it again, with tensors that both sides share."""
        session = self.session
        number = session.lending.add(value, calls_back=False)
        tree = {"L": number, "library": library}
        if isinstance(value, torch.optim.Optimizer):
            return tree | self._groups(value, depth)
        if isinstance(value, torch.nn.Module):
            for tensor in (*value._parameters.values(), *value._buffers.values()):
                if tensor is not None:
                    session.shared.share(tensor)
            session.lending.modules.add(number, value)
        tree["state"] = self.encode(value.__dict__, depth)
        return tree

    def _groups(self, optimizer: torch.optim.Optimizer, depth: int) -> dict:
        for group in optimizer.param_groups:
            for parameter in group["params"]:
                self.session.shared.share(parameter)
        return {
            "groups": self.encode(optimizer.param_groups, depth),
            "defaults": self.encode(optimizer.defaults, depth),
            "state": self.encode(dict(optimizer.state), depth),
        }


class _Nothing:
    """A class that knows no other."""


class GraderDecoder(Decoder):
    def __init__(self, session, buffer: bytearray, arguments: list, seed: int | None = None):
        super().__init__(buffer)
        self.session = session
        self.arguments = arguments
        self.seed = seed
        self.outputs: tuple = ()

    def argument(self, position):
        if type(position) is not int or not 0 <= position < len(self.arguments):
            raise ProtocolError("no such argument")
        return self.arguments[position]

    def open_node(self, node: dict) -> None:
        """Tensors with history in this answer belong to one remote node."""
        leaves = [
            self.argument(where) if kind == "a" else self.session.shared[where]
            for kind, where in node["leaves"]
        ]
        outputs = tuple(self.data(output) for output in node["outputs"])
        number = node["id"]
        if type(number) is not int or not all(isinstance(leaf, torch.Tensor) for leaf in leaves):
            raise ProtocolError("a node has the wrong form")
        if not all(output.is_floating_point() for output in outputs):
            raise ProtocolError("a tensor claims a history that it cannot have")
        sent, buffer = node["outputs"], self.buffer
        link = Link(self.session, number, leaves, lambda index: Decoder(buffer).data(sent[index]))
        self.session.links[number] = link
        if self.seed is not None and "grads" in node:
            found = [grad if grad is None else self.data(grad) for grad in node["grads"]]
            link.foresee(list(cotangents.draw(outputs, self.seed)), found)
        self.outputs = RemoteNode.apply(link, outputs, *leaves)

    def object(self, tag, body, tree):
        if tag == "G":
            return self.note(self.outputs[body])
        if tag == "a":
            return self.argument(body)
        if tag == "S":
            return self.session.shared[body]
        if tag == "L":
            return self.session.lending[body]
        if tag == "V":
            return self._value(body, self._list(tree["items"]))
        if tag == "h":
            return self.session.remote(body, tree.get("kind"), clean(tree.get("type"), 80))
        return super().object(tag, body, tree)

    def _value(self, number, items: list):
        """An instance of a value class of the test, made without running anything of it."""
        cls = self.session.lending[number]
        if (
            not isinstance(cls, type)
            or not is_value_class(cls)
            or len(items) != len(field_names(cls))
        ):
            raise ProtocolError("a value of a class that the test did not lend")
        if is_named_tuple(cls):
            return tuple.__new__(cls, map(self.decode, items))
        value = self.note(object.__new__(cls))
        for name, item in zip(field_names(cls), items, strict=True):
            object.__setattr__(value, name, self.decode(item))
        return value


class CallbackDecoder(GraderDecoder):
    """The arguments of a callback; those that require a gradient are new leaves."""

    def tensor(self, body, tree):
        value = super().tensor(body, tree)
        return value.requires_grad_(True) if "r" in tree else value


class CallbackEncoder(GraderEncoder):
    """The results of a callback; those with a history stay differentiable from the other side."""

    def __init__(self, session, arguments: list):
        super().__init__(session)
        self.arguments = {id(value): position for position, value in enumerate(arguments)}
        self.outputs: list[torch.Tensor] = []

    def encode(self, value, depth: int = 0):
        position = self.arguments.get(id(value))
        return super().encode(value, depth) if position is None else {"a": position}

    def tensor(self, tensor):
        if tensor.requires_grad and not tensor.is_leaf and torch.is_grad_enabled():
            self.note(tensor)
            self.outputs.append(tensor)
            return {"G": len(self.outputs) - 1}
        if tensor.is_leaf and (tensor.requires_grad or isinstance(tensor, torch.nn.Parameter)):
            return {"S": self.session.shared.share(tensor)}  # to be trained, so no copy would do
        return super().tensor(tensor)


def _is_of_torch(code: types.CodeType) -> bool:
    return code.co_filename.startswith(_TORCH)
