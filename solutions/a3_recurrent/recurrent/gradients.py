"""Gradients through time: why they vanish or explode, measured, and the usual cure."""

from collections.abc import Iterable

import torch
from jaxtyping import Float
from torch import Tensor, nn


def clip_gradients(parameters: Iterable[nn.Parameter], max_norm: float) -> Float[Tensor, ""]:
    """Shrink all gradients together, in place, if they are too large together.

    norm = sqrt(sum of the squares of all entries of all gradients)
    g   <- g * max_norm / (norm + 1e-6)   for every gradient g, if that factor is below 1

    All gradients are scaled by the same factor, so the direction of the step stays the same.

    Args:
        parameters: an iterable of parameters, perhaps a generator such as `model.parameters()`,
            which can be read once. Their `.grad` fields are read and changed; a parameter whose `.grad` is None is skipped.
        max_norm: the largest norm that is left alone, at least 0.

    Returns:
        The norm before clipping, a tensor of shape () and of any floating dtype (0 when no
        parameter has a gradient).

    Source: Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent neural networks",
    2013, algorithm 1.
    """
    # BEGIN SOLUTION
    gradients = [p.grad for p in parameters if p.grad is not None]
    if not gradients:
        return torch.tensor(0.0)
    norm = torch.stack([gradient.norm() for gradient in gradients]).norm()
    factor = (max_norm / (norm + 1e-6)).clamp(max=1.0)
    for gradient in gradients:
        gradient.mul_(factor)
    return norm
    # END SOLUTION


def gradient_norm_by_step(
    cell: nn.Module, inputs: Float[Tensor, "batch steps input_size"]
) -> Float[Tensor, " steps"]:
    """How strongly the last hidden state depends on the input at each step.

    For every t: the 2-norm over the features of d(h_T[0] + ... + h_T[hidden_size - 1]) / d x_t,
    where h_T is the hidden state after the last step, averaged over the batch. When it falls to
    nothing towards the early steps, the cell cannot learn from what happened there.

    Args:
        cell: any cell, as described at the top of `layers.py`; it starts from a state of zeros.
            Its state is h, or a tuple whose first tensor is h.
        inputs: (batch, steps, input_size), floating, no padding; at least one sequence and one
            step.

    Returns:
        (steps,), of the inputs' dtype, without a graph (it does not require gradients).

    The arguments stay as they were: no `.grad` of `inputs` or of the cell's parameters is set or
    changed, nor whether `inputs` requires gradients.

    Source: Bengio, Simard and Frasconi, "Learning Long-Term Dependencies with Gradient Descent is
    Difficult", 1994; Pascanu, Mikolov and Bengio 2013, section 2.
    """
    # BEGIN SOLUTION
    inputs = inputs.detach().requires_grad_()
    state = None
    for step in range(inputs.size(1)):
        state = cell(inputs[:, step], state)
    hidden = state if isinstance(state, Tensor) else state[0]
    (gradient,) = torch.autograd.grad(hidden.sum(), inputs)
    return gradient.norm(dim=2).mean(dim=0)
    # END SOLUTION
