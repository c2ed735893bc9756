"""Hidden tests of bidirectional. The class gets cells of the library and a correct function that unrolls them."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from recurrent.layers import Bidirectional
from torch import nn

from autograder.testing import assert_matches, observe
from solutions.a3_recurrent.recurrent.layers import Bidirectional as Reference
from solutions.a3_recurrent.recurrent.layers import unroll

CELLS = {"rnn": nn.RNNCell, "lstm": nn.LSTMCell, "gru": nn.GRUCell}
WHAT = "the outputs and the pair of final states"
kinds = st.sampled_from(sorted(CELLS))
seeds = st.integers(0, 2**31 - 1)


def make_cells(kind, seed):
    """Two cells of different hidden sizes, 4 and 2."""
    generator = torch.Generator().manual_seed(seed)
    cells = [CELLS[kind](3, hidden_size).double() for hidden_size in (4, 2)]
    for cell in cells:
        for parameter in cell.parameters():
            nn.init.normal_(parameter, std=0.8, generator=generator)
    return cells


def draw(seed, batch=3, steps=5):
    generator = torch.Generator().manual_seed(seed + 1)
    return torch.randn(batch, steps, 3, generator=generator, dtype=torch.float64)


def draw_states(kind, seed, batch=3):
    generator = torch.Generator().manual_seed(seed + 2)

    def state(width):
        parts = [
            torch.randn(batch, width, generator=generator, dtype=torch.float64) for _ in range(2)
        ]
        return tuple(parts) if kind == "lstm" else parts[0]

    return state(4), state(2)


def compare(kind, seed, inputs, lengths=None, with_state=False, what=WHAT):
    """Compare results and gradients. The function that unrolls is the reference's, called in the grader."""
    results = []
    for cls in (Bidirectional, Reference):
        model = cls(*make_cells(kind, seed), unroll=unroll_here)
        given = {"inputs": inputs}
        if with_state:
            given["state"] = draw_states(kind, seed, len(inputs))

        def run(inputs, state=None, model=model):
            return model(inputs, lengths, state)

        results.append(observe(run, given, model.named_parameters))
    assert_matches(*results, what=what)


def unroll_here(cell, inputs, lengths=None, state=None):
    return unroll(cell, inputs, lengths, state)


@given(kind=kinds, seed=seeds, steps=st.sampled_from([2, 5]))
def test_whole_sequences(kind, seed, steps):
    compare(kind, seed, draw(seed, steps=steps))


@given(kind=kinds, seed=seeds)
@settings(max_examples=5)
def test_one_sequence_and_one_step(kind, seed):
    for batch, steps in ((1, 3), (3, 1)):
        what = "the outputs and the final states of one sequence, or of one step"
        compare(kind, seed, draw(seed, batch, steps), what=what)


@given(kind=kinds, seed=seeds, lengths=st.permutations([5, 1, 3]))
def test_padded_sequences(kind, seed, lengths):
    what = "the outputs and the final states of padded sequences"
    compare(kind, seed, draw(seed), torch.tensor(lengths), what=what)


@given(kind=kinds, seed=seeds, lengths=st.permutations([4, 1, 3]))
@settings(max_examples=5)
def test_sequences_that_all_end_before_the_last_step(kind, seed, lengths):
    what = "the outputs and the final states, when all sequences end before the last step"
    compare(kind, seed, draw(seed), torch.tensor(lengths), what=what)


@given(kind=kinds, seed=seeds)
@settings(max_examples=8)
def test_initial_states(kind, seed):
    what = "the outputs and the final states, from initial states"
    compare(kind, seed, draw(seed), with_state=True, what=what)


@given(kind=kinds, seed=seeds, lengths=st.permutations([5, 0, 2]))
@settings(max_examples=8)
def test_an_empty_sequence(kind, seed, lengths):
    what = "the outputs and the final states, from initial states, when one sequence is empty"
    compare(kind, seed, draw(seed), torch.tensor(lengths), with_state=True, what=what)


@given(kind=kinds, seed=seeds)
@settings(max_examples=5)
def test_memory_layout(kind, seed):
    inputs = draw(seed).transpose(0, 1).contiguous().transpose(0, 1)
    lengths = torch.tensor([5, 9, 1, 9, 3, 9])[::2]
    results = [
        detached(cls(*make_cells(kind, seed), unroll=unroll_here)(inputs, lengths))
        for cls in (Bidirectional, Reference)
    ]
    what = "the outputs and the final states, of tensors that are not contiguous in memory"
    assert_matches(*results, what=what)


