"""Hidden tests of subsample: subsample_probability and subsample.

A rate is compared with a bound of six standard deviations, so that a right program fails each about
twice in 10 ** 9 times.
"""

import pytest
import torch
from embeddings.pairs import subsample, subsample_probability
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.testing import assert_matches
from solutions.a2_embeddings.embeddings.pairs import subsample_probability as reference

SEEDS = st.integers(0, 2**32)
KEEP = "the probabilities of keeping (word)"
TIMES = 20_000  # that each word occurs in a test of rates
OFF = 6 * (0.5 * 0.5 / TIMES) ** 0.5
THRESHOLDS = st.sampled_from([0.01, 0.03, 0.2])


def generator_of(seed):
    return torch.Generator().manual_seed(seed)


def counts_of(seed, v):
    """Counts of which one is far above the threshold's share, one far below, and one is 0."""
    counts = torch.randint(1, 60, (v,), generator=generator_of(seed))
    counts[:3] = torch.tensor([300, 1, 0])
    return counts[torch.randperm(v, generator=generator_of(seed + 1))]


def compare(counts, threshold, what=KEEP):
    # float32 may round a sum and a root, a few times 6e-8; the formula is written in float64
    small = {"atol": 1e-6} if counts.dtype is not torch.float64 else {"atol": 1e-9}
    assert_matches(
        subsample_probability(counts, threshold), reference(counts, threshold), what=what, **small
    )


@given(SEEDS, st.integers(4, 9), THRESHOLDS)
def test_probabilities(seed, v, threshold):
    compare(counts_of(seed, v), threshold)


@given(SEEDS, st.integers(4, 9), THRESHOLDS)
def test_equals_the_formula(seed, v, threshold):
    counts = counts_of(seed, v).tolist()
    right = [min(1.0, (threshold * sum(counts) / c) ** 0.5) if c else 1.0 for c in counts]
    actual = subsample_probability(torch.tensor(counts), threshold)
    assert_matches(actual, torch.tensor(right), what=KEEP)


@given(SEEDS, st.integers(4, 9), THRESHOLDS)
def test_floating_counts_keep_their_dtype(seed, v, threshold):
    counts = counts_of(seed, v) + torch.rand(v, generator=generator_of(seed))
    compare(counts.double(), threshold, what="the probabilities of float64 counts (word)")
    compare(counts, threshold, what="the probabilities of float32 counts (word)")
    compare(counts.int(), threshold, what="the probabilities of int32 counts (word)")


@given(SEEDS, st.integers(4, 9))
def test_threshold_above_every_share(seed, v):
    counts = counts_of(seed, v)
    compare(counts, 0.05)
    for threshold in (1, 1.0, 3.5):
        kept = subsample_probability(counts, threshold)
        what = "the probabilities when nothing is frequent (word)"
        assert_matches(kept, torch.ones(v), what=what, allow_constant=True)


@given(SEEDS, st.integers(4, 9), THRESHOLDS)
def test_words_that_do_not_occur(seed, v, threshold):
    compare(counts_of(seed, v), threshold)
    what = "the probabilities when no word occurs (word)"
    for dtype in (torch.int64, torch.float64):
        none = torch.zeros(v, dtype=dtype)
        right = torch.ones(v, dtype=torch.float32 if dtype is torch.int64 else dtype)
        actual = subsample_probability(none, threshold)
        assert_matches(actual, right, what=what, allow_constant=True)


@given(SEEDS, st.integers(4, 9), THRESHOLDS)
def test_large_counts(seed, v, threshold):
    """A sum beyond 2 ** 31, as large texts have."""
    compare(counts_of(seed, v) * 10**8, threshold, what="the probabilities of large counts (word)")


@given(SEEDS, st.integers(4, 9), THRESHOLDS)
def test_memory_layout_and_arguments(seed, v, threshold):
    counts = torch.stack([counts_of(seed, v), torch.full((v,), 9)], dim=1)[:, 0]
    before = counts.clone()
    compare(counts, threshold)
    assert_matches(counts, before, what="the counts after the call")


@given(SEEDS, st.integers(4, 9))
def test_refuses_thresholds_of_zero_or_less(seed, v):
    counts = counts_of(seed, v)
    compare(counts, 0.02)
    for wrong in (0, 0.0, -0.1):
        with pytest.raises(ValueError):
            subsample_probability(counts, wrong)


def shares(kept, keep):
    """Which share of the occurrences of each word is kept."""
    return [(kept == word).sum().item() / TIMES for word in range(len(keep))]


@settings(max_examples=1)
@given(SEEDS, st.permutations([0.0, 0.1, 0.35, 0.7, 1.0]))
def test_each_word_is_kept_at_its_rate(seed, keep):
    generator = generator_of(seed)
    ids = torch.arange(len(keep)).repeat(TIMES)
    ids = ids[torch.randperm(len(ids), generator=generator)]
    kept = subsample(ids, torch.tensor(keep), generator)
    what = "the shares of the occurrences of each word that are kept (word)"
    assert_matches(shares(kept, keep), list(keep), what=what, atol=OFF, allow_constant=True)
    # at 0 and 1 nothing is left to chance
    sure = [share for share, p in zip(shares(kept, keep), keep, strict=True) if p in (0, 1)]
    assert_matches(sorted(sure), [0.0, 1.0], what="the shares of a word kept never, and always")


