"""What a test lends, as student code sees it: stand-ins whose methods and attributes ask the grader.

What may be asked is decided there (`isolation/grader/lending.py`). Whatever is of torch is done here: a stand-in of a
test's module is a real `nn.Module` with tensors that both sides share, so that it can be registered in a student's
module, moved, trained and saved.
"""

import collections
import dataclasses
import functools
import inspect
import sys
from collections.abc import Callable

import torch

from autograder.isolation.wire import forms
from autograder.isolation.wire.frames import ProtocolError
from autograder.isolation.wire.protocol import Ask
from autograder.isolation.wire.sharing import LentModules

_OVER = "an object of a test was kept and used after the end of the test"


class Lender:
    """The stand-ins of what one example of a test lends, by number."""

    def __init__(self, ask: Callable, allow: Callable):
        """
        Args:
            ask: has the grader answer an `Ask`, with these arguments and keyword arguments.
            allow: is told of what student code may use of the library because the test lent it.
        """
        self.objects: dict[int, object] = {}
        self.numbers: dict[int, int] = {}  # by id
        self.modules = LentModules()
        self.value_classes: dict[type, int] = {}  # whose instances cross by value
        self.over = False  # whether the example has ended
        self.sent, self.received = forms.Sent(), forms.Received()
        self._ask, self._allow = ask, allow

    def call(self, number: int, name: str | None, /, *args, **kwargs):
        """Call an object, or its method."""
        return self._answer(Ask(callback=number, name=name), args, kwargs)

    def attribute(self, number: int, name: str, *of):
        """A public attribute of an object, or of the value `of` of a class.

        Raises:
            AttributeError: it has none that is for student code.
        """
        try:
            return self._answer(Ask(callback=number, get=name), of, {})
        except AttributeError:
            text = f"what the test passed in has no public attribute {name!r}"
            raise AttributeError(text) from None

    def copy(self, number: int):
        """A copy of a module."""
        return self._answer(Ask(callback=number, copy=1), (), {})

    def _answer(self, ask: Ask, args: tuple, kwargs: dict):
        if self.over:
            raise RuntimeError(_OVER)
        return self._ask(ask, args, kwargs)

    # Making stand-ins.

    def find(self, number: int, tree: dict, decoder):
        """The stand-in of an object; `tree` describes one that is new."""
        if number not in self.objects:
            if "function" in tree:
                self._keep(number, LentFunction(self, number))
            elif "iterator" in tree:
                self._keep(number, LentIterator(self, number))
            elif "class" in tree:
                self._keep(number, self._class(number, tree, decoder))
            elif "library" in tree:
                self._keep_library(number, tree, decoder)
            else:
                self._keep_object(number, tree, decoder)
        found = self.objects[number]
        if "itself" in tree:
            found._itself = True
        return found

    def _keep(self, number: int, value) -> None:
        self.objects[number], self.numbers[id(value)] = value, number

    def _keep_object(self, number: int, tree: dict, decoder) -> None:
        cls = decoder.decode(tree["of"])
        if "module" in tree:
            value = _module(cls, number, self)
            self._keep(number, value)  # before what is in it
            _fill(value, tree["module"], decoder)
            self.modules.add(number, value)
            self._allow(value)
            return
        if "groups" in tree:
            value = _optimizer(_library_base(cls), tree, decoder)
            value.__class__ = cls
        else:
            value = cls.__new__(cls)
        value.__dict__.update(_lender=self, _number=number)
        self._keep(number, value)

    def _keep_library(self, number: int, tree: dict, decoder) -> None:
        """An object of torch that the test made, made again here with the same tensors."""
        cls = library(*tree["library"])
        if "groups" in tree:
            value = _optimizer(cls, tree, decoder)
            self._keep(number, value)
        else:
            value = cls.__new__(cls)
            self._keep(number, value)
            value.__dict__.update(decoder.decode(tree["state"]))
        if isinstance(value, torch.nn.Module):
            self.modules.add(number, value)
        self._allow(value)

    def _class(self, number: int, tree: dict, decoder) -> type:
        bases = tuple(decoder.decode(base) for base in tree["bases"])
        namespace = {"_lender": self, "_class_number": number, "_itself": "fields" in tree}
        if "fields" in tree:
            cls = self._value_class(number, tree, bases, namespace)
            self.value_classes[cls] = number
            return cls
        for name in tree["methods"]:
            namespace[name] = _Method(name)
        if "forward" in namespace:
            namespace["forward"] = _forward
        if not any(issubclass(base, LentObject) for base in bases):
            bases = (LentObject, *bases)
        return _meta(bases)(tree["class"], bases, namespace)

    def _value_class(self, number: int, tree: dict, bases: tuple, namespace: dict) -> type:
        for name in tree["methods"]:
            namespace[name] = _ValueMethod(self, number, name)
        for name in tree["properties"]:
            namespace[name] = property(lambda value, name=name: self.attribute(number, name, value))
        if tree["kind"] == "tuple":
            plain = collections.namedtuple(tree["class"], tree["fields"])
            return _meta((plain,))(tree["class"], (plain,), namespace | {"__slots__": ()})
        made = dataclasses.make_dataclass(tree["class"], tree["fields"], **tree["options"])
        own = tuple(base for base in bases if base in self.value_classes)
        return _meta((made, *own))(tree["class"], (made, *own), namespace)

    def value(self, cls: type, items: list):
        """An instance of a class whose instances cross by value."""
        if issubclass(cls, tuple):
            return tuple.__new__(cls, items)
        value = object.__new__(cls)
        fill_value(value, items)
        return value


