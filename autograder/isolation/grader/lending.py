"""What a test lends to student code: its functions, objects, modules and classes, and what may be asked of them.

Whatever a test passes and the wire cannot carry by value stays in the grader and has a number; the worker has a stand-in
of it (`isolation/worker/lent.py`), whose methods and attributes ask here. Worker and stand-in are not trusted:

- A function can be called, and nothing else. Of an object, what its class names publicly can be called, and its public
  attributes read. Nothing that begins with an underscore, and nothing that an object has from torch: that the worker does
  with its own torch, on tensors that both sides share.
- An attribute leads to values, to torch's objects and to what the same file of the test defines, and to nothing else: no
  reference, no module, no frame.
- Nothing can be set. A class can be called only if the test lent the class itself.
"""

import builtins
import copy
import dataclasses
import functools
import operator
import sys
import types
from collections.abc import Callable, Iterator

import torch

from autograder.isolation.grader.proxies import LazyName, RemoteModule, RemoteObject
from autograder.isolation.wire.frames import ProtocolError
from autograder.isolation.wire.sharing import LentModules

MAX_LENT = (
    20_000  # objects of one example: student code decides how often a factory of the test is called
)
# What Python calls without naming it, where a class of the test defines it.
OPERATORS = (
    "__call__", "__len__", "__getitem__", "__setitem__", "__contains__", "__iter__", "__next__", "__bool__",
    "__eq__", "__hash__", "__lt__", "__le__", "__gt__", "__ge__", "__enter__", "__exit__", "__neg__", "__add__",
    "__radd__", "__sub__", "__rsub__", "__mul__", "__rmul__", "__truediv__", "__rtruediv__", "__matmul__", "__rmatmul__",
)  # fmt: skip
_FUNCTIONS = (
    types.FunctionType, types.MethodType, functools.partial, functools._lru_cache_wrapper,
    operator.itemgetter, operator.attrgetter, operator.methodcaller,
)  # fmt: skip
_HEAP_TYPE = 1 << 9  # flag of classes that are defined in Python
_PROXIES = (LazyName, RemoteModule, RemoteObject)
_PASSED_OVER = ("typing", "abc", "collections.abc")


class TooManyLentError(ProtocolError):
    """Student code had the test make more objects than one example may lend."""


@dataclasses.dataclass(frozen=True)
class Missing:
    """What there is not, or not for student code: `error` is the exception that says so."""

    error: str


def is_function(value) -> bool:
    """Whether a value can be called and has nothing else to it for student code."""
    if isinstance(value, type):
        return False
    return isinstance(value, _FUNCTIONS) or (callable(value) and not _in_python(type(value)))


def _in_python(cls: type) -> bool:
    return bool(cls.__flags__ & _HEAP_TYPE)


def is_named_tuple(cls: type) -> bool:
    return issubclass(cls, tuple) and isinstance(getattr(cls, "_fields", None), tuple)


@functools.cache
def is_value_class(cls: type) -> bool:
    """Whether instances cross by value: named tuples, and dataclasses that are their public fields and no more."""
    if is_named_tuple(cls):
        return True
    if not dataclasses.is_dataclass(cls) or issubclass(cls, torch.nn.Module):
        return False
    fields = dataclasses.fields(cls)
    plain = all(base is object or dataclasses.is_dataclass(base) for base in cls.__mro__)
    frozen = cls.__dataclass_params__.frozen
    public = not any(field.name.startswith("_") for field in fields)
    return plain and public and (frozen or not _own_names(cls))


def field_names(cls: type) -> list[str]:
    """The fields of a value class, in their order."""
    if is_named_tuple(cls):
        return list(cls._fields)
    return [field.name for field in dataclasses.fields(cls)]


