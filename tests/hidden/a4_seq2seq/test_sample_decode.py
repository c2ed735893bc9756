"""Hidden tests of sample_decode.

Where nothing is random (temperature 0, one candidate, one possible token), the tokens are compared
with an oracle, a loop over Python lists. Elsewhere the models are urns: the probabilities are the
same in every step, but which token has which depends on all tokens before. However the history
goes, the ranks of the tokens drawn are then independent draws with known probabilities, unless the
student's program feeds the model wrongly. No test asks for a particular stream of random numbers.
"""

import math
from collections import Counter

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from seq2seq.decoding import sample_decode

from autograder.testing import assert_matches

ROWS = 211  # of a model's table
FACTORS, SHIFTS = torch.tensor([31, 17, 5]), torch.tensor([7, 11, 13])
FORMS = ["vector", "matrix", "one tensor in a tuple", "three tensors"]
SEED = st.integers(0, 10**6)
SEEDS = st.lists(SEED, min_size=4, max_size=4, unique=True)
WHAT = "the tokens, and those that `step` has read"
DRAWS = 300  # for each setting of a statistical test
# Hoeffding: a frequency of 300 draws is off by 0.2 or more with a probability below 1e-10.
OFF = 0.2
URN = [0.5, 0.25, 0.15, 0.08, 0.02]


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
        dead_ends=0.0,
        end=True,
        one_token=False,
        dtype=torch.float64,
    ):
        generator = torch.Generator().manual_seed(seed)
        self.vocab_size = int(torch.randint(4, 7, (), generator=generator))
        self.bos, self.eos = torch.randperm(self.vocab_size, generator=generator)[:2].tolist()
        self.form, self.dtype = form, dtype
        shape = ROWS, self.vocab_size
        rates = 1.5 * torch.randn(shape, generator=generator, dtype=torch.float64)
        impossible = torch.zeros(shape, dtype=torch.bool)
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

    def along(self, tokens):
        """The log-probabilities after bos, after bos and the first token, and so on, as lists."""
        codes = [1, 2, 3]
        factors, shifts = FACTORS.tolist(), SHIFTS.tolist()
        for token in (self.bos, *tokens):
            codes = [
                (code * factor + token * shift + 1) % ROWS
                for code, factor, shift in zip(codes, factors, shifts, strict=True)
            ]
            yield self.table[sum(codes) % ROWS].tolist()

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


class Urn(Model):
    """A model that rates some token `URN[0]`, another `URN[1]`, and so on, and never ends.

    With `end` eos is among them; with `impossible` there are two more tokens that cannot come.
    """

    def __init__(self, seed, form="three tensors", end=False, impossible=False):
        super().__init__(seed, form)
        self.vocab_size = len(URN) + 1 + (not end) + 2 * impossible
        generator = torch.Generator().manual_seed(seed)
        self.bos, self.eos = torch.randperm(self.vocab_size, generator=generator)[:2].tolist()
        others = [t for t in range(self.vocab_size) if t != self.bos and (end or t != self.eos)]
        rates = torch.zeros(len(others), dtype=torch.float64)
        rates[: len(URN)] = torch.tensor(URN)
        self.table = torch.full((ROWS, self.vocab_size), -math.inf, dtype=torch.float64)
        for row in self.table:
            row[others] = rates[torch.randperm(len(others), generator=generator)].log()

    def ranks(self, tokens, ended=False):
        """Which place each token had in the urn; `ended` says that eos came after them."""
        tokens = [*tokens, self.eos] if ended else tokens
        found = []
        for token, rates in zip(tokens, self.along(tokens), strict=False):
            assert rates[token] > -math.inf, "an impossible token was drawn"
            found.append(sum(rate > rates[token] + 1e-9 for rate in rates))
        return found


def generator_of(seed):
    return torch.Generator().manual_seed(seed)


def decode(model, max_length, **options):
    """The student's tokens, and what `step` has read: one token in each call."""
    model.read = []
    tokens = sample_decode(model.step, model.start(), model.bos, model.eos, max_length, **options)
    return tokens, model.read


def greedy(model, max_length):
    """What `decode` gives if always the most probable token is taken, by the oracle."""
    tokens, read = [], []
    while len(read) < max_length:
        read.append([(tokens or [model.bos])[-1]])
        *_, rates = model.along(tokens)
        best = rates.index(max(rates))
        if best == model.eos or rates[best] == -math.inf:
            break
        tokens.append(best)
    return tokens, read


