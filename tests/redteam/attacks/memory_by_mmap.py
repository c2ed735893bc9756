"""Take memory past the allocator, in shared anonymous maps.

kind: exhausting
attacks: cell
mentions: OSError | MemoryError | died | RuntimeError | ended
"""

import mmap

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        maps = [mmap.mmap(-1, 2**26) for _ in range(64)]
        return x + sum(part.write(bytes(2**26)) for part in maps)
