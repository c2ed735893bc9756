"""Public tests of `Stacked`. Run them with `pytest tests/test_stacked.py`.

They hand it `lstm_unroll`, made of the library's LSTM, so they need nothing of your `unroll`.
"""

import pytest
import torch
from checks import assert_close
from hypothesis import given, settings
from hypothesis import strategies as st
from recurrent.layers import Stacked
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

INPUT_SIZE, HIDDEN_SIZE, STEPS = 3, 4, 5
OUTPUTS = "the outputs (batch, time, hidden_size)"
STATE = "the pair of states of layer {} (batch, hidden_size)"


def run_layer(layer, inputs, lengths=None, state=None):
    """Run a layer of the library over a batch, with or without padding."""
    if lengths is None:
        return layer(inputs, state)
    packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
    outputs, state = layer(packed, state)
    return pad_packed_sequence(outputs, batch_first=True, total_length=inputs.size(1))[0], state


def lstm_unroll(cell, inputs, lengths=None, state=None):
    """What `unroll` has to return for an LSTM cell."""
    layer = torch.nn.LSTM(cell.input_size, cell.hidden_size, batch_first=True).double()
    layer.load_state_dict({f"{name}_l0": value for name, value in cell.state_dict().items()})
    state = None if state is None else tuple(part.unsqueeze(0) for part in state)
    outputs, (h, c) = run_layer(layer, inputs, lengths, state)
    return outputs, (h[0], c[0])


def make_pair(num_layers, seed=0):
    """Library cells, and a library LSTM of several layers with the same weights."""
    torch.manual_seed(seed)
    layer = torch.nn.LSTM(INPUT_SIZE, HIDDEN_SIZE, num_layers, batch_first=True).double()
    cells = []
    for i in range(num_layers):
        cell = torch.nn.LSTMCell(HIDDEN_SIZE if i else INPUT_SIZE, HIDDEN_SIZE).double()
        names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
        cell.load_state_dict({name: getattr(layer, f"{name}_l{i}") for name in names})
        cells.append(cell)
    return cells, layer


def make_inputs(batch, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(batch, STEPS, INPUT_SIZE, generator=generator, dtype=torch.float64)


def run(model, inputs, lengths=None, state=None):
    """Call the module, and check what holds always: a graph, and inputs left alone."""
    before = inputs.clone()
    outputs, final = model(inputs.requires_grad_(), lengths, state)
    words = "The outputs must be a tensor with a graph, so that gradients reach the inputs."
    if not (isinstance(outputs, torch.Tensor) and outputs.requires_grad):
        raise AssertionError(words)
    assert_close(inputs, before, "the inputs (batch, time, input_size)", "They were changed.")
    return outputs, final


@pytest.mark.parametrize("num_layers", [1, 2, 3])
def test_it_equals_the_library_with_several_layers(num_layers):
    cells, layer = make_pair(num_layers)
    inputs = make_inputs(batch=2)
    outputs, state = run(Stacked(cells, unroll=lstm_unroll), inputs)
    expected, (h, c) = layer(inputs)
    words = f"One final state for each of the {num_layers} layers is expected, {len(state)} came."
    if len(state) != num_layers:
        raise AssertionError(words)
    assert_close(outputs, expected, OUTPUTS)
    for i in range(num_layers):
        assert_close(list(state[i]), [h[i], c[i]], STATE.format(i))


@settings(max_examples=8, deadline=None)
@given(lengths=st.lists(st.integers(1, STEPS), min_size=2, max_size=4), seed=st.integers(0, 999))
def test_every_layer_knows_the_lengths(lengths, seed):
    cells, layer = make_pair(2, seed)
    inputs, lengths = make_inputs(len(lengths), seed), torch.tensor(lengths)
    outputs, state = run(Stacked(cells, unroll=lstm_unroll), inputs, lengths)
    expected, (h, c) = run_layer(layer, inputs, lengths)
    assert_close(outputs, expected, OUTPUTS)
    for i in range(2):
        assert_close(list(state[i]), [h[i], c[i]], STATE.format(i))


def test_every_layer_starts_from_its_own_state():
    cells, layer = make_pair(2)
    inputs = make_inputs(batch=2)
    h, c = torch.randn(2, 2, 2, HIDDEN_SIZE, dtype=torch.float64)
    outputs, state = run(
        Stacked(cells, unroll=lstm_unroll), inputs, state=((h[0], c[0]), (h[1], c[1]))
    )
    expected, (last_h, last_c) = layer(inputs, (h, c))
    assert_close(outputs, expected, OUTPUTS)
    for i in range(2):
        assert_close(list(state[i]), [last_h[i], last_c[i]], STATE.format(i))


def test_the_parameters_have_the_names_of_the_docstring_and_the_cells_values():
    cells, layer = make_pair(2)
    model = Stacked(cells, unroll=lstm_unroll)
    found = {name: value.detach() for name, value in model.named_parameters()}
    expected = {
        f"cells.{i}.{name}": value.detach()
        for i, cell in enumerate(cells)
        for name, value in cell.named_parameters()
    }
    assert_close(found, expected, "the parameters")
    inputs = make_inputs(batch=2)
    assert_close(run(model, inputs)[0], layer(inputs)[0], OUTPUTS)


def test_a_stack_of_nothing_is_refused():
    cells, layer = make_pair(1)
    inputs = make_inputs(batch=2)
    outputs, _ = run(Stacked(cells, unroll=lstm_unroll), inputs)
    assert_close(outputs, layer(inputs)[0], OUTPUTS)
    with pytest.raises(ValueError):
        Stacked([])
        raise AssertionError("Stacked([]) must raise ValueError.")


def test_names_of_parameters():
    cells, layer = make_pair(2)
    inputs = make_inputs(batch=2)
    try:
        model = Stacked(cells=cells, unroll=lstm_unroll)
        outputs, _ = model(inputs=inputs, lengths=None, state=None)
    except TypeError as error:
        names = "The parameters keep their names: cells, unroll in __init__, and inputs, lengths, "
        raise AssertionError(f"{names}state in forward. Called with them: {error}") from None
    assert_close(outputs, layer(inputs)[0], OUTPUTS)
