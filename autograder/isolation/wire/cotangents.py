"""The cotangents of a seed, which both sides draw alike."""

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor


def draw(outputs: Iterable[Tensor], seed: int) -> Iterator[Tensor]:
    """A cotangent for each floating output; the others are left out.

    It is drawn in float64 for every dtype: another precision leaves the cotangents of the other outputs as they are.
    """
    generator = torch.Generator().manual_seed(seed)
    for output in outputs:
        if output.is_floating_point():
            yield torch.randn(output.shape, generator=generator, dtype=torch.float64).to(output)
