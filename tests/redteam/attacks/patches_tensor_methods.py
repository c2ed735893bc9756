"""Redefine the operators of `torch.Tensor` itself, so that every comparison of tensors holds.

kind: tampering
attacks: cell
"""

import torch
from torch import nn

for name in ("__eq__", "__le__", "__lt__", "eq", "equal", "allclose", "isclose"):
    setattr(torch.Tensor, name, lambda *args, **kwargs: torch.tensor(True))
torch.Tensor.tolist = lambda self: [2.0, 4.0]


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        return torch.full_like(x, 3)
