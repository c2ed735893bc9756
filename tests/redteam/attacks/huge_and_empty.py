"""Return a tensor without elements whose other axes are huge.

kind: exhausting
attacks: cell
"""

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        return torch.empty(0, 2**39)
