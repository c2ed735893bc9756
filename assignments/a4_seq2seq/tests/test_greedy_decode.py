"""Public tests of greedy_decode. Run them with `pytest tests/test_greedy_decode.py`.

A failing test says what is probably wrong. Hidden tests look at more than these do.
"""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from seq2seq.decoding import greedy_decode

BOS, EOS, A, B = range(4)
# What follows what in the handout: probabilities of bos, eos, a, b.
TABLE = {BOS: [0, 0.1, 0.5, 0.4], A: [0, 0.4, 0.35, 0.25], B: [0, 0.9, 0.05, 0.05]}


def expect(right, words):
    """Fail with these words and nothing else."""
    __tracebackhide__ = True
    if not right:
        raise AssertionError(words)


class Table:
    """A model that looks at the last token only. Its state counts the tokens read."""

    def __init__(self, probabilities):
        self.probabilities = probabilities
        self.calls = 0

    def start(self):
        return torch.zeros(1, 1, dtype=torch.int64)

    def step(self, tokens, state):
        __tracebackhide__ = True
        right = isinstance(tokens, torch.Tensor) and tokens.dtype == torch.int64
        expect(right and tokens.shape == (1,), "The tokens that step reads are int64, shape (1,).")
        expect(state.shape == (1, 1), "The state that step gets is one that it returned: (1, 1).")
        expect(int(state) == self.calls, "Each call gets the state that the call before returned.")
        self.calls += 1
        token = int(tokens)
        expect(
            token in self.probabilities, f"step reads {token}: nothing is read after eos ({EOS})."
        )
        return torch.tensor([self.probabilities[token]]).log(), state + 1


def decode(model, max_length):
    __tracebackhide__ = True
    tokens = greedy_decode(model.step, model.start(), BOS, EOS, max_length)
    expect(isinstance(tokens, list), f"The result is a list, not a {type(tokens).__name__}.")
    return tokens


def assert_tokens(tokens, expected, advice):
    __tracebackhide__ = True
    same = len(tokens) == len(expected) and all(map(lambda a, b: a == b, tokens, expected))
    expect(same, f"{advice}\nexpected the tokens {expected}, got {tokens}")


def test_the_example_of_the_handout():
    model = Table(TABLE)
    advice = "With the table of section 1, a (2) has 0.5, and after it </s> (1) has 0.4."
    assert_tokens(decode(model, 10), [A], advice)
    expect(model.calls == 2, f"2 calls of step are needed, {model.calls} were made.")


def test_names_of_parameters():
    arguments = {"step": Table(TABLE).step, "state": Table(TABLE).start(), "bos": BOS, "eos": EOS}
    try:
        tokens = greedy_decode(**arguments, max_length=1)
    except TypeError as error:
        tokens = error
    names = "The parameters keep their names: step, state, bos, eos, max_length."
    expect(not isinstance(tokens, TypeError), f"{names} Called with them: {tokens}")
    assert_tokens(tokens, [A], names)


def test_it_stops_at_max_length():
    model = Table({BOS: [0, 0, 1, 0], A: [0, 0.1, 0.2, 0.7], B: [0, 0.1, 0.7, 0.2]})
    tokens = decode(model, 5)
    assert_tokens(tokens, [A, B, A, B, A], "Here eos is never the most probable, max_length is 5.")
    expect(model.calls == 5, f"5 calls of step are needed, {model.calls} were made.")
    kinds = {type(token).__name__ for token in tokens}
    expect(kinds == {"int"}, f"The tokens are Python ints; here they are of type {kinds}.")
    model = Table(TABLE)
    assert_tokens(decode(model, 0), [], "With max_length 0 nothing is generated.")
    expect(model.calls == 0, "With max_length 0 there is no call of step.")


@settings(deadline=None, max_examples=10)
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
    expect(len(tokens) <= max_length, f"{len(tokens)} tokens came; max_length is {max_length}.")
    state, last = start, BOS
    for place, token in enumerate(tokens + [EOS] * (len(tokens) < max_length)):
        log_probs, state = step(torch.tensor([last]), state)
        best = int(log_probs.argmax())
        what = f"After {[BOS, *tokens[:place]]}, token {best} is the most probable"
        expect(best == token, f"{what}; {token} was taken (eos is {EOS}). The result: {tokens}")
        last = best


def test_it_ends_where_every_token_is_impossible():
    model = Table({BOS: [0, 0, 0, 1], B: [0, 0, 0, 0]})
    advice = "After b (3) every log-probability is -inf: decoding ends there."
    assert_tokens(decode(model, 10), [B], advice)


def test_a_negative_max_length_is_an_error():
    advice = "Before anything is refused: with max_length 2 the example of the handout"
    assert_tokens(decode(Table(TABLE), 2), [A], advice)
    with pytest.raises(ValueError):
        greedy_decode(Table(TABLE).step, Table(TABLE).start(), BOS, EOS, -1)
