"""Public tests of lstm_cell. Run them with `pytest tests/test_lstm_cell.py`.

A failing test says what is probably wrong. Hidden tests look at more than these do.
"""

import torch
from checks import assert_close, assert_shape
from hypothesis import given
from hypothesis import strategies as st
from recurrent.cells import LSTMCell

sizes = st.integers(2, 6)
seeds = st.integers(0, 2**32 - 1)
HIDDEN = "the new hidden state (batch, hidden_size)"
CELL = "the new cell state (batch, hidden_size)"
STATES = "the pair of hidden and cell state (batch, hidden_size)"


def cell_from_handout():
    """The cell of the worked example in section 4 of the handout; rows i, f, g, o."""
    cell = LSTMCell(2, 1)
    cell.load_state_dict(
        {
            "weight_ih": torch.tensor([[1.0, 0.5], [-1.0, 1.0], [0.5, 0.5], [1.0, -0.5]]),
            "weight_hh": torch.tensor([[1.0], [3.0], [0.5], [-1.0]]),
            "bias_ih": torch.tensor([0.0, 0.0, 0.25, 0.5]),
            "bias_hh": torch.tensor([0.0, 0.0, 0.0, 0.5]),
        }
    )
    return cell


def random_pair(batch, input_size, hidden_size, seed):
    """Your cell and the library's with the same parameters, and arguments (x, h, c) for both."""
    generator = torch.Generator().manual_seed(seed)
    library = torch.nn.LSTMCell(input_size, hidden_size).double()
    for parameter in library.parameters():
        torch.nn.init.normal_(parameter, generator=generator)
    cell = LSTMCell(input_size, hidden_size).double()
    cell.load_state_dict(library.state_dict())
    shapes = (batch, input_size), (batch, hidden_size), (batch, hidden_size)
    arguments = [torch.randn(s, generator=generator, dtype=torch.float64) for s in shapes]
    return cell, library, [argument.requires_grad_() for argument in arguments]


def test_worked_example():
    x = torch.tensor([[1.0, -1.0]])
    c = torch.tensor([[2.0]], requires_grad=True)
    next_h, next_c = cell_from_handout()(x, (torch.tensor([[0.5]]), c))
    advice = "The new cell state is not that of section 4. Check f and i, then g, then equation 6."
    assert_close(next_c, torch.tensor([[1.0929]]), CELL, advice, atol=1e-4, rtol=0)
    advice = "The cell state is right, the hidden state is not. Check o, then equation 7."
    assert_close(next_h, torch.tensor([[0.7028]]), HIDDEN, advice, atol=1e-4, rtol=0)

    (gradient,) = torch.autograd.grad(next_c.sum(), c)
    advice = "The gradient of the new cell state with respect to the old one is the forget gate."
    what = "the gradient of the old cell state (batch, hidden_size)"
    assert_close(gradient, torch.tensor([[0.3775]]), what, advice, atol=1e-4, rtol=0)


@given(batch=sizes, hidden_size=sizes, dtype=st.sampled_from([torch.float32, torch.float64]))
def test_shape_dtype_and_range(batch, hidden_size, dtype):
    cell = LSTMCell(4, hidden_size).to(dtype)
    x = torch.linspace(-2, 2, 4 * batch, dtype=dtype).reshape(batch, 4).requires_grad_()
    state = torch.full((batch, hidden_size), 0.5, dtype=dtype)
    result = cell(x, (state, state))
    assert len(result) == 2, "Return the pair (hidden state, cell state)."
    for name, tensor in zip(("hidden", "cell"), result, strict=True):
        assert_shape(tensor, f"the new {name} state", batch=batch, hidden_size=hidden_size)
        assert tensor.dtype == dtype, f"The {name} state must have the dtype of the input."
        assert tensor.abs().sum() > 0, f"The new {name} state is zero everywhere."
        (gradient,) = torch.autograd.grad(tensor.sum(), x, retain_graph=True)
        assert gradient.abs().sum() > 0, f"No gradient reaches the input from the {name} state."
    advice = "A gate times a tanh lies between -1 and 1, and is never NaN."
    assert (result[0].abs() <= 1).all(), advice
    advice = "The cell state can move by at most 1 in a step: it is 0.5 * f + i * g here."
    assert (result[1].abs() <= 1.5).all(), advice


