"""Hidden tests of encoder.

The oracle is the library's GRU on each sentence alone, cut to its length: no padding ever gets there.
"""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from seq2seq.model import Encoder
from torch import nn

from autograder.testing import assert_matches, observe

RESULTS = "the outputs and the state"
SEEDS = st.integers(0, 2**32)
BOTH = st.booleans()
# Right programs differ by 1e-15 in float64 and 8.1e-7 in float32, wrong ones by 0.29 and more.
EXACT, SINGLE = {"atol": 1e-9}, {"atol": 1e-5}


class OneByOne(nn.Module):
    """Each sentence alone."""

    def __init__(self, vocab_size, embedding_dim, hidden_size, bidirectional=False):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_dim)
        self.rnn = nn.GRU(embedding_dim, hidden_size, batch_first=True, bidirectional=bidirectional)

    def forward(self, source, lengths):
        outputs, states = [], []
        for row, length in zip(source, lengths.tolist(), strict=True):
            output, state = self.rnn(self.embedding(row[None, :length]))
            padding = output.new_zeros(len(row) - length, output.shape[2])
            outputs.append(torch.cat([output[0], padding]))
            states.append(state.flatten())
        return torch.stack(outputs), torch.stack(states)


def case_of(seed, b=4, s=6, lengths=None):
    """Sentences, of which none fills its row, and the second is the longest."""
    generator = torch.Generator().manual_seed(seed)
    if lengths is None:
        lengths = torch.randint(1, s - 2, (b,), generator=generator)
        lengths[1 % b] = s - 1
    lengths = torch.as_tensor(lengths)
    source = torch.randint(3, 9, (len(lengths), s), generator=generator)
    return source.masked_fill(torch.arange(s) >= lengths.unsqueeze(1), 0), lengths


def pair(seed, both, dtype=torch.float64, sizes=(9, 3, 4)):
    """The student's encoder and the oracle, with the same numbers."""
    oracle = OneByOne(*sizes, both).to(dtype)
    for number, parameter in enumerate(oracle.parameters()):
        nn.init.normal_(parameter, generator=torch.Generator().manual_seed(seed + number))
    student = Encoder(*sizes, both).to(dtype)
    student.load_state_dict(oracle.state_dict())
    return student, oracle


def seen(module, source, lengths):
    """Results, and gradients of all parameters but those of padding's vector, which may be fixed."""

    def run():
        outputs, state = module(source, lengths)
        return outputs, state

    found = observe(run, {}, module.named_parameters)
    gradients = dict(found["parameter gradients"])
    gradient = gradients.get("embedding.weight")
    if isinstance(gradient, torch.Tensor) and gradient.dim() == 2:
        gradients["embedding.weight"] = gradient[1:]
    return {"outputs": found["outputs"], "gradients": gradients}


def compare(student, oracle, source, lengths, what=RESULTS, **options):
    actual, expected = seen(student, source, lengths), seen(oracle, source, lengths)
    assert_matches(actual, expected, what=what, **(options or EXACT))


@given(SEEDS)
def test_one_direction(seed):
    compare(*pair(seed, False), *case_of(seed))


@given(SEEDS)
def test_both_directions(seed):
    compare(*pair(seed, True), *case_of(seed))


@given(SEEDS, BOTH)
def test_without_padding(seed, both):
    compare(
        *pair(seed, both), *case_of(seed, lengths=[6, 6, 6]), what=f"{RESULTS}, without padding"
    )


@given(SEEDS, BOTH)
def test_lengths_in_any_order(seed, both):
    for lengths in ([6, 4, 3, 1], [1, 3, 4, 6], [2, 6, 1, 5]):
        what = "the outputs and the state, for lengths in any order"
        compare(*pair(seed, both), *case_of(seed, lengths=lengths), what=what)


@given(SEEDS, BOTH)
def test_whatever_stands_at_padding(seed, both):
    student, oracle = pair(seed, both)
    source, lengths = case_of(seed)
    for word in (0, 5, 8):
        padding = torch.arange(source.shape[1]) >= lengths.unsqueeze(1)
        actual = _detached(student(source.masked_fill(padding, word), lengths))
        what = "the outputs and the state, whatever ids stand at padding"
        assert_matches(actual, _detached(oracle(source, lengths)), what=what, **EXACT)


