"""Return a tensor of a gigabyte that takes four bytes here.

kind: exhausting
attacks: cell
mentions: too large
"""

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        return torch.ones(1).expand(2**28)
