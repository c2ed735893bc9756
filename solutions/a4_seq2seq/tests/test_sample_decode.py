"""Public tests of sample_decode. Run them with `pytest tests/test_sample_decode.py`.

A failing test says what is probably wrong. Hidden tests look at more than these do.
"""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from seq2seq.decoding import sample_decode

BOS, EOS, A, B, C = range(5)
URN = torch.tensor([0, 0, 0.8, 0.15, 0.05], dtype=torch.float64)
DRAWS = 250


def expect(right, words):
    """Fail with these words and nothing else."""
    __tracebackhide__ = True
    if not right:
        raise AssertionError(words)


def start():
    return torch.zeros(1, 1)


def urn(tokens, state):
    """The same probabilities at every step, and no end."""
    return URN.log().expand(len(tokens), -1).contiguous(), state


def draw(seed=0, **options):
    __tracebackhide__ = True
    generator = torch.Generator().manual_seed(seed)
    tokens = sample_decode(urn, start(), BOS, EOS, DRAWS, generator=generator, **options)
    expect(isinstance(tokens, list), f"The result is a list, not a {type(tokens).__name__}.")
    count = f"{len(tokens)} tokens came; eos is impossible here, and max_length is {DRAWS}."
    expect(len(tokens) == DRAWS, count)
    return [int(token) for token in tokens]


def assert_drawn_from(tokens, weights, when):
    """Each number of draws lies within six standard deviations of what it should be: it fails to
    for a right program less than once in ten million times."""
    __tracebackhide__ = True
    total = sum(weights.values())
    for token in range(5):
        p = weights.get(token, 0) / total
        count = tokens.count(token)
        bound = 6 * (p * (1 - p) * len(tokens)) ** 0.5
        words = f"{when}: token {token} was drawn {count} times of {len(tokens)}; its share should "
        words += f"be {p:.2f}" if p else "be 0, since it is no candidate"
        expect(abs(count - p * len(tokens)) <= bound, words)


def test_it_draws_with_the_probabilities_of_the_model():
    assert_drawn_from(draw(), {A: 0.8, B: 0.15, C: 0.05}, "without any option")
    tokens = sample_decode(urn, start(), BOS, EOS, 3)
    kinds = {type(token).__name__ for token in tokens}
    expect(kinds == {"int"}, f"The tokens are Python ints; here they are of type {kinds}.")


def test_names_of_parameters():
    arguments = {"step": urn, "state": start(), "bos": BOS, "eos": EOS, "max_length": 2}
    try:
        tokens = sample_decode(**arguments, temperature=0.5, top_k=1, generator=None)
    except TypeError as error:
        tokens = error
    names = "The parameters keep their names: step, state, bos, eos, max_length, temperature, "
    names += "top_k, generator."
    expect(not isinstance(tokens, TypeError), f"{names} Called with them: {tokens}")
    expect(list(tokens) == [A, A], f"With top_k=1 twice token {A} is drawn; got {tokens}.")


@pytest.mark.parametrize("temperature", [0.6, 4.0])
def test_the_temperature_sharpens_or_flattens(temperature):
    weights = {token: URN[token].item() ** (1 / temperature) for token in (A, B, C)}
    assert_drawn_from(draw(temperature=temperature), weights, f"at temperature {temperature}")


def test_top_k_draws_among_the_k_most_probable():
    assert_drawn_from(draw(top_k=2), {A: 0.8, B: 0.15}, "with top_k=2")
    assert_drawn_from(draw(top_k=99), {A: 0.8, B: 0.15, C: 0.05}, "with top_k=99, so all tokens")


def test_temperature_0_and_top_k_1_are_greedy():
    for options in ({"temperature": 0}, {"temperature": 0.0}, {"top_k": 1}):
        others = sorted(set(draw(**options)) - {A})
        words = f"With {options} only the most probable token, {A}, is drawn; got {others} as well."
        expect(not others, words)


def test_the_generator_decides():
    first = draw(seed=1)
    expect(first == draw(seed=1), "Generators in the same state must give the same tokens.")
    expect(first != draw(seed=2), "Generators with different seeds must give different tokens.")
    generator = torch.Generator().manual_seed(1)
    again, second = (
        sample_decode(urn, start(), BOS, EOS, DRAWS, generator=generator) for _ in range(2)
    )
    expect(again == first, "A generator in the same state must give the same tokens.")
    expect(again != second, "Drawing must move the generator on: the next call gives other tokens.")


@settings(deadline=None, max_examples=10)
@given(st.integers(0, 999), st.integers(0, 6))
def test_it_stops_at_eos_or_at_max_length(seed, max_length):
    # After a comes b, after b the end or a; the state counts the tokens read.
    table = {BOS: [0, 0, 1, 0, 0], A: [0, 0, 0, 1, 0], B: [0, 0.5, 0.5, 0, 0]}
    counts = []

    def step(tokens, state):
        __tracebackhide__ = True
        expect(int(state) == len(counts), "Each call gets the state that the call before returned.")
        expect(
            int(tokens) in table, f"step reads {int(tokens)}: nothing is read after eos ({EOS})."
        )
        counts.append(int(state))
        return torch.tensor([table[int(tokens)]]).log(), state + 1

    generator = torch.Generator().manual_seed(seed)
    tokens = sample_decode(step, start(), BOS, EOS, max_length, generator=generator)
    right = ([A, B] * 3)[: len(tokens)]
    rules = f"After <s> comes {A}, after {A} comes {B}, after {B} comes {A} or the end."
    expect(list(tokens) == right, f"{rules} The result is {tokens}.")
    ended = len(tokens) < max_length
    words = f"{rules} max_length is {max_length}. The result {tokens} ends too early."
    expect(not ended or (tokens and len(tokens) % 2 == 0), words)
    calls = len(tokens) + ended
    words = f"For the result {tokens}, with max_length {max_length}, step is called {calls} times; "
    expect(len(counts) == calls, f"{words}here {len(counts)}.")


def test_it_ends_where_every_token_is_impossible():
    def step(tokens, state):
        table = {BOS: [0, 0, 0, 1, 0], B: [0, 0, 0, 0, 0]}
        return torch.tensor([table[int(tokens)]]).log(), state

    tokens = sample_decode(step, start(), BOS, EOS, 10)
    words = f"After token {B} every log-probability is -inf: decoding ends there, with [{B}]."
    expect(list(tokens) == [B], f"{words} The result is {tokens}.")


def test_arguments_out_of_range_are_errors():
    right = {"max_length": 3, "temperature": 0, "top_k": 2}
    tokens = sample_decode(urn, start(), BOS, EOS, **right)
    words = f"Before anything is refused: with {right} the result is {[A, A, A]}, not {tokens}."
    expect(list(tokens) == [A, A, A], words)
    for wrong in ({"max_length": -1}, {"temperature": -0.5}, {"top_k": 0}):
        with pytest.raises(ValueError):
            sample_decode(urn, start(), BOS, EOS, **(right | wrong))
            expect(False, f"{wrong} must raise ValueError.")
