"""Public tests of `gradient_norm_by_step`. Run: `pytest tests/test_gradient_norm_by_step.py`."""

import pytest
import torch
from checks import assert_close
from hypothesis import given, settings
from hypothesis import strategies as st
from recurrent.gradients import gradient_norm_by_step

INPUT_SIZE, HIDDEN_SIZE = 3, 4
NORMS = "the norms (time)"


class Fading(torch.nn.Module):
    """A cell of one number that forgets half of what it knew: h <- h / 2 + 3 x."""

    def forward(self, x, state=None):
        return 3 * x if state is None else state / 2 + 3 * x


def make_inputs(batch, steps, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, steps, INPUT_SIZE, generator=generator, dtype=torch.float64)


def make_cell(kind, seed=0):
    torch.manual_seed(seed)
    return getattr(torch.nn, f"{kind}Cell")(INPUT_SIZE, HIDDEN_SIZE).double()


def measured(cell, inputs, step=1e-6):
    """What `gradient_norm_by_step` returns, measured by moving each number a little."""

    def final_sum(sequences):
        """The sum of the last hidden state, for each sequence."""
        state = None
        for t in range(sequences.size(1)):
            state = cell(sequences[:, t], state)
        return (state[0] if isinstance(state, (tuple, list)) else state).sum(dim=1)

    slopes = torch.empty_like(inputs)
    with torch.no_grad():
        for t in range(inputs.size(1)):
            for feature in range(INPUT_SIZE):
                move = torch.zeros_like(inputs)
                move[:, t, feature] = step
                change = final_sum(inputs + move) - final_sum(inputs - move)
                slopes[:, t, feature] = change / (2 * step)
    return slopes.norm(dim=2).mean(dim=0)


def test_a_cell_that_halves_its_memory():
    inputs = torch.tensor([[[1.0], [2.0], [-1.0], [5.0]], [[0.0], [1.0], [0.0], [1.0]]])
    norms = gradient_norm_by_step(Fading(), inputs)
    assert_close(norms, torch.tensor([0.375, 0.75, 1.5, 3.0]), NORMS)


@pytest.mark.parametrize("kind", ["RNN", "LSTM", "GRU"])
@settings(max_examples=10, deadline=None)
@given(batch=st.integers(1, 4), steps=st.integers(1, 5), seed=st.integers(0, 999))
def test_it_agrees_with_small_changes_of_the_inputs(kind, batch, steps, seed):
    cell, inputs = make_cell(kind, seed), make_inputs(batch, steps, seed)
    norms = gradient_norm_by_step(cell, inputs)
    assert_close(norms, measured(cell, inputs), NORMS, rtol=1e-5, atol=1e-8)


def test_repeating_the_batch_changes_nothing():
    cell, inputs = make_cell("GRU"), make_inputs(batch=2, steps=4)
    expected = measured(cell, inputs)
    for copies in (1, 3):
        norms = gradient_norm_by_step(cell, inputs.repeat(copies, 1, 1))
        assert_close(norms, expected, NORMS, rtol=1e-5, atol=1e-8)


def test_it_leaves_no_trace():
    cell, inputs = make_cell("LSTM"), make_inputs(batch=2, steps=3)
    norms = gradient_norm_by_step(cell, inputs)
    assert_close(norms, measured(cell, inputs), NORMS, rtol=1e-5, atol=1e-8)
    with_gradient = any(parameter.grad is not None for parameter in cell.parameters())
    for wrong, words in (
        (norms.requires_grad, "The norms must not require gradients: they are only a measurement."),
        (inputs.requires_grad, "The inputs required no gradients, and must not afterwards."),
        (inputs.grad is not None, "The inputs must have no .grad afterwards."),
        (with_gradient, "The cell's parameters must have no .grad afterwards."),
    ):
        if wrong:
            raise AssertionError(words)


def test_names_of_parameters():
    cell, inputs = make_cell("RNN"), make_inputs(batch=2, steps=3)
    try:
        norms = gradient_norm_by_step(cell=cell, inputs=inputs)
    except TypeError as error:
        names = "The parameters keep their names: cell, inputs."
        raise AssertionError(f"{names} Called with them: {error}") from None
    assert_close(norms, measured(cell, inputs), NORMS, rtol=1e-5, atol=1e-8)
