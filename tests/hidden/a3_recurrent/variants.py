"""Right cells, written in other ways than the reference; none may lose a point."""

import math

import torch
from torch import nn
from torch.nn.functional import linear

from autograder.testing import Variant
from solutions.a3_recurrent.recurrent.cells import Cell, GRUCell, LSTMCell, RNNCell


def product(x, weight, bias):
    """W x + b by `@`, without `linear`."""
    result = x @ weight.T
    return result if bias is None else result + bias


# --- rnn_cell -------------------------------------------------------------------------------------


class RNNMatmul(RNNCell):
    def forward(self, input, hx=None):
        self.check_input(input)
        total = product(input, self.weight_ih, self.bias_ih)
        if hx is not None:
            total = total + hx @ self.weight_hh.T
        if self.bias_hh is not None:
            total = total + self.bias_hh
        return total.tanh()


class RNNEinsum(RNNCell):
    def forward(self, input, hx=None):
        self.check_input(input)
        if hx is None:
            hx = torch.zeros(len(input), self.hidden_size, dtype=input.dtype, device=input.device)
        total = torch.einsum("bi,hi->bh", input, self.weight_ih)
        total = total + torch.einsum("bk,hk->bh", hx, self.weight_hh)
        for bias in (self.bias_ih, self.bias_hh):
            if bias is not None:
                total = total + bias[None, :]
        return torch.tanh(total)


class RNNConcatenated(RNNCell):
    """One product: input and state side by side, and the weights likewise."""

    def forward(self, input, hx=None):
        self.check_input(input)
        if hx is None:
            hx = torch.zeros_like(input[:, :1]).expand(-1, self.hidden_size)
        weight = torch.cat([self.weight_ih, self.weight_hh], dim=1)
        bias = None if self.bias_ih is None else self.bias_ih + self.bias_hh
        return torch.tanh(linear(torch.cat([input, hx], dim=1), weight, bias))


class RNNRowByRow(RNNCell):
    def forward(self, input, hx=None):
        self.check_input(input)
        rows = []
        for k in range(input.shape[0]):
            total = torch.mv(self.weight_ih, input[k])
            if hx is not None:
                total = total + torch.mv(self.weight_hh, hx[k])
            if self.bias_ih is not None:
                total = total + self.bias_ih + self.bias_hh
            rows.append(total.tanh())
        return torch.stack(rows)


class RNNDoubleInside(RNNCell):
    def forward(self, input, hx=None):
        self.check_input(input)
        total = product(input.double(), self.weight_ih.double(), self.bias_ih)
        hx = input.new_zeros(len(input), self.hidden_size) if hx is None else hx
        total = total + product(hx.double(), self.weight_hh.double(), self.bias_hh)
        return torch.tanh(total).to(input.dtype)


class RNNInPlaceOnOwn(RNNCell):
    """In-place operations, but only on tensors made here."""

    def forward(self, input, hx=None):
        self.check_input(input)
        total = input @ self.weight_ih.T
        if hx is not None:
            total += hx @ self.weight_hh.T
        if self.bias_ih is not None:
            total.add_(self.bias_ih).add_(self.bias_hh)
        return total.tanh_()


class RNNTanhBySigmoid(RNNCell):
    def forward(self, input, hx=None):
        self.check_input(input)
        hx = input.new_zeros(len(input), self.hidden_size) if hx is None else hx
        total = product(input, self.weight_ih, self.bias_ih)
        total = total + product(hx, self.weight_hh, self.bias_hh)
        return 2 * torch.sigmoid(2 * total) - 1


