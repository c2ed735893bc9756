"""Public tests of co_occurrence."""

import pytest
import torch
from checks import assert_close, assert_shape
from embeddings.items import co_occurrence
from hypothesis import given, settings
from hypothesis import strategies as st

PAIRS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 6)), max_size=30)
COUNTS = "the counts (item, other_item)"


def test_the_example_of_the_handout():
    likes = [("Ada", 0), ("Ada", 1), ("Ada", 2), ("Bo", 0), ("Bo", 1), ("Cy", 1), ("Cy", 3)]
    expected = [[0, 2, 1, 0], [2, 0, 1, 1], [1, 1, 0, 0], [0, 1, 0, 0]]
    assert_close(co_occurrence(likes, 4), torch.tensor(expected).float(), COUNTS)


def test_a_repeat_visit_counts_once():
    counts = co_occurrence([(7, 0), (7, 1), (7, 0), (7, 1), (7, 1)], 2)
    assert_close(counts.float(), torch.tensor([[0.0, 1.0], [1.0, 0.0]]), COUNTS)


def test_only_ratings_from_min_rating_upwards_count():
    ratings = [(1, 0, 4.0), (1, 1, 3.5), (1, 2, 5.0), (2, 0, 4.5), (2, 1, 4.0), (2, 2, 1.0)]
    expected = torch.tensor([[0.0, 1, 1], [1, 0, 0], [1, 0, 0]])
    assert_close(co_occurrence(ratings, 3, 4.0).float(), expected, COUNTS)
    expected = torch.tensor([[0.0, 2, 2], [2, 0, 2], [2, 2, 0]])
    assert_close(co_occurrence(ratings, 3).float(), expected, COUNTS)


def test_items_that_nobody_knows_have_rows_of_zeros():
    counts = co_occurrence([("a", 0), ("a", 2)], 5)
    assert_shape(counts, "the counts", item=5, other_item=5)
    assert counts.nonzero().tolist() == [[0, 2], [2, 0]]


@settings(deadline=None, max_examples=25)
@given(PAIRS)
def test_it_agrees_with_counting_one_pair_at_a_time(pairs):
    counts = co_occurrence(pairs, 7)
    people = {user: {i for u, i in pairs if u == user} for user, _ in pairs}
    assert_shape(counts, "the counts", item=7, other_item=7)
    for i in range(7):
        for j in range(7):
            both = sum(i in items and j in items for items in people.values())
            assert counts[i, j] == (both if i != j else 0), f"items {i} and {j}"


@pytest.mark.parametrize("item", [-1, 3])
def test_an_item_outside_the_range_is_an_error(item):
    assert co_occurrence([("a", 0), ("a", 2)], 3).tolist() == [[0, 0, 1], [0, 0, 0], [1, 0, 0]]
    with pytest.raises(IndexError):
        co_occurrence([("a", 0), ("a", item)], 3)


def test_min_rating_needs_ratings():
    counts = co_occurrence([("a", 0, 3), ("a", 1, 3)], 2, 3)
    assert counts.tolist() == [[0, 1], [1, 0]]
    with pytest.raises(ValueError):
        co_occurrence([("a", 0, 3), ("a", 1)], 2, 3)


def test_arguments_have_the_names_of_the_docstring():
    likes = [("Ada", 0, 5), ("Ada", 1, 5), ("Bo", 0, 5), ("Bo", 1, 1)]
    counts = co_occurrence(interactions=likes, num_items=2, min_rating=2)
    assert_close(counts, torch.tensor([[0.0, 1.0], [1.0, 0.0]]), COUNTS)
