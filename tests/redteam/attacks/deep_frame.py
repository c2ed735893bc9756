"""Send a frame whose tree is nested a million deep.

kind: exhausting
attacks: cell
mentions: no answer | did not return
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
        text = b"[" * 10**6
        for descriptor in range(3, 8):
            with contextlib.suppress(OSError):
                os.write(descriptor, struct.pack("!4sIQ", b"AGW1", len(text), 0) + text)
        return x
