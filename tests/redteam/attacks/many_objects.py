"""Return a hundred thousand objects that the grader has to keep proxies of.

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
        return [object() for _ in range(10**5)]
