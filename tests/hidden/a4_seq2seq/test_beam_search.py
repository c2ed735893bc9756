"""Hidden tests of beam_search.

A wide beam is compared with the enumeration of all sequences, a narrow one with the search of the
docstring in Python lists. Finished hypotheses may be set aside, keep their places or compete for
them, and the search may end early: the results of each of these rules are accepted.
"""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from seq2seq.decoding import beam_search

from autograder.testing import assert_matches

ROWS = 211  # of a model's table
FACTORS, SHIFTS = torch.tensor([31, 17, 5]), torch.tensor([7, 11, 13])
FORMS = ["vector", "matrix", "one tensor in a tuple", "three tensors"]
SEEDS = st.lists(st.integers(0, 10**6), min_size=4, max_size=4, unique=True)
PENALTIES = st.sampled_from([0.0, 0.7, 2.0])
WIDE = 200  # more than all sequences of 3 tokens out of 6
WHAT = "the hypotheses, as (score, tokens)"


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
        rates = rates.masked_fill(impossible, -math.inf).log_softmax(dim=1)
        rates[torch.rand(ROWS, generator=generator) < dead_ends] = -math.inf
        self.table = rates.to(dtype)
        self.read, self.states = [], []

    def start(self):
        return self._give(torch.tensor([[1, 2, 3]]))

    def step(self, tokens, state):
        assert tokens.dtype == torch.int64, "tokens must be int64"
        # A beam that is never cut grows without bounds; `assert_few_calls` has the exact limit.
        assert len(tokens) <= 2 * WIDE, "a call of step has far more rows than the beam is wide"
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


def penalised(total, length, penalty):
    return total / ((5 + length) / 6) ** penalty


def continuations(model, beam):
    """Every possible (sum, tokens) after those of the beam; tokens include eos here."""
    return [
        (total + rate, (*tokens, token))
        for total, tokens in beam
        for token, rate in enumerate(model.after(tokens))
        if rate > -math.inf
    ]


def ranked(model, hypotheses, max_length, penalty):
    """Scores and tokens, best first, of (sum, tokens with eos if finished)."""
    return sorted(
        (
            (penalised(total, len(tokens), penalty), [t for t in tokens if t != model.eos])
            for total, tokens in hypotheses
        ),
        reverse=True,
    )


def enumerated(model, max_length, penalty=0.0):
    """All sequences: what a beam wide enough must find."""
    finished, open_ones = [], [(0.0, ())]
    for _ in range(max_length):
        found = continuations(model, open_ones)
        finished += [h for h in found if h[1][-1] == model.eos]
        open_ones = [h for h in found if h[1][-1] != model.eos]
    return ranked(model, finished + open_ones, max_length, penalty)


RULES = ["aside", "compete", "keep", "aside, early end", "aside, early end, last ones counted"]


def searched(model, width, max_length, penalty, rule):
    """The search of the docstring with one of the rules that it allows."""
    finished, open_ones = [], [(0.0, ())]
    for n in range(1, max_length + 1):
        places = width - len(finished) if rule == "keep" else width
        pool = continuations(model, open_ones)
        pool = sorted(pool + finished if rule == "compete" else pool, reverse=True)[:places]
        done = [h for h in pool if h[1][-1] == model.eos]
        finished = done if rule == "compete" else finished + done
        open_ones = [h for h in pool if h[1][-1] != model.eos]
        if "early" in rule and len(finished) >= width and (n < max_length or "last" not in rule):
            open_ones = []
        if not open_ones:
            break
    return ranked(model, finished + open_ones, max_length, penalty)[:width]


def close(found, expected, atol):
    return len(found) == len(expected) and all(
        got[1] == right[1] and abs(got[0] - right[0]) <= atol
        for got, right in zip(found, expected, strict=True)
    )


def search(model, width, max_length, **options):
    """The student's hypotheses as (score, tokens), once their form is right."""
    model.read = []
    found = beam_search(
        model.step, model.start(), model.bos, model.eos, width, max_length, **options
    )
    form = [([t for t in tokens if type(t) is int], float(score)) for tokens, score in found]
    assert_matches(found, form, what="the form of the result", allow_constant=True)
    assert all(isinstance(score, float) for _, score in found), "a score must be a Python float"
    return [(score, tokens) for tokens, score in found]


def assert_few_calls(models, width, max_length):
    """After the comparison, which tells more."""
    for model in models:
        assert len(model.read) <= max_length, "there are at most max_length calls of step"
        assert all(len(rows) <= width for rows in model.read), "a call has at most `width` rows"


def compare(models, width, max_length, penalty=0.0, what=WHAT, atol=1e-5):
    """Compare with the search of the docstring, under whichever of its rules fits best."""
    found, expected = [], []
    for model in models:
        found.append(search(model, width, max_length, length_penalty=penalty))
        allowed = [searched(model, width, max_length, penalty, rule) for rule in RULES]
        fitting = [one for one in allowed if close(found[-1], one, atol)]
        expected.append((fitting or allowed)[0])
    assert_matches(found, expected, what=what, atol=atol, allow_constant=True)
    assert_few_calls(models, width, max_length)


