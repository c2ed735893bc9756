"""Recurrent cells. Nothing is done yet."""

from torch import nn


class RNNCell(nn.Module):
    def __init__(self, input_size, hidden_size, bias=True):
        super().__init__()
        raise NotImplementedError("rnn_cell: not started")

    def forward(self, input, hx=None):
        raise NotImplementedError("rnn_cell: not started")


class LSTMCell(nn.Module):
    def __init__(self, input_size, hidden_size, bias=True):
        super().__init__()
        raise NotImplementedError("lstm_cell: not started")

    def forward(self, input, hx=None):
        raise NotImplementedError("lstm_cell: not started")


class GRUCell(nn.Module):
    def __init__(self, input_size, hidden_size, bias=True):
        super().__init__()
        raise NotImplementedError("gru_cell: not started")

    def forward(self, input, hx=None):
        raise NotImplementedError("gru_cell: not started")
