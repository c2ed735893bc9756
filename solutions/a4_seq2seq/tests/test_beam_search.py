"""Public tests of beam_search. Run them with `pytest tests/test_beam_search.py`.

A failing test says what is probably wrong. Hidden tests look at more than these do.
"""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from seq2seq.decoding import beam_search

BOS, EOS, A, B = range(4)
# What follows what in the handout: probabilities of bos, eos, a, b.
TABLE = {BOS: [0, 0.1, 0.5, 0.4], A: [0, 0.4, 0.35, 0.25], B: [0, 0.9, 0.05, 0.05]}


def expect(right, words):
    """Fail with these words and nothing else."""
    __tracebackhide__ = True
    if not right:
        raise AssertionError(words)


class Model:
    """Rates the next token by all tokens so far, which it keeps in its state, one row each.

    A tuple state has the number of a's as a second part. `rate(history) -> probabilities`; `calls`
    lists the number of rows of each call of `step`.
    """

    def __init__(self, rate, tuple_state=True):
        self.rate = rate
        self.tuple_state = tuple_state
        self.calls = []

    def start(self):
        history = torch.full((1, 12), -1)
        return (history, torch.zeros(1, dtype=torch.int64)) if self.tuple_state else history

    def step(self, tokens, state):
        __tracebackhide__ = True
        expect(isinstance(state, tuple) == self.tuple_state, "A tuple stays a tuple as a state.")
        history = state[0] if self.tuple_state else state
        position = len(self.calls)
        rows = "Each hypothesis has a row of its own, in the tokens as in the state (section 4)."
        words = f"{rows} This call has {len(tokens)} tokens and {len(history)} rows of the state."
        expect(len(history) == len(tokens), words)
        self.calls.append(len(tokens))
        kept = bool((history[:, :position] >= 0).all())
        expect(kept, "Each call gets the state that the call before returned, its rows reordered.")
        words = "The rows of both tensors of the state must be reordered alike."
        expect(not self.tuple_state or torch.equal((history == A).sum(dim=1), state[1]), words)
        history = history.clone()
        history[:, position] = tokens
        read = [tuple(row[: position + 1]) for row in history.tolist()]
        past_eos = any(EOS in row for row in read)
        expect(not past_eos, f"step reads eos ({EOS}): a finished hypothesis is never continued.")
        log_probs = torch.tensor([self.rate(row) for row in read], dtype=torch.float64).log()
        if self.tuple_state:
            return log_probs, (history, state[1] + (tokens == A))
        return log_probs, history

    def enumerate(self, max_length):
        """All sequences of up to `max_length` tokens, as (tokens, sum, length)."""
        found, open_ones = [], [((BOS,), 0.0)]
        for length in range(1, max_length + 1):
            continued = [
                ((*history, token), total + math.log(p))
                for history, total in open_ones
                for token, p in enumerate(self.rate(history))
                if p > 0
            ]
            found += [(list(h[1:-1]), s, length) for h, s in continued if h[-1] == EOS]
            open_ones = [(h, s) for h, s in continued if h[-1] != EOS]
        return found + [(list(h[1:]), s, max_length) for h, s in open_ones]


def by_last_token(history):
    return TABLE[history[-1]]


def random_rate(seed, zeros=0.0):
    """Probabilities of five tokens that depend on the whole history; some are 0."""

    def rate(history):
        key = seed
        for token in history:
            key = (key * 31 + token + 7) % 1_000_003
        generator = torch.Generator().manual_seed(key)
        rates = torch.rand(5, generator=generator, dtype=torch.float64) ** 2
        rates *= torch.rand(5, generator=generator) >= zeros
        rates[BOS] = 0
        return (rates / rates.sum()).tolist() if rates.sum() > 0 else [0.0] * 5

    return rate


def search(model, width, max_length, *penalty):
    """The hypotheses as pairs (tokens, score)."""
    __tracebackhide__ = True
    found = beam_search(model.step, model.start(), BOS, EOS, width, max_length, *penalty)
    pairs = isinstance(found, list) and all(
        isinstance(pair, tuple | list) and len(pair) == 2 for pair in found
    )
    expect(pairs, f"The result is a list of pairs (tokens, score). It is {found}.")
    return found


def assert_hypotheses(found, expected, what):
    """The same hypotheses with the same scores, best first; equal scores in any order."""
    __tracebackhide__ = True
    expect(len(found) == len(expected), f"{what}: {len(expected)} expected, {len(found)} found.")
    for tokens, _ in found:
        count = sum(other == tokens for other, _ in found)
        expect(count == 1, f"{what}: {tokens} was found {count} times.")
        known = any(other == tokens for other, _ in expected)
        why = (
            f"{what}: {tokens} is none of them. Neither bos ({BOS}) nor eos ({EOS}) is in a result"
        )
        expect(known, f"{why}; impossible tokens are never chosen.")
    for tokens, score in found:
        right = next(score for other, score in expected if other == tokens)
        words = f"{what}: the score of {tokens} is {right:.6g}, not {float(score):.6g}."
        expect(abs(score - right) <= 1e-5, words)
    scores = [float(score) for _, score in found]
    words = f"{what}: the best comes first. The scores are {[round(score, 4) for score in scores]}."
    expect(scores == sorted(scores, reverse=True), words)


