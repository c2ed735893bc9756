"""Public tests of `padding_mask`. Run them with `pytest tests/test_padding_mask.py`."""

import pytest
import torch
from attention_models.attention import padding_mask
from checks import assert_close, assert_shape
from hypothesis import given, settings
from hypothesis import strategies as st


def test_three_sequences():
    mask = padding_mask(torch.tensor([2, 4, 0]), 4)
    expected = [
        [True, True, False, False],
        [True, True, True, True],
        [False, False, False, False],
    ]
    assert_close(mask, torch.tensor(expected), "the mask (batch, position)")


@settings(max_examples=12, deadline=None)
@given(lengths=st.lists(st.integers(0, 7), max_size=6), extra=st.integers(0, 3))
def test_a_row_has_as_many_true_as_its_length_and_all_of_them_first(lengths, extra):
    n = max(lengths, default=0) + extra
    mask = padding_mask(torch.tensor(lengths, dtype=torch.int64), n)
    assert_shape(mask, "the mask", batch=len(lengths), position=n)
    rows = [[position < length for position in range(n)] for length in lengths]
    expected = torch.tensor(rows, dtype=torch.bool).reshape(len(lengths), n)
    advice = "A row has as many True as its length says, all of them first."
    assert_close(mask, expected, "the mask (batch, position)", advice)


def test_names_of_parameters():
    try:
        mask = padding_mask(lengths=torch.tensor([1, 2]), n=2)
    except TypeError as error:
        words = f"The parameters keep their names: lengths, n. Called with them: {error}"
        raise AssertionError(words) from None
    expected = torch.tensor([[True, False], [True, True]])
    assert_close(mask, expected, "the mask (batch, position)")


@pytest.mark.parametrize("dtype", [torch.int32, torch.int64])
def test_any_integers(dtype):
    mask = padding_mask(torch.tensor([1, 3], dtype=dtype), 3)
    expected = torch.tensor([[True, False, False], [True, True, True]])
    assert_close(mask, expected, "the mask (batch, position)")
