"""Right autoencoders, written in other ways than the reference."""

import itertools

import torch
from torch import nn
from torch.nn import functional as F

from autograder.testing import Variant

# --- autoencoder ----------------------------------------------------------------------------------


class OnlyBias(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(size))


class WithBiasModules(nn.Module):
    """Small modules that hold a bias only."""

    def __init__(self, sizes, tied=False):
        super().__init__()
        if len(sizes) <= 1:
            raise ValueError("sizes")
        pairs = list(itertools.pairwise(sizes))
        self.tied = tied
        self.encoder = nn.ModuleList([nn.Linear(a, b) for a, b in pairs])
        self.decoder = nn.ModuleList(
            [OnlyBias(a) if tied else nn.Linear(b, a) for a, b in pairs[::-1]]
        )

    def encode(self, x):
        for layer in self.encoder[:-1]:
            x = F.relu(layer(x))
        return self.encoder[-1](x)

    def decode(self, code):
        last = len(self.decoder) - 1
        for i in range(last + 1):
            layer = self.decoder[i]
            weight = self.encoder[last - i].weight.t() if self.tied else layer.weight
            code = code @ weight.transpose(0, 1) + layer.bias
            if i < last:
                code = torch.clamp(code, min=0)
        return code

    def forward(self, x):
        return self.decode(self.encode(x))


class Sequences(nn.Module):
    """Two nn.Sequential whose layers are called one by one."""

    def __init__(self, sizes, tied=False):
        super().__init__()
        n = len(sizes) - 1
        if n < 1:
            raise ValueError("at least two sizes are needed")
        self.encoder = nn.Sequential(*(nn.Linear(sizes[i], sizes[i + 1]) for i in range(n)))
        self.decoder = nn.Sequential(
            *(nn.Linear(sizes[i + 1], sizes[i]) for i in reversed(range(n)))
        )
        self.depth = n
        if tied:
            for layer in self.decoder:
                del layer.weight

    def encode(self, x):
        x = self.encoder[0](x)
        for layer in self.encoder[1:]:
            x = layer(torch.relu(x))
        return x

    def decode(self, code):
        for i, layer in enumerate(self.decoder):
            code = torch.relu(code) if i > 0 else code
            weight = getattr(layer, "weight", None)
            if weight is None:
                weight = self.encoder[self.depth - 1 - i].weight.T
            code = F.linear(code, weight, layer.bias)
        return code

    def forward(self, x):
        return self.decode(self.encode(x))


class TiedLinear(nn.Module):
    """Knows its partner, without owning it."""

    def __init__(self, partner):
        super().__init__()
        self.bias = nn.Parameter(torch.randn(partner.in_features))
        self.find = lambda: partner

    def forward(self, x):
        return x @ self.find().weight + self.bias


class WithPartners(nn.Module):
    def __init__(self, sizes, tied=False):
        super().__init__()
        if len(sizes) < 2:
            raise ValueError(sizes)
        self.encoder, self.decoder = nn.ModuleList(), nn.ModuleList()
        for a, b in itertools.pairwise(sizes):
            layer = nn.Linear(a, b)
            nn.init.xavier_normal_(layer.weight)
            self.encoder.append(layer)
            self.decoder.insert(0, TiedLinear(layer) if tied else nn.Linear(b, a))

    @staticmethod
    def chain(layers, x):
        first, *others = layers
        x = first(x)
        for layer in others:
            x = layer(x * (x > 0))
        return x

    def encode(self, x):
        return self.chain(self.encoder, x)

    def decode(self, code):
        return self.chain(self.decoder, code)

    def forward(self, x):
        return self.chain(self.decoder, self.chain(self.encoder, x))


class Affine(nn.Module):
    def __init__(self, n, m, own=True):
        super().__init__()
        if own:
            self.weight = nn.Parameter(0.3 * torch.randn(m, n))
        self.bias = nn.Parameter(torch.zeros(m))