class RNNOwnModule(nn.Module):
    """All by hand, constructor included; a bias that is not there is a plain None attribute."""

    def __init__(self, input_size, hidden_size, bias=True):
        super().__init__()
        if min(input_size, hidden_size) < 1:
            raise ValueError("sizes must be positive")
        self.hidden_size = hidden_size
        k = 1 / math.sqrt(hidden_size)
        self.bias_hh = nn.Parameter(torch.rand(hidden_size) * 2 * k - k) if bias else None
        self.bias_ih = nn.Parameter(torch.rand(hidden_size) * 2 * k - k) if bias else None
        self.weight_hh = nn.Parameter(torch.empty(hidden_size, hidden_size).uniform_(-k, k))
        self.weight_ih = nn.Parameter(torch.empty(hidden_size, input_size).uniform_(-k, k))

    def forward(self, input, hx=None):
        if input.dim() != 2 or input.size(1) != self.weight_ih.size(1):
            raise ValueError("wrong shape")
        x = linear(input, self.weight_ih, self.bias_ih)
        if hx is None:
            hx = x.new_zeros(x.shape)
        return torch.tanh(x + linear(hx, self.weight_hh, self.bias_hh))


RNN = [
    Variant("rnn_cell", "matmul", says="`@`, no zeros made", code=(RNNMatmul, product)),
    Variant("rnn_cell", "einsum", says="einsum for both products", code=RNNEinsum),
    Variant("rnn_cell", "concatenated", says="one product of [x, h]", code=RNNConcatenated),
    Variant("rnn_cell", "row-by-row", says="a loop over the batch", code=RNNRowByRow),
    Variant("rnn_cell", "double-inside", says="float64 inside", code=(RNNDoubleInside, product)),
    Variant("rnn_cell", "in-place-on-own", says="own temporaries edited", code=RNNInPlaceOnOwn),
    Variant(
        "rnn_cell",
        "tanh-by-sigmoid",
        says="tanh(a) = 2 sigmoid(2a) - 1",
        code=(RNNTanhBySigmoid, product),
    ),
    Variant("rnn_cell", "own-module", says="an nn.Module from scratch", code=RNNOwnModule),
]

# --- lstm_cell ------------------------------------------------------------------------------------


class LSTMGateByGate(LSTMCell):
    """A product of its own for every gate, as the equations are printed."""

    def gate(self, k, x, h):
        rows = slice(k * self.hidden_size, (k + 1) * self.hidden_size)
        total = x @ self.weight_ih[rows].T + h @ self.weight_hh[rows].T
        if self.bias_ih is not None:
            total = total + self.bias_ih[rows] + self.bias_hh[rows]
        return total

    def forward(self, input, hx=None):
        self.check_input(input)
        if hx is None:
            hx = [input.new_zeros(len(input), self.hidden_size) for _ in range(2)]
        h, c = hx
        i = torch.sigmoid(self.gate(0, input, h))
        f = torch.sigmoid(self.gate(1, input, h))
        g = torch.tanh(self.gate(2, input, h))
        o = torch.sigmoid(self.gate(3, input, h))
        c = f * c + i * g
        return o * torch.tanh(c), c


class LSTMEinsum(LSTMCell):
    """The gates as an axis of their own: (gate, hidden, features)."""

    def forward(self, input, hx=None):
        self.check_input(input)
        n = self.hidden_size
        zeros = input.new_zeros(len(input), n)
        h, c = (zeros, zeros) if hx is None else hx
        total = torch.einsum("bi,ghi->gbh", input, self.weight_ih.view(4, n, -1))
        total = total + torch.einsum("bk,ghk->gbh", h, self.weight_hh.view(4, n, n))
        if self.bias_ih is not None:
            total = total + (self.bias_ih + self.bias_hh).view(4, 1, n)
        i, f, o = total[[0, 1, 3]].sigmoid()
        c = torch.addcmul(f * c, i, total[2].tanh())
        return o * c.tanh(), c