def library_name(value) -> list[str] | None:
    """[module, name] under which a class or function of torch can be found, or a built-in class; else None."""
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", "")
    if isinstance(value, type) and value.__module__ == "builtins":
        return ["builtins", name] if getattr(builtins, name, None) is value else None
    for module in (getattr(value, "__module__", None), "torch", "torch.nn.functional"):
        if not isinstance(module, str) or module.partition(".")[0] != "torch":
            continue
        found = sys.modules.get(module)
        for part in name.split("."):
            found = getattr(found, part, None)
        if found is value:
            return [module, name]
    return None


@functools.cache
def library_base(cls: type) -> type | None:
    """The nearest class of torch that a class derives from, None if there is none."""
    return next((base for base in cls.__mro__ if _of_torch(base)), None)


def _of_torch(cls: type) -> bool:
    return cls.__module__.partition(".")[0] == "torch" and library_name(cls) is not None


def bases_of(cls: type) -> list[type]:
    """The bases of a class of the test that matter to student code."""
    return [
        base for base in cls.__bases__ if base is not object and base.__module__ not in _PASSED_OVER
    ]


@functools.cache
def _own_names(cls: type) -> dict[str, str]:
    """{name: kind} of what a class itself defines for everybody: "method" or "property"."""
    found = {}
    for name, value in sorted(vars(cls).items()):
        if dataclasses.is_dataclass(cls) and name in OPERATORS:
            continue  # made by the dataclass, and again on the other side
        if name not in OPERATORS and name.startswith("_"):
            continue
        if isinstance(value, (property, functools.cached_property)):
            found[name] = "property"
        elif callable(value) or isinstance(value, (staticmethod, classmethod)):
            found[name] = "method"
    if is_named_tuple(cls):
        found = {name: kind for name, kind in found.items() if not hasattr(tuple, name)}
    return found


@functools.cache
def public_methods(cls: type) -> list[str]:
    """What student code may call of a class's instances: what the class itself defines, without its bases."""
    return [name for name, kind in _own_names(cls).items() if kind == "method"]


@functools.cache
def public_properties(cls: type) -> list[str]:
    """The properties that a class itself defines."""
    return [name for name, kind in _own_names(cls).items() if kind == "property"]


@functools.cache
def _callable_names(cls: type) -> frozenset[str]:
    return frozenset(
        name for base in cls.__mro__ if not _of_torch(base) and base is not object for name in public_methods(base)
    )  # fmt: skip


