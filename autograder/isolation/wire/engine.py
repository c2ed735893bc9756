"""Backward passes with given cotangents, as `torch.autograd` makes them but without what it imports for that.

`torch.autograd.backward` and `grad` compare the shapes of outputs and cotangents as symbols, for which they import sympy:
0.2 seconds and 500 modules, in a zygote and so in every fork of it. The engine compares shapes, too. (Optimisers import sympy
as well, so that only a zygote without them is rid of it.) The function used here is torch's own and not public.
"""

from collections.abc import Sequence

from torch import Tensor
from torch.autograd.graph import _engine_run_backward

GRAPH_LIMIT = 200_000  # nodes of a graph that are looked at


def backward(
    outputs: Sequence[Tensor], cotangents: Sequence[Tensor], retain_graph: bool = False
) -> None:
    """Add to `.grad` of the leaves what arrives there, as `torch.autograd.backward` does.

    Raises:
        RuntimeError: a cotangent does not fit its output, or an output needs no gradient.
    """
    _engine_run_backward(
        tuple(outputs),
        tuple(cotangents),
        retain_graph,
        False,  # create_graph
        (),
        allow_unreachable=True,
        accumulate_grad=True,
    )


def gradients(
    outputs: Sequence[Tensor], cotangents: Sequence[Tensor], inputs: Sequence[Tensor]
) -> list[Tensor | None]:
    """What arrives at each of `inputs`, None for nothing, as `torch.autograd.grad` says it; keeps the graph.

    Raises:
        RuntimeError: a cotangent does not fit its output, or an output or input needs no gradient.
    """
    found = _engine_run_backward(
        tuple(outputs),
        tuple(cotangents),
        True,  # retain_graph
        False,  # create_graph
        tuple(inputs),
        allow_unreachable=True,
        accumulate_grad=False,
    )
    return list(found)


def leaves_of(outputs: Sequence[Tensor]) -> list[Tensor]:
    """The tensors that the graph of `outputs` leads back to."""
    seen, stack, leaves = set(), [output.grad_fn for output in outputs], []
    while stack and len(seen) < GRAPH_LIMIT:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if hasattr(node, "variable"):
            leaves.append(node.variable)
        else:
            stack.extend(parent for parent, _ in node.next_functions if parent is not None)
    return leaves