@settings(max_examples=1)
@given(SEEDS)
def test_occurrences_are_drawn_one_by_one(seed):
    """Whether an occurrence is kept says nothing about the next one of the same word."""
    ids = torch.arange(2 * TIMES) % 2 * torch.arange(2 * TIMES)  # 0 1 0 3 0 5: 0 is one word
    keep = torch.full((2 * TIMES,), 0.5, dtype=torch.float64)
    kept = subsample(ids, keep, generator_of(seed))
    stays = torch.zeros(2 * TIMES)
    stays[kept[kept > 0]] = 1
    both = (stays[1::2][1:] * stays[1::2][:-1]).mean().item()
    zeros = (kept == 0).double().sum().item() / TIMES
    what = "the shares of a word that are kept, and of neighbours of which both are"
    # pairs that overlap vary more than single draws: at most twice as much
    assert_matches([zeros, both], [0.5, 0.25], what=what, atol=2 * OFF, allow_constant=True)


@given(SEEDS, st.integers(6, 12))
def test_sure_words_stay_in_order(seed, n):
    """With probabilities of 0 and 1 nothing is random."""
    generator = generator_of(seed)
    ids = torch.randint(0, 6, (n,), generator=generator)
    ids[:3] = torch.tensor([5, 2, 1])
    keep = torch.tensor([1.0, 1.0, 1.0, 0.0, 0.0, 1.0])
    expected = torch.tensor([word for word in ids.tolist() if word not in (3, 4)])
    what = "the ids that are kept, when keep is 0 or 1 (position)"
    assert_matches(subsample(ids, keep), expected, what=what)
    assert_matches(subsample(ids.int(), keep.double()), expected, what=what)
    strided = torch.stack([ids, torch.full((n,), 3)], dim=1)[:, 0]
    before = [strided.clone(), keep.clone()]
    assert_matches(subsample(strided, keep, generator), expected, what=what)
    assert_matches([strided, keep], before, what="the arguments after the call")


@given(SEEDS, st.integers(40, 60))
def test_what_is_kept_is_a_part_of_the_sentence(seed, n):
    ids = torch.randperm(n, generator=generator_of(seed))
    kept = subsample(ids, torch.full((n,), 0.5), generator_of(seed))
    places = [ids.tolist().index(word) for word in kept.tolist()]
    assert places == sorted(set(places)), "what is kept is not in the order of the sentence"
    right = {"dtype": "torch.int64", "shape": [len(kept)]}
    form = {"dtype": str(kept.dtype), "shape": list(kept.shape)}
    assert_matches(form, right, what="dtype and shape of what is kept")
    # 40 fair coins all fall alike once in 2 ** 39 times
    assert_matches(0 < len(kept) < n, True, what="whether some words go and some stay")
    assert_matches(
        subsample(ids, torch.ones(n)), ids, what="the ids that are kept, all of them (position)"
    )


@given(SEEDS, st.integers(4, 9))
def test_refuses_ids_outside_the_table(seed, v):
    keep = torch.ones(v)
    keep[1] = 0
    ids = torch.randperm(v, generator=generator_of(seed))
    what = "the ids that are kept, when keep is 0 or 1 (position)"
    assert_matches(subsample(ids, keep), ids[ids != 1], what=what)
    none = subsample(ids[:0], keep)
    assert_matches(none, ids[:0], what="what is kept of no words", allow_constant=True)
    for wrong in (-1, -v, v, v + 4):
        with pytest.raises(IndexError):
            subsample(torch.cat([ids, torch.tensor([wrong])]), keep)


@settings(max_examples=3)
@given(SEEDS)
def test_the_generator_decides(seed):
    """What is kept of 100 words equals other draws with a probability of 2 ** -100."""
    ids, keep = torch.arange(100), torch.full((100,), 0.5)
    generator = generator_of(seed)
    first, middle = (subsample(ids, keep, generator) for _ in range(2))
    copied = torch.Generator()
    copied.set_state(generator.get_state())
    last = subsample(ids, keep, generator)
    assert not torch.equal(first, middle) and not torch.equal(middle, last), (
        "drawing must move the generator on"
    )
    again = [subsample(ids, keep, g) for g in (generator_of(seed), copied)]
    assert_matches(again, [first, last], what="the ids kept by a generator in the same state")
    other = subsample(ids, keep, generator_of(seed + 1))
    assert not torch.equal(first, other), "generators in other states must keep other words"
    one, two = subsample(ids, keep), subsample(ids, keep)
    assert not torch.equal(one, two), "two calls without a generator must differ"
    assert 0 < len(one) < 100 and 0 < len(first) < 100, "some words go and some stay"
