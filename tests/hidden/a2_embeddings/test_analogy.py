"""Hidden tests of analogy. The search is the test's own, so analogy is tested alone.

The length of the query and that of the rows to search in are free: both are compared by direction.
"""

import pytest
import torch
from embeddings.vectors import analogy, most_similar
from hypothesis import given
from hypothesis import strategies as st

from autograder.testing import assert_matches
from solutions.a2_embeddings.embeddings.vectors import analogy as reference

SEEDS = st.integers(0, 2**32)
SIZES = st.integers(5, 9)
CALL = "what `search` is called with: query and rows by direction, k, the excluded rows"
DIM = 4


def table(seed, n, dtype=torch.float64):
    """Rows of very different lengths."""
    generator = torch.Generator().manual_seed(seed)
    rows = torch.randn(n, DIM, generator=generator, dtype=torch.float64)
    lengths = torch.empty(n, 1, dtype=torch.float64).uniform_(-4, 4, generator=generator).exp()
    return (lengths * rows).to(dtype)


def three(seed, n):
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed + 1))[:3].tolist()


def direction(tensor):
    """Of length 1, or 0, along the last axis."""
    lengths = tensor.norm(dim=-1, keepdim=True)
    return tensor / lengths.masked_fill(lengths == 0, 1)


def called(function, a, b, c, vectors, k):
    """What comes back, and what the search was called with."""
    calls = []
    answer = [(k, 0.5), (0, -0.25)]

    def search(*arguments):
        calls.append(arguments)
        return answer

    found = function(a, b, c, vectors, k, search)
    query, rows, number, exclude = calls[0]
    seen = [direction(query.detach()), direction(rows.detach()), number, sorted(set(exclude))]
    return {"calls": len(calls), "call": seen, "found": found}


def compare(a, b, c, vectors, k, what=CALL):
    actual = called(analogy, a, b, c, vectors, k)
    assert_matches(actual, called(reference, a, b, c, vectors.clone(), k), what=what)


@given(SEEDS, SIZES, st.integers(1, 6))
def test_query_rows_and_exclusions(seed, n, k):
    compare(*three(seed, n), table(seed, n), k)


@given(SEEDS, SIZES)
def test_equals_the_formula(seed, n):
    a, b, c = three(seed, n)
    vectors = table(seed, n)
    lengths = [(vectors[row] * vectors[row]).sum() ** 0.5 for row in (a, b, c)]
    query = vectors[b] / lengths[1] - vectors[a] / lengths[0] + vectors[c] / lengths[2]
    seen = called(analogy, a, b, c, vectors, 3)
    assert_matches(seen["found"], [(3, 0.5), (0, -0.25)], what="the answer of the search")
    what = "the direction of the query (dim)"
    assert_matches(seen["call"][0], query / (query * query).sum() ** 0.5, what=what)


@given(SEEDS, SIZES)
def test_equal_words(seed, n):
    a, b, c = three(seed, n)
    vectors = table(seed, n)
    for words in ((a, a, c), (a, b, b), (b, b, b)):
        compare(*words, vectors, 2, what=f"for equal words, {CALL}")
    compare(a, b, a, vectors, 2, what=f"for equal words, {CALL}")


@given(SEEDS, SIZES)
def test_first_and_last_row(seed, n):
    vectors = table(seed, n)
    compare(0, n - 1, 1, vectors, 2)
    compare(n - 1, 2, 0, vectors, 2)


@given(SEEDS, SIZES)
def test_zero_rows(seed, n):
    a, b, c = three(seed, n)
    for row in (a, b, c):
        vectors = table(seed, n)
        vectors[row] = 0
        compare(a, b, c, vectors, 2, what=f"with a row of zeros, {CALL}")


@given(SEEDS, SIZES)
def test_float32(seed, n):
    compare(*three(seed, n), table(seed, n, torch.float32), 3, what=f"in float32, {CALL}")


@given(SEEDS, SIZES, st.sampled_from([0, 1, 40]))
def test_k_and_the_answer_are_passed_on(seed, n, k):
    compare(*three(seed, n), table(seed, n), k)


@given(SEEDS, SIZES)
def test_memory_layout_and_arguments(seed, n):
    vectors = table(seed, n).T.contiguous().T.requires_grad_()
    before = vectors.detach().clone()
    compare(*three(seed, n), vectors, 3)
    assert_matches(vectors.detach(), before, what="the vectors after the call")


@given(SEEDS, SIZES)
def test_default_search(seed, n):
    """The default is the student's own most_similar, right or wrong."""
    words, vectors = three(seed, n), table(seed, n)
    found = analogy(*words, vectors, 2, most_similar)
    default = analogy(*words, vectors, 2)
    assert_matches(default, found, what="the answer of the default search")
    compare(*words, vectors, 2)


@given(SEEDS, SIZES)
def test_refuses_rows_outside_the_table(seed, n):
    a, b, c = three(seed, n)
    vectors = table(seed, n)
    for wrong in (-1, -n, n, n + 3):
        for words in ((wrong, b, c), (a, wrong, c), (a, b, wrong)):
            with pytest.raises(IndexError):
                called(analogy, *words, vectors, 2)
    compare(a, b, c, vectors, 2)
