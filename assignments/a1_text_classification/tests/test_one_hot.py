"""Public tests of one_hot. Run them with `pytest tests/test_one_hot.py`."""

import torch
from checks import assert_close, assert_refuses, call_by_name
from hypothesis import given, settings
from hypothesis import strategies as st
from text_classification.bag_of_words import one_hot

ROWS = "the rows (n, vocab_size)"


def test_example():
    rows = call_by_name(one_hot, ids=torch.tensor([2, 0, 2]), vocab_size=4)
    expected = torch.tensor([[0.0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0]])
    # Dtypes are compared, too: float32.
    assert_close(rows, expected, ROWS, "The ids 2, 0, 2, each as a row of its own: section 6.")


def test_no_ids():
    rows = one_hot(torch.tensor([], dtype=torch.int64), 3)
    assert_close(rows, torch.zeros(0, 3), ROWS, "No ids give no rows, of 3 numbers each.")
    assert_close(one_hot(torch.tensor([1]), 3), torch.tensor([[0.0, 1, 0]]), ROWS)


def test_ids_outside_the_vocabulary():
    rows = one_hot(torch.tensor([2]), 3)
    assert_close(rows, torch.tensor([[0.0, 0, 1]]), ROWS, "Of 3 words, 2 is the last id.")
    for wrong in (3, -1):
        what = f"the ids 0 and {wrong} in a vocabulary of 3"
        assert_refuses(IndexError, one_hot, torch.tensor([0, wrong]), 3, what=what)


@settings(deadline=None, max_examples=25)
@given(ids=st.lists(st.integers(0, 4), min_size=1, max_size=8), extra=st.integers(0, 3))
def test_equals_the_library(ids, extra):
    ids = torch.tensor(ids)
    before = ids.clone()
    expected = torch.nn.functional.one_hot(ids, 5 + extra).float()
    advice = "These are not the rows of torch.nn.functional.one_hot."
    assert_close(one_hot(ids, 5 + extra), expected, ROWS, advice)
    assert_close(ids, before, "the ids after the call (n)", "The ids were changed.")
