"""Return an object whose `__class__` says that it is a tensor.

kind: tampering
attacks: cell
mentions: Pretender
"""

import torch
from torch import nn


class Pretender:
    __class__ = torch.Tensor
    shape = torch.Size([1, 2])
    dtype = torch.float32

    def __sub__(self, other):
        return torch.zeros(1)


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        return Pretender()