def test_the_example_of_the_handout():
    model = Model(by_last_token)
    found = search(model, 2, 10)
    expected = [([B], math.log(0.36)), ([A], math.log(0.2))]
    assert_hypotheses(found, expected, "the hypotheses of section 4, width 2")
    words = f"the calls of step have 1 row and then 2; here the numbers of rows are {model.calls}"
    expect(model.calls == [1, 2], f"In the example of section 4 {words}.")
    kinds = {type(token).__name__ for tokens, _ in found for token in tokens}
    expect(kinds == {"int"}, f"The tokens are Python ints; here they are of type {kinds}.")
    kinds = {type(score).__name__ for _, score in found}
    expect(kinds == {"float"}, f"The scores are Python floats; here they are of type {kinds}.")


def test_names_of_parameters():
    model = Model(by_last_token)
    arguments = {"step": model.step, "state": model.start(), "bos": BOS, "eos": EOS, "width": 2}
    try:
        found = beam_search(**arguments, max_length=1, length_penalty=0.5)
    except TypeError as error:
        found = error
    names = "The parameters keep their names: step, state, bos, eos, width, max_length, "
    names += "length_penalty."
    expect(not isinstance(found, TypeError), f"{names} Called with them: {found}")
    expected = [([A], math.log(0.5)), ([B], math.log(0.4))]
    assert_hypotheses(found, expected, "the hypotheses of one token, width 2")


def test_the_length_penalty_of_the_handout():
    sums = [([B], 0.36, 2), ([A], 0.2, 2), ([A, B], 0.1125, 3)]
    for penalty in (0.0, 3.0):
        found = search(Model(by_last_token), 20, 3, penalty)[:3]
        scores = [(t, math.log(p) / ((5 + n) / 6) ** penalty) for t, p, n in sums]
        what = f"the best three of section 4 with length_penalty={penalty}"
        assert_hypotheses(found, scores, what)


@pytest.mark.parametrize("tuple_state", [True, False])
@settings(deadline=None, max_examples=10)
@given(
    seed=st.integers(0, 999),
    max_length=st.integers(1, 3),
    zeros=st.sampled_from([0.0, 0.5]),
)
def test_a_wide_beam_finds_everything(tuple_state, seed, max_length, zeros):
    model = Model(random_rate(seed, zeros), tuple_state)
    everything = [(tokens, total) for tokens, total, _ in model.enumerate(max_length)]
    found = search(model, 50, max_length)
    assert_hypotheses(found, everything, "all hypotheses, with a beam wider than there are any")


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 999), st.integers(1, 5), st.sampled_from([0.0, 1.0]))
def test_width_1_is_greedy(seed, max_length, length_penalty):
    rate = random_rate(seed)
    history, total = (BOS,), 0.0
    while len(history) <= max_length and (len(history) == 1 or history[-1] != EOS):
        rates = rate(history)
        best = rates.index(max(rates))
        history, total = (*history, best), total + math.log(rates[best])
    score = total / ((5 + len(history) - 1) / 6) ** length_penalty
    found = search(Model(rate), 1, max_length, length_penalty)
    expected = [([token for token in history[1:] if token != EOS], score)]
    assert_hypotheses(found, expected, "the hypothesis of greedy decoding, as width is 1")


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 999), st.integers(2, 4), st.integers(1, 4))
def test_a_narrow_beam_asks_for_no_more_than_it_may(seed, width, max_length):
    model = Model(random_rate(seed))
    found = search(model, width, max_length)
    words = f"max_length is {max_length}, and step was called {len(model.calls)} times."
    expect(len(model.calls) <= max_length, words)
    words = f"No call has more than width={width} rows; here the numbers of rows are {model.calls}."
    expect(max(model.calls) <= width, words)
    words = f"With width={width}, 1 to {width} hypotheses are returned; here {len(found)}."
    expect(1 <= len(found) <= width, words)
    sums = [(tokens, total) for tokens, total, _ in model.enumerate(max_length)]
    mine = [pair for pair in sums if any(pair[0] == tokens for tokens, _ in found)]
    assert_hypotheses(found, mine, f"with width={width}, different hypotheses with their sums")


def test_impossible_tokens_are_never_chosen():
    table = {BOS: [0, 0, 1, 0], A: [0, 0.5, 0, 0.5], B: [0, 0, 0, 0]}
    found = search(Model(lambda history: table[history[-1]]), 3, 4)
    what = "the only hypothesis that does not end where every token is impossible"
    assert_hypotheses(found, [([A], math.log(0.5))], what)


def test_max_length_0_and_1():
    model = Model(by_last_token)
    assert_hypotheses(search(model, 2, 0), [([], 0.0)], "with max_length 0, the empty hypothesis")
    expect(model.calls == [], "With max_length 0 there is no call of step.")
    assert_hypotheses(search(model, 1, 1), [([A], math.log(0.5))], "with width 1 and max_length 1")


def test_arguments_out_of_range_are_errors():
    expected = [([B], math.log(0.36)), ([A], math.log(0.2))]
    what = "before anything is refused, the example of section 4"
    assert_hypotheses(search(Model(by_last_token), 2, 3), expected, what)
    for width, max_length in ((0, 3), (-1, 3), (2, -1)):
        with pytest.raises(ValueError):
            search(Model(by_last_token), width, max_length)
            expect(False, f"width={width} with max_length={max_length} must raise ValueError.")