@given(batch=sizes, input_size=sizes, hidden_size=sizes, seed=seeds)
def test_equals_the_cell_of_the_library(batch, input_size, hidden_size, seed):
    cell, library, (x, h, c) = random_pair(batch, input_size, hidden_size, seed)
    expected = library(x, (h, c))
    before = h.detach().clone(), c.detach().clone()
    actual = cell(x, (h, c))
    advice = "The cell has edited the state it was given; make new tensors and return those."
    assert torch.equal(h, before[0]) and torch.equal(c, before[1]), advice
    advice = (
        "The new cell state differs from that of torch.nn.LSTMCell with the same parameters. If "
        "the worked example is right, think of what it cannot show: several hidden features."
    )
    assert_close(actual[1], expected[1], CELL, advice)
    advice = "The cell state equals the library's, the hidden state does not: see equation 7."
    assert_close(actual[0], expected[0], HIDDEN, advice)
    actual = torch.autograd.grad(actual[0].sum(), [x, h, c])
    expected = torch.autograd.grad(expected[0].sum(), [x, h, c])
    advice = "The new state is right, but its gradient is not: something cuts the path back."
    names = ("input (batch, input_size)", "h (batch, hidden_size)", "c (batch, hidden_size)")
    for name, gradient, right in zip(names, actual, expected, strict=True):
        assert_close(gradient, right, f"the gradient of {name}", advice)


@given(batch=sizes, hidden_size=sizes, seed=seeds)
def test_no_state_means_zeros(batch, hidden_size, seed):
    cell, library, (x, h, _) = random_pair(batch, 3, hidden_size, seed)
    zeros = torch.zeros_like(h)
    advice = "Without a state the cell must do what it does with zeros for both h and c."
    assert_close(cell(x), cell(x, (zeros, zeros)), STATES, advice)
    assert_close(cell(x), library(x), STATES, "Without a state the result is not the library's.")
    (gradient,) = torch.autograd.grad(cell(x)[0].sum(), x)
    assert gradient.abs().sum() > 0, "No gradient reaches the input when there is no state."


@given(hidden_size=sizes, seed=seeds)
def test_an_open_forget_gate_keeps_the_cell_state(hidden_size, seed):
    """With i near 0 and f near 1, the cell state passes through unchanged, and so does its
    gradient: this is what the cell state is for. The hidden state is then a window on it."""
    cell, _, (x, h, c) = random_pair(3, 2, hidden_size, seed)
    i, f, g, o = -200.0, 200.0, 0.0, 200.0
    bias = torch.tensor([i, f, g, o], dtype=torch.float64).repeat_interleave(hidden_size)
    cell.load_state_dict({**cell.state_dict(), "bias_ih": bias})
    next_h, next_c = cell(x, (h, c))
    advice = "With the input gate closed and the forget gate open, c must stay as it was."
    assert_close(next_c, c, CELL, advice)
    advice = "With the output gate open as well, h must be tanh of the cell state."
    assert_close(next_h, torch.tanh(c), HIDDEN, advice)
    (gradient,) = torch.autograd.grad(next_c.sum(), c)
    advice = "With the forget gate open, the gradient must reach the old cell state undiminished."
    what = "the gradient of the old cell state (batch, hidden_size)"
    assert_close(gradient, torch.ones_like(c), what, advice)


def test_sizes_of_one():
    """A batch of one, one hidden feature, one input feature, and all three."""
    generator = torch.Generator().manual_seed(0)
    for batch, input_size, hidden_size in ((1, 3, 4), (3, 2, 1), (2, 1, 4), (1, 1, 1)):
        library = torch.nn.LSTMCell(input_size, hidden_size).double()
        cell = LSTMCell(input_size, hidden_size).double()
        cell.load_state_dict(library.state_dict())
        x = torch.randn(batch, input_size, generator=generator, dtype=torch.float64)
        h = torch.randn(batch, hidden_size, generator=generator, dtype=torch.float64)
        advice = f"With batch {batch}, input_size {input_size} and hidden_size {hidden_size}:"
        assert_close(cell(x, (h, h)), library(x, (h, h)), STATES, advice)


def test_names_of_parameters():
    x, h = torch.ones(2, 3), torch.ones(2, 4)
    try:
        cell = LSTMCell(input_size=3, hidden_size=4, bias=False)
        result = cell(input=x, hx=(h, h))
    except TypeError as error:
        names = "The parameters keep their names: input_size, hidden_size, bias in __init__, and "
        raise AssertionError(f"{names}input, hx in forward. Called with them: {error}") from None
    library = torch.nn.LSTMCell(3, 4, bias=False)
    library.load_state_dict(cell.state_dict())
    assert_close(result, library(x, (h, h)), STATES)