def detached(value):
    """The same tensors, in lists, without a graph."""
    if isinstance(value, torch.Tensor):
        return value.detach()
    return [detached(part) for part in value]


@given(kind=kinds, seed=seeds)
@settings(max_examples=5)
def test_one_call_after_another(kind, seed):
    """With states and without, of several lengths, and in evaluation: results stay, and nothing
    stays from call to call."""
    student, right = (
        cls(*make_cells(kind, seed), unroll=unroll_here) for cls in (Bidirectional, Reference)
    )
    states, lengths = draw_states(kind, seed), torch.tensor([4, 1, 2])
    inputs, more = draw(seed), draw(seed + 1, steps=6)
    calls = [(inputs, lengths, states), (inputs,), (more, lengths), (inputs,)]
    found = [student(*call) for call in calls]
    expected = [right(*call) for call in calls]
    found.append(student.eval()(inputs, None, states))
    expected.append(right.eval()(inputs, None, states))
    what = "the outputs and final states of five calls, looked at after the last"
    assert_matches(detached(found), detached(expected), what=what)


@given(kind=kinds, seed=seeds)
@settings(max_examples=5)
def test_arguments_are_left_alone(kind, seed):
    inputs, lengths, states = draw(seed), torch.tensor([4, 1, 2]), draw_states(kind, seed)
    before = [inputs.clone(), lengths.clone(), draw_states(kind, seed)]
    for grad in (True, False):
        with torch.set_grad_enabled(grad):
            found = Bidirectional(*make_cells(kind, seed), unroll=unroll_here)(
                inputs, lengths, states
            )
            right = Reference(*make_cells(kind, seed), unroll=unroll_here)(*before)
        assert_matches(detached(found), detached(right), what=WHAT)
        what = "the inputs, the lengths and the initial states after the call"
        assert_matches([inputs, lengths, states], before, what=what)


@given(kind=kinds, seed=seeds)
@settings(max_examples=6)
def test_padding_never_enters_the_backward_state(kind, seed):
    inputs, lengths = draw(seed), torch.tensor([2, 5, 3])
    for row, length in enumerate(lengths.tolist()):
        inputs[row, length:] = 40.0
    what = "the outputs and the final states, with large numbers in the padding"
    compare(kind, seed, inputs, lengths, what=what)


@given(seed=seeds)
@settings(max_examples=5)
def test_the_library_gives_the_same(seed):
    cells = make_cells("gru", seed)
    cells[1] = make_cells("gru", seed + 1)[0]
    layer = nn.GRU(3, 4, batch_first=True, bidirectional=True).double()
    state = {
        f"{name}_l0{end}": v
        for cell, end in zip(cells, ("", "_reverse"), strict=True)
        for name, v in cell.state_dict().items()
    }
    layer.load_state_dict(state)
    inputs, lengths = draw(seed), torch.tensor([5, 2, 4])
    packed = nn.utils.rnn.pack_padded_sequence(
        inputs, lengths, batch_first=True, enforce_sorted=False
    )
    outputs, final = layer(packed)
    outputs, _ = nn.utils.rnn.pad_packed_sequence(outputs, batch_first=True, total_length=5)
    actual, states = Bidirectional(*cells, unroll=unroll_here)(inputs, lengths)
    assert_matches(
        [actual.detach(), *(part.detach() for part in states)],
        [outputs.detach(), final[0].detach(), final[1].detach()],
        what=WHAT,
    )


def test_uses_the_cells_it_is_given_and_registers_them():
    cells = make_cells("lstm", 4)
    model = Bidirectional(*cells, unroll=unroll_here)
    names = [
        f"{cell}.{name}"
        for cell in ("forward_cell", "backward_cell")
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    ]
    assert_matches(
        [name for name, _ in model.named_parameters()], names, what="the names of the parameters"
    )
    with torch.no_grad():
        cells[1].weight_ih.mul_(2.0)
    expected, _ = Reference(*cells, unroll=unroll_here)(draw(4))
    assert_matches(
        model(draw(4))[0].detach(), expected.detach(), what="the outputs after a cell has changed"
    )


def test_uses_the_function_it_is_given():
    def doubled(cell, inputs, lengths=None, state=None):
        outputs, state = unroll(cell, inputs, lengths, state)
        return 2 * outputs, state

    results = [
        cls(*make_cells("gru", 8), unroll=doubled)(draw(8))[0].detach()
        for cls in (Bidirectional, Reference)
    ]
    assert_matches(*results, what="the outputs when the given function doubles them")
