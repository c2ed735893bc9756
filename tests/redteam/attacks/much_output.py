"""Write gigabytes to the standard descriptors.

kind: exhausting
attacks: cell
"""

import os
import sys

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        for _ in range(2**11):
            os.write(1, bytes(2**20))
            sys.stderr.write("x" * 2**10)
        return x
