"""Hidden tests of padding_mask."""

import torch
from attention_models.attention import padding_mask
from hypothesis import given
from hypothesis import strategies as st

from autograder.testing import assert_matches

WHAT = "the mask (batch, position)"
LENGTHS = st.lists(st.integers(1, 5), min_size=1, max_size=5).filter(lambda all_: max(all_) > 1)


def expected_of(lengths, n):
    """True before the end of each sequence."""
    rows = [[position < length for position in range(n)] for length in lengths]
    return torch.tensor(rows, dtype=torch.bool).reshape(len(lengths), n)


@given(LENGTHS)
def test_true_where_a_token_is_real(lengths):
    """Some sequence is shorter, some one fills all positions."""
    n = max(lengths)
    lengths = [*lengths, n - 1]
    assert_matches(padding_mask(torch.tensor(lengths), n), expected_of(lengths, n), what=WHAT)


@given(LENGTHS, st.integers(1, 3))
def test_wider_than_the_longest_sequence(lengths, extra):
    n = max(lengths) + extra
    what = "the mask (batch, position) of more positions than any sequence has"
    assert_matches(padding_mask(torch.tensor(lengths), n), expected_of(lengths, n), what=what)


@given(LENGTHS)
def test_sequences_without_a_token(lengths):
    n, lengths = max(lengths), [0, *lengths, 0]
    what = "the mask (batch, position) when some lengths are 0"
    assert_matches(padding_mask(torch.tensor(lengths), n), expected_of(lengths, n), what=what)


def test_integers_of_any_width():
    dtypes = torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8
    masks = [padding_mask(torch.tensor([2, 1, 3], dtype=dtype), 3) for dtype in dtypes]
    what = "the masks (batch, position) for lengths of five integer dtypes"
    assert_matches(masks, [expected_of([2, 1, 3], 3)] * 5, what=what)


def test_memory_layout():
    lengths = torch.tensor([1, 9, 3, 9])[::2]
    what = "the mask (batch, position) for lengths that are not contiguous in memory"
    assert_matches(padding_mask(lengths, 3), expected_of([1, 3], 3), what=what)


def test_one_sequence():
    what = "the mask (batch, position) of one sequence"
    assert_matches(padding_mask(torch.tensor([1]), 2), expected_of([1], 2), what=what)


def test_no_sequence_and_no_position():
    none = torch.zeros(0, dtype=torch.int64)
    masks = [padding_mask(none, 4), padding_mask(torch.tensor([0, 0]), 0)]
    masks.append(padding_mask(torch.tensor([2, 1]), 2))
    expected = [expected_of([], 4), expected_of([0, 0], 0), expected_of([2, 1], 2)]
    what = "the masks (batch, position) of no sequence, of no position, of two of each"
    assert_matches(masks, expected, what=what)


@given(LENGTHS)
def test_lengths_are_left_alone(lengths):
    """And a mask that is changed, or still held, when the next one is made."""
    n, given_ = max(lengths) + 1, torch.tensor(lengths)
    first = padding_mask(given_, n)
    assert_matches(
        given_, torch.tensor(lengths), what="the lengths after the call", allow_constant=True
    )
    assert_matches(first, expected_of(lengths, n), what=WHAT)
    first[:] = False
    what = "the mask (batch, position), asked for again after the first one was changed"
    assert_matches(padding_mask(given_, n), expected_of(lengths, n), what=what)
