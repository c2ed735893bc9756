"""Hidden tests of padding_mask."""

import pytest
import torch
from attention_models.attention import padding_mask
from hypothesis import given
from hypothesis import strategies as st


@given(
    lengths=st.lists(st.integers(0, 6), min_size=1, max_size=5).filter(
        lambda found: max(found) > 0
    ),
    extra=st.integers(0, 2),
)
def test_true_where_a_token_is_real(lengths, extra):
    n = 6 + extra
    mask = padding_mask(torch.tensor(lengths), n)
    assert mask.dtype == torch.bool, "the mask is not boolean"
    assert mask.tolist() == [[position < length for position in range(n)] for length in lengths]


@pytest.mark.parametrize("dtype", [torch.int64, torch.int32, torch.int16, torch.uint8])
def test_integers_of_any_width(dtype):
    lengths = torch.tensor([2, 0, 3], dtype=dtype)
    expected = [[True, True, False], [False, False, False], [True, True, True]]
    assert padding_mask(lengths, 3).tolist() == expected
    assert lengths.tolist() == [2, 0, 3]


def test_one_sequence_and_lengths_that_are_not_contiguous():
    assert padding_mask(torch.tensor([1]), 2).tolist() == [[True, False]]
    lengths = torch.tensor([1, 9, 3, 9])[::2]
    assert padding_mask(lengths, 3).tolist() == [[True, False, False], [True, True, True]]


def test_no_sequence_and_no_position():
    assert list(padding_mask(torch.zeros(0, dtype=torch.int64), 4).shape) == [0, 4]
    assert list(padding_mask(torch.tensor([0, 0]), 0).shape) == [2, 0]
    assert padding_mask(torch.tensor([2, 1]), 2).tolist() == [[True, True], [True, False]]
