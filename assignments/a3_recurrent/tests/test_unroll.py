"""Public tests of `unroll`. Run them with `pytest tests/test_unroll.py`."""

import pytest
import torch
from checks import assert_close
from hypothesis import given, settings
from hypothesis import strategies as st
from recurrent.layers import unroll

INPUT_SIZE, HIDDEN_SIZE, STEPS = 3, 4, 6
KINDS = ["RNN", "LSTM", "GRU"]
OUTPUTS = "the outputs (batch, time, hidden_size)"
STATE = "the final state (batch, hidden_size)"


class RunningSum(torch.nn.Module):
    """A cell whose state is the sum of what it has read: easy to follow by hand."""

    def forward(self, x, state=None):
        return x if state is None else state + x


def make_pair(kind):
    """A library cell and the library layer that runs the same weights over a sequence."""
    torch.manual_seed(sum(map(ord, kind)))
    cell = getattr(torch.nn, f"{kind}Cell")(INPUT_SIZE, HIDDEN_SIZE).double()
    layer = getattr(torch.nn, kind)(INPUT_SIZE, HIDDEN_SIZE, batch_first=True).double()
    layer.load_state_dict({f"{name}_l0": value for name, value in cell.state_dict().items()})
    return cell, layer


def make_inputs(batch, steps=STEPS, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, steps, INPUT_SIZE, generator=generator, dtype=torch.float64)


def parts(state):
    """The tensors of a state, h first, without the axis that library layers put in front."""
    state = state if isinstance(state, (tuple, list)) else (state,)
    return [part.squeeze(0) if part.dim() == 3 else part for part in state]


def run(cell, inputs, lengths=None, state=None):
    """Call `unroll`, and check what holds always: a graph, and arguments left alone."""
    arguments = [inputs] if state is None else [inputs, *parts(state)]
    before = [argument.clone() for argument in arguments]
    outputs, final = unroll(cell, inputs.requires_grad_(), lengths, state)
    words = "The outputs must be a tensor with a graph, so that gradients reach the inputs."
    if not (isinstance(outputs, torch.Tensor) and outputs.requires_grad):
        raise AssertionError(words)
    assert_close(arguments, before, "the arguments", "An argument was changed.")
    return outputs, final


def test_a_cell_that_adds_up():
    inputs = torch.tensor([[[1.0], [2.0], [3.0]], [[10.0], [20.0], [77.0]]])
    outputs, state = run(RunningSum(), inputs, torch.tensor([3, 2]))
    expected = torch.tensor([[[1.0], [3.0], [6.0]], [[10.0], [30.0], [0.0]]])
    assert_close(outputs, expected, OUTPUTS)
    assert_close(state, torch.tensor([[6.0], [30.0]]), STATE)


@pytest.mark.parametrize("kind", KINDS)
def test_without_padding_it_equals_the_library_layer(kind):
    cell, layer = make_pair(kind)
    inputs = make_inputs(batch=5)
    outputs, state = run(cell, inputs)
    expected, expected_state = layer(inputs)
    assert_close(outputs, expected, OUTPUTS)
    assert_close(parts(state), parts(expected_state), STATE)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=8, deadline=None)
@given(lengths=st.lists(st.integers(1, STEPS), min_size=2, max_size=5), seed=st.integers(0, 999))
def test_every_sequence_is_treated_as_if_it_were_alone(kind, lengths, seed):
    cell, layer = make_pair(kind)
    inputs = make_inputs(len(lengths), seed=seed)
    outputs, state = run(cell, inputs, torch.tensor(lengths))
    for row, length in enumerate(lengths):
        expected, expected_state = layer(inputs[row : row + 1, :length])
        what = f"the outputs of sequence {row} (time, hidden_size)"
        assert_close(outputs[row, :length], expected[0], what)
        what = f"the outputs of sequence {row} in the padding (time, hidden_size)"
        assert_close(outputs[row, length:], torch.zeros_like(outputs[row, length:]), what)
        ends = [part[row : row + 1] for part in parts(state)]
        what = f"the final state of sequence {row} (batch, hidden_size)"
        assert_close(ends, parts(expected_state), what)


def test_the_state_that_is_given_comes_first_and_stays_where_nothing_is_read():
    cell, layer = make_pair("LSTM")
    inputs = make_inputs(batch=2)
    start = tuple(make_inputs(2, steps=HIDDEN_SIZE)[:, :, i].clone() for i in range(2))
    outputs, (h, c) = run(cell, inputs, torch.tensor([0, STEPS]), start)
    expected, (expected_h, expected_c) = layer(
        inputs[1:], tuple(part[1:].unsqueeze(0) for part in start)
    )
    assert_close(outputs[1:], expected, "the outputs of sequence 1 (batch, time, hidden_size)")
    what = "the final state of sequence 1 (batch, hidden_size)"
    assert_close((h[1:], c[1:]), (expected_h[0], expected_c[0]), what)
    what = "the outputs of sequence 0, all padding (time, hidden_size)"
    assert_close(outputs[0], torch.zeros_like(outputs[0]), what)
    what = "the final state of sequence 0, which stays (hidden_size)"
    assert_close((h[0], c[0]), (start[0][0], start[1][0]), what)


def test_gradients_reach_the_real_steps_and_no_padding():
    cell, layer = make_pair("GRU")
    inputs = make_inputs(batch=2)
    _, state = run(cell, inputs, torch.tensor([STEPS, 2]))
    state.square().sum().backward()

    alone = inputs.detach().clone().requires_grad_()
    whole, short = layer(alone[:1])[1], layer(alone[1:, :2])[1]
    assert_close(state, torch.cat([whole[0], short[0]]), STATE)
    (whole.square().sum() + short.square().sum()).backward()
    assert_close(inputs.grad, alone.grad, "the gradient of the inputs (batch, time, input_size)")


def test_names_of_parameters():
    cell, layer = make_pair("GRU")
    inputs, start = make_inputs(batch=2), torch.zeros(2, HIDDEN_SIZE, dtype=torch.float64)
    lengths = torch.tensor([STEPS, STEPS])
    try:
        outputs, _ = unroll(cell=cell, inputs=inputs, lengths=lengths, state=start)
    except TypeError as error:
        names = "The parameters keep their names: cell, inputs, lengths, state."
        raise AssertionError(f"{names} Called with them: {error}") from None
    assert_close(outputs, layer(inputs)[0], OUTPUTS)