class Lending:
    """What one example has lent, by number."""

    def __init__(self):
        self.objects: list = []
        self.modules = LentModules()
        self.calls_back = False  # whether anything has been lent that runs here
        self._numbers: dict[int, int] = {}  # by id
        self._classes: set[int] = set()  # numbers of classes that may be called
        self._hidden: set[int] = set()

    def __getitem__(self, number) -> object:
        if type(number) is not int or not 0 <= number < len(self.objects):
            raise ProtocolError("no such object of the test")
        return self.objects[number]

    def number_of(self, value) -> int | None:
        """The number of an object that was lent before."""
        return self._numbers.get(id(value))

    def add(self, value, calls_back: bool = True) -> int:
        """The number under which the worker will know an object of the test.

        Raises:
            TooManyLentError: it would be one too many.
        """
        if len(self.objects) >= MAX_LENT:
            raise TooManyLentError(f"more than {MAX_LENT} objects of the test are in use")
        number = len(self.objects)
        self.objects.append(value)
        self._numbers[id(value)] = number
        self.calls_back |= calls_back
        return number

    def take_back(self, count: int) -> None:
        """Forget all but the first so many, of which the worker has not learnt."""
        for number in range(count, len(self.objects)):
            self.modules.forget(number)
            self._classes.discard(number)
            self._hidden.discard(number)
            self._numbers.pop(id(self.objects[number]), None)
        del self.objects[count:]

    def let_be_called(self, number: int) -> None:
        """A class was lent as such, and not only as what an object is of."""
        self._classes.add(number)

    def hide(self, number: int) -> None:
        """Of this module the worker has the tensors, and may ask nothing."""
        self._hidden.add(number)

    def function(self, number, name: str | None) -> Callable:
        """What the worker wants to call: an object itself, or its public method or operator `name`.

        Raises:
            ProtocolError: that is not for student code.
        """
        value = self[number]
        if number in self._hidden or not (name is None or (type(name) is str and name)):
            raise _refused()
        if isinstance(value, type):
            return self._function_of_class(number, value, name)
        if is_function(value) and name is None:
            return value
        if isinstance(value, Iterator) and name == "__next__":
            return value.__next__
        if _of_torch(type(value)) or is_function(value):
            raise _refused()
        if name is None and isinstance(value, torch.nn.Module):
            return value
        name = name or "__call__"
        if name not in _callable_names(type(value)):
            raise _refused()
        return (
            getattr(value, name)
            if name[0] != "_"
            else functools.partial(getattr(type(value), name), value)
        )

    def _function_of_class(self, number: int, cls: type, name: str | None) -> Callable:
        lent = number in self._classes
        lent |= is_value_class(cls)
        if name is None and lent:
            return cls
        if name is not None and lent and name in _callable_names(cls):
            return getattr(cls, name)
        raise _refused()

    def attribute(self, number, name, of=None):
        """A public attribute of an object, of a class, or of the value `of` of a class; `Missing` where there is none, or
        where it is not for student code.

        Raises:
            ProtocolError: the name is not public, or whatever is asked has no attributes for student code.
            Exception: whatever a property raises.
        """
        owner = self[number]
        cls = owner if isinstance(owner, type) else type(owner)
        plain = (
            is_function(owner)
            or isinstance(owner, Iterator)
            or _of_torch(cls)
            or number in self._hidden
        )
        if plain or type(name) is not str or name.startswith("_"):
            raise _refused()
        base = library_base(cls)
        if base is not None and hasattr(base, name) and name not in _callable_names(cls):
            raise _refused()  # the worker has that itself
        if of is not None and not (type(of) is owner and is_value_class(owner)):
            raise _refused()
        try:
            found = getattr(owner if of is None else of, name)
        except AttributeError:
            return Missing("AttributeError")
        return found if self.may_lead_to(found, cls) else Missing("AttributeError")

    def may_lead_to(self, found, cls: type) -> bool:
        """Whether an attribute of an object of `cls` may lead there."""
        if isinstance(found, (list, tuple, set, frozenset)) and not is_named_tuple(type(found)):
            return all(self.may_lead_to(each, cls) for each in found)
        if isinstance(found, dict):
            return all(self.may_lead_to(each, cls) for each in found.values())
        if self.number_of(found) is not None:
            return True
        while isinstance(found, functools.partial):
            found = found.func
        if isinstance(found, types.MethodType):
            return found.__module__ == cls.__module__
        if isinstance(found, type) or is_function(found):
            return (
                getattr(found, "__module__", None) == cls.__module__
                or library_name(found) is not None
            )
        kind = type(found)
        if _in_python(kind):
            return (
                kind in _PROXIES
                or kind.__module__ == cls.__module__
                or library_name(kind) is not None
            )
        return True  # what is written in C crosses by value, or not at all

    def copy(self, number) -> torch.nn.Module:
        """A copy of a module, as `copy.deepcopy` makes it.

        Raises:
            ProtocolError: it is none, or not for student code.
        """
        value = self[number]
        if (
            number in self._hidden
            or isinstance(value, type)
            or not isinstance(value, torch.nn.Module)
        ):
            raise _refused()
        return copy.deepcopy(value)


def _refused() -> ProtocolError:
    return ProtocolError("this of an object of the test is not for student code")


def can_be_lent(value) -> bool:
    """Whether a value is an object of a class that somebody wrote in Python."""
    return _in_python(type(value)) and not isinstance(value, types.ModuleType)
