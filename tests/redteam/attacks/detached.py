"""A result without a history: its values are right, its gradients are missing.

kind: mistakes
attacks: cell
earns: cell 8
"""

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        return (x @ self.weight.T).tanh().detach()