class LSTMBatchedProduct(LSTMCell):
    """bmm over the stacked blocks."""

    def forward(self, input, hx=None):
        self.check_input(input)
        n = self.hidden_size
        h, c = hx if hx is not None else (input.new_zeros(len(input), n),) * 2
        joined = torch.cat([input, h], dim=1).expand(4, -1, -1)
        weight = torch.cat([self.weight_ih, self.weight_hh], dim=1).reshape(4, n, -1)
        total = torch.bmm(joined, weight.transpose(1, 2))
        if self.bias_ih is not None:
            total = total + torch.stack((self.bias_ih + self.bias_hh).split(n)).unsqueeze(1)
        i, f, g, o = total.unbind(0)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return o.sigmoid() * c.tanh(), c


class LSTMAddmm(LSTMCell):
    """addmm, the gates activated in place on tensors made here."""

    def forward(self, input, hx=None):
        self.check_input(input)
        n = self.hidden_size
        if hx is None:
            hx = torch.zeros(2, len(input), n, dtype=input.dtype, device=input.device)
        h, c = hx[0], hx[1]
        bias = input.new_zeros(4 * n) if self.bias_ih is None else self.bias_ih + self.bias_hh
        total = torch.addmm(torch.addmm(bias, input, self.weight_ih.t()), h, self.weight_hh.t())
        i, f, g, o = (part.clone() for part in total.tensor_split(4, dim=-1))
        next_c = f.sigmoid_() * c
        next_c += i.sigmoid_() * g.tanh_()
        return o.sigmoid_() * next_c.tanh(), next_c


