"""Carry the hidden inputs out in the message that a name is missing, which the worker sends.

kind: reading
attacks: cell
"""

import torch
from torch import nn


class Missing(Exception):
    pass


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        raise Missing("LEAK" + str(x.tolist()))
