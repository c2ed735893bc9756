"""Three recurrent cells, one time step each.

A cell reads the input of one step and the state that the step before left behind, and returns the
new state. Parameters have the names, shapes and order of rows of `torch.nn.RNNCell`, `LSTMCell`
and `GRUCell`, so that a state dict of one loads into the other. Write the equations yourself:
matrix products (`@`, `torch.nn.functional.linear`), `torch.sigmoid` and `torch.tanh` are all you
need; the ready-made recurrent modules and functions of PyTorch are not allowed.

For every cell: the result has the dtype and device of `input`, gradients reach the input, the
state and all parameters, finite arguments however large give finite results and gradients, and
the arguments are left unchanged.
"""

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import linear


class Cell(nn.Module):
    """The parameters that every cell has. Given: nothing to write here.

    Each parameter stacks one block of `hidden_size` rows for each gate, in the order that the
    cell's docstring names: rows 0 to hidden_size - 1 are the first gate's, and so on.

    Args:
        input_size: number of features of the input at one step, at least 1.
        hidden_size: number of features of the state, at least 1.
        bias: whether the cell has biases; without them `bias_ih` and `bias_hh` are None.
        gates: how many blocks are stacked.

    Attributes:
        weight_ih: (gates * hidden_size, input_size), applied to the input.
        weight_hh: (gates * hidden_size, hidden_size), applied to the hidden state.
        bias_ih: (gates * hidden_size,), added to what comes from the input; or None.
        bias_hh: (gates * hidden_size,), added to what comes from the hidden state; or None.
            All four start uniform between -1/sqrt(hidden_size) and 1/sqrt(hidden_size).

    Raises:
        ValueError: a size is below 1.
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool, gates: int) -> None:
        super().__init__()
        if input_size < 1 or hidden_size < 1:
            raise ValueError(
                f"input_size and hidden_size must be at least 1, got {input_size} and {hidden_size}"
            )
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.weight_ih = nn.Parameter(torch.empty(gates * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(gates * hidden_size, hidden_size))
        if bias:
            self.bias_ih = nn.Parameter(torch.empty(gates * hidden_size))
            self.bias_hh = nn.Parameter(torch.empty(gates * hidden_size))
        else:
            self.register_parameter("bias_ih", None)
            self.register_parameter("bias_hh", None)
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw all parameters again, uniform within 1/sqrt(hidden_size) of zero."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)

    def check_input(self, input: Tensor) -> None:
        """Refuse, with a ValueError, an input that is not of shape (batch, input_size)."""
        if input.ndim != 2 or input.shape[1] != self.input_size:
            raise ValueError(
                f"input must have shape (batch, {self.input_size}), got {tuple(input.shape)}"
            )


class RNNCell(Cell):
    """One step of a plain recurrent network (Elman, "Finding structure in time", 1990).

    With x the input and h the hidden state, for each row of the batch (handout, equation 1):

        h' = tanh(W_ih x + b_ih + W_hh h + b_hh)

    There is one block: the parameters are `weight_ih` (hidden_size, input_size), `weight_hh`
    (hidden_size, hidden_size), `bias_ih` and `bias_hh` (hidden_size,). With `bias=False` both
    biases are None and their terms are left out.
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True) -> None:
        super().__init__(input_size, hidden_size, bias, gates=1)

    def forward(
        self,
        input: Float[Tensor, "batch input_size"],
        hx: Float[Tensor, "batch hidden_size"] | None = None,
    ) -> Float[Tensor, "batch hidden_size"]:
        """Advance the hidden state by one step.

        Args:
            input: (batch, input_size), what this step reads, one row for each sequence.
            hx: (batch, hidden_size), the state after the step before; None stands for zeros.

        Returns:
            (batch, hidden_size), the state after this step. Row k depends on row k of the
            arguments only.

        Raises:
            ValueError: `input` is not of shape (batch, input_size) (given).
        """
        self.check_input(input)
        # BEGIN SOLUTION
        if hx is None:
            hx = input.new_zeros(input.shape[0], self.hidden_size)
        from_input = linear(input, self.weight_ih, self.bias_ih)
        from_state = linear(hx, self.weight_hh, self.bias_hh)
        return torch.tanh(from_input + from_state)
        # END SOLUTION