def weights(temperature=1.0, top_k=None):
    """The probabilities of the ranks."""
    powers = [p ** (1 / temperature) for p in URN[:top_k]]
    return [power / sum(powers) for power in powers] + [0.0] * (len(URN) - len(powers))


def assert_drawn_from(ranks, probabilities):
    """The ranks drawn by several settings against their probabilities, twice: roughly, in one
    comparison that the feedback can tell mistakes from, and then sharply.

    For n draws, the frequency f of an outcome of probability p has n KL(f, p) > 23 with a
    probability below 2 exp(-23) = 2e-10 (Chernoff). A test looks at up to 15 frequencies: a
    right program fails it less than once in 10 ** 8 times, the rough comparison included.
    """
    frequencies = [[drawn.count(rank) / DRAWS for rank in range(len(URN))] for drawn in ranks]
    what = "the frequencies of the most probable token, the second, ..."
    assert_matches(frequencies, probabilities, what=what, atol=OFF, allow_constant=True)
    for drawn, expected in zip(ranks, probabilities, strict=True):
        for rank, p in enumerate(expected):
            f = drawn.count(rank) / DRAWS
            terms = [(f, p), (1 - f, 1 - p)]
            impossible = any(a > 0 and b <= 0 for a, b in terms)
            distance = 0 if impossible else sum(a * math.log(a / b) for a, b in terms if a > 0)
            right = not impossible and DRAWS * distance < 23
            assert right, f"the token of rank {rank + 1} is drawn too often or too rarely"


def ranks_of_calls(model, **options):
    """The ranks of DRAWS draws, in one call of a model that never ends."""
    tokens, _ = decode(model, DRAWS, **options)
    assert_matches(len(tokens), DRAWS, what="the number of tokens when eos never comes")
    return model.ranks(tokens)


@settings(max_examples=1)
@given(SEED)
def test_temperatures(seed):
    temperatures = [0.4, 1.0, 4.0]
    ranks = [
        ranks_of_calls(Urn(seed), temperature=t, generator=generator_of(seed + n))
        for n, t in enumerate(temperatures)
    ]
    assert_drawn_from(ranks, [weights(t) for t in temperatures])


@settings(max_examples=1)
@given(SEED)
def test_top_k(seed):
    choices = [(2, 1.0), (3, 5.0), (99, 3.0)]
    ranks = [
        ranks_of_calls(
            Urn(seed, "vector"), top_k=k, temperature=t, generator=generator_of(seed + n)
        )
        for n, (k, t) in enumerate(choices)
    ]
    # Each candidate has a probability of at least 0.1: one is missed with one below 1e-13.
    seen = [sorted(set(drawn)) for drawn in ranks]
    candidates = [list(range(min(k, len(URN)))) for k, _ in choices]
    assert_matches(seen, candidates, what="which ranks occur among the tokens drawn")
    assert_drawn_from(ranks, [weights(t, k) for k, t in choices])


@settings(max_examples=1)
@given(SEED)
def test_eos_is_drawn_like_any_token(seed):
    """Calls until there are enough draws; those that end before max_length have drawn eos."""
    ranks, generator, model = [], generator_of(seed), Urn(seed, "matrix", end=True)
    while len(ranks) < DRAWS:
        tokens, read = decode(model, 12, generator=generator)
        ended = len(tokens) < 12
        right = [[token] for token in [model.bos, *tokens]][: len(tokens) + ended]
        assert_matches(read, right, what="what `step` has read", allow_constant=True)
        ranks += model.ranks(tokens, ended)
    assert_drawn_from([ranks[:DRAWS]], [weights()])


@settings(max_examples=1)
@given(SEED)
def test_high_temperature_draws_no_impossible_token(seed):
    model = Urn(seed, impossible=True)
    options = {"temperature": 1e4, "generator": generator_of(seed)}
    ranks = [ranks_of_calls(model, **options), ranks_of_calls(model, top_k=6, **options)]
    assert_drawn_from(ranks, [weights(1e4)] * 2)


@given(SEEDS)
def test_low_temperature_is_nearly_greedy(seeds):
    """The second most probable token comes with a probability of 0.5 ** 100 in each step."""
    models = [Urn(seed, form) for seed, form in zip(seeds, FORMS, strict=True)]
    actual = [
        decode(model, 6, temperature=0.01, generator=generator_of(seed))
        for model, seed in zip(models, seeds, strict=True)
    ]
    expected = [greedy(model, 6) for model in models]
    assert_matches(actual, expected, what=f"at temperature 0.01, {WHAT}")


