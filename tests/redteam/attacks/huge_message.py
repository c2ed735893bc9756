"""Raise an error with a message of a hundred megabytes.

kind: exhausting
attacks: cell
mentions: ValueError | MemoryError
"""

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        raise ValueError("x" * 10**8)
