"""Recurrent cells. The LSTM still has mistakes."""

import math

import torch
from torch import nn
from torch.nn.functional import linear


class Cell(nn.Module):
    def __init__(self, input_size, hidden_size, bias, gates):
        super().__init__()
        if input_size < 1 or hidden_size < 1:
            raise ValueError("input_size and hidden_size must be at least 1")
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.weight_ih = nn.Parameter(torch.empty(gates * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(gates * hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(torch.empty(gates * hidden_size)) if bias else None
        self.bias_hh = nn.Parameter(torch.empty(gates * hidden_size)) if bias else None
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -1 / math.sqrt(hidden_size), 1 / math.sqrt(hidden_size))

    def sums(self, input, h):
        if input.ndim != 2 or input.shape[1] != self.input_size:
            raise ValueError(f"expected (batch, {self.input_size})")
        if h is None:
            h = input.new_zeros(input.shape[0], self.hidden_size)
        return linear(input, self.weight_ih, self.bias_ih), linear(h, self.weight_hh, self.bias_hh)


class RNNCell(Cell):
    def __init__(self, input_size, hidden_size, bias=True):
        super().__init__(input_size, hidden_size, bias, 1)

    def forward(self, input, hx=None):
        x, h = self.sums(input, hx)
        return torch.tanh(x + h)


class LSTMCell(Cell):
    def __init__(self, input_size, hidden_size, bias=True):
        super().__init__(input_size, hidden_size, bias, 4)

    def forward(self, input, hx=None):
        h, c = hx if hx is not None else (None, 0.0)
        x, h = self.sums(input, h)
        f, i, g, o = (x + h).split(self.hidden_size, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
        return h, c


class GRUCell(Cell):
    def __init__(self, input_size, hidden_size, bias=True):
        super().__init__(input_size, hidden_size, bias, 3)

    def forward(self, input, hx=None):
        x, h = self.sums(input, hx)
        x_r, x_z, x_n = x.split(self.hidden_size, dim=1)
        h_r, h_z, h_n = h.split(self.hidden_size, dim=1)
        r = torch.sigmoid(x_r + h_r)
        z = torch.sigmoid(x_z + h_z)
        n = torch.tanh(x_n + r * h_n)
        return n - z * n if hx is None else n + z * (hx - n)
