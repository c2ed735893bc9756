"""Public tests of bag_of_words. Run them with `pytest tests/test_bag_of_words.py`."""

import torch
from checks import assert_close, assert_refuses, call_by_name
from hypothesis import given, settings
from hypothesis import strategies as st
from text_classification.bag_of_words import bag_of_words

BAG = "the bag (vocab_size)"


def test_handout_example():
    # "not good, not bad" with the ids not = 2, good = 3, bad = 4
    bag = call_by_name(bag_of_words, ids=torch.tensor([2, 3, 2, 4]), vocab_size=6)
    advice = '"not good, not bad" of section 6: the id 2 occurs twice.'
    assert_close(bag, torch.tensor([0.0, 0, 2, 1, 1, 0]), BAG, advice)  # float32


def test_no_ids():
    bag = bag_of_words(torch.tensor([], dtype=torch.int64), 3)
    assert_close(bag, torch.zeros(3), BAG, "No ids: every count is 0.")
    assert_close(bag_of_words(torch.tensor([1]), 3), torch.tensor([0.0, 1, 0]), BAG)


def test_ids_outside_the_vocabulary():
    assert_close(bag_of_words(torch.tensor([2, 2]), 3), torch.tensor([0.0, 0, 2]), BAG)
    for wrong in (3, -1):
        what = f"the ids 0 and {wrong} in a vocabulary of 3"
        assert_refuses(IndexError, bag_of_words, torch.tensor([0, wrong]), 3, what=what)


@settings(deadline=None, max_examples=25)
@given(ids=st.lists(st.integers(0, 4), min_size=1, max_size=20), extra=st.integers(0, 3))
def test_counts_every_occurrence(ids, extra):
    bag = bag_of_words(torch.tensor(ids), 5 + extra)
    expected = torch.tensor([float(ids.count(token)) for token in range(5 + extra)])
    assert_close(bag, expected, BAG, f"The counts of the ids {ids}.")


@settings(deadline=None, max_examples=25)
@given(st.permutations([0, 1, 1, 2, 4, 4, 4]))
def test_order_means_nothing(ids):
    bag = bag_of_words(torch.tensor(ids), 5)
    assert_close(bag, torch.tensor([1.0, 2, 1, 0, 3]), BAG, f"The counts of the ids {ids}.")
