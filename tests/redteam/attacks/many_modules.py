"""Return thousands of modules, each with parameters that both sides share.

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
        return [nn.Linear(3, 3) for _ in range(2000)]
