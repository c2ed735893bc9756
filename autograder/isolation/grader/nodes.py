"""Calls of student code in the autograd graph of the grader."""

from collections.abc import Callable

import torch
from torch import Tensor

from autograder.isolation.wire.frames import ProtocolError


class Link:
    """Ties an autograd node here to the graph that the worker keeps; when the node goes, so may the graph."""

    def __init__(self, session, number: int, leaves: list[Tensor], sent: Callable[[int], Tensor]):
        """`sent` gives, by their number, the outputs as they came."""
        self.session = session
        self.number = number
        self.sent = sent
        self._forms = [(leaf.shape, leaf.dtype) for leaf in leaves]
        self._foreseen: tuple[list[Tensor | None], list] | None = None

    @property
    def foreseen(self) -> bool:
        """Whether gradients have been sent ahead."""
        return self._foreseen is not None

    def accepts(self, gradients: list) -> bool:
        """Whether these can be the gradients of the leaves; None where nothing arrived."""
        return len(gradients) == len(self._forms) and all(
            gradient is None
            or (isinstance(gradient, Tensor) and (gradient.shape, gradient.dtype) == form)
            for gradient, form in zip(gradients, self._forms, strict=True)
        )

    def foresee(self, grads: list[Tensor | None], gradients: list) -> None:
        """Keep what the worker sent ahead: the gradients for `grads` of the outputs."""
        if not self.accepts(gradients):
            raise ProtocolError("gradients have the wrong form")
        self._foreseen = grads, gradients

    def take_foreseen(self, grads: tuple) -> list | None:
        """The gradients that were sent ahead if they belong to these of the outputs; only once, because autograd may go on
        with the tensors themselves."""
        foreseen, self._foreseen = self._foreseen, None
        if foreseen is None:
            return None
        expected, gradients = foreseen
        fits = len(grads) == len(expected) and all(map(_same, grads, expected))
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


def _same(a: Tensor | None, b: Tensor | None) -> bool:
    return a is b if a is None or b is None else torch.equal(a, b)


def link_of(tensor: Tensor) -> Link | None:
    """The link of the remote call that gave a tensor, unless something has been done to it since."""
    link = getattr(tensor.grad_fn, "link", None)
    return link if isinstance(link, Link) else None
