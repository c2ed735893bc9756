"""Carry the hidden inputs out in the text of an exception.

On a hidden test a student sees no text that a submission chose.

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
        raise ValueError("LEAK" + str(x.tolist()))
