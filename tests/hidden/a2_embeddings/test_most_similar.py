"""Hidden tests of most_similar.

Cosines are either well apart, or equal bit for bit in every way of computing them: there, the query
has one number that is not zero, and the rows are small whole numbers.
"""

import itertools
import math

import pytest
import torch
from embeddings.vectors import most_similar
from hypothesis import given
from hypothesis import strategies as st

from autograder.testing import assert_matches

SEEDS = st.integers(0, 2**32)
SIZES = st.integers(6, 12)
FOUND = "the rows and their cosines, best first"
DIM = 4


def apart(seed, n, lengths=(0.5, 2.0), dtype=torch.float64):
    """A query, and rows whose cosines with it lie at least 0.1 apart; the cosines as floats."""
    generator = torch.Generator().manual_seed(seed)
    query = torch.randn(DIM, generator=generator, dtype=torch.float64)
    towards = query / query.norm()
    cosines = torch.linspace(-0.85, 0.9, n, dtype=torch.float64)
    cosines = cosines[torch.randperm(n, generator=generator)]
    away = torch.randn(n, DIM, generator=generator, dtype=torch.float64)
    away = away - (away @ towards).unsqueeze(1) * towards
    away = away / away.norm(dim=1, keepdim=True)
    rows = cosines.unsqueeze(1) * towards + (1 - cosines.square()).sqrt().unsqueeze(1) * away
    low, high = (math.log(length) for length in lengths)
    scale = torch.empty(n, 1, dtype=torch.float64).uniform_(low, high, generator=generator).exp()
    return query.to(dtype), (scale * rows).to(dtype), cosines.tolist()


def tied(seed, n):
    """A query along an axis, and rows of small whole numbers, many at the same angle."""
    generator = torch.Generator().manual_seed(seed)
    query = torch.zeros(DIM, dtype=torch.float64)
    query[seed % DIM] = 2 + seed % 3
    forms = [(1, 2, 2, 0), (2, 4, 4, 0), (3, 4, 0, 0), (-1, 2, 2, 0)]
    choices = [p for form in forms for p in sorted(set(itertools.permutations(form)))]
    picks = torch.randint(0, len(choices), (n,), generator=generator).tolist()
    rows = torch.tensor([choices[i] for i in picks], dtype=torch.float64)
    cosines = [row[seed % DIM] / math.sqrt(sum(x * x for x in row)) for row in rows.tolist()]
    return query, rows, cosines


def ranked(cosines, k, exclude=()):
    rows = [row for row in range(len(cosines)) if row not in exclude]
    return [(row, cosines[row]) for row in sorted(rows, key=lambda row: (-cosines[row], row))[:k]]


def compare(query, rows, cosines, k, *exclude, what=FOUND):
    found = most_similar(query, rows, k, *exclude)
    assert_matches(found, ranked(cosines, k, *exclude), what=what)


def some(seed, n, count):
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed + 1))[:count].tolist()


@given(SEEDS, SIZES, st.integers(2, 14))
def test_ranking(seed, n, k):
    compare(*apart(seed, n), k)


@given(SEEDS, SIZES, st.integers(2, 9), st.integers(1, 3))
def test_excluded_rows_make_room_for_others(seed, n, k, count):
    query, rows, cosines = apart(seed, n)
    best = [row for row, _ in ranked(cosines, count)]
    compare(query, rows, cosines, k, best)
    compare(query, rows, cosines, k, some(seed, n, count))


@given(SEEDS, SIZES, st.integers(2, 14))
def test_equal_cosines_come_by_the_lower_row(seed, n, k):
    compare(*tied(seed, n), k)


