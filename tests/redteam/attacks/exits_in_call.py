"""Raise SystemExit with the code of success.

kind: tampering
attacks: cell
mentions: SystemExit
"""

import sys

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        sys.exit(0)
