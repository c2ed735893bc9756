"""Return random numbers drawn with the grader's seed.

kind: cheating
attacks: cell
"""

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        torch.manual_seed(0)
        return torch.randn_like(x)
