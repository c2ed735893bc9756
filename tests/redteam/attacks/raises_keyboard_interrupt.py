"""Raise what ends a program that somebody interrupts.

kind: tampering
attacks: cell
mentions: KeyboardInterrupt
"""

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        raise KeyboardInterrupt