class LSTMRowByRow(LSTMCell):
    def forward(self, input, hx=None):
        self.check_input(input)
        hidden, cells = [], []
        for k, x in enumerate(input):
            h, c = (x.new_zeros(self.hidden_size),) * 2 if hx is None else (hx[0][k], hx[1][k])
            total = self.weight_ih @ x + self.weight_hh @ h
            if self.bias_hh is not None:
                total = total + self.bias_hh + self.bias_ih
            i, f, g, o = total.reshape(4, -1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            hidden.append(torch.sigmoid(o) * torch.tanh(c))
            cells.append(c)
        return torch.stack(hidden), torch.stack(cells)


class LSTMDoubleInside(LSTMCell):
    def forward(self, input, hx=None):
        self.check_input(input)
        dtype = input.dtype
        if hx is None:
            hx = (torch.zeros(len(input), self.hidden_size, device=input.device),) * 2
        x, h, c = (part.double() for part in (input, *hx))
        biases = [None if b is None else b.double() for b in (self.bias_ih, self.bias_hh)]
        total = linear(x, self.weight_ih.double(), biases[0])
        total = total + linear(h, self.weight_hh.double(), biases[1])
        i, f, g, o = total.split(self.hidden_size, dim=1)
        c = f.sigmoid() * c + i.sigmoid() * g.tanh()
        return (o.sigmoid() * c.tanh()).to(dtype), c.to(dtype)


class LSTMTanhOnly(LSTMCell):
    """sigmoid(a) = (1 + tanh(a / 2)) / 2."""

    def forward(self, input, hx=None):
        self.check_input(input)
        n = self.hidden_size
        h, c = (input.new_zeros(len(input), n),) * 2 if hx is None else hx
        total = linear(input, self.weight_ih, self.bias_ih)
        total = total + linear(h, self.weight_hh, self.bias_hh)
        i, f, o = (0.5 + 0.5 * torch.tanh(0.5 * total[:, k * n : (k + 1) * n]) for k in (0, 1, 3))
        c = f * c + i * torch.tanh(total[:, 2 * n : 3 * n])
        return o * torch.tanh(c), c


class LSTMListOfParts(Cell):
    """A list is returned, the squashing functions are data, and no zeros are made."""

    def __init__(self, input_size, hidden_size, bias=True):
        super().__init__(input_size, hidden_size, bias, 4)
        self.squash = (torch.sigmoid, torch.sigmoid, torch.tanh, torch.sigmoid)

    def forward(self, input, hx=None):
        self.check_input(input)
        total = linear(input, self.weight_ih, self.bias_ih)
        if hx is not None:
            total = total + hx[0] @ self.weight_hh.T
        if self.bias_hh is not None:
            total = total + self.bias_hh
        parts = total.unflatten(1, (4, self.hidden_size)).unbind(1)
        i, f, g, o = (squash(part) for squash, part in zip(self.squash, parts, strict=True))
        c = i * g if hx is None else i * g + f * hx[1]
        return [o * torch.tanh(c), c]


LSTM = [
    Variant("lstm_cell", "gate-by-gate", says="a product for every gate", code=LSTMGateByGate),
    Variant("lstm_cell", "einsum", says="einsum, gates as an axis", code=LSTMEinsum),
    Variant("lstm_cell", "batched-product", says="bmm of [x, h]", code=LSTMBatchedProduct),
    Variant("lstm_cell", "addmm", says="addmm, in place on own tensors", code=LSTMAddmm),
    Variant("lstm_cell", "row-by-row", says="a loop over the batch", code=LSTMRowByRow),
    Variant("lstm_cell", "double-inside", says="float64 inside", code=LSTMDoubleInside),
    Variant("lstm_cell", "tanh-only", says="sigmoid made of tanh", code=LSTMTanhOnly),
    Variant("lstm_cell", "list-of-parts", says="a list, unflatten, no zeros", code=LSTMListOfParts),
]

# --- gru_cell -------------------------------------------------------------------------------------


class GRUGateByGate(GRUCell):
    def forward(self, input, hx=None):
        self.check_input(input)
        if hx is None:
            hx = input.new_zeros(len(input), self.hidden_size)
        w_ir, w_iz, w_in = self.weight_ih.chunk(3)
        w_hr, w_hz, w_hn = self.weight_hh.chunk(3)
        b_ir, b_iz, b_in = (0, 0, 0) if self.bias_ih is None else self.bias_ih.chunk(3)
        b_hr, b_hz, b_hn = (0, 0, 0) if self.bias_hh is None else self.bias_hh.chunk(3)
        r = torch.sigmoid(input @ w_ir.T + b_ir + hx @ w_hr.T + b_hr)
        z = torch.sigmoid(input @ w_iz.T + b_iz + hx @ w_hz.T + b_hz)
        n = torch.tanh(input @ w_in.T + b_in + r * (hx @ w_hn.T + b_hn))
        return (1 - z) * n + z * hx


class GRULerp(GRUCell):
    """The mixture by lerp, r and z by one sigmoid."""

    def forward(self, input, hx=None):
        self.check_input(input)
        n = self.hidden_size
        hx = input.new_zeros(len(input), n) if hx is None else hx
        from_input = linear(input, self.weight_ih, self.bias_ih)
        from_state = linear(hx, self.weight_hh, self.bias_hh)
        r, z = torch.sigmoid(from_input[:, : 2 * n] + from_state[:, : 2 * n]).chunk(2, dim=1)
        candidate = torch.tanh(torch.addcmul(from_input[:, 2 * n :], r, from_state[:, 2 * n :]))
        return torch.lerp(candidate, hx, z)


class GRUDifference(GRUCell):
    """h' = n + z (h - n); one product for both sides, from which the state's part is taken out."""

    def forward(self, input, hx=None):
        self.check_input(input)
        n = self.hidden_size
        hx = input.new_zeros(len(input), n) if hx is None else hx
        joined = torch.cat([input, hx], dim=1)
        total = joined @ torch.cat([self.weight_ih, self.weight_hh], dim=1).T
        from_state = linear(hx, self.weight_hh[2 * n :])
        from_input = total[:, 2 * n :] - from_state
        if self.bias_ih is not None:
            total = total + self.bias_ih + self.bias_hh
            from_input = from_input + self.bias_ih[2 * n :]
            from_state = from_state + self.bias_hh[2 * n :]
        r, z = torch.sigmoid(total[:, :n]), torch.sigmoid(total[:, n : 2 * n])
        candidate = torch.tanh(from_input + r * from_state)
        return candidate + z * (hx - candidate)


class GRUEinsum(GRUCell):
    def forward(self, input, hx=None):
        self.check_input(input)
        n = self.hidden_size
        hx = input.new_zeros(len(input), n) if hx is None else hx
        x = torch.einsum("bi,ghi->gbh", input, self.weight_ih.unflatten(0, (3, n)))
        h = torch.einsum("bk,ghk->gbh", hx, self.weight_hh.unflatten(0, (3, n)))
        if self.bias_ih is not None:
            x = x + self.bias_ih.unflatten(0, (3, 1, n))
            h = h + self.bias_hh.unflatten(0, (3, 1, n))
        r, z = (x[:2] + h[:2]).sigmoid()
        return (1 - z) * (x[2] + r * h[2]).tanh() + z * hx


class GRURowByRow(GRUCell):
    def forward(self, input, hx=None):
        self.check_input(input)
        rows = []
        for k in range(len(input)):
            h = input.new_zeros(self.hidden_size) if hx is None else hx[k]
            x_r, x_z, x_n = linear(input[k], self.weight_ih, self.bias_ih).chunk(3)
            h_r, h_z, h_n = linear(h, self.weight_hh, self.bias_hh).chunk(3)
            r, z = torch.sigmoid(x_r + h_r), torch.sigmoid(x_z + h_z)
            rows.append((1 - z) * torch.tanh(x_n + r * h_n) + z * h)
        return torch.stack(rows)


class GRUInPlaceOnOwn(GRUCell):
    """In-place operations, but only on tensors made here."""

    def forward(self, input, hx=None):
        self.check_input(input)
        hx = input.new_zeros(len(input), self.hidden_size) if hx is None else hx
        from_state = hx @ self.weight_hh.T
        from_input = input @ self.weight_ih.T
        if self.bias_hh is not None:
            from_state += self.bias_hh
            from_input += self.bias_ih
        x_r, x_z, x_n = (part.clone() for part in from_input.chunk(3, dim=1))
        h_r, h_z, h_n = from_state.split(self.hidden_size, dim=1)
        r = x_r.add_(h_r).sigmoid_()
        z = x_z.add_(h_z).sigmoid_()
        n = x_n.addcmul_(r, h_n).tanh_()
        result = hx.clone()
        result -= n
        result *= z
        return result.add_(n)


class GRUDoubleInside(GRUCell):
    """float64 inside; 1 - z as the sigmoid of the negative sum."""

    def forward(self, input, hx=None):
        self.check_input(input)
        hx = torch.zeros_like(linear(input, self.weight_ih.chunk(3)[0])) if hx is None else hx
        sides = []
        for part, weight, bias in (
            (input, self.weight_ih, self.bias_ih),
            (hx, self.weight_hh, self.bias_hh),
        ):
            bias = None if bias is None else bias.double()
            sides.append(linear(part.double(), weight.double(), bias).chunk(3, dim=1))
        (x_r, x_z, x_n), (h_r, h_z, h_n) = sides
        n = torch.tanh(x_n + torch.sigmoid(x_r + h_r) * h_n)
        z = x_z + h_z
        return (torch.sigmoid(-z) * n + torch.sigmoid(z) * hx.double()).to(input.dtype)


GRU = [
    Variant("gru_cell", "gate-by-gate", says="a product for every gate", code=GRUGateByGate),
    Variant("gru_cell", "lerp", says="torch.lerp and one sigmoid for r and z", code=GRULerp),
    Variant("gru_cell", "difference", says="n + z (h - n), joined products", code=GRUDifference),
    Variant("gru_cell", "einsum", says="einsum, gates as an axis", code=GRUEinsum),
    Variant("gru_cell", "row-by-row", says="a loop over the batch", code=GRURowByRow),
    Variant("gru_cell", "in-place-on-own", says="own temporaries edited", code=GRUInPlaceOnOwn),
    Variant("gru_cell", "double-inside", says="float64 inside", code=GRUDoubleInside),
]

VARIANTS = [*RNN, *LSTM, *GRU]
