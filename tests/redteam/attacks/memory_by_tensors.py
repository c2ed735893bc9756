"""Ask for a tensor larger than the machine.

kind: exhausting
attacks: cell
mentions: RuntimeError
"""

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        return torch.ones(2**36)
