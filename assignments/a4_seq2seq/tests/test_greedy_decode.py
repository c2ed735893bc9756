"""Public tests of greedy_decode."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from seq2seq.decoding import greedy_decode

BOS, EOS, A, B = range(4)
# What follows what in the handout: probabilities of bos, eos, a, b.
TABLE = {BOS: [0, 0.1, 0.5, 0.4], A: [0, 0.4, 0.35, 0.25], B: [0, 0.9, 0.05, 0.05]}


class Table:
    """A model that looks at the last token only. Its state counts the tokens read."""

    def __init__(self, probabilities):
        self.probabilities = probabilities
        self.calls = 0

    def start(self):
        return torch.zeros(1, 1, dtype=torch.int64)

    def step(self, tokens, state):
        self.calls += 1
        assert tokens.dtype == torch.int64 and tokens.shape == (1,), "tokens: int64, shape (1,)"
        assert state.tolist() == [[self.calls - 1]], "each call gets the state of the call before"
        rows = [self.probabilities[token] for token in tokens.tolist()]
        return torch.tensor(rows).log(), state + 1


def test_the_example_of_the_handout():
    model = Table(TABLE)
    assert greedy_decode(model.step, model.start(), BOS, EOS, 10) == [A]
    assert model.calls == 2


def test_it_stops_at_max_length():
    model = Table({BOS: [0, 0, 1, 0], A: [0, 0.1, 0.2, 0.7], B: [0, 0.1, 0.7, 0.2]})
    tokens = greedy_decode(model.step, model.start(), BOS, EOS, 5)
    assert tokens == [A, B, A, B, A]
    assert all(isinstance(token, int) for token in tokens)
    assert model.calls == 5


def test_with_max_length_0_there_is_no_call():
    model = Table(TABLE)
    assert greedy_decode(model.step, model.start(), BOS, EOS, 0) == []
    assert model.calls == 0
    assert greedy_decode(model.step, model.start(), BOS, EOS, 1) == [A]


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 999), st.integers(1, 6))
def test_each_token_is_the_most_probable_after_those_before(seed, max_length):
    generator = torch.Generator().manual_seed(seed)
    rates = torch.randn(8, 5, generator=generator, dtype=torch.float64).log_softmax(dim=-1)
    rates[:, BOS] = -math.inf

    def step(tokens, state):  # the state: a sum that depends on all tokens so far, and a count
        total, count = state
        total = (3 * total + tokens) % 8
        return rates[total], (total, count + 1)

    start = (torch.zeros(1, dtype=torch.int64), torch.zeros(1, 2))
    tokens = greedy_decode(step, start, BOS, EOS, max_length)
    assert len(tokens) <= max_length
    state, last = start, BOS
    for expected in tokens + [EOS] * (len(tokens) < max_length):
        log_probs, state = step(torch.tensor([last]), state)
        assert log_probs.argmax() == expected
        last = expected


def test_it_ends_where_every_token_is_impossible():
    model = Table({BOS: [0, 0, 0, 1], B: [0, 0, 0, 0]})
    assert greedy_decode(model.step, model.start(), BOS, EOS, 10) == [B]


def test_a_negative_max_length_is_an_error():
    model = Table(TABLE)
    with pytest.raises(ValueError):
        greedy_decode(model.step, model.start(), BOS, EOS, -1)
    assert greedy_decode(model.step, model.start(), BOS, EOS, 2) == [A]
