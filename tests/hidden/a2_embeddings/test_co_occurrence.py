"""Hidden tests of co_occurrence.

Two people of the drawn cases are given, so that every expected matrix has different entries and no
constant can be right.
"""

import itertools
import random

import pytest
import torch
from embeddings.items import co_occurrence
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.testing import assert_matches
from solutions.a2_embeddings.embeddings.items import co_occurrence as reference

ITEMS = 6
USERS = st.sampled_from([0, 7, -3, 10**12, "7", "Ada", "", (1, "x")])
PAIRS = st.lists(st.tuples(USERS, st.integers(0, ITEMS - 1)), max_size=40)
RATINGS = st.sampled_from([-1.0, 0.0, 0.5, 3.0, 3.5, 4.0, 5])
TRIPLES = st.lists(st.tuples(USERS, st.integers(0, ITEMS - 1), RATINGS), max_size=40)
SOMEBODY = [("somebody", 0), ("somebody", 2), ("somebody else", 2), ("somebody else", 5)]
SOMEBODY_RATED = [(user, item, 9.0) for user, item in SOMEBODY]
COUNTS = "the counts (item, other item)"


@given(PAIRS)
def test_pairs(pairs):
    interactions = SOMEBODY + pairs
    assert_matches(co_occurrence(interactions, ITEMS), reference(interactions, ITEMS), what=COUNTS)


@given(PAIRS, st.integers(ITEMS, ITEMS + 4))
def test_equals_asking_everybody_about_every_two_items(pairs, num_items):
    interactions = pairs + SOMEBODY
    likes = set(interactions)
    expected = torch.zeros(num_items, num_items)
    for user in {user for user, _ in interactions}:
        for i in range(num_items):
            for j in range(num_items):
                expected[i, j] += i != j and (user, i) in likes and (user, j) in likes
    assert_matches(co_occurrence(interactions, num_items), expected, what=COUNTS)


@given(PAIRS, st.integers(2, 4), st.integers(0, 99))
def test_neither_repeats_nor_the_order_change_the_counts(pairs, times, seed):
    once = list(dict.fromkeys(SOMEBODY + pairs))
    often = SOMEBODY + once * times
    random.Random(seed).shuffle(often)
    assert_matches(co_occurrence(often, ITEMS), reference(once, ITEMS), what=COUNTS)


@given(TRIPLES, st.sampled_from([3.0, 3.25, 3.5, 4]))
def test_threshold(triples, min_rating):
    interactions = [*triples, ("a", 1, min_rating), ("a", 3, min_rating), *SOMEBODY_RATED]
    assert_matches(
        co_occurrence(interactions, ITEMS, min_rating),
        reference(interactions, ITEMS, min_rating),
        what="the counts with a threshold (item, other item)",
    )


@given(TRIPLES, st.sampled_from([0, 0.0, -0.5]))
def test_threshold_of_zero_or_less(triples, min_rating):
    interactions = [*triples, ("a", 1, -1.0), ("a", 3, 0.0), ("a", 4, 0.0), *SOMEBODY_RATED]
    thresholds = min_rating, 3.5
    assert_matches(
        [co_occurrence(interactions, ITEMS, least) for least in thresholds],
        [reference(interactions, ITEMS, least) for least in thresholds],
        what="the counts with a threshold of 0 or less, and with a higher one",
    )


@given(TRIPLES, st.sampled_from(["low", "high"]))
def test_one_high_rating_is_enough(triples, last):
    low = [(user, item, 1.0) for user, item, _ in SOMEBODY_RATED + triples]
    high = SOMEBODY_RATED + [(user, item, 5.0) for user, item, _ in triples[::2]]
    interactions = high + low if last == "low" else low + high
    assert_matches(
        co_occurrence(interactions, ITEMS, 4.0),
        reference(high, ITEMS),
        what="the counts when somebody rated an item twice (item, other item)",
    )


@given(TRIPLES, PAIRS)
def test_without_a_threshold_ratings_are_not_looked_at(triples, pairs):
    interactions = triples + SOMEBODY + pairs + [("a", 1, -1.0), ("a", 3, float("nan"))]
    without = [(user, item) for user, item, *_ in interactions]
    assert_matches(co_occurrence(interactions, ITEMS), reference(without, ITEMS), what=COUNTS)


@settings(max_examples=3)
@given(st.integers(257, 300))
def test_many_people(people):
    interactions = [(person, item) for person in range(people) for item in (0, 1)]
    interactions += [(person, 3) for person in range(0, people, 2)]
    assert_matches(co_occurrence(interactions, 4), reference(interactions, 4), what=COUNTS)


@given(PAIRS, st.integers(1, 9))
def test_nothing_in_common(pairs, num_items):
    alone = [(item, item) for item in range(num_items)] * 2
    for interactions in ([], alone):
        assert_matches(
            co_occurrence(interactions, num_items),
            torch.zeros(num_items, num_items),
            what="the counts when nobody liked two items (item, other item)",
            allow_constant=True,  # the next comparison is with other values
        )
    interactions = tuple(SOMEBODY + pairs)
    assert_matches(co_occurrence(interactions, ITEMS), reference(interactions, ITEMS), what=COUNTS)


@settings(max_examples=8)
@given(TRIPLES)
def test_refuses_unknown_items(triples):
    interactions = SOMEBODY_RATED + triples
    assert_matches(co_occurrence(interactions, ITEMS), reference(interactions, ITEMS), what=COUNTS)
    for item, rating in itertools.product((-1, -ITEMS, ITEMS, ITEMS + 3), (1.0, 5.0)):
        with pytest.raises(IndexError):
            co_occurrence([*interactions, ("Ada", item, rating)], ITEMS)
        with pytest.raises(IndexError):
            co_occurrence([("Ada", item, rating), *interactions], ITEMS, 4.0)


@given(TRIPLES, st.sampled_from([3.5, 4.0]))
def test_refuses_a_threshold_without_ratings(triples, min_rating):
    interactions = SOMEBODY_RATED + triples
    assert_matches(
        co_occurrence(interactions, ITEMS, min_rating),
        reference(interactions, ITEMS, min_rating),
        what="the counts with a threshold (item, other item)",
    )
    with pytest.raises(ValueError):
        co_occurrence([*interactions, ("Ada", 0)], ITEMS, min_rating)
