"""Public tests of gru_cell. Run them with `pytest tests/test_gru_cell.py`.

A failing test says what is probably wrong. Hidden tests look at more than these do.
"""

import torch
from checks import assert_close, assert_shape
from hypothesis import given
from hypothesis import strategies as st
from recurrent.cells import GRUCell

sizes = st.integers(2, 6)
seeds = st.integers(0, 2**32 - 1)


def cell_from_handout():
    """The cell of the worked example in section 5 of the handout; rows r, z, n."""
    cell = GRUCell(2, 1)
    cell.load_state_dict(
        {
            "weight_ih": torch.tensor([[1.0, 0.5], [-1.0, 1.0], [0.5, 0.25]]),
            "weight_hh": torch.tensor([[-1.0], [-1.0], [-1.0]]),
            "bias_ih": torch.tensor([0.0, 0.0, 0.25]),
            "bias_hh": torch.tensor([0.0, 0.0, 0.5]),
        }
    )
    return cell


def random_pair(batch, input_size, hidden_size, seed):
    """Your cell and the library's with the same parameters, and arguments (x, h) for both."""
    generator = torch.Generator().manual_seed(seed)
    library = torch.nn.GRUCell(input_size, hidden_size).double()
    for parameter in library.parameters():
        torch.nn.init.normal_(parameter, generator=generator)
    cell = GRUCell(input_size, hidden_size).double()
    cell.load_state_dict(library.state_dict())
    shapes = (batch, input_size), (batch, hidden_size)
    arguments = [torch.randn(s, generator=generator, dtype=torch.float64) for s in shapes]
    return cell, library, [argument.requires_grad_() for argument in arguments]


def test_worked_example():
    cell = cell_from_handout()
    h = cell(torch.tensor([[1.0, -1.0]]), torch.tensor([[-0.5]]))
    advice = "This is the example of section 5. Check r and z, then n, then equation 11."
    assert_close(
        h, torch.tensor([[0.5979]]), "the new state (batch, hidden_size)", advice, atol=1e-4, rtol=0
    )

    h.sum().backward()
    advice = "The gradient with respect to b_in is (1 - z) * (1 - n²): see section 5."
    gradient, what = cell.bias_ih.grad[2], "the gradient of bias_ih[2]"
    assert_close(gradient, torch.tensor(0.2367), what, advice, atol=1e-4, rtol=0)


@given(batch=sizes, hidden_size=sizes, dtype=st.sampled_from([torch.float32, torch.float64]))
def test_shape_dtype_and_range(batch, hidden_size, dtype):
    cell = GRUCell(4, hidden_size).to(dtype)
    x = torch.linspace(-2, 2, 4 * batch, dtype=dtype).reshape(batch, 4).requires_grad_()
    h = cell(x, torch.full((batch, hidden_size), 0.5, dtype=dtype))
    assert_shape(h, "the new state", batch=batch, hidden_size=hidden_size)
    assert h.dtype == dtype, "The result must have the dtype of the input."
    advice = "A mixture of tanh(...) and 0.5 lies between -1 and 1, and is never NaN."
    assert (h.abs() <= 1).all(), advice
    assert h.abs().sum() > 0, "The new state is zero everywhere."
    (gradient,) = torch.autograd.grad(h.sum(), x)
    assert gradient.abs().sum() > 0, "No gradient reaches the input."


@given(batch=sizes, input_size=sizes, hidden_size=sizes, seed=seeds)
def test_equals_the_cell_of_the_library(batch, input_size, hidden_size, seed):
    cell, library, (x, h) = random_pair(batch, input_size, hidden_size, seed)
    expected = library(x, h)
    before = h.detach().clone()
    actual = cell(x, h)
    advice = "The cell has edited the state it was given; make a new tensor and return that."
    assert torch.equal(h, before), advice
    advice = (
        "The new state differs from that of torch.nn.GRUCell with the same parameters. If the "
        "worked example is right, think of what it cannot show: several hidden features, and "
        "biases that are not zero."
    )
    assert_close(actual, expected, "the new state (batch, hidden_size)", advice)
    actual = torch.autograd.grad(actual.sum(), [x, h])
    expected = torch.autograd.grad(expected.sum(), [x, h])
    advice = "The new state is right, but its gradient is not: something cuts the path back."
    assert_close(actual[0], expected[0], "the gradient of input (batch, input_size)", advice)
    assert_close(actual[1], expected[1], "the gradient of hx (batch, hidden_size)", advice)


