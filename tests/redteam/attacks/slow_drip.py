"""Send an answer byte by byte, always just in time for a limit on each byte.

kind: exhausting
attacks: cell
mentions: did not return within 1 s
"""

import contextlib
import os
import struct
import time

import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        head = struct.pack("!4sIQ", b"AGW1", 10**6, 0)
        for byte in head + b"[" * 10**6:
            for descriptor in range(3, 8):
                with contextlib.suppress(OSError):
                    os.write(descriptor, bytes([byte]))
            time.sleep(0.02)
