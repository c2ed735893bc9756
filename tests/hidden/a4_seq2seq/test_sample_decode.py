"""Hidden tests of sample_decode.

Where nothing is random (temperature 0, one candidate, one possible token), the tokens are compared
with an oracle, a loop over Python lists. Elsewhere the models are urns: the probabilities are the
same in every step, but which token has which depends on all tokens before. However the history
goes, the ranks of the tokens drawn are then independent draws with known probabilities. No test
asks for a particular stream of random numbers.

Most models end by themselves long before `max_length`, so that a mistake in counting costs the
tests of `max_length` only.
"""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from seq2seq.decoding import sample_decode

from autograder.testing import assert_matches

ROWS = 211  # of a model's table
FORMS = ["vector", "matrix", "one tensor in a tuple", "three tensors"]
SEED = st.integers(0, 10**6)
SEEDS = st.lists(SEED, min_size=4, max_size=4, unique=True)
COUNTS = 1000  # more than the tokens that any model reads
ENDS, LONG = 5, 12  # a model that ends says nothing but eos after so many tokens; a max_length
WHAT = "the tokens, and those that `step` has read"
DRAWS = 300  # for each setting of a statistical test
# Hoeffding: a frequency of 300 draws is off by 0.2 or more with a probability below 1e-10.
OFF = 0.2
URN = [0.5, 0.25, 0.15, 0.08, 0.02]
FLAT = [0.3, 0.25, 0.2, 0.15, 0.1]


class Model:
    """A random model of a random kind; what it rates depends on every token read so far.

    Two codes of the history and the number of tokens read stand in the state, each in a tensor of
    its own in the last of the `FORMS`; together the codes choose a row of the table. `read` lists
    the tokens of each call of `step`, `states` each state given away with a copy of it.

    Args:
        ends: the model says eos at the latest after `ENDS` tokens; else it never does.
        strided: neither the log-probabilities nor the states are contiguous.
    """

    def __init__(
        self,
        seed,
        form="three tensors",
        ends=True,
        dtype=torch.float64,
        strided=False,
    ):
        generator = torch.Generator().manual_seed(seed)
        self.vocab_size = int(torch.randint(4, 7, (), generator=generator))
        self.bos, self.eos = torch.randperm(self.vocab_size, generator=generator)[:2].tolist()
        self.form, self.ends, self.dtype, self.strided = form, ends, dtype, strided
        shape = ROWS, self.vocab_size
        rates = 1.5 * torch.randn(shape, generator=generator, dtype=torch.float64)
        impossible = torch.zeros(shape, dtype=torch.bool)
        impossible[:, self.bos] = True
        impossible[:, self.eos] |= not ends
        rates = rates.masked_fill(impossible, -math.inf).log_softmax(dim=1)
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

    def along(self, tokens):
        """The log-probabilities after bos, after bos and the first token, and so on, as lists."""
        codes = 1, 2, 0
        for token in (self.bos, *tokens):
            codes = self._next(*codes, token)
            yield self.table[self._row(*codes)].tolist()

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


