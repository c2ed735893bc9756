"""Send gradients of its own making ahead with the answer, for the cotangents that the worker was told.

They are claims like the values, and compared like them. The public test looks at values alone.

kind: tampering
attacks: cell
mentions: gradient
earns: cell 8
"""

import torch
from torch import nn

from autograder.isolation.wire import engine

engine.gradients = lambda outputs, cotangents, leaves: [torch.ones_like(leaf) for leaf in leaves]


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        return (x @ self.weight.t()).tanh()
