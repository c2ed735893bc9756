"""Take memory in huge pages, which count apart from others.

kind: exhausting
attacks: cell
mentions: OSError | MemoryError
"""

import mmap

import torch
from torch import nn

HUGE = 0x40000  # MAP_HUGETLB, then transparent ones


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        maps = []
        for flags in (HUGE, 0):
            for _ in range(64):
                try:
                    part = mmap.mmap(-1, 2**26, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | flags)
                except OSError:
                    if not flags:
                        raise
                    break
                part.madvise(mmap.MADV_HUGEPAGE)
                part.write(bytes(2**26))
                maps.append(part)
        return x
