"""Hidden tests of unroll, with cells of the library: outputs, final states and all gradients."""

import pytest
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
    inputs = torch.randn(steps, batch, input_size, generator=generator, dtype=torch.float64)
    return inputs.to(dtype).transpose(0, 1)


def draw_state(kind, seed, batch, hidden_size=4):
    generator = torch.Generator().manual_seed(seed + 2)
    parts = [
        torch.randn(batch, hidden_size, generator=generator, dtype=torch.float64) for _ in range(2)
    ]
    return tuple(parts) if kind == "lstm" else parts[0]


def compare(kind, seed, inputs, lengths=None, state=None, **tolerances):
    results = []
    for function in (unroll, reference):
        cell = make_cell(kind, seed, inputs.shape[2], dtype=inputs.dtype)
        given = {"inputs": inputs} if state is None else {"inputs": inputs, "state": state}

        def run(inputs, state=None, function=function, cell=cell):
            return function(cell, inputs, lengths, state)

        results.append(observe(run, given, cell.named_parameters))
    assert_matches(*results, what=WHAT, **tolerances)


@given(kind=kinds, seed=seeds, batch=st.sampled_from([1, 2, 5]), steps=st.sampled_from([1, 3, 6]))
def test_whole_sequences(kind, seed, batch, steps):
    compare(kind, seed, draw(seed, batch, steps))


@given(kind=kinds, seed=seeds, lengths=st.permutations([1, 2, 4, 6, 3]))
def test_padded_sequences(kind, seed, lengths):
    compare(kind, seed, draw(seed, 5, 6), torch.tensor(lengths))


@given(kind=kinds, seed=seeds, lengths=st.permutations([0, 2, 5]))
def test_an_empty_sequence_keeps_its_initial_state(kind, seed, lengths):
    compare(kind, seed, draw(seed, 3, 5), torch.tensor(lengths), draw_state(kind, seed, 3))


@given(kind=kinds, seed=seeds, padded=st.booleans())
def test_an_initial_state(kind, seed, padded):
    lengths = torch.tensor([4, 1, 3]) if padded else None
    compare(kind, seed, draw(seed, 3, 4), lengths, draw_state(kind, seed, 3))


@given(kind=kinds, seed=seeds)
def test_nothing_depends_on_the_padding(kind, seed):
    """Each sequence of a padded batch gives what it gives alone, whatever stands behind its end."""
    inputs, lengths = draw(seed, 3, 5).contiguous(), [2, 5, 3]
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
    detached = [part.detach() for part in actual]
    assert_matches(detached, [outputs.detach(), final[0].detach()], what=WHAT)


@given(kind=kinds, seed=seeds)
@settings(max_examples=6)
def test_leaves_its_arguments_as_they_were(kind, seed):
    inputs, state, lengths = draw(seed, 3, 4), draw_state(kind, seed, 3), torch.tensor([2, 0, 4])
    parts = state if kind == "lstm" else (state,)
    before = [tensor.clone() for tensor in (inputs, lengths, *parts)]
    result = unroll(make_cell(kind, seed), inputs, lengths, state)
    expected = reference(
        make_cell(kind, seed),
        before[0],
        before[1],
        tuple(before[2:]) if kind == "lstm" else before[2],
    )
    assert_matches([result[0].detach()], [expected[0].detach()], what="the outputs")
    assert_matches([inputs, lengths, *parts], before, what="the arguments after the call")


@pytest.mark.parametrize("dtype", [torch.int32, torch.int64, torch.uint8])
def test_lengths_of_any_integer_type(dtype):
    compare("rnn", 3, draw(3, 3, 4), torch.tensor([4, 1, 2], dtype=dtype))


@given(seed=seeds)
@settings(max_examples=5)
def test_float32(seed):
    compare("lstm", seed, draw(seed, 3, 8, dtype=torch.float32), torch.tensor([8, 3, 5]), atol=1e-4)
