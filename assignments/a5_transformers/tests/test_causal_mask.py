"""Public tests of `causal_mask`. Run them with `pytest tests/test_causal_mask.py`."""

import torch
from attention_models.attention import causal_mask
from checks import assert_close, assert_shape
from hypothesis import given, settings
from hypothesis import strategies as st


def test_three_positions():
    mask = causal_mask(3)
    expected = [[True, False, False], [True, True, False], [True, True, True]]
    assert_close(mask, torch.tensor(expected), "the mask (query, key)")


@settings(max_examples=12, deadline=None)
@given(n=st.integers(0, 12))
def test_every_position_sees_itself_and_what_came_before(n):
    mask = causal_mask(n)
    assert_shape(mask, "the mask", query=n, key=n)
    rows = [[key <= query for key in range(n)] for query in range(n)]
    expected = torch.tensor(rows, dtype=torch.bool).reshape(n, n)
    advice = "Row i is query i: it may look at the keys 0 to i, and at no later one."
    assert_close(mask, expected, "the mask (query, key)", advice)


def test_name_of_the_parameter():
    try:
        mask = causal_mask(n=2)
    except TypeError as error:
        raise AssertionError(f"The parameter keeps its name, n. Called with it: {error}") from None
    expected = torch.tensor([[True, False], [True, True]])
    assert_close(mask, expected, "the mask (query, key)")
