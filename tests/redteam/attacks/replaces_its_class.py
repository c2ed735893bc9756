"""Return a module whose parameters change their shape and kind while it is used.

kind: tampering
attacks: cell
"""

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        self.weight = nn.Parameter(torch.zeros(0, 2**20))
        self.register_buffer("more", torch.zeros(3, dtype=torch.bool))
        return x
