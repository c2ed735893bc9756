import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from text_classification.bag_of_words import one_hot


def test_example():
    rows = one_hot(torch.tensor([2, 0, 2]), 4)
    expected = torch.tensor([[0.0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0]])
    torch.testing.assert_close(rows, expected)  # compares dtypes, too: float32


def test_no_ids():
    rows = one_hot(torch.tensor([], dtype=torch.int64), 3)
    assert rows.shape == (0, 3)
    assert rows.dtype == torch.float32
    torch.testing.assert_close(one_hot(torch.tensor([1]), 3), torch.tensor([[0.0, 1, 0]]))


def test_ids_outside_the_vocabulary():
    torch.testing.assert_close(one_hot(torch.tensor([2]), 3), torch.tensor([[0.0, 0, 1]]))
    for wrong in (3, -1):
        with pytest.raises(IndexError):
            one_hot(torch.tensor([0, wrong]), 3)


@settings(deadline=None, max_examples=25)
@given(ids=st.lists(st.integers(0, 4), min_size=1, max_size=8), extra=st.integers(0, 3))
def test_equals_the_library(ids, extra):
    ids = torch.tensor(ids)
    before = ids.clone()
    expected = torch.nn.functional.one_hot(ids, 5 + extra).float()
    torch.testing.assert_close(one_hot(ids, 5 + extra), expected)
    assert torch.equal(ids, before), "the ids have changed"
