"""The right numbers in the wrong type.

kind: mistakes
attacks: cell
mentions: dtype
"""

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        return (x @ self.weight.T).tanh().half()
