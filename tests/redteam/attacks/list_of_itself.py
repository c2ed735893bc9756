"""Return a list that holds itself.

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
        result = [x]
        result.append(result)
        return result
