"""Put modules of its own in the place of the reference and of the grader.

kind: tampering
attacks: cell
"""

import sys
import types

import torch
from torch import nn

for name in (
    "solutions",
    "solutions.a0_mini.mini.ops",
    "autograder.testing",
    "pytest",
    "hypothesis",
):
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].assert_matches = lambda *args, **kwargs: None


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        return -x
