"""Hidden tests of bag_of_words.

A case is drawn as its counts, which are then the expected result. They are never all the same, so
zeros, ones, the ids themselves, NaN and another dtype fail every test.
"""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from text_classification.bag_of_words import bag_of_words

from autograder.testing import assert_matches

BAG = "the bag (vocab_size)"

COUNTS = st.lists(st.integers(0, 4), min_size=2, max_size=9).filter(lambda c: len(set(c)) > 1)
SEED = st.integers(0, 2**32 - 1)


def text(counts, seed):
    """Ids in a drawn order that occur `counts` times."""
    ids = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    return ids[torch.randperm(len(ids), generator=torch.Generator().manual_seed(seed))]


def bag(counts):
    return torch.tensor(counts, dtype=torch.float32)


@given(COUNTS, SEED)
def test_counts(counts, seed):
    assert_matches(bag_of_words(text(counts, seed), len(counts)), bag(counts), what=BAG)


@given(COUNTS, SEED, st.integers(1, 5))
def test_words_that_do_not_occur(counts, seed, more):
    wide = [*counts, *[0] * more]
    assert_matches(bag_of_words(text(counts, seed), len(wide)), bag(wide), what=BAG)


@given(COUNTS, SEED)
def test_order_means_nothing(counts, seed):
    ids = text(counts, seed)
    actual = [bag_of_words(part, len(counts)) for part in (ids.sort().values, ids.flip(0))]
    assert_matches(actual, [bag(counts)] * 2, what="the bags of reordered texts")


@given(COUNTS, SEED)
def test_bags_add_up(counts, seed):
    ids = text(counts, seed)
    parts = bag_of_words(ids[:2], len(counts)) + bag_of_words(ids[2:], len(counts))
    assert_matches(parts, bag(counts), what="the sum of the bags of two parts of a text")


@given(COUNTS, SEED)
def test_no_ids_and_one_word(counts, seed):
    none = torch.empty(0, dtype=torch.int64)
    ids = text(counts, seed)
    actual = [
        bag_of_words(none, len(counts)),
        bag_of_words(torch.zeros_like(ids), 1),
        bag_of_words(ids, len(counts)),
    ]
    expected = [torch.zeros(len(counts)), torch.tensor([float(len(ids))]), bag(counts)]
    assert_matches(actual, expected, what="the bags of no ids, of one word, of several ids")


@given(COUNTS, SEED, st.integers(0, 50), st.sampled_from([0, 1, 1000]))
def test_ids_outside_are_refused(counts, seed, position, beyond):
    ids = text(counts, seed)
    for outside in (len(counts) + beyond, -1 - beyond, -len(counts)):
        wrong = ids.clone()
        wrong[position % len(ids)] = outside
        with pytest.raises(IndexError):
            bag_of_words(wrong, len(counts))
    what = "the bag of the ids that are in the vocabulary (vocab_size)"
    assert_matches(bag_of_words(ids, len(counts)), bag(counts), what=what)


@settings(max_examples=5)
@given(st.integers(2049, 2200), st.integers(256, 400), SEED)
def test_long_text_and_large_vocabulary(often, less_often, seed):
    counts = [0] * 5000
    counts[0], counts[7], counts[4999] = 3, often, less_often
    assert_matches(bag_of_words(text(counts, seed), 5000), bag(counts), what=BAG)


@given(COUNTS, SEED)
def test_memory_layout(counts, seed):
    strided = torch.stack([text(counts, seed), text(counts, seed + 1)], dim=1)[:, 0]
    repeated = torch.zeros(1, dtype=torch.int64).expand(3)
    actual = [bag_of_words(ids, len(counts)) for ids in (strided, repeated)]
    expected = [bag(counts), bag([3, *[0] * (len(counts) - 1)])]
    assert_matches(actual, expected, what="the bags of ids in another memory layout")


@given(COUNTS, SEED)
def test_ids_are_left_alone(counts, seed):
    ids = text(counts, seed)
    before = ids.clone()
    results = [bag_of_words(ids, len(counts)) for _ in range(3)]
    assert_matches(ids, before, what="the ids after the calls", allow_constant=True)
    assert_matches(results, [bag(counts)] * 3, what="the bags of three calls")
