"""Start threads until no more can be had, and leave them running.

kind: exhausting
attacks: cell
mentions: RuntimeError | did not return | ended | MemoryError
"""

import threading
import time

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        while True:
            threading.Thread(target=time.sleep, args=(10**6,), daemon=True).start()
