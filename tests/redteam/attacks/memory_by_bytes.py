"""Take all memory, in pieces.

kind: exhausting
attacks: cell
mentions: MemoryError
"""

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        hoard = []
        while True:
            hoard.append(bytearray(2**24))
