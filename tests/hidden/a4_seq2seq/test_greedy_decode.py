"""Hidden tests of greedy_decode.

The oracle is a loop over Python lists that asks the model for its rates by the whole history. Every
test compares the tokens of several random models, with random numbers for bos and eos.
"""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from seq2seq.decoding import greedy_decode

from autograder.testing import assert_matches

ROWS = 211  # of a model's table
FACTORS, SHIFTS = torch.tensor([31, 17, 5]), torch.tensor([7, 11, 13])
FORMS = ["vector", "matrix", "one tensor in a tuple", "three tensors"]
SEEDS = st.lists(st.integers(0, 10**6), min_size=4, max_size=4, unique=True)
WHAT = "the tokens, and those that `step` has read"


class Model:
    """A random model of a random kind; what it rates depends on every token read so far.

    Three codes of the history stand in the state, each in a tensor of its own in the last of the
    `FORMS`; together they choose a row of the table. `read` lists the tokens of each call of
    `step`, `states` each state given away with a copy of it.
    """

    def __init__(
        self,
        seed,
        form="three tensors",
        zeros=0.0,
        dead_ends=0.0,
        end=True,
        one_token=False,
        dtype=torch.float64,
        levels=None,
    ):
        generator = torch.Generator().manual_seed(seed)
        self.vocab_size = int(torch.randint(4, 7, (), generator=generator))
        self.bos, self.eos = torch.randperm(self.vocab_size, generator=generator)[:2].tolist()
        self.form, self.dtype = form, dtype
        shape = ROWS, self.vocab_size
        rates = 1.5 * torch.randn(shape, generator=generator, dtype=torch.float64)
        if levels is not None:  # few different rates, so that many are equal
            rates = torch.randint(levels, shape, generator=generator).double()
        impossible = torch.rand(shape, generator=generator) < zeros
        impossible[:, self.bos] = True
        if not end:
            impossible[:, self.eos] = True
        keep = torch.rand(shape, generator=generator)
        keep[:, self.bos] = -1
        keep[:, self.eos] -= 0 if end else 2
        impossible[torch.arange(ROWS), keep.argmax(dim=1)] = False
        if one_token:
            impossible[:] = True
            impossible[torch.arange(ROWS), keep.argmax(dim=1)] = False
        rates = rates.masked_fill(impossible, -math.inf).log_softmax(dim=1)
        rates[torch.rand(ROWS, generator=generator) < dead_ends] = -math.inf
        self.table = rates.to(dtype)
        self.read, self.states = [], []

    def start(self):
        return self._give(torch.tensor([[1, 2, 3]]))

    def step(self, tokens, state):
        assert tokens.dtype == torch.int64, "tokens must be int64"
        codes = self._codes(state)
        assert tokens.shape == (len(codes),), "there must be one token for each row of the state"
        self.read.append(tokens.tolist())
        codes = (codes * FACTORS + tokens[:, None] * SHIFTS + 1) % ROWS
        log_probs = self.table[codes.sum(dim=1) % ROWS]
        return log_probs.T.contiguous().T, self._give(codes)

    def after(self, tokens):
        """The log-probabilities after bos and these tokens, as a list."""
        codes = [1, 2, 3]
        for token in (self.bos, *tokens):
            codes = [
                (code * factor + token * shift + 1) % ROWS
                for code, factor, shift in zip(
                    codes, FACTORS.tolist(), SHIFTS.tolist(), strict=True
                )
            ]
        return self.table[sum(codes) % ROWS].tolist()

    def _give(self, codes):
        """A state of the model's form."""
        if self.form == "vector":
            state = (codes[:, 0] * ROWS + codes[:, 1]) * ROWS + codes[:, 2]
        elif self.form == "matrix":
            state = codes.T.double().contiguous().T
        elif self.form == "one tensor in a tuple":
            state = (codes.clone(),)
        else:
            second = torch.stack([codes[:, 1], -codes[:, 1]], dim=1)[:, :, None].float()
            state = codes[:, 0].clone(), second, codes[:, 2:].int()
        parts = state if isinstance(state, tuple) else (state,)
        self.states.append((state, [part.clone() for part in parts]))
        return state

    def _codes(self, state):
        if self.form == "vector":
            return torch.stack([state // ROWS**2, state // ROWS % ROWS, state % ROWS], dim=1)
        if self.form == "matrix":
            return state.long()
        if self.form == "one tensor in a tuple":
            return state[0]
        first, second, third = state
        return torch.cat([first[:, None], second[:, 0].long(), third.long()], dim=1)


def decode(model, max_length):
    """The student's tokens, and what `step` has read: one token in each call."""
    model.read = []
    tokens = greedy_decode(model.step, model.start(), model.bos, model.eos, max_length)
    return tokens, model.read


def expected_of(model, max_length):
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


def compare(models, max_length, what=WHAT):
    expected = [expected_of(model, max_length) for model in models]
    assert_matches([decode(model, max_length) for model in models], expected, what=what)


@given(SEEDS, st.integers(1, 8))
def test_random_models(seeds, max_length):
    compare([Model(seed) for seed in seeds], max_length)


@given(SEEDS, st.integers(1, 8))
def test_stops_at_max_length(seeds, max_length):
    models = [Model(seed, end=False) for seed in seeds]
    actual = [decode(model, length) for model in models for length in (1, max_length)]
    expected = [expected_of(model, length) for model in models for length in (1, max_length)]
    what = "the tokens when eos never comes, and what `step` has read"
    assert_matches(actual, expected, what=what)


@given(SEEDS)
def test_length_0(seeds):
    models = [Model(seed, end=False) for seed in seeds]
    actual = [decode(model, 0) for model in models] + [decode(model, 1) for model in models]
    expected = [([], [])] * 4 + [expected_of(model, 1) for model in models]
    assert_matches(actual, expected, what="the results for max_length 0, then 1")


@given(SEEDS)
def test_every_form_of_state(seeds):
    models = [Model(seed, form, end=False) for seed, form in zip(seeds, FORMS, strict=True)]
    compare(models, 5, what="the results for four forms of state")


@given(SEEDS)
def test_float32(seeds):
    compare([Model(seed, dtype=torch.float32) for seed in seeds], 6)


@given(SEEDS, st.integers(2, 8))
def test_impossible_tokens_and_dead_ends(seeds, max_length):
    models = [Model(seed, zeros=0.7, dead_ends=0.3, end=False) for seed in seeds]
    models += [Model(seed, zeros=0.7, dead_ends=0.1) for seed in seeds]
    compare(models, max_length)


@given(SEEDS)
def test_bos_and_eos_may_be_the_same_token(seeds):
    models = [Model(seed) for seed in seeds]
    for model in models:
        model.bos = model.eos
    compare(models, 8, what="the results when bos is also eos")


@given(SEEDS)
def test_equally_probable_tokens(seeds):
    """Any of them may be taken, so it is their rates that are compared."""
    for seed in seeds:
        model = Model(seed, levels=2, end=False)
        tokens, _ = decode(model, 6)
        assert_matches(len(tokens), 6, what="the number of tokens when eos never comes")
        taken = [model.after(tokens[:n])[tokens[n]] for n in range(6)]
        best = [max(model.after(tokens[:n])) for n in range(6)]
        what = "the log-probabilities of the tokens taken"
        assert_matches(taken, best, what=what, allow_constant=True)


@given(SEEDS, st.sampled_from(FORMS))
def test_states_are_left_alone(seeds, form):
    models = [Model(seed, form, end=False) for seed in seeds]
    compare(models, 4)
    for model in models:
        for state, copies in model.states:
            parts = state if isinstance(state, tuple) else (state,)
            assert_matches(parts, copies, what="a state after the call", allow_constant=True)


@given(SEEDS)
def test_refuses_a_negative_length(seeds):
    models = [Model(seed, end=False) for seed in seeds]
    for max_length in (-1, -5):
        with pytest.raises(ValueError):
            decode(Model(seeds[0]), max_length)
    compare(models, 3)
