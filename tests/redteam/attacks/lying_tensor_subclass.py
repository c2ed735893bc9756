"""Return a tensor of a class whose `__torch_function__` answers True to everything.

Only its bytes cross to the grader, which makes a plain tensor of them.

kind: tampering
attacks: cell
mentions: shape
"""

import torch
from torch import nn


class Liar(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return True

    def __eq__(self, other):
        return True


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        return torch.zeros(1).as_subclass(Liar)
