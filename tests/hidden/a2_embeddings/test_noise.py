"""Hidden tests of noise: noise_distribution and sample_noise.

A rate is compared with a bound of six standard deviations of 20,000 draws, so that a right program
fails each about twice in 10 ** 9 times.
"""

import pytest
import torch
from embeddings.pairs import noise_distribution, sample_noise
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.testing import assert_matches
from solutions.a2_embeddings.embeddings.pairs import noise_distribution as reference

SEEDS = st.integers(0, 2**32)
SIZES = st.integers(4, 9)
SHARES = "the distribution (word)"
DRAWS = 20_000
OFF = 6 * (0.5 * 0.5 / DRAWS) ** 0.5


def generator_of(seed):
    return torch.Generator().manual_seed(seed)


def counts_of(seed, v):
    """Counts with a frequent word, a rare one and one that does not occur."""
    counts = torch.randint(1, 60, (v,), generator=generator_of(seed))
    counts[:3] = torch.tensor([400, 1, 0])
    return counts[torch.randperm(v, generator=generator_of(seed + 1))]


def compare(counts, *power, what=SHARES):
    small = 1e-9 if counts.dtype is torch.float64 else 1e-6
    assert_matches(
        noise_distribution(counts, *power), reference(counts, *power), what=what, atol=small
    )


@given(SEEDS, SIZES)
def test_power_of_three_quarters(seed, v):
    compare(counts_of(seed, v))


@given(SEEDS, SIZES, st.sampled_from([0.25, 0.5, 1, 1.0, 2]))
def test_other_powers(seed, v, power):
    compare(counts_of(seed, v), power)


@given(SEEDS, SIZES, st.sampled_from([0.3, 0.75]))
def test_equals_the_formula(seed, v, power):
    counts = counts_of(seed, v).tolist()
    weights = [c**power for c in counts]
    right = torch.tensor([weight / sum(weights) for weight in weights])
    assert_matches(noise_distribution(torch.tensor(counts), power), right, what=SHARES)


@given(SEEDS, SIZES)
def test_floating_counts_keep_their_dtype(seed, v):
    counts = counts_of(seed, v) * (1 + torch.rand(v, generator=generator_of(seed)))
    compare(counts.double(), what="the distribution by float64 counts (word)")
    compare(counts, what="the distribution by float32 counts (word)")
    compare(counts.int(), what="the distribution by int32 counts (word)")


@given(SEEDS, SIZES)
def test_words_that_do_not_occur(seed, v):
    counts = counts_of(seed, v)
    what = "the shares of words that do not occur, and the sum of all"
    actual = noise_distribution(counts)
    zeros = actual[counts == 0].tolist()
    assert_matches([*zeros, actual.sum().item()], [0.0, 1.0], what=what)
    compare(counts)


@given(SEEDS, SIZES)
def test_large_counts(seed, v):
    compare(counts_of(seed, v) * 10**8, what="the distribution by large counts (word)")


@given(SEEDS, SIZES)
def test_memory_layout_and_arguments(seed, v):
    counts = torch.stack([counts_of(seed, v), torch.full((v,), 9)], dim=1)[:, 0]
    before = counts.clone()
    compare(counts)
    assert_matches(counts, before, what="the counts after the call")


@given(SEEDS, SIZES)
def test_refuses_counts_of_zero(seed, v):
    compare(counts_of(seed, v))
    one = torch.zeros(v, dtype=torch.int64)
    one[seed % v] = 1
    compare(one, what="the distribution when one word occurs once (word)")
    for dtype in (torch.int64, torch.float32):
        with pytest.raises(ValueError):
            noise_distribution(torch.zeros(v, dtype=dtype))


@settings(max_examples=1)
@given(SEEDS, st.permutations([0.4, 0.3, 0.15, 0.1, 0.05, 0.0]))
def test_noise_is_drawn_at_its_rates(seed, shares):
    batch, k = DRAWS // 10, 10
    noise = sample_noise(torch.tensor(shares), batch, k, generator_of(seed))
    form = {"dtype": str(noise.dtype), "shape": list(noise.shape)}
    right = {"dtype": "torch.int64", "shape": [batch, k]}
    assert_matches(form, right, what="dtype and shape of the noise")
    drawn = [(noise == word).double().mean().item() for word in range(-1, 7)]
    what = "the shares of the words among the noise"
    assert_matches(drawn, [0.0, *shares, 0.0], what=what, atol=OFF, allow_constant=True)
    impossible = [share for share, p in zip(drawn[1:-1], shares, strict=True) if p == 0]
    assert_matches(
        [*impossible, sum(drawn)], [0.0, 1.0], what="the share of an impossible word, and the sum"
    )


