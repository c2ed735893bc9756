"""Carry the hidden inputs out in the names of parameters, which a test lists when they are not the expected ones.

kind: reading
attacks: cell
earns: cell 8
mentions: LEAK
"""

import torch
from torch import nn

seen = []


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))
        if seen:
            self.register_parameter("LEAK" + seen[-1], nn.Parameter(torch.zeros(1)))

    def forward(self, x):
        seen.append(str(x.tolist()).replace(".", "_"))
        return (x @ self.weight.t()).tanh()
