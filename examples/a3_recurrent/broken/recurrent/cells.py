"""Recurrent cells. A colon is missing below, so that Python cannot read the file."""

import torch
from torch import nn


class RNNCell(nn.Module)
    def __init__(self, input_size, hidden_size, bias=True):
        super().__init__()
        self.weight_ih = nn.Parameter(torch.empty(hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(hidden_size, hidden_size))
