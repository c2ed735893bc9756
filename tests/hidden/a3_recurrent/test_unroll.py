"""Hidden tests of unroll, with cells of the library: outputs, final states and all gradients.

Outputs and states of padded sequences have tests of their own, without gradients: so two mistakes,
one in each, are told apart.
"""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from recurrent.layers import unroll
from torch import nn

from autograder.testing import assert_matches, observe
from solutions.a3_recurrent.recurrent.layers import unroll as reference

CELLS = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}
WHAT = "the outputs and the final state"
kinds = st.sampled_from(sorted(CELLS))
seeds = st.integers(0, 2**31 - 1)


def make_cell(kind, seed, input_size=3, hidden_size=4, dtype=torch.float64):
    cell = CELLS[kind](input_size, hidden_size).to(dtype)
    generator = torch.Generator().manual_seed(seed)
    for parameter in cell.parameters():
        nn.init.normal_(parameter, std=0.6, generator=generator)
    return cell


def draw(seed, batch, steps, input_size=3, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed + 1)
    inputs = torch.randn(batch, steps, input_size, generator=generator, dtype=torch.float64)
    return inputs.to(dtype)


def draw_state(kind, seed, batch, hidden_size=4):
    generator = torch.Generator().manual_seed(seed + 2)
    parts = [
        torch.randn(batch, hidden_size, generator=generator, dtype=torch.float64) for _ in range(2)
    ]
    return tuple(parts) if kind == "lstm" else parts[0]


def compare(kind, seed, inputs, lengths=None, state=None, what=WHAT, **tolerances):
    """Compare results and gradients."""
    results = []
    for function in (unroll, reference):
        cell = make_cell(kind, seed, inputs.shape[2], dtype=inputs.dtype)
        given = {"inputs": inputs} if state is None else {"inputs": inputs, "state": state}

        def run(inputs, state=None, function=function, cell=cell):
            return function(cell, inputs, lengths, state)

        results.append(observe(run, given, cell.named_parameters))
    assert_matches(*results, what=what, **tolerances)


def compare_outputs(kind, seed, inputs, lengths=None, state=None, what="the outputs"):
    """Compare the outputs alone."""
    results = [f(make_cell(kind, seed), inputs, lengths, state)[0] for f in (unroll, reference)]
    assert_matches(
        *(found.detach() for found in results), what=f"{what} (batch, steps, hidden_size)"
    )


def compare_states(kind, seed, inputs, lengths=None, state=None, what="the final state"):
    """Compare the final states alone."""
    results = [f(make_cell(kind, seed), inputs, lengths, state)[1] for f in (unroll, reference)]
    found, right = (detached(one) for one in results)
    assert_matches(found, right, what=f"{what} (batch, hidden_size)")


def detached(value):
    """The same tensors, in lists, without a graph."""
    if isinstance(value, torch.Tensor):
        return value.detach()
    return [detached(part) for part in value]


@given(kind=kinds, seed=seeds, batch=st.sampled_from([2, 5]), steps=st.sampled_from([3, 6]))
def test_whole_sequences(kind, seed, batch, steps):
    compare(kind, seed, draw(seed, batch, steps))


@settings(max_examples=5)
@given(kind=kinds, seed=seeds)
def test_one_sequence_and_one_step(kind, seed):
    for batch, steps in ((1, 3), (3, 1), (1, 1)):
        what = "the outputs and the final state of one sequence, or of one step"
        compare(kind, seed, draw(seed, batch, steps), what=what)


@given(kind=kinds, seed=seeds, lengths=st.permutations([1, 2, 4, 6, 3]))
def test_outputs_of_padded_sequences(kind, seed, lengths):
    what = "the outputs of padded sequences"
    compare_outputs(kind, seed, draw(seed, 5, 6), torch.tensor(lengths), what=what)


@given(kind=kinds, seed=seeds, lengths=st.permutations([1, 2, 4, 6, 3]))
def test_final_states_of_padded_sequences(kind, seed, lengths):
    what = "the final state of padded sequences"
    compare_states(kind, seed, draw(seed, 5, 6), torch.tensor(lengths), what=what)


@given(kind=kinds, seed=seeds, lengths=st.permutations([1, 2, 4, 6, 3]))
def test_gradients_of_padded_sequences(kind, seed, lengths):
    """Of the outputs: they do not tell what the final state is."""
    results = []
    for function in (unroll, reference):
        cell = make_cell(kind, seed)

        def run(inputs, function=function, cell=cell):
            return function(cell, inputs, torch.tensor(lengths))[0]

        observed = observe(run, {"inputs": draw(seed, 5, 6)}, cell.named_parameters)
        results.append({name: part for name, part in observed.items() if name != "outputs"})
    assert_matches(*results, what="the gradients of the outputs of padded sequences")


@given(kind=kinds, seed=seeds, lengths=st.permutations([1, 2, 3]))
def test_sequences_that_all_end_before_the_last_step(kind, seed, lengths):
    what = "the outputs, when all sequences end before the last step,"
    compare_outputs(kind, seed, draw(seed, 3, 5), torch.tensor(lengths), what=what)


@given(kind=kinds, seed=seeds, lengths=st.permutations([0, 2, 5]))
def test_an_empty_sequence_keeps_its_initial_state(kind, seed, lengths):
    what = "the final state, when one sequence is empty,"
    lengths, state = torch.tensor(lengths), draw_state(kind, seed, 3)
    compare_states(kind, seed, draw(seed, 3, 5), lengths, state, what=what)


