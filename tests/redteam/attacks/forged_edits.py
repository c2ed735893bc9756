"""Claim that the inputs were edited in place to zeros, for which the answer is known.

The edit is repeated in the grader, as a call in one process would have done; a test whose expected result a constant
would match fails.

kind: tampering
attacks: cell
"""

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        with torch.no_grad():
            x.zero_()
        return torch.zeros_like(x) * self.weight.sum()
