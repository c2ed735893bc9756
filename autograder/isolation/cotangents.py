"""The cotangents that a test carries backward through a call, known on both sides of the wire.

A test that will differentiate what a call returns announces the seed of its cotangents before the call. The worker of the
first call after that differentiates at once and sends the gradients with the answer, which saves the second exchange; if
the test carries back anything else after all, they are not used.
"""

import contextlib
from collections.abc import Iterable, Iterator

import torch
from torch import Tensor

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


def draw(outputs: Iterable[Tensor], seed: int) -> Iterator[Tensor]:
    """A cotangent for each floating output; the others are left out.

    It is drawn in float64 for every dtype: another precision leaves the cotangents of the other outputs as they are.
    """
    generator = torch.Generator().manual_seed(seed)
    for output in outputs:
        if output.is_floating_point():
            yield torch.randn(output.shape, generator=generator, dtype=torch.float64).to(output)