@given(SEEDS, st.integers(1, 7), st.sampled_from([None, 1, 3, 99]))
def test_temperature_0_is_greedy(seeds, max_length, top_k):
    models = [Model(seed, form) for seed, form in zip(seeds, FORMS, strict=True)]
    actual = [
        decode(model, max_length, temperature=0, top_k=top_k, generator=generator_of(seed))
        for model, seed in zip(models, seeds, strict=True)
    ]
    expected = [greedy(model, max_length) for model in models]
    assert_matches(actual, expected, what=f"at temperature 0, {WHAT}")


@given(SEEDS, st.integers(1, 7), st.sampled_from([0.3, 1.0, 5.0]))
def test_one_candidate_is_greedy(seeds, max_length, temperature):
    models = [Model(seed, dtype=torch.float32) for seed in seeds]
    actual = [decode(model, max_length, temperature=temperature, top_k=1) for model in models]
    expected = [greedy(model, max_length) for model in models]
    assert_matches(actual, expected, what=f"with top_k 1, {WHAT}")


@given(SEEDS, st.integers(2, 7), st.sampled_from([0, 0.5, 1.0, 3.0]))
def test_one_possible_token(seeds, max_length, temperature):
    """Nothing is left to draw; some models end, some come to where every token is impossible."""
    models = [Model(seed, form, one_token=True) for seed, form in zip(seeds, FORMS, strict=True)]
    models += [Model(seed, one_token=True, end=False) for seed in seeds]
    models += [Model(seed, one_token=True, end=False, dead_ends=0.3) for seed in seeds]
    lengths = [0] + [max_length] * (len(models) - 1)
    actual = [
        decode(model, length, temperature=temperature, top_k=2 + length)
        for model, length in zip(models, lengths, strict=True)
    ]
    expected = [greedy(model, length) for model, length in zip(models, lengths, strict=True)]
    assert_matches(actual, expected, what=f"when one token at most is possible, {WHAT}")


@settings(max_examples=8)
@given(SEED)
def test_the_generator_decides(seed):
    """40 draws of one urn equal 40 others with a probability of 0.35 ** 40 = 6e-19."""
    model, generator = Urn(seed), generator_of(seed)
    first, middle = (decode(model, 40, generator=generator)[0] for _ in range(2))
    copy = torch.Generator()
    copy.set_state(generator.get_state())
    last = decode(model, 40, generator=generator)[0]
    assert first != middle != last != first, "drawing must move the generator on"
    again = [decode(model, 40, generator=g)[0] for g in (generator_of(seed), copy)]
    what = "the tokens drawn with a generator in the same state"
    assert_matches(again, [first, last], what=what)
    other = decode(model, 40, generator=generator_of(seed + 1))[0]
    assert other != first, "generators in other states must give other tokens"
    assert Counter(map(len, (first, middle, last, other))) == {40: 4}
    assert set(model.ranks(other)) <= set(range(len(URN)))


@settings(max_examples=8)
@given(SEED)
def test_without_a_generator(seed):
    """As above: equal with a probability of 6e-19."""
    model = Urn(seed)
    first, second = decode(model, 40)[0], decode(model, 40)[0]
    assert_matches([len(first), len(second)], [40, 40], what="the lengths", allow_constant=True)
    assert first != second, "two calls without a generator must differ"
    assert len(model.ranks(first) + model.ranks(second)) == 80


@given(SEEDS, st.sampled_from(FORMS))
def test_states_are_left_alone(seeds, form):
    models = [Model(seed, form, one_token=True, end=False) for seed in seeds]
    actual = [decode(model, 4, temperature=0.7) for model in models]
    assert_matches(actual, [greedy(model, 4) for model in models], what=WHAT)
    for model in models:
        for state, copies in model.states:
            parts = state if isinstance(state, tuple) else (state,)
            assert_matches(parts, copies, what="a state after the call", allow_constant=True)


@given(SEEDS)
def test_refuses_arguments_out_of_range(seeds):
    models = [Model(seed, end=False) for seed in seeds]
    right = {"max_length": 4, "temperature": 0.0, "top_k": 2}
    actual = [decode(model, **right) for model in models]
    assert_matches(actual, [greedy(model, 4) for model in models], what=WHAT)
    for wrong in ({"max_length": -1}, {"temperature": -0.5}, {"top_k": 0}, {"top_k": -2}):
        with pytest.raises(ValueError):
            decode(models[0], **(right | wrong))
