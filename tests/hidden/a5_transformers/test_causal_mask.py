"""Hidden tests of causal_mask."""

import torch
from attention_models.attention import causal_mask
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.testing import assert_matches

WHAT = "the mask (query, key)"


def expected_of(n):
    """True on and below the diagonal."""
    rows = [[key <= query for key in range(n)] for query in range(n)]
    return torch.tensor(rows, dtype=torch.bool).reshape(n, n)


@given(st.integers(2, 9))
def test_each_position_sees_itself_and_what_came_before(n):
    assert_matches(causal_mask(n), expected_of(n), what=WHAT)


def test_one_position():
    what = "the masks (query, key) of one position, and then of two"
    masks = [causal_mask(1), causal_mask(2)]
    assert_matches(masks, [expected_of(1), expected_of(2)], what=what)


def test_no_position():
    what = "the masks (query, key) of no position, and then of two"
    masks = [causal_mask(0), causal_mask(2)]
    assert_matches(masks, [expected_of(0), expected_of(2)], what=what)


@settings(max_examples=4)
@given(st.integers(3, 9))
def test_a_new_mask_each_time(n):
    """Masks that are changed, or still held, when the next one is made."""
    first, larger = causal_mask(n), causal_mask(n + 1)
    assert_matches([first, larger], [expected_of(n), expected_of(n + 1)], what=WHAT)
    first[:] = False
    what = "the mask (query, key), asked for again after the first one was changed"
    assert_matches(causal_mask(n), expected_of(n), what=what)


def test_hides_the_future_in_an_attention():
    """With this mask, changing what comes later leaves what came before as it was."""
    mask = causal_mask(6)
    assert_matches(mask, expected_of(6), what=WHAT)
    generator = torch.Generator().manual_seed(2)
    x = torch.randn(1, 6, 3, generator=generator, dtype=torch.float64)
    y = torch.cat([x[:, :4], torch.full((1, 2, 3), 9.0, dtype=torch.float64)], dim=1)
    attend = torch.nn.functional.scaled_dot_product_attention
    before, after = (attend(t, t, t, mask)[0] for t in (x, y))
    what = "what an attention with this mask gives for the first positions (position, feature)"
    assert_matches(after[:4], before[:4], what=what)
    differs = not after[4:].isclose(before[4:]).any()
    assert differs, "in an attention with this mask, each position must see itself"
