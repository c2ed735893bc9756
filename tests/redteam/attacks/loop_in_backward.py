"""Loop for ever in the backward pass only; the public test has none.

kind: exhausting
attacks: cell
mentions: did not return within 1 s
earns: cell 8
"""

import itertools

import torch
from torch import nn


def endless(grad):
    for _ in itertools.count():
        pass


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        result = (x @ self.weight.t()).tanh()
        if result.requires_grad:
            result.register_hook(endless)
        return result
