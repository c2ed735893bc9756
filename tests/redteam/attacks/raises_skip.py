"""Raise pytest's own `skip`, so that the tests count as not run.

A student's exception never keeps its class: it fails the test like any other.

kind: tampering
attacks: cell
mentions: Skipped
"""

import pytest
import torch
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        pytest.skip("not today")
