"""Return a list that holds one list twice, which holds one list twice, and so on: 2**80 parts.

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
        result = [x.tolist()]
        for _ in range(80):
            result = [result, result]
        return result