def compare_with_all(models, max_length, penalty, what):
    """Compare a wide beam with the enumeration."""
    found = [search(m, WIDE, max_length, length_penalty=penalty) for m in models]
    expected = [enumerated(m, max_length, penalty) for m in models]
    assert_matches(found, expected, what=what, atol=1e-5, allow_constant=True)
    assert_few_calls(models, WIDE, max_length)


@given(SEEDS, st.integers(1, 3), PENALTIES)
def test_a_wide_beam_finds_everything(seeds, max_length, penalty):
    models = [Model(seed, zeros=0.3) for seed in seeds]
    compare_with_all(models, max_length, penalty, "all hypotheses, as (score, tokens)")


@given(SEEDS, st.integers(1, 7), PENALTIES)
def test_width_1_is_greedy(seeds, max_length, penalty):
    found, expected = [], []
    for seed in seeds:
        model = Model(seed)
        total, tokens = 0.0, ()
        while len(tokens) < max_length and (not tokens or tokens[-1] != model.eos):
            rates = model.after(tokens)
            total, tokens = total + max(rates), (*tokens, rates.index(max(rates)))
        found.append(search(model, 1, max_length, length_penalty=penalty))
        expected.append(ranked(model, [(total, tokens)], max_length, penalty))
    what = "with width 1, the score and the tokens"
    assert_matches(found, expected, what=what, atol=1e-5, allow_constant=True)


@given(SEEDS, st.integers(2, 5), st.integers(2, 6), PENALTIES)
def test_narrow_beams(seeds, width, max_length, penalty):
    compare([Model(seed) for seed in seeds], width, max_length, penalty)


@given(SEEDS, st.sampled_from(FORMS), st.integers(2, 4))
def test_states_follow_their_hypotheses(seeds, form, width):
    """Without an end all rules agree, and each call reads the last tokens of the beam."""
    models = [Model(seed, form, end=False) for seed in seeds]
    compare(models, width, 5, what=f"for one form of state, {WHAT}")
    for model in models:
        for state, copies in model.states:
            parts = state if isinstance(state, tuple) else (state,)
            assert_matches(parts, copies, what="a state after the call", allow_constant=True)


@given(SEEDS, st.integers(2, 5), st.integers(2, 5))
def test_impossible_tokens_and_dead_ends(seeds, width, max_length):
    models = [Model(seed, zeros=0.7, dead_ends=0.2) for seed in seeds]
    models.append(Model(seeds[0], end=False))
    compare(models, width, max_length, 0.8, what=f"with impossible tokens, {WHAT}")


@settings(max_examples=5)
@given(SEEDS)
def test_long_sequences(seeds):
    """Each token has a log-probability of about -30, so that products of them underflow."""
    models = [Model(seed, end=False) for seed in seeds[:2]]
    for model in models:
        model.table = model.table - 30
    compare(models, 2, 40, 1.0, what=f"for long sequences, {WHAT}", atol=1e-3)


@settings(max_examples=10)
@given(SEEDS, PENALTIES)
def test_ties(seeds, penalty):
    """Any order of equal scores will do: scores are compared, and recomputed from the tokens."""
    for seed in seeds:
        model = Model(seed, levels=2)
        found = search(model, WIDE, 3, length_penalty=penalty)
        expected = enumerated(model, 3, penalty)
        scores, all_scores = [s for s, _ in found], [s for s, _ in expected]
        assert_matches(scores, all_scores, what="the scores, best first", atol=1e-5)
        by_tokens = sorted((tokens, score) for score, tokens in found)
        right = sorted((tokens, score) for score, tokens in expected)
        assert_matches(by_tokens, right, what="all hypotheses, sorted by tokens", atol=1e-5)


@given(SEEDS, st.integers(2, 4))
def test_float32(seeds, width):
    models = [Model(seed, end=False, dtype=torch.float32) for seed in seeds]
    compare(models, width, 4, 0.5, what=f"for float32, {WHAT}", atol=1e-3)


@given(SEEDS)
def test_length_0_and_1(seeds):
    models = [Model(seed, zeros=0.3) for seed in seeds]
    found = [search(model, 3, 0, length_penalty=1.0) for model in models]
    assert_matches(
        found, [[(0.0, [])]] * 4, what="the result for max_length 0", allow_constant=True
    )
    compare_with_all(models, 1, 1.0, "for max_length 1, all hypotheses")


@settings(max_examples=10)
@given(SEEDS)
def test_refuses_arguments_out_of_range(seeds):
    models = [Model(seed) for seed in seeds]
    compare_with_all(models, 2, 0.0, "all hypotheses, as (score, tokens)")
    for width, max_length in ((0, 3), (-1, 3), (2, -1)):
        with pytest.raises(ValueError):
            search(models[0], width, max_length)
