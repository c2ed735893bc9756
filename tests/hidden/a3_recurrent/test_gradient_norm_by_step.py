"""Hidden tests of gradient_norm_by_step, with cells of the library."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from recurrent.gradients import gradient_norm_by_step
from torch import nn

from autograder.testing import assert_matches
from solutions.a3_recurrent.recurrent.gradients import gradient_norm_by_step as reference

CELLS = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}
WHAT = "the norms (step)"
kinds = st.sampled_from(sorted(CELLS))
seeds = st.integers(0, 2**31 - 1)


def make_cell(kind, seed, input_size=3, hidden_size=4, dtype=torch.float64):
    cell = CELLS[kind](input_size, hidden_size).to(dtype)
    generator = torch.Generator().manual_seed(seed)
    for parameter in cell.parameters():
        nn.init.normal_(parameter, std=0.7, generator=generator)
    return cell


def draw(seed, batch, steps, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed + 1)
    return torch.randn(batch, steps, 3, generator=generator, dtype=torch.float64).to(dtype)


@given(kind=kinds, seed=seeds, batch=st.sampled_from([1, 2, 5]), steps=st.sampled_from([2, 4, 7]))
def test_every_step(kind, seed, batch, steps):
    cell, inputs = make_cell(kind, seed), draw(seed, batch, steps)
    assert_matches(gradient_norm_by_step(cell, inputs), reference(cell, inputs), what=WHAT)


@given(kind=kinds, seed=seeds)
def test_equals_the_jacobian(kind, seed):
    """The definition, by the Jacobian of the last hidden state for each sequence alone."""
    cell, inputs = make_cell(kind, seed), draw(seed, 3, 4)

    def last(sequence):
        state = None
        for x in sequence:
            state = cell(x[None], state)
        return (state[0] if isinstance(state, tuple) else state)[0]

    jacobians = [torch.autograd.functional.jacobian(last, sequence).sum(0) for sequence in inputs]
    expected = torch.stack([jacobian.norm(dim=1) for jacobian in jacobians]).mean(0)
    what = "the norms (step), by their definition"
    assert_matches(gradient_norm_by_step(cell, inputs), expected, what=what)


@given(kind=kinds, seed=seeds)
@settings(max_examples=8)
def test_one_step(kind, seed):
    cell, inputs = make_cell(kind, seed), draw(seed, 2, 1)
    found = gradient_norm_by_step(cell, inputs)
    assert_matches(found, reference(cell, inputs), what="the norms (step) of one step")


@given(kind=kinds, seed=seeds)
@settings(max_examples=8)
def test_one_sequence(kind, seed):
    cell, inputs = make_cell(kind, seed, hidden_size=1), draw(seed, 1, 4)
    found = gradient_norm_by_step(cell, inputs)
    what = "the norms (step) of one sequence and one hidden feature"
    assert_matches(found, reference(cell, inputs), what=what)


@given(kind=kinds, seed=seeds)
@settings(max_examples=5)
def test_memory_layout(kind, seed):
    cell = make_cell(kind, seed)
    inputs = draw(seed, 3, 4).transpose(0, 1).contiguous().transpose(0, 1)
    found = gradient_norm_by_step(cell, inputs)
    what = "the norms (step) for inputs that are not contiguous in memory"
    assert_matches(found, reference(cell, inputs), what=what)


@given(kind=kinds, seed=seeds)
@settings(max_examples=5)
def test_one_call_after_another(kind, seed):
    """Of one cell, for inputs of several sizes, and in evaluation."""
    cell = make_cell(kind, seed)
    inputs = [draw(seed, 3, 4), draw(seed + 1, 2, 5), draw(seed, 3, 4)]
    found = [gradient_norm_by_step(cell, each) for each in inputs]
    found.append(gradient_norm_by_step(cell.eval(), inputs[1]))
    expected = [reference(cell, each) for each in (*inputs, inputs[1])]
    what = "the norms (step) of four calls, looked at after the last"
    assert_matches(found, expected, what=what)


@given(kind=kinds, seed=seeds)
@settings(max_examples=8)
def test_leaves_no_trace(kind, seed):
    """No gradient is set or changed, and inputs that require gradients go on requiring them."""
    cell, inputs = make_cell(kind, seed), draw(seed, 3, 4).requires_grad_()
    for parameter in cell.parameters():
        parameter.grad = torch.ones_like(parameter)
    found = gradient_norm_by_step(cell, inputs)
    assert_matches(found, reference(cell, inputs), what=WHAT)
    assert not found.requires_grad, "the norms must not require gradients"
    assert inputs.grad is None, "no gradient of the inputs may be set"
    assert inputs.requires_grad, "inputs that require gradients must go on requiring them"
    same = all(p.grad is not None and bool(p.grad.eq(1).all()) for p in cell.parameters())
    assert same, "no gradient of the cell's parameters may be changed"


@given(kind=kinds, seed=seeds)
@settings(max_examples=8)
def test_inputs_are_left_alone(kind, seed):
    """Inputs that require no gradients, of a cell whose parameters have none yet."""
    cell, inputs = make_cell(kind, seed), draw(seed, 3, 4)
    before = inputs.clone()
    found = gradient_norm_by_step(cell, inputs)
    assert_matches(found, reference(cell, before), what=WHAT)
    assert_matches(inputs, before, what="the inputs (batch, step, feature) after the call")
    assert not inputs.requires_grad, "inputs that require no gradients must not require them"
    without = all(p.grad is None for p in cell.parameters())
    assert without, "no gradient of the cell's parameters may be set"


@given(seed=seeds)
@settings(max_examples=6)
def test_parameters_that_require_no_gradients(seed):
    cell, inputs = make_cell("gru", seed), draw(seed, 2, 3)
    for parameter in cell.parameters():
        parameter.requires_grad_(False)
    found = gradient_norm_by_step(cell, inputs)
    what = "the norms (step) for a cell whose parameters require no gradients"
    assert_matches(found, reference(cell, inputs), what=what)


@given(seed=seeds)
@settings(max_examples=6)
def test_float32(seed):
    cell, inputs = make_cell("lstm", seed, dtype=torch.float32), draw(seed, 3, 6, torch.float32)
    found, expected = gradient_norm_by_step(cell, inputs), reference(cell, inputs)
    assert_matches(found, expected, what="the norms (step), float32", atol=1e-5, rtol=1e-4)
