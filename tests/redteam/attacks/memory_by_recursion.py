"""Take the whole stack.

kind: exhausting
attacks: cell
"""

import sys

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        sys.setrecursionlimit(10**9)
        return self.forward(x)
