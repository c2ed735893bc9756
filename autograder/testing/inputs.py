"""Inputs for a function, drawn from its own annotations.

Hypothesis draws a few bytes (sizes, layouts, a seed); the numbers come from a `torch.Generator`
with that seed. A case therefore costs little, and shrinks to small sizes and plain layouts.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from hypothesis import reject
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from torch import Tensor

from .annotations import (
    ChoiceForm,
    Contract,
    Form,
    Parameter,
    Size,
    TensorForm,
    read_contract,
)
from .nested import copy_tensor, is_dict, is_list, is_sequence, is_tensor, map_tensors

LARGEST_SIZE = 7
"""Axes are 1 to 7 long unless `sizes` says otherwise, longer only if there are too many of them."""

_SEED_BYTES = 4
_INTS = range(10)


class Inputs:
    """One drawn case.

    Attributes:
        values: argument by parameter name, in the order of the signature.
        sizes: the size of every named axis; under "..." and "*name" the tuple of their sizes.
        seed: of the values, and of `generator`.
    """

    def __init__(self, values: dict[str, Any], sizes: dict[str, Size], seed: int) -> None:
        self.values = values
        self.sizes = sizes
        self.seed = seed

    def __getitem__(self, name: str) -> Any:
        return self.values[name]

    def keys(self) -> Iterator[str]:
        """The names of the parameters; with `inputs[name]`, this makes `f(**inputs)` work."""
        return iter(self.values)

    def generator(self) -> torch.Generator:
        """A new generator, the same at each call and none that made the values: for weights."""
        return torch.Generator().manual_seed(2 * self.seed + 1)

    def to(self, target: torch.dtype | torch.device | str) -> Inputs:
        """The same case with its floating tensors of another dtype, or all on another device.

        Layouts are kept; int and bool tensors keep their dtype.
        """

        def convert(tensor: Tensor) -> Tensor:
            if not isinstance(target, torch.dtype):
                return copy_tensor(tensor, device=target)
            return copy_tensor(tensor, dtype=target if tensor.is_floating_point() else None)

        return Inputs(map_tensors(self.values, convert), dict(self.sizes), self.seed)

    def contiguous(self) -> Inputs:
        """The same case with every tensor laid out plainly: where layouts are another test's matter."""
        return Inputs(map_tensors(self.values, Tensor.contiguous), dict(self.sizes), self.seed)

    def __deepcopy__(self, memo: dict[int, Any]) -> Inputs:
        return Inputs(_deep_copy(self.values, memo), dict(self.sizes), self.seed)

    def __repr__(self) -> str:
        values = [f"{name}={_describe(value)}" for name, value in self.values.items()]
        return f"Inputs({', '.join([*values, f'sizes={self.sizes}', f'seed={self.seed}'])})"


def inputs_of(
    function: Callable[..., Any],
    /,
    *,
    sizes: Mapping[str, Size | SearchStrategy] | None = None,
    dtype: torch.dtype = torch.float64,
    **overrides: Any,
) -> SearchStrategy[Inputs]:
    """A strategy for the arguments of `function`, from its jaxtyping annotations.

    Every named axis gets one size, and all axes of a case have different ones, 1 among them now and
    then. "..." and "*name" stand for 0 to 2 axes, the same wherever they occur. A size in the
    annotation ("batch 3") is kept. An axis marked as broadcastable ("#batch") has its full size.
    An axis that only the result has gets a size, too.

    Float tensors hold normal values, Bool tensors True in half of the places, Int tensors 0 to 9. A
    quarter of all tensors are not contiguous (transposed storage, or every second element of it;
    `inputs_of(...).map(Inputs.contiguous)` draws none: a mistake about layouts costs the tests that
    are about them). A
    parameter that may be None is None in a quarter of the cases. An `int` without a default whose
    name is that of an axis is its size. Other parameters need an override, or are left out if
    they have a default.

    Args:
        function: a function, or a method (`self` is skipped).
        sizes: for an axis a strategy or a fixed size, and other names that overrides use.
            A fixed size may equal another one. For "..." and "*name", a tuple.
        dtype: of the floating tensors, where the annotation admits it.
        overrides: for a parameter a strategy; or a function called with `(sizes, generator)`; or a
            value (one that can be called goes into `st.just`). A `range` of step 1, given or
            returned, makes an Int tensor with values in it, such as
            `ids=lambda sizes, generator: range(sizes["vocab_size"])`.

    Raises:
        TypeError: a parameter can be drawn neither from its annotation nor from an override, or an
            override is for none of the parameters.
    """
    contract = read_contract(function)
    sizes = dict(sizes or {})
    names = [parameter.name for parameter in contract.parameters]
    title = f"inputs_of({getattr(function, '__qualname__', function)})"
    for name in overrides:
        if name not in names:
            raise TypeError(f"{title}: no parameter {name!r}; there are {', '.join(names)}")
    axes = {axis.name for axis in contract.axes} | sizes.keys()
    drawn: list[Parameter] = []
    for parameter in contract.parameters:
        if parameter.name in overrides or parameter.form is not None:
            drawn.append(parameter)
        elif not parameter.has_default:
            if not (parameter.is_int and parameter.name in axes):
                raise TypeError(
                    f"{title}: the annotation of {parameter.name!r} names no tensor with axes; "
                    f"give an override, for instance {parameter.name}=st.integers(1, 5)"
                )
            drawn.append(parameter)
    for axis in contract.computed_axes:
        if unknown := axis.names() - axes:
            raise TypeError(
                f"{title}: the axis {axis.expression!r} needs the size of "
                f"{', '.join(sorted(unknown))}; give it in sizes"
            )
    count = _bytes_needed(contract, drawn)
    choices = st.binary(min_size=count, max_size=count)
    return _cases(contract, drawn, sizes, dtype, overrides, choices)


