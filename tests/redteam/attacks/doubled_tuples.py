"""Return a tuple doubled eighty times: small here, since every part is the same object.

kind: exhausting
attacks: cell
"""

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        result = (0,)
        for _ in range(80):
            result = (result, result)
        return result