class Urn(Model):
    """A model that rates some token `urn[0]`, another `urn[1]`, and so on, and never ends.

    The least probable one is always token 0, so that a place in a sorted list is not mistaken for a
    token with the same frequencies. Which tokens the others are depends on the history.

    With `end` eos is among them, in the place of token 0; with `impossible` there are two more
    tokens that cannot come. As there is one sequence only, `step` knows what it must get.
    """

    def __init__(self, seed, form="three tensors", urn=URN, end=False, impossible=False):
        super().__init__(seed, form, ends=False)
        self.vocab_size = len(urn) + 1 + (not end) + 2 * impossible
        generator = torch.Generator().manual_seed(seed)
        self.bos, self.eos = (1 + torch.randperm(self.vocab_size - 1, generator=generator))[:2]
        self.bos, self.eos = self.bos.item(), self.eos.item()
        last = self.eos if end else 0
        others = [t for t in range(self.vocab_size) if t not in (self.bos, self.eos, last)]
        rates = torch.tensor(urn, dtype=torch.float64).log()
        self.table = torch.full((ROWS, self.vocab_size), -math.inf, dtype=torch.float64)
        for row in self.table:
            chosen = torch.randperm(len(others), generator=generator)[: len(urn) - 1]
            row[[others[place] for place in chosen.tolist()]] = rates[:-1]
            row[last] = rates[-1]
        self.places = len(urn)

    def step(self, tokens, state):
        given = as_tuple(self.states[-1][0])
        same = len(given) == len(as_tuple(state)) and all(
            torch.equal(*pair) for pair in zip(as_tuple(state), given, strict=True)
        )
        assert same, "each call of step must get the state that the call before has returned"
        return super().step(tokens, state)

    def ranks(self, tokens, ended=False):
        """Which place each token had in the urn, impossible ones behind all others; `ended` says
        that eos came after them."""
        tokens = [*tokens, self.eos] if ended else tokens
        found = []
        for token, rates in zip(tokens, self.along(tokens), strict=False):
            assert type(token) is int and 0 <= token < self.vocab_size, (
                "the tokens must be numbers from 0 to v - 1"
            )
            rank = sum(rate > rates[token] + 1e-9 for rate in rates)
            found.append(rank if rates[token] > -math.inf else self.places)
        return found


def generator_of(seed):
    return torch.Generator().manual_seed(seed)


def plain(tokens, model):
    """Tokens as Python ints, where they are whole numbers, and without bos and eos around them:
    `test_the_form_of_the_result` and `test_neither_bos_nor_eos_is_returned` ask for that."""
    try:
        plain = [int(token) for token in tokens]
    except (TypeError, ValueError, RuntimeError):
        return tokens
    return plain[plain[:1] == [model.bos] : len(plain) - (plain[-1:] == [model.eos])]


def decode(model, max_length=LONG, *options, start=None, **named):
    """The student's tokens, and what `step` has read: one token in each call.

    `options` are temperature, top_k and generator, in this order.
    """
    model.read = []
    start = model.start() if start is None else start
    tokens = sample_decode(model.step, start, model.bos, model.eos, max_length, *options, **named)
    return plain(tokens, model), model.read


def greedy(model, max_length=LONG):
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


def compare(models, *options, max_length=LONG, what=WHAT):
    """Compare where nothing is left to draw."""
    actual = [decode(model, max_length, *options) for model in models]
    expected = [greedy(model, max_length) for model in models]
    assert_matches(actual, expected, what=what, allow_constant=True)


def weights(urn=URN, temperature=1.0, top_k=None):
    """The probabilities of the ranks, and of an impossible token."""
    powers = [p ** (1 / temperature) for p in urn[:top_k]]
    return [power / sum(powers) for power in powers] + [0.0] * (len(urn) + 1 - len(powers))


def assert_drawn_from(ranks, probabilities):
    """The ranks drawn by several settings against their probabilities, twice: roughly, in one
    comparison that the feedback can tell mistakes from, and then sharply.

    For n draws, the frequency f of an outcome of probability p has n KL(f, p) > 23 with a
    probability below 2 exp(-23) = 2e-10 (Chernoff). A test looks at up to 24 frequencies: a
    right program fails it less than once in 10 ** 8 times, the rough comparison included.
    """
    frequencies = [
        [drawn.count(rank) / len(drawn) for rank in range(len(expected))]
        for drawn, expected in zip(ranks, probabilities, strict=True)
    ]
    what = "the frequencies of the most probable token, the second, ..., of all impossible ones"
    assert_matches(frequencies, probabilities, what=what, atol=OFF, allow_constant=True)
    for found, expected in zip(frequencies, probabilities, strict=True):
        for f, p in zip(found, expected, strict=True):
            terms = [(f, p), (1 - f, 1 - p)]
            impossible = any(a > 0 and b <= 0 for a, b in terms)
            assert not impossible, "a token was drawn that has probability 0"
            distance = sum(a * math.log(a / b) for a, b in terms if a > 0)
            assert DRAWS * distance < 23, (
                "some token is drawn clearly too often or too rarely for its probability"
            )


