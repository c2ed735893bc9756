"""Open files until no more can be had.

kind: exhausting
attacks: cell
mentions: OSError
"""

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        opened = []
        while True:
            opened.append(open("/dev/null"))  # noqa: SIM115
