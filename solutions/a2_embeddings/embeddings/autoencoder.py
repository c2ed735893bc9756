"""An autoencoder: through a narrow place and back.

Handout: README.md, sections 18 and 19.
"""

from collections.abc import Sequence
from itertools import pairwise

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F


class Autoencoder(torch.nn.Module):
    """Layers that get narrower, and as many that get wider again.

    With sizes (n_0, n_1, ..., n_L), the encoder has L affine layers n_0 -> n_1 -> ... -> n_L with a
    ReLU *between* them; the code, which the last one makes, goes through no ReLU. The decoder has L
    affine layers n_L -> ... -> n_1 -> n_0, again with a ReLU between them and none at the end.

    Arguments:
        sizes: a list or tuple of at least two ints, each at least 1.
        tied: whether the decoder uses the weights of the encoder, transposed, and has none of its own.
            Layer i of the decoder then uses the transpose of `encoder.{L - 1 - i}.weight` *as it is when
            the decoder is used*: after a step of training, `load_state_dict`, `.double()` or
            `.to(device)`, it is the new weight's. The gradients of both uses arrive at that one
            parameter. The decoder's biases are its own.

    Attributes:
        encoder.i.weight (n_{i+1}, n_i), encoder.i.bias (n_{i+1},), decoder.i.weight
        (n_{L-i-1}, n_{L-i}), decoder.i.bias (n_{L-i-1},), for i = 0 ... L - 1: the parameters, named as
        those of two `torch.nn.ModuleList` of `torch.nn.Linear`, which may be used. If tied, there is
        no `decoder.i.weight` among the parameters and in the state dict. Weights start at random, as
        `torch.nn.Linear` does or otherwise with a standard deviation between 0.01 and 1; biases may
        start with any finite numbers. float32; `.double()` works.

    Raises:
        ValueError: fewer than two sizes.

    Source: handout, section 18; Hinton and Salakhutdinov, "Reducing the Dimensionality of Data with
        Neural Networks" (2006).
    """

    def __init__(self, sizes: Sequence[int], tied: bool = False):
        super().__init__()
        # BEGIN SOLUTION
        if len(sizes) < 2:
            raise ValueError(f"sizes {sizes} make no layer: give two or more")
        self.tied = tied
        self.encoder = torch.nn.ModuleList(torch.nn.Linear(*pair) for pair in pairwise(sizes))
        self.decoder = torch.nn.ModuleList(torch.nn.Linear(*pair) for pair in pairwise(sizes[::-1]))
        if tied:
            for layer in self.decoder:
                layer.register_parameter("weight", None)
        # END SOLUTION

    def encode(self, x: Float[Tensor, "*axes n_0"]) -> Float[Tensor, "*axes n_L"]:
        """The code of each vector.

        Arguments:
            x: (..., n_0): any leading axes, none at all and empty ones too.

        Returns:
            (..., n_L); any real numbers.
        """
        # BEGIN SOLUTION
        for i, layer in enumerate(self.encoder):
            x = layer(x.relu() if i else x)
        return x
        # END SOLUTION

    def decode(self, code: Float[Tensor, "*axes n_L"]) -> Float[Tensor, "*axes n_0"]:
        """What a code stands for.

        Arguments:
            code: (..., n_L), as `encode` returns it.

        Returns:
            (..., n_0); any real numbers.
        """
        # BEGIN SOLUTION
        weights = [layer.weight for layer in self.decoder]
        if self.tied:
            weights = [layer.weight.T for layer in reversed(self.encoder)]
        for i, (layer, weight) in enumerate(zip(self.decoder, weights, strict=True)):
            code = F.linear(code.relu() if i else code, weight, layer.bias)
        return code
        # END SOLUTION

    def forward(self, x: Float[Tensor, "*axes n_0"]) -> Float[Tensor, "*axes n_0"]:
        """`decode(encode(x))`."""
        # BEGIN SOLUTION
        return self.decode(self.encode(x))
        # END SOLUTION


def reconstruction_loss(
    reconstruction: Float[Tensor, "*axes d"],
    target: Float[Tensor, "*axes d"],
    mask: Bool[Tensor, "*axes d"] | None = None,
) -> Float[Tensor, ""]:
    """The mean of squared differences, over the elements that are known.

    Arguments:
        reconstruction: (..., d), floating.
        target: same shape, dtype and device.
        mask: None: all elements count. Otherwise bool of the same shape: those count where it is
            True. Where it is False the target plays no part, whatever it holds, nan and infinity
            included: neither the loss nor any gradient changes with it.

    Returns:
        A tensor of shape (), same dtype and device, differentiable with respect to reconstruction and
        target. If nothing counts (the mask is False everywhere, or there are no elements), the loss and
        its gradients are 0. No argument is changed.

    Source: handout, section 19.
    """
    # BEGIN SOLUTION
    if mask is not None:
        reconstruction, target = reconstruction[mask], target[mask]
    errors = (reconstruction - target).square()
    return errors.sum() / max(errors.numel(), 1)
    # END SOLUTION
