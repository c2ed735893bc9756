"""Right programs for standardize, written in other ways than the reference; none may lose a point."""

import torch

from autograder.testing import Variant


def by_library(x):
    return torch.nn.functional.layer_norm(x, x.shape[1:])


def by_rsqrt(x):
    centred = x - x.sum(1)[:, None] / x.shape[1]
    return centred * (centred.pow(2).mean(1) + 1e-5).rsqrt()[:, None]


def row_by_row(x):
    return torch.stack([(row - row.mean()) / (row.var(correction=0) + 1e-5) ** 0.5 for row in x])


def double_inside(x):
    wide = x.double()
    variance, mean = torch.var_mean(wide, dim=-1, correction=0, keepdim=True)
    return ((wide - mean) / (variance + 1e-5).sqrt()).to(x.dtype)


VARIANTS = [
    Variant("standardize", "by-library", says="PyTorch's layer_norm", code=by_library),
    Variant("standardize", "by-rsqrt", says="centred once, then rsqrt", code=by_rsqrt),
    Variant("standardize", "row-by-row", says="a loop over the rows", code=row_by_row),
    Variant("standardize", "double-inside", says="float64 inside", code=double_inside),
]