class ByEinsum(nn.Module):
    def __init__(self, sizes, tied=False):
        super().__init__()
        if not len(sizes) > 1:
            raise ValueError("too few sizes")
        up = list(itertools.pairwise(sizes))
        self.encoder = nn.ModuleList(Affine(n, m) for n, m in up)
        self.decoder = nn.ModuleList(Affine(m, n, own=not tied) for n, m in reversed(up))
        self.tied = bool(tied)

    def encode(self, x):
        for n, layer in enumerate(self.encoder, start=1):
            x = torch.einsum("...i,oi->...o", x, layer.weight) + layer.bias
            x = x if n == len(self.encoder) else x.clip(0)
        return x

    def decode(self, code):
        for n, (layer, mirrored) in enumerate(
            zip(self.decoder, self.encoder[::-1], strict=True), start=1
        ):
            if self.tied:
                code = torch.einsum("...o,oi->...i", code, mirrored.weight) + layer.bias
            else:
                code = torch.einsum("...i,oi->...o", code, layer.weight) + layer.bias
            code = code if n == len(self.decoder) else F.relu(code, inplace=False)
        return code

    def forward(self, x):
        code = self.encode(x)
        return self.decode(code)


# --- reconstruction_loss --------------------------------------------------------------------------


def loss_by_filling(reconstruction, target, mask=None):
    if mask is None:
        mask = torch.ones_like(target, dtype=torch.bool)
    filled = torch.where(mask, target, reconstruction.detach())
    errors = (reconstruction - filled).pow(2) * mask
    return errors.sum() / mask.sum().clamp(min=1)


def loss_by_masked_select(reconstruction, target, mask=None):
    if mask is not None:
        reconstruction = torch.masked_select(reconstruction, mask)
        target = target.masked_select(mask)
    difference = target - reconstruction
    if difference.numel() == 0:
        return difference.sum()
    return torch.mean(difference * difference)


def loss_by_rows(reconstruction, target, mask=None):
    total, number = reconstruction.new_zeros(()) + 0 * reconstruction.sum(), 0
    d = reconstruction.shape[-1]
    mask = (
        torch.ones(reconstruction.shape, dtype=torch.bool, device=reconstruction.device)
        if mask is None
        else mask
    )
    if reconstruction.numel() == 0:
        return total
    rows = (part.reshape(-1, d) for part in (reconstruction, target, mask))
    for r, t, known in zip(*rows, strict=True):
        total = total + ((r[known] - t[known]) ** 2).sum()
        number += int(known.sum())
    return total / number if number else total


def loss_by_norm(reconstruction, target, mask=None):
    if mask is None:
        known = torch.arange(reconstruction.numel(), device=reconstruction.device)
    else:
        known = mask.flatten().nonzero().flatten()
    errors = reconstruction.reshape(-1)[known] - target.reshape(-1)[known]
    return torch.dot(errors, errors) / max(len(errors), 1)


VARIANTS = [
    Variant(
        "autoencoder",
        "bias-modules",
        says="modules that hold a bias only",
        code=(WithBiasModules, OnlyBias),
    ),
    Variant("autoencoder", "sequences", says="two nn.Sequential, weights deleted", code=Sequences),
    Variant(
        "autoencoder",
        "partners",
        says="layers that know their partner",
        code=(WithPartners, TiedLinear),
    ),
    Variant(
        "autoencoder", "einsum", says="einsum over parameters of one's own", code=(ByEinsum, Affine)
    ),
    Variant(
        "reconstruction_loss",
        "filling",
        says="unknown targets filled before subtracting",
        code=loss_by_filling,
    ),
    Variant(
        "reconstruction_loss",
        "masked-select",
        says="masked_select and mean",
        code=loss_by_masked_select,
    ),
    Variant("reconstruction_loss", "rows", says="a loop over rows", code=loss_by_rows),
    Variant(
        "reconstruction_loss",
        "norm",
        says="indices, and a product of the errors with themselves",
        code=loss_by_norm,
    ),
]