def ranks_of_calls(model, *options, **named):
    """The ranks of DRAWS draws, in one call of a model that never ends."""
    tokens, read = decode(model, DRAWS, *options, **named)
    assert_read(model, tokens, read, DRAWS)
    assert len(tokens) >= DRAWS - 1, "when eos never comes, decoding must go on to max_length"
    return model.ranks(tokens[:DRAWS])


def assert_read(model, tokens, read, count):
    """Each call of `step` reads the token drawn last; the first DRAWS calls are looked at."""
    right = [[token] for token in [model.bos, *tokens]][:count]
    what = "what `step` has read, one token in each call"
    assert_matches(read[:count], right[: len(read)], what=what, allow_constant=True)


@settings(max_examples=1)
@given(SEED)
def test_temperatures(seed):
    temperatures = [0.15, 0.5, 1, 4.0]
    ranks = [
        ranks_of_calls(Urn(seed), t, None, generator_of(seed + n))
        for n, t in enumerate(temperatures)
    ]
    assert_drawn_from(ranks, [weights(temperature=t) for t in temperatures])


@settings(max_examples=1)
@given(SEED)
def test_top_k(seed):
    choices = [2, 3, 99]
    ranks = [
        ranks_of_calls(Urn(seed, "vector", FLAT), 1.0, k, generator_of(seed + n))
        for n, k in enumerate(choices)
    ]
    # Each candidate has a probability of at least 0.1: one is missed with one below 1e-13.
    seen = [sorted(set(drawn)) for drawn in ranks]
    candidates = [list(range(min(k, len(FLAT)))) for k in choices]
    what = "which ranks occur among the tokens drawn: 0 for the most probable, and so on"
    assert_matches(seen, candidates, what=what, allow_constant=True)
    assert_drawn_from(ranks, [weights(FLAT, top_k=k) for k in choices])


@settings(max_examples=1)
@given(SEED)
def test_top_k_and_temperature_together(seed):
    choices = [(3, 0.2), (4, 5.0)]
    ranks = [
        ranks_of_calls(
            Urn(seed, "matrix"), top_k=k, temperature=t, generator=generator_of(seed + n)
        )
        for n, (k, t) in enumerate(choices)
    ]
    assert_drawn_from(ranks, [weights(URN, t, k) for k, t in choices])


@settings(max_examples=1)
@given(SEED)
def test_eos_is_drawn_like_any_token(seed):
    """Calls until there are enough draws; those that end before max_length have drawn eos. It has
    the smallest share, 0.1, so that a call ends after ten tokens on average."""
    ranks, generator, model = [], generator_of(seed), Urn(seed, "matrix", FLAT, end=True)
    for _ in range(DRAWS):
        if len(ranks) >= DRAWS:
            break
        tokens, read = decode(model, 100, 1.0, None, generator)
        ended = len(tokens) < 100
        assert_read(model, tokens, read, len(tokens) + ended)
        assert len(read) >= len(tokens) + ended, "each token must come from a call of step"
        ranks += model.ranks(tokens, ended)
        model.states.clear()
    assert_drawn_from([ranks[:DRAWS]], [weights(FLAT)])


@settings(max_examples=1)
@given(SEED)
def test_high_temperature_draws_no_impossible_token(seed):
    """At 1e30 every finite number in the place of minus infinity counts as much as 0."""
    model = Urn(seed, impossible=True)
    ranks = [
        ranks_of_calls(model, 1e30, k, generator_of(seed + n)) for n, k in enumerate((None, 6))
    ]
    assert_drawn_from(ranks, [weights(temperature=1e30)] * 2)


@given(SEEDS)
def test_low_temperature_is_nearly_greedy(seeds):
    """The second most probable token comes with a probability of 0.5 ** 100 in each step."""
    models = [Urn(seed, form) for seed, form in zip(seeds, FORMS, strict=True)]
    compare(models, 0.01, max_length=5, what=f"at temperature 0.01, {WHAT}")


