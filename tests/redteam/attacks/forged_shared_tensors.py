"""Claim that every shared tensor has changed, so that the grader's own tensors become zeros.

What a worker may change are the tensors that the test lent to it; the reference's are not among them.

kind: tampering
attacks: cell
"""

import sys

import torch
from torch import nn


def worker():
    """The object that answers the grader, found among the callers."""
    frame = sys._getframe()
    while not hasattr(frame.f_locals.get("self"), "connection"):
        frame = frame.f_back
    return frame.f_locals["self"]


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        data = ["float32", [2, 2], 0, None, "cpu"]
        sync = [[number, False, False, data, None] for number in range(40)]
        worker().connection.send({"value": None, "sync": sync}, [bytes(16)])
        return torch.zeros_like(x)
