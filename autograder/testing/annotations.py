"""Reading what a function takes from its jaxtyping annotations, as shapes that can be drawn.

A parameter becomes one of three forms: a tensor with named, fixed or computed axes, a tuple of
forms, or a choice between forms of which None may be one.
"""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from jaxtyping import AbstractArray
from torch import Tensor

Size = int | tuple[int, ...]
"""The size of an axis; of "..." or "*name", which stand for several, the sizes."""


@dataclass(frozen=True)
class Named:
    """An axis with a name, or several under one: "..." and "*name" are `several`."""

    name: str
    several: bool = False

    def sizes(self, known: Mapping[str, Size]) -> tuple[int, ...]:
        """The sizes in a case where those of the names are `known`."""
        size = known[self.name]
        return size if self.several else (size,)


@dataclass(frozen=True)
class Fixed:
    """An axis whose size the annotation gives."""

    size: int

    def sizes(self, known: Mapping[str, Size]) -> tuple[int, ...]:
        """The size, whatever is known."""
        return (self.size,)


@dataclass(frozen=True)
class Computed:
    """An axis whose size is an expression in the names of other axes, such as "4*hidden_size"."""

    expression: str

    def names(self) -> set[str]:
        """The names in the expression."""
        return set(compile(self.expression, "<axis>", "eval").co_names)

    def sizes(self, known: Mapping[str, Size]) -> tuple[int, ...]:
        """The size in a case where those of the names are `known`."""
        return (eval(self.expression, {"__builtins__": {}}, dict(known)),)


Axis = Named | Fixed | Computed


@dataclass(frozen=True)
class TensorForm:
    """A tensor: its axes, and the dtypes it may have (None: any)."""

    axes: tuple[Axis, ...]
    dtypes: frozenset[str] | None

    def dtype(self, preferred: torch.dtype) -> torch.dtype:
        """`preferred` if the annotation admits it, or else what it admits, int64 before others."""
        if self.dtypes is None or _name(preferred) in self.dtypes:
            return preferred
        for dtype in (torch.int64, torch.bool, torch.float64, torch.float32, torch.int32):
            if _name(dtype) in self.dtypes:
                return dtype
        found = sorted(n for n in self.dtypes if isinstance(getattr(torch, n, None), torch.dtype))
        if not found:
            raise TypeError(f"torch has none of the dtypes {sorted(self.dtypes)}")
        return getattr(torch, found[0])

    def tensors(self) -> Iterator[TensorForm]:
        """Every tensor form in this one."""
        yield self

    def decisions(self) -> int:
        """How many choices drawing this form may take."""
        return 1


@dataclass(frozen=True)
class TupleForm:
    """A tuple of fixed length."""

    parts: tuple[Form, ...]

    def tensors(self) -> Iterator[TensorForm]:
        """Every tensor form in this one."""
        for part in self.parts:
            yield from part.tensors()

    def decisions(self) -> int:
        """How many choices drawing this form may take."""
        return sum(part.decisions() for part in self.parts)


@dataclass(frozen=True)
class ChoiceForm:
    """One of several forms, or None if `optional`."""

    options: tuple[Form, ...]
    optional: bool

    def tensors(self) -> Iterator[TensorForm]:
        """Every tensor form in this one."""
        for option in self.options:
            yield from option.tensors()

    def decisions(self) -> int:
        """How many choices drawing this form may take."""
        return 2 + max(option.decisions() for option in self.options)


Form = TensorForm | TupleForm | ChoiceForm


@dataclass(frozen=True)
class Parameter:
    """A parameter of a function; `form` is None if its annotation names no tensor."""

    name: str
    form: Form | None
    is_int: bool
    has_default: bool


@dataclass(frozen=True)
class Contract:
    """What a function takes, and all axes in its annotations, in order."""

    parameters: tuple[Parameter, ...]
    axes: tuple[Named, ...]
    fixed_sizes: frozenset[int]
    computed_axes: tuple[Computed, ...]


def read_contract(function: Callable[..., Any]) -> Contract:
    """The contract of a function or a method, whose `self` is left out.

    The axes that only the annotation of the result has are among them.
    """
    hints = typing.get_type_hints(function, include_extras=True)
    anonymous = _Anonymous()
    parameters = []
    for position, (name, parameter) in enumerate(inspect.signature(function).parameters.items()):
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if position == 0 and name == "self":
            continue
        parameters.append(
            Parameter(
                name,
                _form(hints.get(name), anonymous),
                hints.get(name) is int,
                parameter.default is not parameter.empty,
            )
        )
    forms = [parameter.form for parameter in parameters] + [_form(hints.get("return"), anonymous)]
    axes = [
        axis
        for form in forms
        if form is not None
        for tensor in form.tensors()
        for axis in tensor.axes
    ]
    return Contract(
        tuple(parameters),
        tuple(dict.fromkeys(axis for axis in axes if isinstance(axis, Named))),
        frozenset(axis.size for axis in axes if isinstance(axis, Fixed)),
        tuple(axis for axis in axes if isinstance(axis, Computed)),
    )


class _Anonymous:
    """Names for the axes `_`, each of which is an axis of its own."""

    def __init__(self) -> None:
        self._count = 0

    def axis(self) -> Named:
        self._count += 1
        return Named(f"_{self._count}")


def _form(hint: Any, anonymous: _Anonymous) -> Form | None:
    """The form of an annotation, None if there is a part that is no tensor with axes."""
    if inspect.isclass(hint) and issubclass(hint, AbstractArray):
        return _tensor_form(hint, anonymous)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        parts = [_form(argument, anonymous) for argument in arguments]
        return None if None in parts or not parts else TupleForm(tuple(parts))
    if origin in (typing.Union, types.UnionType):
        optional = type(None) in arguments
        options = [_form(option, anonymous) for option in arguments]
        known = tuple(option for option in options if option is not None)
        return ChoiceForm(known, optional) if known else None
    return None


def _tensor_form(hint: Any, anonymous: _Anonymous) -> TensorForm | None:
    if not (inspect.isclass(hint.array_type) and issubclass(hint.array_type, Tensor)):
        return None
    axes = []
    for position, dim in enumerate(hint.dims):
        if position == hint.index_variadic:
            axes.append(Named(f"*{dim.name}" if hasattr(dim, "name") else "...", several=True))
        elif hasattr(dim, "size"):
            axes.append(Fixed(dim.size))
        elif hasattr(dim, "elem"):
            axes.append(Computed(dim.elem))
        elif hasattr(dim, "name"):
            axes.append(Named(dim.name))
        else:
            axes.append(anonymous.axis())
    dtypes = frozenset(hint.dtypes) if isinstance(hint.dtypes, (tuple, list)) else None
    return TensorForm(tuple(axes), dtypes)


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
