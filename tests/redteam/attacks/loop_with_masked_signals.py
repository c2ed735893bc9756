"""Loop for ever, deaf to every signal that can be masked or ignored.

kind: exhausting
attacks: cell
mentions: did not return within 1 s
"""

import signal

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))
        for number in set(range(1, 32)) - {signal.SIGKILL, signal.SIGSTOP}:
            signal.signal(number, signal.SIG_IGN)
        while True:
            pass
