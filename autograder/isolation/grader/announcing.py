"""Cotangents that a test announces before it carries them backward, so that the worker can differentiate at once.

A test that will differentiate what a call returns announces the seed of its cotangents before the call. The worker of the
first call after that differentiates at once and sends the gradients with the answer, which saves the second exchange.
Before the backward pass the test shows what it is going to carry through which outputs, so that where one call was given
what another returned one exchange differentiates them all. If the test carries back anything else after all, what was
sent ahead is not used.
"""

import contextlib
from collections.abc import Iterator, Sequence

from torch import Tensor

from autograder.isolation.grader.nodes import link_of

_announced: int | None = None


@contextlib.contextmanager
def announced(seed: int) -> Iterator[None]:
    """For the length of a with statement: what is called will be differentiated with the cotangents of `seed`."""
    global _announced
    outer, _announced = _announced, seed
    try:
        yield
    finally:
        _announced = outer


def take_announced() -> int | None:
    """The announced seed, for whoever asks first: of several calls each gets other cotangents."""
    global _announced
    seed, _announced = _announced, None
    return seed


def show(pairs: Sequence[tuple[Tensor, Tensor]]) -> None:
    """Tell the worker which outputs of its calls are going to be carried backward at once, with which cotangents."""
    links = [link_of(output) for output, _ in pairs]
    calls = {link.number: link for link in links if link is not None}
    sessions = {link.session for link in calls.values()}
    if None in links or len(sessions) != 1 or all(link.foreseen for link in calls.values()):
        return
    given = {
        number: {
            output.output_nr: cotangent
            for link, (output, cotangent) in zip(links, pairs, strict=True)
            if link.number == number
        }
        for number in calls
    }
    sessions.pop().differentiate(given)
