"""Public tests of `padding_mask`. Run them with `pytest tests/test_padding_mask.py`."""

import pytest
import torch
from attention_models.attention import padding_mask
from hypothesis import given, settings
from hypothesis import strategies as st


def test_three_sequences():
    mask = padding_mask(torch.tensor([2, 4, 0]), 4)
    assert mask.dtype == torch.bool
    assert mask.tolist() == [
        [True, True, False, False],
        [True, True, True, True],
        [False, False, False, False],
    ]


@settings(max_examples=25, deadline=None)
@given(lengths=st.lists(st.integers(0, 7), max_size=6), extra=st.integers(0, 3))
def test_a_row_has_as_many_true_as_its_length_and_all_of_them_first(lengths, extra):
    n = max(lengths, default=0) + extra
    mask = padding_mask(torch.tensor(lengths, dtype=torch.int64), n)
    assert mask.shape == (len(lengths), n)
    assert mask.dtype == torch.bool
    for row, length in zip(mask, lengths, strict=True):
        assert row.tolist() == [True] * length + [False] * (n - length)


@pytest.mark.parametrize("dtype", [torch.int32, torch.int64])
def test_any_integers(dtype):
    mask = padding_mask(torch.tensor([1, 3], dtype=dtype), 3)
    assert mask.dtype == torch.bool
    assert mask.tolist() == [[True, False, False], [True, True, True]]