@given(SEEDS, BOTH)
def test_further_padding(seed, both):
    student, oracle = pair(seed, both)
    source, lengths = case_of(seed)
    wide = torch.cat([source, torch.zeros_like(source)], dim=1)
    outputs, state = _detached(oracle(source, lengths))
    expected = [torch.cat([outputs, torch.zeros_like(outputs)], dim=1), state]
    what = "the outputs and the state with twice as many places"
    assert_matches(_detached(student(wide, lengths)), expected, what=what, **EXACT)


@given(SEEDS, BOTH)
def test_padding_is_exactly_0(seed, both):
    student, oracle = pair(seed, both)
    source, lengths = case_of(seed)
    outputs = student(source, lengths)[0].detach()
    padding = torch.arange(source.shape[1]) >= lengths.unsqueeze(1)
    zeros = torch.zeros_like(outputs[padding])
    what = "the outputs at padding"
    assert_matches(outputs[padding], zeros, what=what, atol=0, allow_constant=True)
    compare(student, oracle, source, lengths)


@given(SEEDS, BOTH)
def test_sentences_in_another_order(seed, both):
    student, oracle = pair(seed, both)
    source, lengths = case_of(seed)
    order = torch.randperm(len(lengths), generator=torch.Generator().manual_seed(seed))
    expected = [part[order] for part in _detached(oracle(source, lengths))]
    what = "the outputs and the state of the sentences in another order"
    assert_matches(_detached(student(source[order], lengths[order])), expected, what=what, **EXACT)


@settings(max_examples=3)
@given(SEEDS, BOTH)
def test_sizes_of_one(seed, both):
    what = "the outputs and the state, where sizes are 1"
    for lengths, s in (([1], 1), ([1], 4), ([1, 1], 1), ([3], 3)):
        compare(*pair(seed, both), *case_of(seed, s=s, lengths=lengths), what=what)
    compare(*pair(seed, both, sizes=(9, 1, 1)), *case_of(seed), what=what)


@given(SEEDS)
def test_output_size(seed):
    sizes = [Encoder(9, 3, 4 + seed % 3, both).output_size for both in (False, True)]
    assert_matches(sizes, [4 + seed % 3, 8 + 2 * (seed % 3)], what="output_size of both kinds")
    compare(*pair(seed, True), *case_of(seed))


@given(SEEDS, BOTH)
def test_float32(seed, both):
    what = "the float32 outputs and state"
    compare(*pair(seed, both, torch.float32), *case_of(seed), what=what, **SINGLE)


@given(SEEDS, BOTH)
def test_memory_layout(seed, both):
    source, lengths = case_of(seed)
    apart = torch.stack([lengths, lengths + 9], dim=1)[:, 0]
    what = "the outputs and the state of arguments that are not contiguous in memory"
    compare(*pair(seed, both), source.T.contiguous().T, apart, what=what)


@given(SEEDS, BOTH)
def test_names_and_shapes_of_parameters(seed, both):
    student, oracle = pair(seed, both)
    shapes = [{n: list(w.shape) for n, w in m.state_dict().items()} for m in (student, oracle)]
    assert_matches(*shapes, what="the shapes of the parameters")
    compare(student, oracle, *case_of(seed))


@given(SEEDS, BOTH)
def test_one_call_after_another(seed, both):
    """In training and evaluation, with gradients and without; nothing stays in the encoder."""
    student, oracle = pair(seed, both)
    source, lengths = case_of(seed)
    before = [source.clone(), lengths.clone()]

    def calls(module):
        found = [module(source, lengths), module(source[:1], lengths[:1])]
        with torch.no_grad():
            found += [module.eval()(source, lengths), module.train()(source[1:], lengths[1:])]
        return [_detached(results) for results in found]

    actual = calls(student)
    assert_matches([source, lengths], before, what="the arguments afterwards")
    assert_matches(actual, calls(oracle), what="the results of four calls", **EXACT)


def _detached(results):
    return [part.detach() for part in results]
