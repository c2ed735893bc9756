"""Raise what makes Hypothesis throw an example away, and unittest skip a test.

A student's exception never keeps its class: it fails the test like any other.

kind: tampering
attacks: cell
mentions: UnsatisfiedAssumption | SkipTest
"""

import unittest

import torch
from hypothesis.errors import UnsatisfiedAssumption
from torch import nn


class Cell(nn.Module):
    def __init__(self, size):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(size, size))

    def forward(self, x):
        raise UnsatisfiedAssumption if len(x) > 1 else unittest.SkipTest