def fill_value(value, items) -> None:
    """Give a dataclass its fields, whether or not it is frozen."""
    for field, item in zip(dataclasses.fields(value), items, strict=True):
        object.__setattr__(value, field.name, item)


class LentFunction:
    """A function of the test."""

    def __init__(self, lender: Lender, number: int):
        self._lender, self._number = lender, number

    def __call__(self, *args, **kwargs):
        return self._lender.call(self._number, None, *args, **kwargs)

    def __deepcopy__(self, memo):
        return self


class LentIterator:
    """An iterator of the test, which goes on when student code asks for an item."""

    def __init__(self, lender: Lender, number: int):
        self._lender, self._number = lender, number

    def __iter__(self):
        return self

    def __next__(self):
        return self._lender.call(self._number, "__next__")


class _ClassOfTheTest(type):
    """Calling a class of the test, and asking it for something, is for the grader. `_itself` is whether the test lent the
    class, and not only an object of it."""

    def __call__(cls, *args, **kwargs):
        if not cls._itself:
            raise TypeError(f"the test passed in an object of {cls.__name__}, and not the class")
        return cls._lender.call(cls._class_number, None, *args, **kwargs)

    def __getattr__(cls, name: str):
        if name.startswith("_"):
            raise AttributeError(name)
        return cls._lender.attribute(cls._class_number, name)

    def __init__(cls, name, bases, namespace, **kwargs):
        super().__init__(name, bases, namespace, **kwargs)
        if "_class_number" not in namespace:
            raise TypeError("student code cannot derive from a class that the test passes in")


def _meta(bases: tuple) -> type:
    """The class of a stand-in class with these bases."""
    inner = functools.reduce(lambda a, b: b if issubclass(b, a) else a, map(type, bases), type)
    if issubclass(inner, _ClassOfTheTest) or inner is type:
        return inner if issubclass(inner, _ClassOfTheTest) else _ClassOfTheTest
    return type("ClassOfTheTest", (_ClassOfTheTest, inner), {})


class LentObject:
    """An object of a class of the test."""

    def __getattr__(self, name: str):
        if isinstance(self, torch.nn.Module):
            try:
                return super().__getattr__(name)
            except AttributeError:
                pass
        if name.startswith("_"):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self._lender.attribute(self._number, name)

    def __setattr__(self, name: str, value) -> None:
        if not name.startswith("_") and _belongs_to_the_test(self, name):
            raise AttributeError(
                f"student code cannot set {name!r} of an object that the test passes in"
            )
        super().__setattr__(name, value)

    def __deepcopy__(self, memo):
        if not isinstance(self, torch.nn.Module):
            raise TypeError("an object that the test passes in cannot be copied")
        return self._lender.copy(self._number)

    def __reduce_ex__(self, protocol):
        raise TypeError("an object that the test passes in cannot be pickled")


def _belongs_to_the_test(value: LentObject, name: str) -> bool:
    """Whether the test would not see that an attribute has been set."""
    if isinstance(value, torch.nn.Module):
        if name in value._modules:
            return True
        if name == "training" or name in value._parameters or name in value._buffers:
            return False  # both sides have those
    if name in vars(value):
        return False  # set before
    if name in dir(type(value)):
        return True
    try:
        value._lender.attribute(value._number, name)
    except AttributeError:
        return False
    return True


class _Method:
    """A method or an operator that a class of the test defines."""

    def __init__(self, name: str):
        self.name = name

    def __get__(self, value, cls):
        number = cls._class_number if value is None else value._number
        return functools.partial(cls._lender.call, number, self.name)


class _ValueMethod:
    """A method of a class whose instances cross by value: so does `self`."""

    def __init__(self, lender: Lender, number: int, name: str):
        self.lender, self.number, self.name = lender, number, name

    def __get__(self, value, cls):
        given = () if value is None else (value,)
        return functools.partial(self.lender.call, self.number, self.name, *given)


def _forward(self, *args, **kwargs):
    return self._lender.call(self._number, None, *args, **kwargs)


def _library_base(cls: type) -> type:
    return next(base for base in cls.__mro__ if base.__module__.partition(".")[0] == "torch")


def _module(cls: type, number: int, lender: Lender) -> torch.nn.Module:
    value = cls.__new__(cls)
    torch.nn.Module.__init__(value)
    value.__dict__.update(_lender=lender, _number=number)
    return value


def _fill(value: torch.nn.Module, tree: dict, decoder) -> None:
    value.training = tree["training"]
    for name, tensor in tree["parameters"]:
        value._parameters[name] = decoder.decode(tensor)
    for name, tensor, saved in tree["buffers"]:
        value._buffers[name] = decoder.decode(tensor)
        if not saved:
            value._non_persistent_buffers_set.add(name)
    for name, part in tree["modules"]:
        value._modules[name] = decoder.decode(part)


def _optimizer(cls: type, tree: dict, decoder) -> torch.optim.Optimizer:
    groups, defaults = decoder.decode(tree["groups"]), decoder.decode(tree["defaults"])
    known = inspect.signature(cls).parameters
    value = cls(groups, **{name: v for name, v in defaults.items() if name in known})
    value.state.update(decoder.decode(tree["state"]))
    return value


def library(module: str, name: str):
    """A function or class of torch, or a built-in class, by its name there."""
    if module.partition(".")[0] not in ("torch", "builtins"):
        raise ProtocolError("only names of torch can be sent")
    found = sys.modules[module]
    for part in name.split("."):
        found = getattr(found, part)
    return found
