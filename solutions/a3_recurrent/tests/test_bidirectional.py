"""Public tests of `Bidirectional`. Run them with `pytest tests/test_bidirectional.py`.

They hand it `gru_unroll`, made of the library's GRU, so they need nothing of your `unroll`.
"""

import torch
from checks import assert_close
from hypothesis import given, settings
from hypothesis import strategies as st
from recurrent.layers import Bidirectional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

INPUT_SIZE, HIDDEN_SIZE, STEPS = 3, 4, 5
INPUTS = "the inputs (batch, time, input_size)"
OUTPUTS = "the outputs (batch, time, both_hidden_sizes)"
STATES = "the final states, forward and backward (batch, hidden_size)"


def run_layer(layer, inputs, lengths=None, state=None):
    """Run a layer of the library over a batch, with or without padding."""
    if lengths is None:
        return layer(inputs, state)
    packed = pack_padded_sequence(inputs, lengths, batch_first=True, enforce_sorted=False)
    outputs, state = layer(packed, state)
    return pad_packed_sequence(outputs, batch_first=True, total_length=inputs.size(1))[0], state


def gru_unroll(cell, inputs, lengths=None, state=None):
    """What `unroll` has to return for a GRU cell."""
    layer = torch.nn.GRU(cell.input_size, cell.hidden_size, batch_first=True).double()
    layer.load_state_dict({f"{name}_l0": value for name, value in cell.state_dict().items()})
    state = None if state is None else state.unsqueeze(0)
    outputs, state = run_layer(layer, inputs, lengths, state)
    return outputs, state[0]


def make_pair(seed=0):
    """Two library cells, and a library GRU that runs them in both directions."""
    torch.manual_seed(seed)
    layer = torch.nn.GRU(INPUT_SIZE, HIDDEN_SIZE, batch_first=True, bidirectional=True).double()
    cells = []
    for suffix in ("_l0", "_l0_reverse"):
        cell = torch.nn.GRUCell(INPUT_SIZE, HIDDEN_SIZE).double()
        names = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"]
        cell.load_state_dict({name: getattr(layer, name + suffix) for name in names})
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
    assert_close(inputs, before, INPUTS, "The inputs were changed.")
    return outputs, final


def test_it_equals_the_library():
    cells, layer = make_pair()
    inputs = make_inputs(batch=2)
    outputs, state = run(Bidirectional(*cells, unroll=gru_unroll), inputs)
    expected, expected_state = layer(inputs)
    assert_close(outputs, expected, OUTPUTS)
    assert_close(list(state), list(expected_state), STATES)


@settings(max_examples=8, deadline=None)
@given(lengths=st.lists(st.integers(1, STEPS), min_size=2, max_size=4), seed=st.integers(0, 999))
def test_the_backward_cell_starts_at_the_last_real_step(lengths, seed):
    cells, layer = make_pair(seed)
    inputs, lengths = make_inputs(len(lengths), seed), torch.tensor(lengths)
    outputs, state = run(Bidirectional(*cells, unroll=gru_unroll), inputs, lengths)
    expected, expected_state = run_layer(layer, inputs, lengths)
    for name, columns in [("forward", slice(HIDDEN_SIZE)), ("backward", slice(HIDDEN_SIZE, None))]:
        what = f"the {name} half of the outputs (batch, time, hidden_size)"
        assert_close(outputs[..., columns], expected[..., columns], what)
    assert_close(list(state), list(expected_state), STATES)


def test_each_direction_starts_from_its_own_state():
    cells, layer = make_pair()
    inputs, lengths = make_inputs(batch=2), torch.tensor([2, STEPS])
    start = torch.randn(2, 2, HIDDEN_SIZE, dtype=torch.float64)
    outputs, state = run(Bidirectional(*cells, unroll=gru_unroll), inputs, lengths, tuple(start))
    expected, expected_state = run_layer(layer, inputs, lengths, start)
    assert_close(outputs, expected, OUTPUTS)
    assert_close(list(state), list(expected_state), STATES)


def test_gradients_reach_every_real_step_and_no_padding():
    cells, layer = make_pair()
    inputs, lengths = make_inputs(batch=2), torch.tensor([3, STEPS])
    outputs, _ = run(Bidirectional(*cells, unroll=gru_unroll), inputs, lengths)
    outputs.square().sum().backward()

    twin = inputs.detach().clone().requires_grad_()
    expected, _ = run_layer(layer, twin, lengths)
    assert_close(outputs, expected, OUTPUTS)
    expected.square().sum().backward()
    assert_close(inputs.grad, twin.grad, f"the gradient of {INPUTS}")


def test_names_of_parameters():
    cells, layer = make_pair()
    inputs = make_inputs(batch=2)
    try:
        arguments = {"forward_cell": cells[0], "backward_cell": cells[1], "unroll": gru_unroll}
        outputs, _ = Bidirectional(**arguments)(inputs=inputs, lengths=None, state=None)
    except TypeError as error:
        names = "The parameters keep their names: forward_cell, backward_cell, unroll in __init__, "
        words = f"{names}and inputs, lengths, state in forward. Called with them: {error}"
        raise AssertionError(words) from None
    assert_close(outputs, layer(inputs)[0], OUTPUTS)