@given(SEEDS, st.sampled_from([0, 0.0]), st.sampled_from([None, 1, 3, 99]))
def test_temperature_0_is_greedy(seeds, temperature, top_k):
    models = [Model(seed) for seed in seeds]
    compare(models, temperature, top_k, generator_of(seeds[0]), what=f"at temperature 0, {WHAT}")


@given(SEEDS, st.sampled_from([0.3, 1.0, 5.0]))
def test_one_candidate_is_greedy(seeds, temperature):
    compare([Model(seed) for seed in seeds], temperature, 1, what=f"with top_k 1, {WHAT}")


def only_one_possible(model):
    """The model, when only its most probable token is left, besides the end that it comes to."""
    best = model.table.argmax(dim=1)
    table = torch.full_like(model.table, -math.inf)
    table[torch.arange(len(table)), best] = 0
    model.table = table
    return model


@given(SEEDS, st.sampled_from([0.5, 1.0, 3.0]), st.sampled_from([None, 3]))
def test_one_possible_token(seeds, temperature, top_k):
    models = [only_one_possible(Model(seed)) for seed in seeds]
    compare(models, temperature, top_k, what=f"when only one token is possible, {WHAT}")


@given(SEEDS, st.sampled_from([0, 1.0, 3.0]), st.sampled_from([None, 3]))
def test_ends_where_every_token_is_impossible(seeds, temperature, top_k):
    models = [only_one_possible(Model(seed, ends=False)) for seed in seeds]
    for model in models:  # the last token comes to a dead end, if nothing before does
        model.table[torch.rand(ROWS + 1, generator=generator_of(seeds[0])) < 0.3] = -math.inf
        model.table[-1] = -math.inf
        model.ends = True
    what = f"when at some point every token is impossible, {WHAT}"
    compare(models, temperature, top_k, what=what)


@given(SEEDS, st.integers(2, 6))
def test_stops_at_max_length(seeds, max_length):
    models = [only_one_possible(Model(seed, ends=False)) for seed in seeds]
    actual = [decode(model, length) for model in models for length in (0, 1, max_length)]
    expected = [greedy(model, length) for model in models for length in (0, 1, max_length)]
    what = f"for a max_length of 0, 1 and more when eos never comes, {WHAT}"
    assert_matches(actual, expected, what=what, allow_constant=True)


@given(SEEDS)
def test_eos_as_the_last_token_that_is_allowed(seeds):
    """max_length is just enough for eos, and then one less."""
    models = [only_one_possible(Model(seed)) for seed in seeds]
    lengths = [len(greedy(model)[1]) for model in models]
    pairs = [(m, n - less) for m, n in zip(models, lengths, strict=True) for less in (0, 1)]
    actual = [decode(model, length) for model, length in pairs]
    expected = [greedy(model, length) for model, length in pairs]
    what = f"when eos comes just in time, and one step too late, {WHAT}"
    assert_matches(actual, expected, what=what, allow_constant=True)


@settings(max_examples=1)
@given(SEEDS)
def test_the_form_of_the_result(seeds):
    models = [only_one_possible(Model(seed, ends=False)) for seed in seeds]
    found = [sample_decode(m.step, m.start(), m.bos, m.eos, 4) for m in models]
    expected = [greedy(model, 4)[0] for model in models]
    what = "the results of several models, each a list of Python ints"
    assert_matches(found, expected, what=what, allow_constant=True)
    assert all(isinstance(tokens, list) for tokens in found), "the result must be a list"


@given(SEEDS)
def test_neither_bos_nor_eos_is_returned(seeds):
    models = [only_one_possible(Model(seed)) for seed in seeds]
    actual = [
        sample_decode(model.step, model.start(), model.bos, model.eos, LONG) for model in models
    ]
    expected = [greedy(model)[0] for model in models]
    what = "the tokens of several models, of sequences that end with eos"
    assert_matches(actual, expected, what=what, allow_constant=True)