@st.composite
def _cases(
    draw: Callable[[SearchStrategy], Any],
    contract: Contract,
    drawn: list[Parameter],
    sizes: dict[str, Size | SearchStrategy],
    dtype: torch.dtype,
    overrides: dict[str, Any],
    bytes_drawn: SearchStrategy[bytes],
) -> Inputs:
    known = _draw_given_sizes(draw, sizes, set(contract.fixed_sizes))
    choices = _Choices(draw(bytes_drawn))
    _choose_sizes(choices, contract, known)
    generator = torch.Generator().manual_seed(2 * choices.seed)
    case = _Case(choices, known, generator, dtype)
    values = {}
    for parameter in drawn:
        if parameter.name in overrides:
            override = overrides[parameter.name]
            if isinstance(override, SearchStrategy):
                override = draw(override)
            elif callable(override):
                override = override(known, generator)
            if isinstance(override, range) and parameter.form is not None:
                override = case.value(parameter.form, override)
            values[parameter.name] = override
        elif parameter.form is not None:
            values[parameter.name] = case.value(parameter.form, _INTS)
        else:
            values[parameter.name] = known[parameter.name]
    return Inputs(values, known, choices.seed)


class _Choices:
    """The drawn bytes: a seed, then one byte for every decision; 0 is the simplest choice.

    One string of bytes is the cheapest draw. Hypothesis draws it uniformly (small integers it would
    draw skewed towards 0, four in ten of `integers(1, 7)`) and shrinks it byte by byte.
    """

    def __init__(self, drawn: bytes) -> None:
        self.seed = int.from_bytes(drawn[:_SEED_BYTES], "big")
        self._rest = iter(drawn[_SEED_BYTES:])

    def below(self, count: int) -> int:
        """A number from 0 to `count` - 1."""
        return next(self._rest) % count


def _bytes_needed(contract: Contract, drawn: list[Parameter]) -> int:
    """Enough for the seed, for all sizes (of several axes: how many, and two) and all forms."""
    for_sizes = sum(3 if axis.several else 1 for axis in contract.axes)
    for_forms = sum(p.form.decisions() for p in drawn if p.form is not None)
    return _SEED_BYTES + for_sizes + for_forms


def _draw_given_sizes(
    draw: Callable[[SearchStrategy], Any],
    sizes: dict[str, Size | SearchStrategy],
    taken: set[int],
) -> dict[str, Size]:
    """The sizes that the author fixed, then those from a strategy, different from all others."""
    known: dict[str, Size] = {
        name: size for name, size in sizes.items() if not isinstance(size, SearchStrategy)
    }
    for name, size in sizes.items():
        if name not in known:
            known[name] = _draw_another(draw, size, taken | _used(known))
    return known


