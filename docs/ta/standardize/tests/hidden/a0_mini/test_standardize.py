"""Hidden tests of standardize."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from mini.standardize import standardize

from autograder.testing import assert_matches, inputs_of, observe
from solutions.a0_mini.mini.standardize import standardize as reference

WHAT = "the standardized rows (batch, features)"
# Of one feature all rows become 0, of two -1 and 1: too little to tell programs apart.
CASES = inputs_of(reference, sizes={"features": st.integers(3, 7)})


@given(CASES)
def test_values_and_gradients(case):
    assert_matches(observe(standardize, case), observe(reference, case), what=WHAT)


@given(CASES)
def test_float32(case):
    case = case.to(torch.float32)
    assert_matches(standardize(**case), reference(**case), what=WHAT)


@given(CASES)
def test_arguments_are_left_alone(case):
    before = case["x"].clone()
    actual = standardize(case["x"])
    assert_matches(case["x"], before, what="the argument after the call")
    assert_matches(actual, reference(before), what=WHAT)
