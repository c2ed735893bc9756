"""Carry the hidden inputs out in the name of an exception's class.

kind: reading
attacks: cell
mentions: LEAK
"""

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        raise type("LEAK" + str(x.tolist()), (Exception,), {})
