"""One step of normalisation, as a layer of a network does it."""

import torch
from jaxtyping import Float
from torch import Tensor


def standardize(x: Float[Tensor, "batch features"]) -> Float[Tensor, "batch features"]:
    """Shift and scale every row to mean 0 and variance 1.

    y = (x - mean) / sqrt(variance + 1e-5)                             (handout, equation 1)

    mean and variance are those of the row; the variance is divided by the number of features.

    Args:
        x: (batch, features), floating, at least one feature.

    Returns:
        (batch, features), of the dtype and device of `x`, which stays as it was.
    """
    # BEGIN SOLUTION
    mean = x.mean(dim=1, keepdim=True)
    variance = (x - mean).square().mean(dim=1, keepdim=True)
    return (x - mean) / torch.sqrt(variance + 1e-5)
    # END SOLUTION
