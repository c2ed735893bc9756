"""Raise an error whose text takes for ever.

kind: exhausting
attacks: cell
mentions: did not return within 1 s
"""

import torch
from torch import nn


class Endless(Exception):
    def __str__(self):
        while True:
            pass


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        raise Endless
