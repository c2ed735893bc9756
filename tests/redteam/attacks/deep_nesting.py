"""Return lists nested a hundred thousand deep.

kind: exhausting
attacks: cell
mentions: nested
"""

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        result = []
        for _ in range(10**5):
            result = [result]
        return result
