"""What a test holds instead of student code: lazy names at collection, proxies of objects that live in a worker.

`from recurrent.cells import LSTMCell` in a test gives a `LazyName`. It is bound when it is used, to the target of the
test that is running: a worker while grading, modules of this process when a trusted program stands in for a
submission. So tests are collected once, whatever they are run against.
"""

import contextlib
import importlib.abc
import importlib.util
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Protocol

import torch

from autograder.isolation.wire import protocol
from autograder.isolation.wire.errors import Failure, StudentError, student_error

# Methods of modules whose call needs one message instead of two (one for the method, one for its call).
_LISTED = ("children", "named_children", "modules", "named_modules")
_DIRECT = ("train", "eval", "forward", "reset_parameters")


class Target(Protocol):
    """Whatever lazy names are bound to."""

    def value(self, module: str, name: str): ...

    def call(self, module: str, name: str, args: tuple, kwargs: dict): ...

    def example(self, number: int, count: int, body: Callable[[], None]) -> None:
        """Run one of the `count` examples of a test, which uses this target."""
        body()

    def goes_on(self) -> bool:
        """Whether to run further examples of a test that has failed, from which its mistake may be learnt."""
        return False


class RemoteTarget(Target):
    """Names of a submission in a worker, which is started when the first of them is used."""

    def __init__(self, start: Callable):
        self._start = start
        self.session = None

    def _request(self, kind: type[protocol.OfTarget], module: str, name: str, **parts):
        if self.session is None:
            self.session = self._start()
        try:
            return self.session.request(kind, target={"n": [module, name]}, **parts)
        except StudentError as error:
            if error.failure.type_name == "Missing":
                error.failure.message = f"{module} does not define {name}"
            raise

    def value(self, module: str, name: str):
        return self._request(protocol.Value, module, name)

    def call(self, module: str, name: str, args: tuple, kwargs: dict):
        return self._request(protocol.Call, module, name, args=args, kwargs=kwargs)


class LocalTarget(Target):
    """Names of trusted modules in this process."""

    def __init__(self, modules: dict[str, ModuleType]):
        self._modules = modules

    def value(self, module: str, name: str):
        return getattr(self._modules[module], name)

    def call(self, module: str, name: str, args: tuple, kwargs: dict):
        return self.value(module, name)(*args, **kwargs)


_target: Target | None = None


@contextlib.contextmanager
def bound_to(target: Target) -> Iterator[None]:
    """Bind every lazy name to `target` for the length of a with statement."""
    global _target
    outer, _target = _target, target
    try:
        yield
    finally:
        _target = outer


def current_target() -> Target:
    """What lazy names are bound to now."""
    if _target is None:
        raise RuntimeError(
            "a name of the submission was used outside a test; use it inside the test function"
        )
    return _target


class LazyName:
    """A name that a test imports from the student's package."""

    def __init__(self, module: str, name: str):
        self._module = module
        self._name = name

    def __call__(self, *args, **kwargs):
        return current_target().call(self._module, self._name, args, kwargs)

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(current_target().value(self._module, self._name), name)

    def __len__(self):
        return len(self._value())

    def __iter__(self):
        return iter(self._value())

    def __getitem__(self, key):
        return self._value()[key]

    def __contains__(self, item):
        return item in self._value()

    def __eq__(self, other):
        return self._value() == other

    def __hash__(self):
        return hash((self._module, self._name))

    def __bool__(self):
        raise TypeError(f"{self!r} has no truth value; call it or compare it")

    def __repr__(self):
        return f"<{self._module}.{self._name}>"

    def _value(self):
        return current_target().value(self._module, self._name)


class RemoteObject:
    """An object that lives in a worker. What is done to it is done there; plain values and tensors come back as such.

    Comparing it compares identities and its truth value is an error: neither may be answered by student code.
    """

    __slots__ = ("__weakref__", "_number", "_session", "_type")

    def __init__(self, session, number: int, type_name: str):
        object.__setattr__(self, "_session", session)
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_type", type_name)

    def _request(self, kind: type[protocol.OfTarget], **parts):
        return self._session.request(kind, target={"h": self._number}, **parts)

    def _method(self, name: str, args: tuple, kwargs: dict, listed: bool = False):
        return self._request(protocol.Call, path=[name], args=args, kwargs=kwargs, listed=listed)

    def __call__(self, *args, **kwargs):
        return self._request(protocol.Call, args=args, kwargs=kwargs)

    def __getattr__(self, name: str):
        if name.startswith("__"):
            raise AttributeError(name)
        return self._request(protocol.Value, path=[name])

    def __setattr__(self, name: str, value) -> None:
        self._request(protocol.SetAttribute, name=name, value=value)

    def __len__(self) -> int:
        return self._request(protocol.Length)

    def __getitem__(self, key):
        return self._request(protocol.Item, key=key)

    def __contains__(self, item) -> bool:
        return self._request(protocol.Contains, key=item) is True

    def __iter__(self):
        return self._request(protocol.Iterate)

    def __next__(self):
        found = self._request(protocol.NextItem)
        if type(found) is not tuple or not found:
            raise StopIteration
        return found[0]

    def __bool__(self):
        raise TypeError(f"your code returned {self!r} where a plain value was expected")

    def __repr__(self) -> str:
        return f"<a {self._type} of the submission>"

    def __del__(self):
        self._session.dropped.append(self._number)


