"""A common mistake, which the feedback names: the weight is not transposed.

kind: mistakes
attacks: cell
earns: cell 8
mentions: equals the misconception weight_not_transposed
"""

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        return (x @ self.weight).tanh()