@given(SEEDS, st.integers(30, 60))
def test_many_equal_cosines_come_by_the_lower_row(seed, n):
    """PyTorch sorts up to 16 numbers stably even when it is not asked to."""
    compare(*tied(seed, n), n)
    compare(*tied(seed, n), n // 2, some(seed, n, 3))


@given(SEEDS, SIZES)
def test_lengths_do_not_matter(seed, n):
    query, rows, cosines = apart(seed, n, lengths=(1e-3, 1e3))
    compare(query, rows, cosines, n, what="the rows and their cosines, of long and short vectors")
    compare(1e3 * query, rows, cosines, n, what="the rows and their cosines, for a long query")


@given(SEEDS, SIZES, st.integers(3, 9))
def test_exclude_in_every_form(seed, n, k):
    query, rows, cosines = apart(seed, n)
    exclude = some(seed, n, 2)
    expected = ranked(cosines, k, exclude)
    forms = exclude * 2, tuple(exclude), set(exclude), {exclude[0]: "a", exclude[1]: "b"}
    actual = [most_similar(query, rows, k, form) for form in forms]
    what = "the rows and their cosines, with rows excluded twice, by a tuple, a set and a dict"
    assert_matches(actual, [expected] * 4, what=what)


@given(SEEDS, SIZES)
def test_first_and_last_row_can_be_excluded(seed, n):
    query, rows, cosines = apart(seed, n)
    for exclude in ([0], [n - 1], [0, n - 1]):
        compare(query, rows, cosines, n, exclude)


@given(SEEDS, SIZES)
def test_the_query_itself_is_found(seed, n):
    """Nothing is left out that is not excluded, not even a row that is the query."""
    query, rows, cosines = apart(seed, n)
    place = seed % n
    rows[place], cosines[place] = query, 1.0
    compare(query, rows, cosines, 3)
    compare(query, rows, cosines, 3, [place])


@given(SEEDS, SIZES)
def test_zero_rows_and_a_zero_query(seed, n):
    query, rows, cosines = apart(seed, n)
    for row in some(seed, n, 2):
        rows[row], cosines[row] = 0, 0.0
    what = "the rows and their cosines, some rows being zero"
    compare(query, rows, cosines, n, what=what)
    what = "the rows and their cosines for a query of zeros"
    compare(0 * query, rows, [0.0] * n, n - 1, what=what)


@given(SEEDS, SIZES)
def test_none_and_more_than_there_are(seed, n):
    query, rows, cosines = apart(seed, n)
    everything = list(range(n))
    for k, exclude in ((0, []), (3, everything), (0, everything)):
        what = "the rows and their cosines when there are none"
        found = most_similar(query, rows, k, exclude)
        assert_matches(found, [], what=what, allow_constant=True)  # the next comparison tells
    compare(query, rows, cosines, n + 5, everything[2:])
    compare(query, rows, cosines, n + 5)


@given(SEEDS, SIZES)
def test_plain_numbers(seed, n):
    query, rows, cosines = apart(seed, n)
    found = most_similar(query, rows.requires_grad_(), 3)
    kinds = [[type(part).__name__ for part in pair] for pair in found]
    assert_matches(kinds, [["int", "float"]] * 3, what="the types of each row and its cosine")
    assert_matches(found, ranked(cosines, 3), what=FOUND)


@given(SEEDS, SIZES)
def test_float32(seed, n):
    compare(*apart(seed, n, dtype=torch.float32), n, what="float32 rows and their cosines")


@given(SEEDS, SIZES)
def test_memory_layout_and_arguments(seed, n):
    query, rows, cosines = apart(seed, n)
    strided = rows.T.contiguous().T
    spread = torch.stack([query, -query], dim=1)[:, 0]
    exclude = some(seed, n, 2)
    before = [spread.clone(), strided.clone(), list(exclude)]
    compare(spread, strided, cosines, 4, exclude)
    assert_matches([spread, strided, exclude], before, what="the arguments after the call")


@given(SEEDS, SIZES)
def test_refuses_unknown_rows_and_negative_k(seed, n):
    query, rows, cosines = apart(seed, n)
    compare(query, rows, cosines, 3, [0])
    for wrong in (-1, -n, n, n + 7):
        with pytest.raises(IndexError):
            most_similar(query, rows, 3, [0, wrong])
    for k in (-1, -n):
        with pytest.raises(ValueError):
            most_similar(query, rows, k)
