"""End by a signal.

kind: exhausting
attacks: cell
mentions: ended by signal 9
"""

import os
import signal

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        os.kill(os.getpid(), signal.SIGKILL)
