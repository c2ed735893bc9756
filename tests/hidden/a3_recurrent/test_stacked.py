"""Hidden tests of stacked. The class gets cells of the library and a correct function that unrolls them."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from recurrent.layers import Stacked
from torch import nn

from autograder.testing import assert_matches, observe
from solutions.a3_recurrent.recurrent.layers import Stacked as Reference

CELLS = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}
WHAT = "the outputs and the final states of all layers"
kinds = st.sampled_from(sorted(CELLS))
seeds = st.integers(0, 2**31 - 1)


def first(state):
    return state[0] if isinstance(state, tuple) else state


def run_cell(cell, inputs, lengths=None, state=None):
    """A correct unroll, written another way than any reference."""
    outputs, states = [], []
    for step in range(inputs.shape[1]):
        new = cell(inputs[:, step], state)
        if lengths is not None:
            on = (lengths > step).to(inputs.dtype)[:, None]
            old = state
            if old is None:
                old = tuple(part * 0 for part in new) if isinstance(new, tuple) else new * 0
            if isinstance(new, tuple):
                kept = tuple(on * a + (1 - on) * b for a, b in zip(new, old, strict=True))
            else:
                kept = on * new + (1 - on) * old
            outputs.append(first(new) * on)
            state = kept
        else:
            outputs.append(first(new))
            state = new
        states.append(state)
    return torch.stack(outputs, 1), state


def make_cells(kind, seed, widths=(3, 5, 2, 4)):
    generator = torch.Generator().manual_seed(seed)
    cells = []
    for below, above in pairwise(widths):
        cell = CELLS[kind](below, above).double()
        for parameter in cell.parameters():
            nn.init.normal_(parameter, std=0.8, generator=generator)
        cells.append(cell)
    return cells


def draw(seed, batch=3, steps=4, width=3):
    generator = torch.Generator().manual_seed(seed + 1)
    return torch.randn(batch, steps, width, generator=generator, dtype=torch.float64)


def draw_states(kind, seed, widths, batch=3):
    generator = torch.Generator().manual_seed(seed + 2)

    def state(width):
        parts = [
            torch.randn(batch, width, generator=generator, dtype=torch.float64) for _ in range(2)
        ]
        return tuple(parts) if kind == "lstm" else parts[0]

    return tuple(state(width) for width in widths)


def compare(
    kind, seed, widths=(3, 5, 2, 4), lengths=None, with_state=False, batch=3, steps=4, what=WHAT
):
    """Compare results and gradients."""
    results = []
    for cls in (Stacked, Reference):
        model = cls(make_cells(kind, seed, widths), unroll=run_cell)
        given = {"inputs": draw(seed, batch, steps, widths[0])}
        if with_state:
            given["state"] = draw_states(kind, seed, widths[1:], batch)

        def run(inputs, state=None, model=model):
            return model(inputs, lengths, state)

        results.append(observe(run, given, model.named_parameters))
    assert_matches(*results, what=what)


@given(kind=kinds, seed=seeds)
def test_three_layers(kind, seed):
    compare(kind, seed)


@given(kind=kinds, seed=seeds, lengths=st.permutations([4, 1, 2]))
@settings(max_examples=8)
def test_padded_sequences(kind, seed, lengths):
    what = "the outputs and the final states of padded sequences"
    compare(kind, seed, lengths=torch.tensor(lengths), what=what)


@given(kind=kinds, seed=seeds, lengths=st.permutations([3, 1, 2]))
@settings(max_examples=5)
def test_sequences_that_all_end_before_the_last_step(kind, seed, lengths):
    what = "the outputs and the final states, when all sequences end before the last step"
    compare(kind, seed, lengths=torch.tensor(lengths), what=what)


@given(kind=kinds, seed=seeds)
@settings(max_examples=5)
def test_one_sequence_and_one_step(kind, seed):
    what = "the outputs and the final states of one sequence, or of one step"
    compare(kind, seed, batch=1, what=what)
    compare(kind, seed, steps=1, what=what)


@given(kind=kinds, seed=seeds)
@settings(max_examples=5)
def test_memory_layout(kind, seed):
    inputs = draw(seed).transpose(0, 1).contiguous().transpose(0, 1)
    results = [cls(make_cells(kind, seed), unroll=run_cell)(inputs) for cls in (Stacked, Reference)]
    what = "the outputs and the final states for inputs that are not contiguous in memory"
    assert_matches(*map(_detached, results), what=what)


@given(kind=kinds, seed=seeds)
@settings(max_examples=5)
def test_one_call_after_another(kind, seed):
    """With states and without, of several lengths, and in evaluation: results stay, and nothing
    stays from call to call."""
    student, right = (cls(make_cells(kind, seed), unroll=run_cell) for cls in (Stacked, Reference))
    states, lengths = draw_states(kind, seed, (5, 2, 4)), torch.tensor([4, 1, 2])
    inputs, more = draw(seed), draw(seed + 1, steps=6)
    calls = [(inputs, lengths, states), (inputs,), (more, lengths), (inputs,)]
    found = [student(*call) for call in calls]
    expected = [right(*call) for call in calls]
    found.append(student.eval()(inputs, None, states))
    expected.append(right.eval()(inputs, None, states))
    what = "the outputs and final states of five calls, looked at after the last"
    assert_matches(_detached(found), _detached(expected), what=what)


@given(kind=kinds, seed=seeds)
@settings(max_examples=5)
def test_arguments_are_left_alone(kind, seed):
    inputs, lengths, states = (
        draw(seed),
        torch.tensor([4, 1, 2]),
        draw_states(kind, seed, (5, 2, 4)),
    )
    before = [inputs.clone(), lengths.clone(), draw_states(kind, seed, (5, 2, 4))]
    for grad in (True, False):
        with torch.set_grad_enabled(grad):
            found = Stacked(make_cells(kind, seed), unroll=run_cell)(inputs, lengths, states)
            right = Reference(make_cells(kind, seed), unroll=run_cell)(*before)
        assert_matches(_detached(found), _detached(right), what=WHAT)
        what = "the inputs, the lengths and the initial states after the call"
        assert_matches([inputs, lengths, states], before, what=what)


@given(kind=kinds, seed=seeds)
@settings(max_examples=8)
def test_an_initial_state_for_every_layer(kind, seed):
    what = "the outputs and the final states, from initial states"
    compare(kind, seed, with_state=True, what=what)


@given(kind=kinds, seed=seeds)
@settings(max_examples=5)
def test_layers_of_one_size(kind, seed):
    """Only here does a cell fit into every layer."""
    what = "the outputs and the final states of layers of one size"
    compare(kind, seed, widths=(4, 4, 4), what=what)


@given(kind=kinds, seed=seeds)
@settings(max_examples=5)
def test_one_layer(kind, seed):
    compare(kind, seed, widths=(3, 5), what="the outputs and the final states of one layer")


@given(seed=seeds)
@settings(max_examples=5)
def test_the_library_gives_the_same(seed):
    layer = nn.LSTM(3, 4, 2, batch_first=True).double()
    cells = make_cells("lstm", seed, (3, 4, 4))
    state = {
        f"{name}_l{i}": value
        for i, cell in enumerate(cells)
        for name, value in cell.state_dict().items()
    }
    layer.load_state_dict(state)
    inputs = draw(seed)
    outputs, (h, c) = layer(inputs)
    actual, final = Stacked(cells, unroll=run_cell)(inputs)
    expected = [outputs, [[h[0], c[0]], [h[1], c[1]]]]
    assert_matches(
        [actual.detach(), [[part.detach() for part in pair] for pair in final]],
        _detached(expected),
        what=WHAT,
    )


def _detached(value):
    if isinstance(value, torch.Tensor):
        return value.detach()
    return [_detached(part) for part in value]


def test_uses_the_cells_it_is_given_and_registers_them():
    cells = make_cells("gru", 4)
    model = Stacked(cells, unroll=run_cell)
    names = [
        f"cells.{i}.{name}"
        for i in range(3)
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    ]
    assert_matches(
        [name for name, _ in model.named_parameters()], names, what="the names of the parameters"
    )
    with torch.no_grad():
        cells[1].weight_ih.mul_(2.0)
    expected, _ = Reference(cells, unroll=run_cell)(draw(4))
    assert_matches(
        model(draw(4))[0].detach(), expected.detach(), what="the outputs after a cell has changed"
    )


def test_takes_any_iterable():
    found, right = (
        [
            cls(make(make_cells("rnn", 6)), unroll=run_cell)(draw(6))[0].detach()
            for make in (list, tuple, iter)
        ]
        for cls in (Stacked, Reference)
    )
    what = "the outputs (batch, steps, hidden_size) of cells from a list, a tuple and an iterator"
    assert_matches(found, right, what=what)


def test_refuses_only_a_stack_of_nothing():
    """What is allowed comes first: a program that refuses everything fails as well."""
    model = Stacked(tuple(make_cells("rnn", 6)), unroll=run_cell)
    expected, _ = Reference(make_cells("rnn", 6), unroll=run_cell)(draw(6))
    what = "a stack that must not be refused: the outputs (batch, steps, hidden_size)"
    assert_matches(model(draw(6))[0].detach(), expected.detach(), what=what)
    with pytest.raises(ValueError):
        Stacked([], unroll=run_cell)


def test_uses_the_function_it_is_given():
    def doubled(cell, inputs, lengths=None, state=None):
        outputs, state = run_cell(cell, inputs, lengths, state)
        return 2 * outputs, state

    results = [
        cls(make_cells("gru", 8), unroll=doubled)(draw(8))[0].detach()
        for cls in (Stacked, Reference)
    ]
    assert_matches(*results, what="the outputs when the given function doubles them")
