"""Send gradients ahead that have neither the number nor the shapes of what was differentiated.

kind: tampering
attacks: cell
mentions: gradients have the wrong form
earns: cell 8
"""

import torch
from torch import nn

from autograder.isolation.wire import engine

engine.gradients = lambda outputs, cotangents, leaves: [torch.ones(2, 3, 5), None, torch.ones(7)]


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        return (x @ self.weight.t()).tanh()
