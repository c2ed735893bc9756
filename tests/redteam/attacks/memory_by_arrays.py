"""Take memory through NumPy, which asks for zeroed pages.

kind: exhausting
attacks: cell
mentions: MemoryError | did not return
"""

import numpy as np
import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        hoard = []
        while True:
            hoard.append(np.ones(2**22))