@given(batch=sizes, hidden_size=sizes, seed=seeds)
def test_no_state_means_zeros(batch, hidden_size, seed):
    cell, library, (x, h) = random_pair(batch, 3, hidden_size, seed)
    advice = "Without a state the cell must do what it does with a state of zeros."
    what = "the new state (batch, hidden_size)"
    assert_close(cell(x), cell(x, torch.zeros_like(h)), what, advice)
    assert_close(cell(x), library(x), what, "Without a state the result is not the library's.")
    (gradient,) = torch.autograd.grad(cell(x).sum(), x)
    assert gradient.abs().sum() > 0, "No gradient reaches the input when there is no state."


@given(seed=seeds)
def test_the_update_gate_keeps_or_replaces(seed):
    """Where z is near 1 a feature passes through unchanged, and so does its gradient; where z is
    near 0 it is replaced."""
    cell, library, (x, h) = random_pair(3, 2, 4, seed)
    bias = torch.zeros(3, 4, dtype=torch.float64)
    bias[1] = torch.tensor([200.0, 200.0, -200.0, -200.0])
    cell.load_state_dict({**cell.state_dict(), "bias_ih": bias.flatten()})
    library.load_state_dict(cell.state_dict())
    next_h = cell(x, h)
    advice = "Where z = 1 the state must stay: see equation 11 and the order of the gates."
    assert_close(next_h[:, :2], h[:, :2], "features 0 and 1 (batch, feature)", advice)
    advice = "Where z = 0 the new state must be the candidate: see equations 10 and 11."
    what = "features 2 and 3 (batch, feature)"
    assert_close(next_h[:, 2:], library(x, h)[:, 2:], what, advice)
    (gradient,) = torch.autograd.grad(next_h[:, :2].sum(), h)
    expected = torch.tensor([1.0, 1.0, 0.0, 0.0], dtype=torch.float64).expand(3, 4)
    advice = "Where z = 1 the gradient must reach the old state undiminished."
    assert_close(gradient, expected, "the gradient of hx (batch, hidden_size)", advice)


def test_sizes_of_one():
    """A batch of one, one hidden feature, one input feature, and all three."""
    generator = torch.Generator().manual_seed(0)
    for batch, input_size, hidden_size in ((1, 3, 4), (3, 2, 1), (2, 1, 4), (1, 1, 1)):
        library = torch.nn.GRUCell(input_size, hidden_size).double()
        cell = GRUCell(input_size, hidden_size).double()
        cell.load_state_dict(library.state_dict())
        x = torch.randn(batch, input_size, generator=generator, dtype=torch.float64)
        h = torch.randn(batch, hidden_size, generator=generator, dtype=torch.float64)
        advice = f"With batch {batch}, input_size {input_size} and hidden_size {hidden_size}:"
        assert_close(cell(x, h), library(x, h), "the new state (batch, hidden_size)", advice)


def test_names_of_parameters():
    x, h = torch.ones(2, 3), torch.ones(2, 4)
    try:
        cell = GRUCell(input_size=3, hidden_size=4, bias=False)
        result = cell(input=x, hx=h)
    except TypeError as error:
        names = "The parameters keep their names: input_size, hidden_size, bias in __init__, and "
        raise AssertionError(f"{names}input, hx in forward. Called with them: {error}") from None
    library = torch.nn.GRUCell(3, 4, bias=False)
    library.load_state_dict(cell.state_dict())
    assert_close(result, library(x, h), "the new state (batch, hidden_size)")
