"""End the process with the exit code of success.

kind: tampering
attacks: cell
mentions: ended its own process (exit code 0)
"""

import os

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        os._exit(0)
