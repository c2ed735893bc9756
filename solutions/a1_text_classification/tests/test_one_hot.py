import pytest
import torch
from checks import assert_close
from hypothesis import given, settings
from hypothesis import strategies as st
from text_classification.bag_of_words import one_hot

ROWS = "the rows (n, vocab_size)"


def test_example():
    rows = one_hot(torch.tensor([2, 0, 2]), 4)
    expected = torch.tensor([[0.0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0]])
    assert_close(rows, expected, ROWS)  # compares dtypes, too: float32


def test_no_ids():
    rows = one_hot(torch.tensor([], dtype=torch.int64), 3)
    assert_close(rows, torch.zeros(0, 3), ROWS)
    assert_close(one_hot(torch.tensor([1]), 3), torch.tensor([[0.0, 1, 0]]), ROWS)


def test_ids_outside_the_vocabulary():
    assert_close(one_hot(torch.tensor([2]), 3), torch.tensor([[0.0, 0, 1]]), ROWS)
    for wrong in (3, -1):
        with pytest.raises(IndexError):
            one_hot(torch.tensor([0, wrong]), 3)


@settings(deadline=None, max_examples=25)
@given(ids=st.lists(st.integers(0, 4), min_size=1, max_size=8), extra=st.integers(0, 3))
def test_equals_the_library(ids, extra):
    ids = torch.tensor(ids)
    before = ids.clone()
    expected = torch.nn.functional.one_hot(ids, 5 + extra).float()
    assert_close(one_hot(ids, 5 + extra), expected, ROWS)
    assert torch.equal(ids, before), "the ids have changed"