class LSTMCell(Cell):
    """One step of long short-term memory (Hochreiter and Schmidhuber, 1997; with the forget gate
    of Gers, Schmidhuber and Cummins, 2000).

    With x the input, h the hidden state and c the cell state, for each row of the batch (handout,
    equations 2 to 7; * multiplies element by element):

        i  = sigmoid(W_ii x + b_ii + W_hi h + b_hi)     input gate: how much to write
        f  = sigmoid(W_if x + b_if + W_hf h + b_hf)     forget gate: how much to keep
        g  = tanh(W_ig x + b_ig + W_hg h + b_hg)        candidate: what to write
        o  = sigmoid(W_io x + b_io + W_ho h + b_ho)     output gate: how much to show
        c' = f * c + i * g
        h' = o * tanh(c')

    The four blocks are stacked in the order i, f, g, o: `weight_ih` (4 * hidden_size, input_size)
    holds W_ii, W_if, W_ig, W_io; `weight_hh` (4 * hidden_size, hidden_size) holds W_hi, W_hf,
    W_hg, W_ho; `bias_ih` and `bias_hh` (4 * hidden_size,) likewise. With `bias=False` both biases
    are None and their terms are left out.
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True) -> None:
        super().__init__(input_size, hidden_size, bias, gates=4)

    def forward(
        self,
        input: Float[Tensor, "batch input_size"],
        hx: tuple[Float[Tensor, "batch hidden_size"], Float[Tensor, "batch hidden_size"]]
        | None = None,
    ) -> tuple[Float[Tensor, "batch hidden_size"], Float[Tensor, "batch hidden_size"]]:
        """Advance the hidden state and the cell state by one step.

        Args:
            input: (batch, input_size), what this step reads, one row for each sequence.
            hx: the pair (h, c) after the step before, hidden state first, each
                (batch, hidden_size); None stands for zeros in both.

        Returns:
            The pair (h', c') after this step, hidden state first, each (batch, hidden_size). Row
            k depends on row k of the arguments only.

        Raises:
            ValueError: `input` is not of shape (batch, input_size) (given).
        """
        self.check_input(input)
        # BEGIN SOLUTION
        if hx is None:
            zeros = input.new_zeros(input.shape[0], self.hidden_size)
            hx = zeros, zeros
        h, c = hx
        from_input = linear(input, self.weight_ih, self.bias_ih)
        from_state = linear(h, self.weight_hh, self.bias_hh)
        i, f, g, o = (from_input + from_state).chunk(4, dim=1)
        next_c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        next_h = torch.sigmoid(o) * torch.tanh(next_c)
        return next_h, next_c
        # END SOLUTION


class GRUCell(Cell):
    """One step of a gated recurrent unit (Cho et al., "Learning phrase representations using RNN
    encoder-decoder", 2014, in the form that PyTorch computes).

    With x the input and h the hidden state, for each row of the batch (handout, equations 8 to
    11; * multiplies element by element):

        r  = sigmoid(W_ir x + b_ir + W_hr h + b_hr)         reset gate
        z  = sigmoid(W_iz x + b_iz + W_hz h + b_hz)         update gate: how much to keep
        n  = tanh(W_in x + b_in + r * (W_hn h + b_hn))      candidate
        h' = (1 - z) * n + z * h

    The reset gate multiplies W_hn h + b_hn, after the matrix product and with its bias; Cho et
    al. multiply h before the product, and exchange z and 1 - z. The three blocks are stacked in
    the order r, z, n: `weight_ih` (3 * hidden_size, input_size) holds W_ir, W_iz, W_in;
    `weight_hh` (3 * hidden_size, hidden_size) holds W_hr, W_hz, W_hn; `bias_ih` and `bias_hh`
    (3 * hidden_size,) likewise. With `bias=False` both biases are None and their terms are left
    out.
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True) -> None:
        super().__init__(input_size, hidden_size, bias, gates=3)

    def forward(
        self,
        input: Float[Tensor, "batch input_size"],
        hx: Float[Tensor, "batch hidden_size"] | None = None,
    ) -> Float[Tensor, "batch hidden_size"]:
        """Advance the hidden state by one step.

        Args:
            input: (batch, input_size), what this step reads, one row for each sequence.
            hx: (batch, hidden_size), the state after the step before; None stands for zeros.

        Returns:
            (batch, hidden_size), the state after this step. Row k depends on row k of the
            arguments only.

        Raises:
            ValueError: `input` is not of shape (batch, input_size) (given).
        """
        self.check_input(input)
        # BEGIN SOLUTION
        if hx is None:
            hx = input.new_zeros(input.shape[0], self.hidden_size)
        from_input = linear(input, self.weight_ih, self.bias_ih)
        from_state = linear(hx, self.weight_hh, self.bias_hh)
        input_r, input_z, input_n = from_input.chunk(3, dim=1)
        state_r, state_z, state_n = from_state.chunk(3, dim=1)
        r = torch.sigmoid(input_r + state_r)
        z = torch.sigmoid(input_z + state_z)
        n = torch.tanh(input_n + r * state_n)
        return (1 - z) * n + z * hx
        # END SOLUTION
