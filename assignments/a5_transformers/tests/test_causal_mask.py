"""Public tests of `causal_mask`. Run them with `pytest tests/test_causal_mask.py`."""

import torch
from attention_models.attention import causal_mask
from hypothesis import given, settings
from hypothesis import strategies as st


def test_three_positions():
    mask = causal_mask(3)
    assert mask.dtype == torch.bool
    assert mask.tolist() == [[True, False, False], [True, True, False], [True, True, True]]


@settings(max_examples=25, deadline=None)
@given(n=st.integers(0, 12))
def test_every_position_sees_itself_and_what_came_before(n):
    mask = causal_mask(n)
    assert mask.shape == (n, n)
    assert mask.dtype == torch.bool
    for query in range(n):
        assert mask[query].tolist() == [key <= query for key in range(n)]
