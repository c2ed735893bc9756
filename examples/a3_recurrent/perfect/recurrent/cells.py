"""Three recurrent cells; each gate is computed by itself, from its own rows of the parameters."""

import torch
from torch import nn


class Gates(nn.Module):
    """The parameters of a cell, as `count` blocks of `hidden_size` rows."""

    count: int

    def __init__(self, input_size, hidden_size, bias=True):
        super().__init__()
        if min(input_size, hidden_size) < 1:
            raise ValueError(f"sizes must be positive, got {input_size} and {hidden_size}")
        self.input_size, self.hidden_size = input_size, hidden_size
        rows = self.count * hidden_size
        shapes = {"weight_ih": (rows, input_size), "weight_hh": (rows, hidden_size)}
        if bias:
            shapes |= {"bias_ih": (rows,), "bias_hh": (rows,)}
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            start = None
            if name in shapes:
                start = nn.Parameter((2 * torch.rand(shapes[name]) - 1) * hidden_size**-0.5)
            self.register_parameter(name, start)

    def block(self, k, values, source):
        """Block k of the affine map of `values`; `source` is "ih" or "hh"."""
        rows = slice(k * self.hidden_size, (k + 1) * self.hidden_size)
        result = torch.einsum("bi,hi->bh", values, getattr(self, f"weight_{source}")[rows])
        bias = getattr(self, f"bias_{source}")
        return result if bias is None else result + bias[rows]

    def both(self, k, x, h):
        return self.block(k, x, "ih") + self.block(k, h, "hh")

    def start(self, x):
        """Zeros to begin with, after a look at the input."""
        if x.dim() != 2 or x.size(1) != self.input_size:
            raise ValueError(f"input should be (batch, {self.input_size}), not {tuple(x.shape)}")
        return torch.zeros(len(x), self.hidden_size, dtype=x.dtype, device=x.device)


class RNNCell(Gates):
    count = 1

    def forward(self, input, hx=None):
        zeros = self.start(input)
        return self.both(0, input, zeros if hx is None else hx).tanh()


class LSTMCell(Gates):
    count = 4

    def forward(self, input, hx=None):
        zeros = self.start(input)
        h, c = (zeros, zeros) if hx is None else hx
        write, keep, show = (self.both(k, input, h).sigmoid() for k in (0, 1, 3))
        candidate = self.both(2, input, h).tanh()
        c = keep * c + write * candidate
        return show * c.tanh(), c


class GRUCell(Gates):
    count = 3

    def forward(self, input, hx=None):
        zeros = self.start(input)
        h = zeros if hx is None else hx
        reset, update = (self.both(k, input, h).sigmoid() for k in (0, 1))
        candidate = (self.block(2, input, "ih") + reset * self.block(2, h, "hh")).tanh()
        return torch.lerp(candidate, h, update)
