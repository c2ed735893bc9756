"""Tests of autograder.course.points."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.course.points import allocate


def hundredths(value: float) -> Fraction:
    """The value exactly, which must be a whole number of hundredths as people write it."""
    written = Fraction(repr(value))
    assert (written * 100).denominator == 1
    return written


@given(cents=st.integers(0, 10_000), count=st.integers(1, 60))
def test_nothing_is_lost_and_nobody_gets_much_more(cents, count):
    shares = [hundredths(share) for share in allocate(cents / 100, count)]
    assert len(shares) == count
    assert sum(shares) == Fraction(cents, 100)
    assert max(shares) - min(shares) <= Fraction(1, 100)
    assert shares == sorted(shares, reverse=True)


def test_examples():
    assert allocate(10, 3) == [3.34, 3.33, 3.33]
    assert allocate(0.3 * 40, 5) == [2.4] * 5
    assert allocate(0.02, 4) == [0.01, 0.01, 0.0, 0.0]
    assert allocate(0, 2) == [0.0, 0.0]
    assert allocate(7, 0) == []


def test_negative_numbers_are_refused():
    with pytest.raises(ValueError, match="negative"):
        allocate(-1, 2)
    with pytest.raises(ValueError, match="negative"):
        allocate(1, -2)
