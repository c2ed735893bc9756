"""Everything that a differentiable call can be judged by: its outputs and all its gradients."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor

from autograder.isolation.grader import announcing
from autograder.isolation.wire import cotangents, engine

from .differences import Gradients
from .inputs import Inputs
from .nested import copy_tensor, is_dict, is_list, is_sequence, is_tensor, map_tensors, tensors_in


def observe(
    call: Callable[..., Any],
    inputs: Inputs | Mapping[str, Any],
    parameters: Callable[[], Iterable[tuple[str, Tensor]]] | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Call a program and differentiate it; compare the results of two programs by `assert_matches`.

    The inputs are copied, the floating ones as leaves that require a gradient, and passed by name.
    A random cotangent is drawn for every floating output, the same for all programs whose outputs
    have the same shapes, and carried backward. An output that does not require a gradient passes
    nothing on, so that its inputs have no gradient, which `assert_matches` calls
    "gradient missing". Only plain PyTorch is used: the program may run in another process.

    Args:
        call: a function, module or bound method, local or a proxy.
        inputs: its arguments by name, nested in tuples, lists and dicts.
        parameters: gives (name, parameter) pairs, for instance `model.named_parameters`. It is
            called twice, to clear the gradients and, after the backward pass, to read them.
        seed: of the cotangents.

    Returns:
        "outputs": what was returned, detached.
        "input gradients": for every floating tensor in the inputs by its name, "state[0]" for
            the first part of a nested one; None where no gradient arrived.
        "parameter gradients": the same for the parameters; empty without `parameters`.
    """
    leaves: dict[str, Tensor] = {}
    given = inputs.values if isinstance(inputs, Inputs) else inputs
    arguments = {name: _with_leaves(value, name, leaves) for name, value in given.items()}
    if parameters is not None:
        for _, parameter in parameters():
            if parameter.grad is not None:
                parameter.grad = None

    with torch.enable_grad():
        with announcing.announced(seed):
            outputs = call(**arguments)
        floating = [output for output in tensors_in(outputs) if output.is_floating_point()]
        drawn = zip(floating, cotangents.draw(floating, seed), strict=True)
        # One output more or less detached leaves the others' cotangents as they are.
        pairs = [(output, cotangent) for output, cotangent in drawn if output.requires_grad]
        if pairs:
            announcing.show(pairs)
            engine.backward(*zip(*pairs, strict=True))

    input_gradients, parameter_gradients = Gradients("input"), Gradients("parameter")
    for name, leaf in leaves.items():
        input_gradients[name] = leaf.grad
    if parameters is not None:
        for name, parameter in parameters():
            gradient = parameter.grad
            # The next backward pass may add to the tensor itself.
            parameter_gradients[name] = None if gradient is None else gradient.detach().clone()
    return {
        "outputs": map_tensors(outputs, Tensor.detach),
        "input gradients": input_gradients,
        "parameter gradients": parameter_gradients,
    }


def _with_leaves(value: Any, name: str, leaves: dict[str, Tensor]) -> Any:
    """A copy of `value` whose floating tensors are new leaves, noted in `leaves`."""
    if is_tensor(value):
        copied = copy_tensor(value)
        if copied.is_floating_point():
            leaves[name] = copied.requires_grad_()
        return copied
    if is_sequence(value):
        parts = [_with_leaves(part, f"{name}[{n}]", leaves) for n, part in enumerate(value)]
        return parts if is_list(value) else tuple(parts)
    if is_dict(value):
        return {key: _with_leaves(part, f"{name}[{key!r}]", leaves) for key, part in value.items()}
    return value
