"""Stop, so that no limit of processor time is ever reached.

kind: exhausting
attacks: cell
mentions: did not return within 1 s
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
        os.kill(os.getpid(), signal.SIGSTOP)
        return x
