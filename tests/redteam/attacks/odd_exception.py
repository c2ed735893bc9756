"""Raise an exception whose text and class are as hostile as they can be.

kind: tampering
attacks: cell
"""

import torch
from torch import nn


class Meta(type):
    def __getattribute__(cls, name):
        raise SystemExit(name)


class Odd(BaseException, metaclass=Meta):
    def __str__(self):
        raise SystemExit

    __repr__ = __reduce__ = __str__


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        raise Odd
