"""Carry the hidden inputs out in a message like that of a call with wrong arguments, which is told to students.

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
        digits = "".join(c if c.isdigit() else "_" for c in str(x.tolist()))
        raise TypeError(f"LEAK0{digits}() got an unexpected keyword argument 'LEAK0{digits}'")
