"""Public tests of noise: noise_distribution and sample_noise."""

import pytest
import torch
from checks import assert_close, assert_shape
from embeddings.pairs import noise_distribution, sample_noise
from hypothesis import given, settings
from hypothesis import strategies as st

SHARES = "the distribution (word)"


def test_the_example_of_the_handout():
    advice = "Section 9 of the handout works this out: 16, 1 and 0 to the power of 3/4, in shares."
    shares = noise_distribution(torch.tensor([16, 1, 0]))
    assert_close(shares, torch.tensor([8 / 9, 1 / 9, 0]), SHARES, advice, atol=1e-6, rtol=0)


def test_arguments_have_the_names_of_the_docstring():
    shares = noise_distribution(counts=torch.tensor([3, 1]), power=1)
    assert_close(shares, torch.tensor([0.75, 0.25]), SHARES)
    noise = sample_noise(distribution=torch.tensor([0.0, 1.0]), batch=2, k=3, generator=None)
    assert_close(noise, torch.ones(2, 3, dtype=torch.int64), "the noise (example, draw)")


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 50), min_size=1, max_size=6).filter(any), st.floats(0.2, 2))
def test_the_distribution_is_that_of_the_formula(counts, power):
    weights = [c**power for c in counts]
    right = [weight / sum(weights) for weight in weights]
    advice = f"For the counts {counts} with power {power}:"
    shares = noise_distribution(torch.tensor(counts), power)
    assert_close(shares, torch.tensor(right), SHARES, advice, atol=1e-6, rtol=0)
    shares = noise_distribution(torch.tensor(counts, dtype=torch.float64), power)
    assert_close(shares, torch.tensor(right, dtype=torch.float64), SHARES, advice)


def test_noise_is_drawn_from_the_distribution():
    shares = [0.5, 0.0, 0.3, 0.2]
    noise = sample_noise(torch.tensor(shares), 600, 10, torch.Generator().manual_seed(0))
    assert_shape(noise, "the noise", example=600, draw=10)
    assert noise.dtype == torch.int64, "Noise words are ids, int64."
    assert noise.min() >= 0 and noise.max() < 4, "Noise words are ids from 0 to v - 1."
    for word, right in enumerate(shares):
        share = (noise == word).double().mean().item()
        # six standard deviations of a share of 6000 draws
        advice = f"word {word} is {share:.3f} of the noise, it should be {right:.1f}"
        assert abs(share - right) <= 6 * (right * (1 - right) / 6000) ** 0.5, advice
    alike = (noise[1:] == noise[:-1]).double().mean().item()
    advice = f"{alike:.2f} of the noise repeats what stands one row higher; 0.38 should"
    assert abs(alike - 0.38) < 0.1, advice


def test_there_may_be_more_noise_than_words_or_none():
    noise = sample_noise(torch.tensor([0.5, 0.5]), 3, 40)
    assert_shape(noise, "the noise", example=3, draw=40)
    assert set(noise.flatten().tolist()) == {0, 1}, "40 draws for each of 3 examples see both words"
    for batch, k in ((0, 3), (3, 0)):
        noise = sample_noise(torch.tensor([0.5, 0.5]), batch, k)
        assert_shape(noise, "no noise", example=batch, draw=k)


def test_the_generator_decides():
    def draw(seed):
        shares = torch.full((10,), 0.1)
        return sample_noise(shares, 5, 8, torch.Generator().manual_seed(seed)).tolist()

    assert draw(1) == draw(1), "Equal generators must give equal noise: use the argument."
    assert draw(1) != draw(2), "Different generators must give different noise."


def test_without_a_word_that_occurs_there_is_no_distribution():
    shares = noise_distribution(torch.tensor([0, 5]))
    assert_close(shares, torch.tensor([0.0, 1.0]), SHARES)
    with pytest.raises(ValueError):
        noise_distribution(torch.tensor([0, 0]))
