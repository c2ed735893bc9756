"""Return nan, which equals nothing and is larger than nothing.

kind: cheating
attacks: cell
mentions: nan or infinite values | not finite
"""

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        return x * float("nan")