@dataclass(frozen=True)
class Part:
    """One parameter or buffer of a proxied module; `saved` is whether a state dict holds it."""

    name: str
    tensor: torch.Tensor
    is_parameter: bool
    saved: bool


class RemoteModule(RemoteObject):
    """A proxied `nn.Module`. Its parameters and buffers are real tensors here, kept equal to those in the worker, so
    what only concerns them needs no call: it is done here, and the worker learns of it with the next call."""

    __slots__ = ("_parts",)

    @property
    def __class__(self):  # so that isinstance(proxy, nn.Module) holds
        return torch.nn.Module

    def named_parameters(self) -> Iterator[tuple[str, torch.nn.Parameter]]:
        seen = set()
        for part in self._parts:
            if part.is_parameter and id(part.tensor) not in seen:
                seen.add(id(part.tensor))
                yield part.name, part.tensor

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        return (parameter for _, parameter in self.named_parameters())

    def named_buffers(self) -> Iterator[tuple[str, torch.Tensor]]:
        return ((part.name, part.tensor) for part in self._parts if not part.is_parameter)

    def buffers(self) -> Iterator[torch.Tensor]:
        return (buffer for _, buffer in self.named_buffers())

    def state_dict(self) -> dict[str, torch.Tensor]:
        return {part.name: part.tensor.detach() for part in self._parts if part.saved}

    def load_state_dict(self, state_dict: Mapping[str, torch.Tensor]) -> None:
        own = {part.name: part.tensor for part in self._parts if part.saved}
        lacking = [f"it lacks {name}" for name in state_dict if name not in own]
        besides = [name for name in own if name not in state_dict]
        other = {
            name: f"{tuple(tensor.shape)} instead of {tuple(state_dict[name].shape)}"
            for name, tensor in own.items()
            if name in state_dict and tensor.shape != state_dict[name].shape
        }
        if lacking or besides or other:
            # What the submission chose, names and sizes, is for public tests only.
            text = "the parameters of {} are not those of the docstring: {}"
            shown = lacking + [f"it has {name}, which does not belong there" for name in besides]
            shown += [f"its {name} has the shape {shapes}" for name, shapes in other.items()]
            hidden = lacking + ["it has others that do not belong there"] * bool(besides)
            hidden += [f"its {name} has another shape" for name in other]
            failure = Failure(
                "parameters",
                message=text.format(self._type, "; ".join(shown)),
                hidden=text.format("your module", "; ".join(hidden)),
            )
            raise student_error(failure, ["RuntimeError"])
        with torch.no_grad():
            for name, tensor in own.items():
                tensor.copy_(state_dict[name])

    def zero_grad(self, set_to_none: bool = True) -> None:
        for parameter in self.parameters():
            parameter.grad = (
                None if set_to_none or parameter.grad is None else torch.zeros_like(parameter)
            )

    def requires_grad_(self, requires_grad: bool = True) -> "RemoteModule":
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def to(self, *args, **kwargs) -> "RemoteModule":
        for part in self._parts:
            if part.tensor.is_floating_point():
                part.tensor.data = part.tensor.data.to(*args, **kwargs)
                if part.tensor.grad is not None:
                    part.tensor.grad = part.tensor.grad.to(*args, **kwargs)
        return self

    def double(self) -> "RemoteModule":
        return self.to(torch.float64)

    def float(self) -> "RemoteModule":
        return self.to(torch.float32)

    def half(self) -> "RemoteModule":
        return self.to(torch.float16)


def set_parts(module: RemoteModule, parts: list[Part]) -> None:
    """Tell a proxied module what it consists of."""
    object.__setattr__(module, "_parts", parts)


def _direct(name: str):
    def method(self, *args, **kwargs):
        return self._method(name, args, kwargs)

    method.__name__ = name
    return method


def _listed(name: str):
    def method(self, *args, **kwargs):
        return iter(self._method(name, args, kwargs, listed=True))

    method.__name__ = name
    return method


for _name in _DIRECT:
    setattr(RemoteModule, _name, _direct(_name))
for _name in _LISTED:
    setattr(RemoteModule, _name, _listed(_name))


class StudentPackages(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """While installed, imports below `packages` give modules whose names are lazy."""

    def __init__(self, packages: set[str], modules: set[str]):
        self._packages = packages
        self._modules = modules

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in self._packages:
            return None
        return importlib.util.spec_from_loader(name, self, is_package=True)

    def create_module(self, spec):
        return None

    def exec_module(self, module) -> None:
        def lazy(name: str):
            if name.startswith("__") or f"{module.__name__}.{name}" in self._modules:
                raise AttributeError(name)
            return LazyName(module.__name__, name)

        module.__getattr__ = lazy

    def __enter__(self) -> "StudentPackages":
        self._forget()
        sys.meta_path.insert(0, self)
        return self

    def __exit__(self, *exception) -> None:
        sys.meta_path.remove(self)
        self._forget()

    def _forget(self) -> None:
        for name in [name for name in sys.modules if name.partition(".")[0] in self._packages]:
            del sys.modules[name]
