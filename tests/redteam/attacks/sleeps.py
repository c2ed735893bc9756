"""Sleep, which costs no processor time.

kind: exhausting
attacks: cell
mentions: did not return within 1 s
"""

import time

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        time.sleep(10**6)
