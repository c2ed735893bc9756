"""Public tests of `standardize`. Run them with `pytest tests/test_standardize.py`."""

import torch
from checks import assert_close
from hypothesis import given, settings
from hypothesis import strategies as st
from mini.standardize import standardize

WHAT = "the standardized rows (batch, features)"


def test_by_hand():
    x = torch.tensor([[1.0, 3.0]], dtype=torch.float64)
    expected = torch.tensor([[-0.999995, 0.999995]], dtype=torch.float64)
    assert_close(standardize(x), expected, WHAT)


@settings(max_examples=25, deadline=None)
@given(batch=st.integers(1, 4), features=st.integers(2, 5), seed=st.integers(0, 999))
def test_it_equals_the_library(batch, features, seed):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(batch, features, generator=generator, dtype=torch.float64)
    expected = torch.nn.functional.layer_norm(x, x.shape[1:])
    assert_close(standardize(x), expected, WHAT)
