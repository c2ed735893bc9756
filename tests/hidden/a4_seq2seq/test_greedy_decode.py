"""Hidden tests of greedy_decode.

The oracle is a loop over Python lists that asks the model for its rates by the whole history. Most
tests use models that end by themselves long before `max_length`, so that a mistake in counting
costs the tests of `max_length` only; in these eos never comes.
"""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from seq2seq.decoding import greedy_decode

from autograder.testing import assert_matches

ROWS = 211  # of a model's table
FORMS = ["vector", "matrix", "one tensor in a tuple", "three tensors"]
SEEDS = st.lists(st.integers(0, 10**6), min_size=4, max_size=4, unique=True)
COUNTS = 1000  # more than the tokens that any model reads
ENDS, LONG = 5, 12  # a model that ends says nothing but eos after so many tokens; a max_length
WHAT = "the tokens, and those that `step` has read"


class Model:
    """A random model of a random kind; what it rates depends on every token read so far.

    Two codes of the history and the number of tokens read stand in the state, each in a tensor of
    its own in the last of the `FORMS`; together the codes choose a row of the table. `read` lists
    the tokens of each call of `step`, `states` each state given away with a copy of it.

    Args:
        ends: the model says eos at the latest after `ENDS` tokens; else it never does.
        zeros: which share of the tokens is impossible.
        dead_ends: after which share of the histories every token is impossible.
        levels: with how many different rates, so that many are equal; None for all different.
        strided: neither the log-probabilities nor the states are contiguous.
    """

    def __init__(
        self,
        seed,
        form="three tensors",
        ends=True,
        zeros=0.0,
        dead_ends=0.0,
        levels=None,
        dtype=torch.float64,
        strided=False,
    ):
        generator = torch.Generator().manual_seed(seed)
        self.vocab_size = int(torch.randint(4, 7, (), generator=generator))
        self.bos, self.eos = torch.randperm(self.vocab_size, generator=generator)[:2].tolist()
        self.form, self.ends, self.dtype, self.strided = form, ends, dtype, strided
        shape = ROWS, self.vocab_size
        rates = 1.5 * torch.randn(shape, generator=generator, dtype=torch.float64)
        if levels is not None:
            rates = torch.randint(levels, shape, generator=generator).double()
        impossible = torch.rand(shape, generator=generator) < zeros
        impossible[:, self.bos] = True
        impossible[:, self.eos] |= not ends
        keep = torch.rand(shape, generator=generator)
        keep[:, [self.bos, self.eos]] = -1
        impossible[torch.arange(ROWS), keep.argmax(dim=1)] = False
        rates = rates.masked_fill(impossible, -math.inf).log_softmax(dim=1)
        rates[torch.rand(ROWS, generator=generator) < dead_ends] = -math.inf
        only_eos = torch.full((1, self.vocab_size), -math.inf, dtype=torch.float64)
        only_eos[:, self.eos] = 0
        self.table = torch.cat([rates, only_eos]).to(dtype)
        self.read, self.states = [], []

    def start(self):
        return self._give(torch.tensor([[1, 2, 0]]))

    def step(self, tokens, state):
        right = isinstance(tokens, torch.Tensor) and tokens.dtype == torch.int64
        assert right and tokens.dim() == 1, "the tokens that step reads must be int64 (b,)"
        codes = self._codes(state)
        assert len(tokens) == len(codes), "step must get one token for each row of the state"
        self.read.append(tokens.tolist())
        codes = torch.tensor(
            [self._next(*code, token) for code, token in zip(codes, tokens.tolist(), strict=True)]
        )
        log_probs = self.table[[self._row(*code) for code in codes.tolist()]]
        return self._laid_out(log_probs), self._give(codes)

    def after(self, tokens):
        """The log-probabilities after bos and these tokens, as a list."""
        codes = 1, 2, 0
        for token in (self.bos, *tokens):
            codes = self._next(*codes, token)
        return self.table[self._row(*codes)].tolist()

    def _next(self, first, second, count, token):
        return (31 * first + 7 * token + 1) % ROWS, (17 * second + 11 * token + 1) % ROWS, count + 1

    def _row(self, first, second, count):
        return ROWS if self.ends and count > ENDS else (first + second) % ROWS

    def _give(self, codes):
        """A state of the model's form."""
        if self.form == "vector":
            state = (codes[:, 0] * ROWS + codes[:, 1]) * COUNTS + codes[:, 2]
        elif self.form == "matrix":
            state = self._laid_out(codes.double())
        elif self.form == "one tensor in a tuple":
            state = (self._laid_out(codes.clone()),)
        else:
            second = torch.stack([codes[:, 1], -codes[:, 1]], dim=1)[:, :, None].float()
            state = codes[:, 0].clone(), self._laid_out(second), self._laid_out(codes[:, 2:].int())
        self.states.append((state, [part.clone() for part in as_tuple(state)]))
        return state

    def _codes(self, state):
        given = self.states[0][0]
        same = isinstance(state, tuple) == isinstance(given, tuple)
        assert same and len(as_tuple(state)) == len(as_tuple(given)), (
            "step must get a state of the form that it returned: a tensor, or a tuple of as many"
        )
        if self.form == "vector":
            codes = [state // COUNTS // ROWS, state // COUNTS % ROWS, state % COUNTS]
            return torch.stack(codes, dim=1).tolist()
        if self.form == "matrix":
            return state.long().tolist()
        if self.form == "one tensor in a tuple":
            return state[0].tolist()
        first, second, third = state
        return torch.cat([first[:, None], second[:, 0].long(), third.long()], dim=1).tolist()

    def _laid_out(self, tensor):
        if not self.strided:
            return tensor
        return (
            torch.stack([tensor, -tensor], dim=-1)
            .transpose(0, 1)
            .contiguous()
            .transpose(0, 1)[..., 0]
        )


def as_tuple(state):
    return state if isinstance(state, tuple) else (state,)


def plain(tokens, model):
    """Tokens as Python ints, where they are whole numbers, and without bos and eos around them:
    `test_the_form_of_the_result` and `test_neither_bos_nor_eos_is_returned` ask for that."""
    try:
        plain = [int(token) for token in tokens]
    except (TypeError, ValueError, RuntimeError):
        return tokens
    return plain[plain[:1] == [model.bos] : len(plain) - (plain[-1:] == [model.eos])]


def decode(model, max_length=LONG, start=None):
    """The student's tokens, and what `step` has read: one token in each call."""
    model.read = []
    start = model.start() if start is None else start
    tokens = greedy_decode(model.step, start, model.bos, model.eos, max_length)
    return plain(tokens, model), model.read


def expected_of(model, max_length=LONG):
    """The same by the oracle."""
    tokens, read = [], []
    while len(read) < max_length:
        read.append([(tokens or [model.bos])[-1]])
        rates = model.after(tokens)
        best = rates.index(max(rates))
        if best == model.eos or rates[best] == -math.inf:
            break
        tokens.append(best)
    return tokens, read


def compare(models, max_length=LONG, what=WHAT):
    expected = [expected_of(model, max_length) for model in models]
    actual = [decode(model, max_length) for model in models]
    assert_matches(actual, expected, what=what, allow_constant=True)


@given(SEEDS)
def test_random_models(seeds):
    compare([Model(seed) for seed in seeds])


@given(SEEDS)
def test_the_form_of_the_result(seeds):
    models = [Model(seed, ends=False) for seed in seeds]
    found = [greedy_decode(m.step, m.start(), m.bos, m.eos, 4) for m in models]
    expected = [expected_of(model, 4)[0] for model in models]
    what = "the results of several models, each a list of Python ints"
    assert_matches(found, expected, what=what, allow_constant=True)
    assert all(isinstance(tokens, list) for tokens in found), "the result must be a list"


@given(SEEDS)
def test_neither_bos_nor_eos_is_returned(seeds):
    models = [Model(seed) for seed in seeds]
    actual = [
        greedy_decode(model.step, model.start(), model.bos, model.eos, LONG) for model in models
    ]
    expected = [expected_of(model)[0] for model in models]
    what = "the tokens of several models, of sequences that end with eos"
    assert_matches(actual, expected, what=what, allow_constant=True)


@given(SEEDS, st.integers(2, 8))
def test_stops_at_max_length(seeds, max_length):
    models = [Model(seed, ends=False) for seed in seeds]
    compare(models, max_length, "the tokens when eos never comes, and what `step` has read")


@given(SEEDS)
def test_max_length_0_and_1(seeds):
    models = [Model(seed, ends=False) for seed in seeds]
    actual = [decode(model, length) for model in models for length in (0, 1)]
    expected = [expected_of(model, length) for model in models for length in (0, 1)]
    assert_matches(actual, expected, what="the results for max_length 0 and 1", allow_constant=True)


@given(SEEDS)
def test_eos_as_the_last_token_that_is_allowed(seeds):
    """max_length is just enough for eos, and then one less."""
    models = [Model(seed) for seed in seeds]
    lengths = [len(expected_of(model)[1]) for model in models]
    pairs = [(m, n - less) for m, n in zip(models, lengths, strict=True) for less in (0, 1)]
    expected = [expected_of(model, length) for model, length in pairs]
    actual = [decode(model, length) for model, length in pairs]
    what = "the results when eos comes just in time, and one step too late"
    assert_matches(actual, expected, what=what, allow_constant=True)


@given(SEEDS)
def test_every_form_of_state(seeds):
    models = [Model(seed, form) for seed, form in zip(seeds, FORMS, strict=True)]
    compare(models, what="the results for four forms of state")


@given(SEEDS)
def test_memory_layout(seeds):
    models = [Model(seed, form, strided=True) for seed, form in zip(seeds, FORMS, strict=True)]
    compare(models, what="the results for tensors that are not contiguous in memory")


@given(SEEDS)
def test_float32(seeds):
    models = [Model(seed, dtype=torch.float32) for seed in seeds]
    compare(models, what="the results for float32 log-probabilities")


@given(SEEDS)
def test_impossible_tokens(seeds):
    models = [Model(seed, zeros=0.6) for seed in seeds]
    compare(models, what="the results when many tokens are impossible")


@given(SEEDS)
def test_ends_where_every_token_is_impossible(seeds):
    models = [Model(seed, ends=False, dead_ends=0.4) for seed in seeds]
    for model in models:  # the last token comes to a dead end, if nothing before does
        model.table[-1] = -math.inf
        model.ends = True
    compare(models, what="the results when at some point every token is impossible")


@given(SEEDS)
def test_bos_and_eos_may_be_the_same_token(seeds):
    models = [Model(seed) for seed in seeds]
    for model in models:
        model.bos = model.eos
    compare(models, what="the results when bos is also eos")


@given(SEEDS)
def test_equally_probable_tokens(seeds):
    """Any of them may be taken, so it is their rates that are compared."""
    taken, best = [], []
    for seed in seeds:
        model = Model(seed, levels=2, ends=False)
        tokens = decode(model, 5)[0][:5]
        assert len(tokens) >= 4, "when eos never comes, decoding must go on to max_length"
        assert all(token in range(model.vocab_size) for token in tokens), (
            "the tokens must be numbers from 0 to v - 1"
        )
        rates = [model.after(tokens[:n]) for n in range(len(tokens))]
        taken.append([row[token] for row, token in zip(rates, tokens, strict=True)])
        best.append([max(row) for row in rates])
    what = "the log-probabilities of the tokens taken"
    assert_matches(taken, best, what=what, allow_constant=True)


@given(SEEDS, st.sampled_from(FORMS))
def test_states_are_left_alone(seeds, form):
    models = [Model(seed, form) for seed in seeds]
    compare(models)
    for model in models:
        after = [as_tuple(state) for state, _ in model.states]
        before = [copies for _, copies in model.states]
        what = "the states of all steps, after the call"
        assert_matches(after, before, what=what, allow_constant=True)


@given(SEEDS)
def test_one_call_after_another(seeds):
    """The same start again, and between them another model: nothing stays from call to call."""
    first, second = Model(seeds[0]), Model(seeds[1])
    start = first.start()
    results = [decode(first, start=start), decode(second), decode(first, start=start)]
    expected = [expected_of(first), expected_of(second), expected_of(first)]
    what = "the results of three calls, looked at after the last"
    assert_matches(results, expected, what=what, allow_constant=True)


@given(SEEDS)
def test_refuses_only_a_negative_length(seeds):
    """The calls that are allowed come first: a program that refuses everything fails as well."""
    models = [Model(seed, ends=False) for seed in seeds]
    compare(models, 3, "calls that must not be refused: the tokens, and those that `step` has read")
    for max_length in (-1, -5):
        with pytest.raises(ValueError):
            decode(models[0], max_length)