def _draw_another(
    draw: Callable[[SearchStrategy], Any], size: SearchStrategy[Size], used: set[int]
) -> Size:
    """A size from the strategy that is not used yet (`filter` would double the cost of a case)."""
    for _ in range(20):
        drawn = draw(size)
        if used.isdisjoint(drawn if isinstance(drawn, tuple) else (drawn,)):
            return drawn
    reject()


def _choose_sizes(choices: _Choices, contract: Contract, known: dict[str, Size]) -> None:
    """Add the sizes of all other axes to `known`, each different from all others."""
    missing = [axis for axis in contract.axes if axis.name not in known]
    count = sum(2 if axis.several else 1 for axis in missing)
    taken = contract.fixed_sizes | _used(known)
    largest = max(LARGEST_SIZE, count + len(taken))
    pool = [size for size in range(1, largest + 1) if size not in taken]
    for axis in missing:
        if axis.several:
            several = range(choices.below(3))
            known[axis.name] = tuple(pool.pop(choices.below(len(pool))) for _ in several)
        else:
            known[axis.name] = pool.pop(choices.below(len(pool)))


def _used(known: dict[str, Size]) -> set[int]:
    used: set[int] = set()
    for size in known.values():
        used.update(size if isinstance(size, tuple) else (size,))
    return used


class _Case:
    """What the values of one case are made from."""

    def __init__(
        self,
        choices: _Choices,
        sizes: dict[str, Size],
        generator: torch.Generator,
        dtype: torch.dtype,
    ) -> None:
        self._choices = choices
        self._sizes = sizes
        self._generator = generator
        self._dtype = dtype

    def value(self, form: Form, ints: range) -> Any:
        """A value of the form; Int tensors with values in `ints`."""
        if isinstance(form, TensorForm):
            return self._tensor(form, ints)
        if isinstance(form, ChoiceForm):
            if form.optional and self._choices.below(4) == 3:
                return None
            return self.value(form.options[self._choices.below(len(form.options))], ints)
        return tuple(self.value(part, ints) for part in form.parts)

    def _tensor(self, form: TensorForm, ints: range) -> Tensor:
        shape = tuple(size for axis in form.axes for size in axis.sizes(self._sizes))
        dtype = form.dtype(self._dtype)
        layout = self._choices.below(8)
        if layout == 6 and len(shape) > 1:
            return self._numbers(shape[::-1], dtype, ints).permute(*reversed(range(len(shape))))
        if layout >= 6 and shape:
            return self._numbers((*shape[:-1], 2 * shape[-1]), dtype, ints)[..., ::2]
        return self._numbers(shape, dtype, ints)

    def _numbers(self, shape: tuple[int, ...], dtype: torch.dtype, ints: range) -> Tensor:
        if dtype.is_floating_point or dtype.is_complex:
            return torch.randn(shape, generator=self._generator, dtype=dtype)
        low, high = (0, 2) if dtype is torch.bool else (ints.start, ints.stop)
        return torch.randint(low, high, shape, generator=self._generator, dtype=dtype)


def _deep_copy(value: Any, memo: dict[int, Any]) -> Any:
    """As `copy.deepcopy`, which takes ten times as long for a small tensor."""
    kind = type(value)
    if kind is Tensor:
        if id(value) not in memo:
            memo[id(value)] = copy_tensor(value).requires_grad_(value.requires_grad)
        return memo[id(value)]
    if kind is tuple or kind is list:
        return kind(_deep_copy(part, memo) for part in value)
    if kind is dict:
        return {key: _deep_copy(part, memo) for key, part in value.items()}
    return copy.deepcopy(value, memo)


def _describe(value: Any) -> str:
    """A value on one line: the form of a tensor, and its numbers if they are few."""
    if is_tensor(value):
        text = f"{str(value.dtype).removeprefix('torch.')}{list(value.shape)}"
        text += "" if value.is_contiguous() else f" with strides {value.stride()}"
        if value.numel() > 8:
            return f"<{text}>"
        numbers = value.detach().flatten().tolist()
        shown = [f"{n:.4g}" if isinstance(n, float) else str(n) for n in numbers]
        return f"<{text}: {' '.join(shown)}>"
    if is_sequence(value):
        parts = ", ".join(_describe(part) for part in value)
        return f"[{parts}]" if is_list(value) else f"({parts})"
    if is_dict(value):
        return f"{{{', '.join(f'{key!r}: {_describe(part)}' for key, part in value.items())}}}"
    return repr(value)
