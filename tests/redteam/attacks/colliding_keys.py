"""Return a set of a hundred thousand numbers with one hash, which takes hours to build.

kind: exhausting
attacks: cell
mentions: no answer
"""

import sys

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        prime = 2**61 - 1
        forged = {"s": [{"i": hex(number * prime)} for number in range(100_000)]}
        frame = sys._getframe()
        while not hasattr(frame.f_locals.get("self"), "connection"):
            frame = frame.f_back
        frame.f_locals["self"].connection.send({"value": forged})
        return x
