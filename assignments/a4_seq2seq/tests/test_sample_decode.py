"""Public tests of sample_decode."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from seq2seq.decoding import sample_decode

BOS, EOS, A, B, C = range(5)
URN = torch.tensor([0, 0, 0.8, 0.15, 0.05], dtype=torch.float64)
DRAWS = 250


def start():
    return torch.zeros(1, 1)


def urn(tokens, state):
    """The same probabilities at every step, and no end."""
    return URN.log().expand(len(tokens), -1), state


def draw(seed=0, **options):
    generator = torch.Generator().manual_seed(seed)
    return sample_decode(urn, start(), BOS, EOS, DRAWS, generator=generator, **options)


def assert_drawn_from(tokens, weights):
    """The frequencies lie within six standard deviations of what they should be."""
    total = sum(weights.values())
    assert set(tokens) <= set(weights), "a token was drawn that should be impossible"
    for token, weight in weights.items():
        p = weight / total
        deviation = (p * (1 - p) / len(tokens)) ** 0.5
        assert abs(tokens.count(token) / len(tokens) - p) < 6 * deviation, f"token {token}"


def test_it_draws_with_the_probabilities_of_the_model():
    tokens = draw()
    assert len(tokens) == DRAWS and all(isinstance(token, int) for token in tokens)
    assert_drawn_from(tokens, {A: 0.8, B: 0.15, C: 0.05})


@pytest.mark.parametrize("temperature", [0.6, 4.0])
def test_the_temperature_sharpens_or_flattens(temperature):
    weights = {token: URN[token].item() ** (1 / temperature) for token in (A, B, C)}
    assert_drawn_from(draw(temperature=temperature), weights)


def test_top_k_draws_among_the_k_most_probable():
    assert_drawn_from(draw(top_k=2), {A: 0.8, B: 0.15})
    assert_drawn_from(draw(top_k=99), {A: 0.8, B: 0.15, C: 0.05})


@pytest.mark.parametrize("options", [{"temperature": 0}, {"temperature": 0.0}, {"top_k": 1}])
def test_temperature_0_and_top_k_1_are_greedy(options):
    assert draw(**options) == [A] * DRAWS


def test_the_generator_decides():
    assert draw(seed=1) == draw(seed=1)
    assert draw(seed=1) != draw(seed=2)
    generator = torch.Generator().manual_seed(1)
    first, second = (
        sample_decode(urn, start(), BOS, EOS, DRAWS, generator=generator) for _ in range(2)
    )
    assert first == draw(seed=1)
    assert first != second, "drawing moves the generator on"


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 999), st.integers(0, 6))
def test_it_stops_at_eos_or_at_max_length(seed, max_length):
    # After a comes b, after b the end or a; the state counts the tokens read.
    table = {BOS: [0, 0, 1, 0, 0], A: [0, 0, 0, 1, 0], B: [0, 0.5, 0.5, 0, 0]}
    counts = []

    def step(tokens, state):
        counts.append(state.item())
        return torch.tensor([table[token] for token in tokens.tolist()]).log(), state + 1

    generator = torch.Generator().manual_seed(seed)
    tokens = sample_decode(step, start(), BOS, EOS, max_length, generator=generator)
    assert tokens == ([A, B] * 3)[: len(tokens)]
    ended = len(tokens) < max_length
    assert not ended or (tokens and len(tokens) % 2 == 0)
    assert counts == list(range(len(tokens) + ended))


def test_it_ends_where_every_token_is_impossible():
    def step(tokens, state):
        table = {BOS: [0, 0, 0, 1, 0], B: [0, 0, 0, 0, 0]}
        return torch.tensor([table[token] for token in tokens.tolist()]).log(), state

    assert sample_decode(step, start(), BOS, EOS, 10) == [B]


@pytest.mark.parametrize("wrong", [{"max_length": -1}, {"temperature": -0.5}, {"top_k": 0}])
def test_arguments_out_of_range_are_errors(wrong):
    right = {"max_length": 3, "temperature": 0, "top_k": 2}
    assert sample_decode(urn, start(), BOS, EOS, **right) == [A, A, A]
    with pytest.raises(ValueError):
        sample_decode(urn, start(), BOS, EOS, **(right | wrong))
