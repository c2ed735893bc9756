"""Carry the hidden inputs out in keys and types of the result, which a message might quote.

kind: reading
attacks: cell
"""

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        return {"LEAK" + str(x.tolist()): type("LEAK" + str(x.tolist()), (), {})()}
