"""Public tests of rnn_cell. Run them with `pytest tests/test_rnn_cell.py`.

A failing test says what is probably wrong. Hidden tests look at more than these do.
"""

import torch
from checks import assert_close, assert_shape
from hypothesis import given
from hypothesis import strategies as st
from recurrent.cells import RNNCell

sizes = st.integers(2, 6)
seeds = st.integers(0, 2**32 - 1)


def cell_from_handout():
    """The cell of the worked example in section 3 of the handout."""
    cell = RNNCell(3, 2)
    cell.load_state_dict(
        {
            "weight_ih": torch.tensor([[1.0, 0.5, 0.0], [0.0, -0.5, -0.5]]),
            "weight_hh": torch.tensor([[0.5, 0.0], [1.0, -1.0]]),
            "bias_ih": torch.tensor([0.25, 0.0]),
            "bias_hh": torch.tensor([0.0, 0.5]),
        }
    )
    return cell


def test_worked_example():
    x = torch.tensor([[1.0, -1.0, 2.0]], requires_grad=True)
    h = cell_from_handout()(x, torch.tensor([[0.5, 1.0]]))
    expected = torch.tensor([[0.7616, -0.4621]])
    advice = "This is the example of section 3; compare its two sums with yours, term by term."
    assert_close(h, expected, "the new state (batch, hidden_size)", advice, atol=1e-4, rtol=0)

    (gradient,) = torch.autograd.grad(h[0, 0], x)
    expected = torch.tensor([[0.4200, 0.2100, 0.0]])
    advice = "The result is right, but its gradient with respect to x is not."
    what = "the gradient of input (batch, input_size)"
    assert_close(gradient, expected, what, advice, atol=1e-4, rtol=0)


@given(batch=sizes, hidden_size=sizes, dtype=st.sampled_from([torch.float32, torch.float64]))
def test_shape_dtype_and_range(batch, hidden_size, dtype):
    cell = RNNCell(4, hidden_size).to(dtype)
    x = torch.linspace(-2, 2, 4 * batch, dtype=dtype).reshape(batch, 4).requires_grad_()
    h = cell(x, torch.full((batch, hidden_size), 0.5, dtype=dtype))
    assert_shape(h, "the new state", batch=batch, hidden_size=hidden_size)
    assert h.dtype == dtype, "The result must have the dtype of the input."
    assert (h.abs() <= 1).all(), "tanh gives numbers between -1 and 1, and never NaN."
    assert h.abs().sum() > 0, "The new state is zero everywhere."
    (gradient,) = torch.autograd.grad(h.sum(), x)
    assert gradient.abs().sum() > 0, "No gradient reaches the input."


@given(batch=sizes, input_size=sizes, hidden_size=sizes, seed=seeds)
def test_equals_the_cell_of_the_library(batch, input_size, hidden_size, seed):
    generator = torch.Generator().manual_seed(seed)
    library = torch.nn.RNNCell(input_size, hidden_size).double()
    for parameter in library.parameters():
        torch.nn.init.normal_(parameter, generator=generator)
    cell = RNNCell(input_size, hidden_size).double()
    cell.load_state_dict(library.state_dict())
    x = torch.randn(batch, input_size, generator=generator, dtype=torch.float64)
    h = torch.randn(batch, hidden_size, generator=generator, dtype=torch.float64)
    x.requires_grad_()
    h.requires_grad_()

    expected = library(x, h)
    before = h.detach().clone()
    actual = cell(x, h)
    advice = "The cell has edited the state it was given; make a new tensor and return that."
    assert torch.equal(h, before), advice
    advice = (
        "The new state differs from that of torch.nn.RNNCell with the same parameters. If the "
        "worked example is right, think of what it cannot show: is the state added with both "
        "biases, for every row of the batch?"
    )
    assert_close(actual, expected, "the new state (batch, hidden_size)", advice)
    actual = torch.autograd.grad(actual.sum(), [x, h])
    expected = torch.autograd.grad(expected.sum(), [x, h])
    advice = "The new state is right, but its gradient is not: something cuts the path back."
    assert_close(actual[0], expected[0], "the gradient of input (batch, input_size)", advice)
    assert_close(actual[1], expected[1], "the gradient of hx (batch, hidden_size)", advice)


@given(batch=sizes, seed=seeds)
def test_no_state_means_zeros(batch, seed):
    cell = cell_from_handout()
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(batch, 3, generator=generator, requires_grad=True)
    h = cell(x)
    advice = "Without a state the cell must do what it does with a state of zeros."
    assert_close(h, cell(x, torch.zeros(batch, 2)), "the new state (batch, hidden_size)", advice)
    expected = torch.tanh(x @ cell.weight_ih.T + torch.tensor([0.25, 0.5]))
    advice = "With a state of zeros, only the input and the two biases are left."
    assert_close(h, expected, "the new state (batch, hidden_size)", advice)
    (gradient,) = torch.autograd.grad(h.sum(), x)
    assert gradient.abs().sum() > 0, "No gradient reaches the input when there is no state."


def test_gradient_is_the_slope():
    """The gradient tells how much the result changes when a parameter changes a little."""
    cell = cell_from_handout().double()
    x = torch.tensor([[0.3, -0.2, 0.1]], dtype=torch.float64)
    h = torch.tensor([[0.4, -0.6]], dtype=torch.float64)
    (gradient,) = torch.autograd.grad(cell(x, h.clone()).sum(), cell.weight_hh)

    direction = torch.tensor([[1.0, -2.0], [0.5, 1.5]], dtype=torch.float64)
    results = []
    for small in (1e-6, -1e-6):
        moved = cell_from_handout().double()
        weights = cell.weight_hh.detach() + small * direction
        moved.load_state_dict({**moved.state_dict(), "weight_hh": weights})
        results.append(moved(x, h.clone()).sum().item())
    slope = (results[0] - results[1]) / 2e-6
    assert abs(slope) > 0.1, "The new state does not depend on weight_hh."
    actual = (gradient * direction).sum().item()
    assert abs(actual - slope) < 1e-6, "The gradient is not the slope of your own function."


def test_sizes_of_one():
    """A batch of one, one hidden feature, one input feature, and all three."""
    generator = torch.Generator().manual_seed(0)
    for batch, input_size, hidden_size in ((1, 3, 4), (3, 2, 1), (2, 1, 4), (1, 1, 1)):
        library = torch.nn.RNNCell(input_size, hidden_size).double()
        cell = RNNCell(input_size, hidden_size).double()
        cell.load_state_dict(library.state_dict())
        x = torch.randn(batch, input_size, generator=generator, dtype=torch.float64)
        h = torch.randn(batch, hidden_size, generator=generator, dtype=torch.float64)
        advice = f"With batch {batch}, input_size {input_size} and hidden_size {hidden_size}:"
        assert_close(cell(x, h), library(x, h), "the new state (batch, hidden_size)", advice)


def test_names_of_parameters():
    x, h = torch.ones(2, 3), torch.ones(2, 4)
    try:
        cell = RNNCell(input_size=3, hidden_size=4, bias=False)
        result = cell(input=x, hx=h)
    except TypeError as error:
        names = "The parameters keep their names: input_size, hidden_size, bias in __init__, and "
        raise AssertionError(f"{names}input, hx in forward. Called with them: {error}") from None
    library = torch.nn.RNNCell(3, 4, bias=False)
    library.load_state_dict(cell.state_dict())
    assert_close(result, library(x, h), "the new state (batch, hidden_size)")
