"""Public tests of beam_search."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from seq2seq.decoding import beam_search

BOS, EOS, A, B = range(4)
# What follows what in the handout: probabilities of bos, eos, a, b.
TABLE = {BOS: [0, 0.1, 0.5, 0.4], A: [0, 0.4, 0.35, 0.25], B: [0, 0.9, 0.05, 0.05]}


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
        history = state[0] if self.tuple_state else state
        position = len(self.calls)
        self.calls.append(len(tokens))
        assert history.shape == (len(tokens), 12), "tokens and state have the same number of rows"
        assert (history[:, :position] >= 0).all(), "each call gets the state of the call before"
        if self.tuple_state:
            together = torch.equal((history == A).sum(dim=1), state[1])
            assert together, "the rows of both tensors of the state belong together"
        history = history.clone()
        history[:, position] = tokens
        rates = [self.rate(tuple(row[: position + 1])) for row in history.tolist()]
        log_probs = torch.tensor(rates, dtype=torch.float64).log()
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


def search(model, width, max_length, **options):
    return beam_search(model.step, model.start(), BOS, EOS, width, max_length, **options)


def test_the_example_of_the_handout():
    model = Model(by_last_token)
    found = search(model, 2, 10)
    assert [tokens for tokens, _ in found] == [[B], [A]]
    assert [score for _, score in found] == pytest.approx([math.log(0.36), math.log(0.2)], abs=1e-5)
    assert model.calls == [1, 2]
    assert all(isinstance(token, int) for tokens, _ in found for token in tokens)


def test_the_length_penalty_of_the_handout():
    without = search(Model(by_last_token), 20, 3)
    penalised = search(Model(by_last_token), 20, 3, length_penalty=3.0)
    assert [tokens for tokens, _ in without[:3]] == [[B], [A], [A, B]]
    assert [tokens for tokens, _ in penalised[:3]] == [[B], [A, B], [A]]
    assert [score for _, score in penalised[:3]] == pytest.approx(
        [
            math.log(0.36) / (7 / 6) ** 3,
            math.log(0.1125) / (8 / 6) ** 3,
            math.log(0.2) / (7 / 6) ** 3,
        ],
        abs=1e-5,
    )


@pytest.mark.parametrize("tuple_state", [True, False])
@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 999),
    max_length=st.integers(1, 3),
    zeros=st.sampled_from([0.0, 0.5]),
    length_penalty=st.sampled_from([0.0, 0.7, 2.0]),
)
def test_a_wide_beam_finds_everything(tuple_state, seed, max_length, zeros, length_penalty):
    model = Model(random_rate(seed, zeros), tuple_state)
    everything = [
        (tokens, total / ((5 + length) / 6) ** length_penalty)
        for tokens, total, length in model.enumerate(max_length)
    ]
    found = search(model, 50, max_length, length_penalty=length_penalty)
    scores = [score for _, score in found]
    assert scores == sorted(scores, reverse=True), "best first"
    assert sorted(tokens for tokens, _ in found) == sorted(tokens for tokens, _ in everything)
    expected = {tuple(tokens): score for tokens, score in everything}
    for tokens, score in found:
        assert score == pytest.approx(expected[tuple(tokens)], abs=1e-5), f"the score of {tokens}"


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 999), st.integers(1, 5), st.sampled_from([0.0, 1.0]))
def test_width_1_is_greedy(seed, max_length, length_penalty):
    rate = random_rate(seed)
    history, total = (BOS,), 0.0
    while len(history) <= max_length and (len(history) == 1 or history[-1] != EOS):
        rates = rate(history)
        best = rates.index(max(rates))
        history, total = (*history, best), total + math.log(rates[best])
    length = len(history) - 1
    ((tokens, score),) = search(Model(rate), 1, max_length, length_penalty=length_penalty)
    assert tokens == [token for token in history[1:] if token != EOS]
    assert score == pytest.approx(total / ((5 + length) / 6) ** length_penalty, abs=1e-5)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 999), st.integers(2, 4), st.integers(1, 4))
def test_a_narrow_beam_asks_for_no_more_than_it_may(seed, width, max_length):
    model = Model(random_rate(seed))
    found = search(model, width, max_length)
    assert len(model.calls) <= max_length and max(model.calls) <= width
    assert 1 <= len(found) <= width
    assert len({tuple(tokens) for tokens, _ in found}) == len(found), "no hypothesis twice"
    sums = {tuple(tokens): total for tokens, total, _ in model.enumerate(max_length)}
    for tokens, score in found:
        assert score == pytest.approx(sums[tuple(tokens)], abs=1e-5), f"the score of {tokens}"


def test_impossible_tokens_are_never_chosen():
    table = {BOS: [0, 0, 1, 0], A: [0, 0.5, 0, 0.5], B: [0, 0, 0, 0]}
    found = search(Model(lambda history: table[history[-1]]), 3, 4)
    assert [tokens for tokens, _ in found] == [[A]]
    assert found[0][1] == pytest.approx(math.log(0.5), abs=1e-5)


def test_with_max_length_0_there_is_only_the_empty_hypothesis():
    model = Model(by_last_token)
    ((tokens, score),) = search(model, 2, 0)
    assert tokens == [] and score == 0.0
    assert model.calls == []
    ((tokens, score),) = search(model, 1, 1)
    assert tokens == [A] and score == pytest.approx(math.log(0.5), abs=1e-5)


@pytest.mark.parametrize(("width", "max_length"), [(0, 3), (-1, 3), (2, -1)])
def test_arguments_out_of_range_are_errors(width, max_length):
    assert search(Model(by_last_token), 2, 3)[0][0] == [B]
    with pytest.raises(ValueError):
        search(Model(by_last_token), width, max_length)
