"""Calls of student code in the autograd graph of the grader."""

import torch
from torch import Tensor

from autograder.isolation import cotangents
from autograder.isolation.frames import ProtocolError


class Link:
    """Ties an autograd node here to the graph that the worker keeps; when the node goes, so may the graph."""

    def __init__(self, session, number: int, leaves: list[Tensor]):
        self.session = session
        self.number = number
        self._forms = [(leaf.shape, leaf.dtype) for leaf in leaves]
        self._foreseen: tuple[list[Tensor], list] | None = None

    def accepts(self, gradients: list) -> bool:
        """Whether these can be the gradients of the leaves; None where nothing arrived."""
        return len(gradients) == len(self._forms) and all(
            gradient is None
            or (isinstance(gradient, Tensor) and (gradient.shape, gradient.dtype) == form)
            for gradient, form in zip(gradients, self._forms, strict=True)
        )

    def foresee(self, seed: int, outputs: tuple[Tensor, ...], gradients: list) -> None:
        """Keep what the worker sent ahead: the gradients for the cotangents of `seed`."""
        if not self.accepts(gradients):
            raise ProtocolError("gradients have the wrong form")
        self._foreseen = (list(cotangents.draw(outputs, seed)), gradients)

    def take_foreseen(self, grads: tuple) -> list | None:
        """The gradients that were sent ahead if they belong to these cotangents; only once, because autograd may go on
        with the tensors themselves."""
        foreseen, self._foreseen = self._foreseen, None
        if foreseen is None:
            return None
        drawn, gradients = foreseen
        fits = all(
            grad is not None and torch.equal(grad, cotangent)
            for grad, cotangent in zip(grads, drawn, strict=True)
        )
        return gradients if fits else None

    def __del__(self):
        self.session.dropped_nodes.append(self.number)


class RemoteNode(torch.autograd.Function):
    """A remote call in the graph of the grader: its backward runs in the worker."""

    @staticmethod
    def forward(ctx, link: Link, outputs: tuple, *leaves):
        ctx.link = link
        ctx.set_materialize_grads(False)
        return outputs

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, *grads):
        return None, None, *ctx.link.session.backward(ctx.link, grads)
