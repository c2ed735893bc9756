"""From one step to whole sequences: unrolling a cell over time, upwards and in both directions.

A cell is any module called as `state = cell(x, state)` with x (batch, input_size), where a state of
None means zeros: those of `cells.py` and PyTorch's `torch.nn.RNNCell`, `torch.nn.LSTMCell` and
`torch.nn.GRUCell`. The state of an LSTM cell is the tuple (h, c); that of the others is h alone.
Every tensor of a state is (batch, hidden_size). The helpers `map_state` and `hidden_of` spare you
that difference.

Sequences of different lengths share a batch by padding them at the end.
"""

from collections.abc import Callable, Iterable

import torch
from jaxtyping import Float, Int
from torch import Tensor, nn

State = Tensor | tuple[Tensor, ...]


def map_state(function: Callable[..., Tensor], *states: State) -> State:
    """Given: apply `function` to the tensors of one state, or to the matching tensors of several.

    `map_state(torch.zeros_like, state)` is a state of zeros, for any kind of cell. The states are
    all tensors, or all tuples of the same length; the result is of the same kind.
    """
    if isinstance(states[0], Tensor):
        return function(*states)
    return tuple(function(*parts) for parts in zip(*states, strict=True))


def hidden_of(state: State) -> Float[Tensor, "batch hidden_size"]:
    """Given: the hidden state h, which is also a cell's output: the first tensor of a tuple."""
    return state if isinstance(state, Tensor) else state[0]


def unroll(
    cell: nn.Module,
    inputs: Float[Tensor, "batch steps input_size"],
    lengths: Int[Tensor, " batch"] | None = None,
    state: State | None = None,
) -> tuple[Float[Tensor, "batch steps hidden_size"], State]:
    """Run a cell over a padded batch of sequences, from the first step to the last.

    s_t = cell(x_t, s_(t-1)) for t = 1, ..., length; the output at step t is the h of s_t.

    Args:
        cell: any cell, as described at the top of this module. It is called with one step of the
            whole batch at a time, in order.
        inputs: (batch, steps, input_size), floating; at least one step. What stands after the end
            of a sequence is padding: any finite numbers, and nothing may depend on them.
        lengths: (batch,), integers from 0 to `steps`, on the device of `inputs`: how many steps
            of each sequence are real. None: all of them.
        state: the state before the first step, of the cell's own kind. None: zeros.

    Returns:
        outputs: (batch, steps, hidden_size): h after every step; 0 from the end of a sequence on.
        state: of the cell's own kind (a tensor or a tuple of tensors, (batch, hidden_size) each):
            for each sequence the state after its last real step. A sequence of length 0 keeps
            its initial state.

    Neither the arguments nor the tensors of `state` are changed. Gradients flow to the inputs, the
    initial state and the cell's parameters.

    Source: Elman, "Finding Structure in Time", 1990.
    """
    raise NotImplementedError("unroll: not started")


class Stacked(nn.Module):
    """Several recurrent layers on top of each other: each reads the outputs of the one below.

    The lowest layer reads the inputs. All layers share the lengths, none shares its weights.

    Args:
        cells: one cell for each layer, lowest first; the first one's input size is that of the
            inputs, every other one's is the hidden size of the cell below. The cells themselves
            are used, not copies, and are kept in `self.cells`, a `torch.nn.ModuleList`, so the
            parameters are named `cells.0.weight_ih`, `cells.1.weight_ih` and so on.
        unroll: the function that runs one cell over a sequence, called as
            `unroll(cell, inputs, lengths, state)`. It is an argument so that a mistake in `unroll`
            does not cost marks here.

    Raises:
        ValueError: there is no cell.

    Source: Graves, Mohamed and Hinton, "Speech Recognition with Deep Recurrent Neural Networks",
    2013, equation (11).
    """

    def __init__(self, cells: Iterable[nn.Module], unroll: Callable = unroll):
        super().__init__()
        raise NotImplementedError("stacked: not started")

    def forward(
        self,
        inputs: Float[Tensor, "batch steps input_size"],
        lengths: Int[Tensor, " batch"] | None = None,
        state: tuple[State, ...] | None = None,
    ) -> tuple[Float[Tensor, "batch steps hidden_size"], tuple[State, ...]]:
        """Run all layers.

        Args:
            inputs: (batch, steps, input_size), padded at the end.
            lengths: (batch,), as in `unroll`. None: no padding.
            state: the initial state of every layer, lowest first. None: zeros everywhere.

        Returns:
            outputs: (batch, steps, hidden_size of the top cell): the top layer's outputs.
            state: a tuple with the final state of every layer, lowest first, each of its cell's
                own kind.
        """
        raise NotImplementedError("stacked: not started")


class Bidirectional(nn.Module):
    """Two cells read the same sequences, one from the left and one from the right.

    At every step the output tells of the past (the forward cell) and of the future (the backward
    cell), side by side. The backward cell starts at the last real step of each sequence, so
    padding never enters its state.

    Args:
        forward_cell: the cell that reads from the first step on, kept in `self.forward_cell`.
        backward_cell: the cell that reads from the last real step back to the first, kept in
            `self.backward_cell`. Its hidden size may differ. The cells themselves are used, not
            copies.
        unroll: the function that runs one cell over a sequence, called as
            `unroll(cell, inputs, lengths, state)`. It always runs from the first step to the last.
            It is an argument so that a mistake in `unroll` does not cost marks here.

    Source: Schuster and Paliwal, "Bidirectional Recurrent Neural Networks", 1997, section II.
    """

    def __init__(
        self, forward_cell: nn.Module, backward_cell: nn.Module, unroll: Callable = unroll
    ):
        super().__init__()
        raise NotImplementedError("bidirectional: not started")

    def forward(
        self,
        inputs: Float[Tensor, "batch steps input_size"],
        lengths: Int[Tensor, " batch"] | None = None,
        state: tuple[State, State] | None = None,
    ) -> tuple[Float[Tensor, "batch steps both_hidden_sizes"], tuple[State, State]]:
        """Run both directions.

        Args:
            inputs: (batch, steps, input_size), padded at the end.
            lengths: (batch,), as in `unroll`. None: no padding.
            state: the initial states (forward, backward). None: zeros for both.

        Returns:
            outputs: (batch, steps, forward hidden size + backward hidden size). The slice
                [:, t, :forward hidden size] is the forward cell's h after reading steps 0 to t,
                the rest is the backward cell's h after reading the last real step down to step t;
                0 from the end of a sequence on.
            state: (forward, backward), each cell's final state: the forward one after the last
                real step, the backward one after step 0.
        """
        raise NotImplementedError("bidirectional: not started")