@settings(max_examples=1)
@given(SEEDS)
def test_draws_are_independent(seed):
    """Equal numbers side by side, one above the other and far apart are as many as chance gives."""
    shares = torch.tensor([0.5, 0.3, 0.2])
    noise = sample_noise(shares, DRAWS // 5, 5, generator_of(seed))
    rolled = [noise.roll(1, 0), noise.roll(1, 1), noise.roll(DRAWS // 10, 0), noise.roll(2, 1)]
    alike = [(noise == other).double().mean().item() for other in rolled]
    expected = [shares.square().sum().item()] * 4
    what = "the shares of equal draws: in neighbouring examples, in one example, far apart"
    # pairs that overlap vary more than single draws: at most twice as much
    assert_matches(alike, expected, what=what, atol=2 * OFF, allow_constant=True)
    drawn = [(noise == word).double().mean().item() for word in range(3)]
    what = "the shares of the words among the noise"
    assert_matches(drawn, [0.5, 0.3, 0.2], what=what, atol=OFF, allow_constant=True)


@settings(max_examples=3)
@given(SEEDS, st.integers(1, 4))
def test_more_draws_than_words(seed, batch):
    """50 draws miss one of two equally probable words once in 2 ** 49 times."""
    shares = torch.tensor([0.0, 0.5, 0.5], dtype=torch.float64)
    noise = sample_noise(shares, batch, 50, generator_of(seed))
    seen = [sorted(set(row)) for row in noise.tolist()]
    assert_matches(seen, [[1, 2]] * batch, what="which words occur in each example's noise")


@settings(max_examples=5)
@given(SEEDS, SIZES)
def test_one_possible_word_and_no_draws(seed, v):
    word = 2 + seed % (v - 2)  # neither 0 nor 1, which a constant would be
    shares = torch.zeros(2, v)
    shares[:, word] = 1
    noise = sample_noise(shares[0], 2, 3, generator_of(seed))
    expected = torch.full((2, 3), word)
    assert_matches(noise, expected, what="the noise of one word", allow_constant=True)
    strided = shares.T.contiguous().T[1]
    before = strided.clone()
    actual = sample_noise(strided, 3, 2, generator_of(seed))
    assert_matches(
        actual, expected.reshape(3, 2), what="the noise of one word", allow_constant=True
    )
    assert_matches(strided, before, what="the distribution after the call")
    for batch, k in ((0, 4), (4, 0), (0, 0)):
        nothing = torch.zeros(batch, k, dtype=torch.int64)
        actual = sample_noise(strided, batch, k, generator_of(seed))
        assert_matches(actual, nothing, what="no noise", allow_constant=True)


@settings(max_examples=3)
@given(SEEDS)
def test_the_generator_decides(seed):
    """60 draws of ten words equal 60 others with a probability of 1e-60."""
    shares = torch.full((10,), 0.1)
    generator = generator_of(seed)
    first, middle = (sample_noise(shares, 6, 10, generator) for _ in range(2))
    copied = torch.Generator()
    copied.set_state(generator.get_state())
    last = sample_noise(shares, 6, 10, generator)
    assert not torch.equal(first, middle) and not torch.equal(middle, last), (
        "drawing must move the generator on"
    )
    again = [sample_noise(shares, 6, 10, g) for g in (generator_of(seed), copied)]
    assert_matches(again, [first, last], what="the noise by a generator in the same state")
    other = sample_noise(shares, 6, 10, generator_of(seed + 1))
    assert not torch.equal(first, other), "generators in other states must give other noise"
    one, two = sample_noise(shares, 6, 10), sample_noise(shares, 6, 10)
    assert not torch.equal(one, two), "two calls without a generator must differ"
    # One of ten words is missing among 300 draws with a probability below 2e-13.
    seen = sorted(set(torch.cat([first, middle, last, one, two]).flatten().tolist()))
    assert_matches(seen, list(range(10)), what="which words occur")