@settings(max_examples=2)
@given(SEED)
def test_the_generator_decides(seed):
    """40 draws of one urn equal 40 others with a probability of 0.35 ** 40 = 6e-19."""
    model, generator = Urn(seed), generator_of(seed)
    first, middle = (decode(model, 40, 1.0, None, generator)[0] for _ in range(2))
    copy = torch.Generator()
    copy.set_state(generator.get_state())
    last = decode(model, 40, 1.0, None, generator)[0]
    assert len(first) >= 39, "when eos never comes, decoding must go on to max_length"
    moves = first != middle and middle != last and first != last
    assert moves, "drawing must move the generator on: the next call must give other tokens"
    again = [decode(model, 40, 1.0, None, g)[0] for g in (generator_of(seed), copy)]
    assert again == [first, last], "generators in the same state must give the same tokens"
    other = decode(model, 40, 1.0, None, generator_of(seed + 1))[0]
    assert other != first, "generators in other states must give other tokens"
    assert max(model.ranks(first)) < len(URN), "a token was drawn that has probability 0"


@settings(max_examples=2)
@given(SEED)
def test_without_a_generator(seed):
    """As above: equal with a probability of 6e-19."""
    model = Urn(seed)
    first, second = decode(model, 40)[0], decode(model, 40)[0]
    assert len(first) >= 39, "when eos never comes, decoding must go on to max_length"
    assert first != second, "two calls without a generator must differ"
    assert max(model.ranks(first)) < len(URN), "a token was drawn that has probability 0"


@given(SEEDS)
def test_every_form_of_state(seeds):
    models = [Model(seed, form) for seed, form in zip(seeds, FORMS, strict=True)]
    compare([only_one_possible(m) for m in models], what=f"for four forms of state, {WHAT}")


@given(SEEDS)
def test_memory_layout(seeds):
    models = [Model(seed, form, strided=True) for seed, form in zip(seeds, FORMS, strict=True)]
    compare(models, 0, what=f"for tensors that are not contiguous in memory, {WHAT}")
    compare(models, 1.0, 1, what=f"for tensors that are not contiguous in memory, {WHAT}")


@given(SEEDS)
def test_float32(seeds):
    models = [Model(seed, dtype=torch.float32) for seed in seeds]
    what = f"for float32 log-probabilities, {WHAT}"
    compare(models, 0.7, 1, generator_of(seeds[0]), what=what)


@given(SEEDS)
def test_bos_and_eos_may_be_the_same_token(seeds):
    models = [Model(seed) for seed in seeds]
    for model in models:
        model.bos = model.eos
    compare(models, 1.0, 1, what=f"when bos is also eos, {WHAT}")


@given(SEEDS, st.sampled_from(FORMS))
def test_states_are_left_alone(seeds, form):
    models = [only_one_possible(Model(seed, form)) for seed in seeds]
    compare(models, 0.7)
    for model in models:
        after = [as_tuple(state) for state, _ in model.states]
        before = [copies for _, copies in model.states]
        what = "the states of all steps, after the call"
        assert_matches(after, before, what=what, allow_constant=True)


@given(SEEDS)
def test_one_call_after_another(seeds):
    """The same start again, and between them another model: nothing stays from call to call."""
    first, second = (only_one_possible(Model(seed)) for seed in seeds[:2])
    start = first.start()
    results = [decode(first, start=start), decode(second), decode(first, start=start)]
    expected = [greedy(first), greedy(second), greedy(first)]
    what = "the results of three calls, looked at after the last"
    assert_matches(results, expected, what=what, allow_constant=True)


@settings(max_examples=2)
@given(SEEDS)
def test_refuses_only_arguments_out_of_range(seeds):
    """The calls that are allowed come first: a program that refuses everything fails as well."""
    models = [Model(seed, ends=False) for seed in seeds]
    what = f"calls that must not be refused: {WHAT}"
    compare(models, 0.0, 2, max_length=4, what=what)
    for wrong in ((-1, 0.0, 2), (4, -0.5, 2), (4, 1.0, 0), (4, 1.0, -2)):
        with pytest.raises(ValueError):
            decode(models[0], *wrong)
