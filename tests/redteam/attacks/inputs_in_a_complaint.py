"""Carry the hidden inputs out in a message like one of torch's, which is told to students in kind.

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
        raise RuntimeError(
            "mat1 and mat2 shapes cannot be multiplied (LEAK" + str(x.tolist()) + ")"
        )
