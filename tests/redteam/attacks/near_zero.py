"""Return almost zero, in the hope of a generous absolute tolerance.

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
        return x * self.weight.sum() * 1e-9