@given(kind=kinds, seed=seeds)
def test_an_initial_state(kind, seed):
    what = "the outputs and the final state, from an initial state"
    compare(kind, seed, draw(seed, 3, 4), None, draw_state(kind, seed, 3), what=what)


@given(kind=kinds, seed=seeds)
def test_an_initial_state_and_padding(kind, seed):
    lengths, state = torch.tensor([4, 1, 3]), draw_state(kind, seed, 3)
    what = "the outputs and the final state, from an initial state and with padding"
    compare(kind, seed, draw(seed, 3, 4), lengths, state, what=what)


@settings(max_examples=5)
@given(kind=kinds, seed=seeds)
def test_memory_layout(kind, seed):
    inputs = draw(seed, 3, 4).transpose(0, 1).contiguous().transpose(0, 1)
    state = draw_state(kind, seed, 3)
    spread = [torch.stack([part, -part], dim=-1)[..., 0] for part in as_tuple(state)]
    lengths = torch.tensor([4, 9, 1, 9, 3, 9])[::2]
    results = [
        f(make_cell(kind, seed), inputs, lengths, tuple(spread) if kind == "lstm" else spread[0])
        for f in (unroll, reference)
    ]
    what = "the outputs and the final state, of tensors that are not contiguous in memory"
    assert_matches(*map(detached, results), what=what)


@settings(max_examples=5)
@given(kind=kinds, seed=seeds)
def test_one_call_after_another(kind, seed):
    """Of one cell, with a state and without: results stay, and nothing stays from call to call."""
    cell, state, lengths = make_cell(kind, seed), draw_state(kind, seed, 3), torch.tensor([4, 1, 3])
    inputs, more = draw(seed, 3, 4), draw(seed + 1, 3, 6)
    calls = [(inputs, lengths, state), (inputs,), (more, lengths), (inputs,), (inputs, None, state)]
    found = [unroll(cell, *call) for call in calls]
    expected = [reference(cell, *call) for call in calls]
    what = "the outputs and final states of five calls, looked at after the last"
    assert_matches(detached(found), detached(expected), what=what)


@given(kind=kinds, seed=seeds)
def test_nothing_depends_on_the_padding(kind, seed):
    """Each sequence of a padded batch gives what it gives alone, whatever stands behind its end."""
    inputs, lengths = draw(seed, 3, 5), [2, 5, 3]
    for row, length in enumerate(lengths):
        inputs[row, length:] = 50.0
    cell = make_cell(kind, seed)
    outputs, _ = unroll(cell, inputs, torch.tensor(lengths))
    alone = [
        reference(cell, inputs[row : row + 1, :length])[0][0] for row, length in enumerate(lengths)
    ]
    expected = torch.zeros(3, 5, 4, dtype=torch.float64)
    for row, length in enumerate(lengths):
        expected[row, :length] = alone[row].detach()
    assert_matches(outputs.detach(), expected, what="the outputs of padded sequences")


@given(seed=seeds)
@settings(max_examples=8)
def test_the_library_gives_the_same(seed):
    inputs, lengths = draw(seed, 4, 6), torch.tensor([6, 2, 5, 1])
    cell = make_cell("gru", seed)
    layer = nn.GRU(3, 4, batch_first=True).double()
    layer.load_state_dict({f"{name}_l0": value for name, value in cell.state_dict().items()})
    packed = nn.utils.rnn.pack_padded_sequence(
        inputs, lengths, batch_first=True, enforce_sorted=False
    )
    outputs, final = layer(packed)
    outputs, _ = nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True, total_length=6)
    actual = unroll(cell, inputs, lengths)
    what = "the outputs and the final state of padded sequences"
    assert_matches(detached(actual), [outputs.detach(), final[0].detach()], what=what)


@given(kind=kinds, seed=seeds)
@settings(max_examples=6)
def test_leaves_its_arguments_as_they_were(kind, seed):
    inputs, state, lengths = draw(seed, 3, 4), draw_state(kind, seed, 3), torch.tensor([2, 0, 4])
    parts = as_tuple(state)
    before = [tensor.clone() for tensor in (inputs, lengths, *parts)]
    for grad in (True, False):
        with torch.set_grad_enabled(grad):
            result = unroll(make_cell(kind, seed), inputs, lengths, state)[0].detach()
        old_state = tuple(before[2:]) if kind == "lstm" else before[2]
        expected = reference(make_cell(kind, seed), *before[:2], old_state)[0].detach()
        assert_matches(result, expected, what="the outputs (batch, steps, hidden_size)")
        what = "the inputs, the lengths and the initial state after the call"
        assert_matches([inputs, lengths, *parts], before, what=what)


def as_tuple(state):
    return state if isinstance(state, tuple) else (state,)


def test_lengths_of_any_integer_type():
    for dtype in (torch.int32, torch.int64, torch.uint8):
        what = f"the outputs, for {str(dtype).removeprefix('torch.')} lengths,"
        compare_outputs("rnn", 3, draw(3, 3, 4), torch.tensor([4, 1, 2], dtype=dtype), what=what)


@given(seed=seeds)
@settings(max_examples=5)
def test_float32(seed):
    what = "the outputs and the final state, float32"
    inputs, lengths = draw(seed, 3, 8, dtype=torch.float32), torch.tensor([8, 3, 5])
    compare("lstm", seed, inputs, lengths, what=what, atol=1e-4)
