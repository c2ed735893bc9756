"""Hidden tests of recommend. The model is `torch.nn.Embedding`: recommend is tested alone.

Tables of whole numbers have scores that tie exactly in every way of adding them up; as multiples of
12 they also do for whoever takes means over up to four likes.
"""

import pytest
import torch
from embeddings.items import recommend
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from autograder.testing import assert_matches
from solutions.a2_embeddings.embeddings.items import recommend as reference

SEEDS = st.integers(0, 2**32)
SIZES = st.integers(6, 12)
RANKING = "the recommended ids"


def model_of(table, frozen=True):
    return nn.Embedding.from_pretrained(table.double(), freeze=frozen)


def whole(seed, size, dim=3, largest=2):
    generator = torch.Generator().manual_seed(seed)
    return 12 * torch.randint(-largest, largest + 1, (size, dim), generator=generator)


def normal(seed, size, dim=3):
    return torch.randn(size, dim, generator=torch.Generator().manual_seed(seed)).double()


def some(seed, size, count):
    """Different ids below `size`, in no order."""
    return torch.randperm(size, generator=torch.Generator().manual_seed(seed + 1))[:count].tolist()


def compare(model, liked, k, what=RANKING):
    assert_matches(recommend(model, liked, k), reference(model, liked, k), what=what)


@given(SEEDS, SIZES, st.integers(1, 4), st.integers(2, 14))
def test_ranking(seed, size, count, k):
    compare(model_of(normal(seed, size)), some(seed, size, count), k)


@given(SEEDS, SIZES, st.integers(1, 4), st.integers(2, 14))
def test_equal_scores_come_by_lower_id(seed, size, count, k):
    compare(model_of(whole(seed, size, dim=2, largest=1)), some(seed, size, count), k)


@given(SEEDS, st.integers(17, 60), st.integers(1, 4))
def test_many_equal_scores_come_by_lower_id(seed, size, count):
    """PyTorch sorts up to 16 numbers stably even when it is not asked to."""
    compare(model_of(whole(seed, size, dim=2, largest=1)), some(seed, size, count), size)


@given(SEEDS, SIZES, st.integers(1, 4), st.integers(2, 14))
def test_equals_the_formula(seed, size, count, k):
    table, liked = whole(seed, size), some(seed, size, count)
    rows = table.tolist()

    def score(j):
        return sum(a * b for i in liked for a, b in zip(rows[i], rows[j], strict=True))

    others = [j for j in range(size) if j not in liked]
    expected = sorted(others, key=lambda j: (-score(j), j))[:k]
    assert_matches(recommend(model_of(table), liked, k), expected, what=RANKING)


@given(SEEDS, SIZES, st.integers(1, 4))
def test_lengths_matter(seed, size, count):
    scale = (
        10 ** torch.linspace(-2, 3, size, dtype=torch.float64)[torch.tensor(some(seed, size, size))]
    )
    table = normal(seed, size) * scale.unsqueeze(1)
    compare(
        model_of(table), some(seed, size, count), size, what="the ids of long and short vectors"
    )


@given(SEEDS, SIZES)
def test_opposite_taste_comes_last(seed, size):
    table = torch.tensor(some(seed, size, size)).unsqueeze(1) * 2 - size  # one axis, both signs
    compare(model_of(table), some(seed + 1, size, 2), size, what="the ids, the opposite taste last")


@given(SEEDS, SIZES, st.integers(2, 5))
def test_repeats_and_order_do_not_matter(seed, size, times):
    actual, expected = [], []
    for each in range(seed, seed + 8):  # several, since other rules give the same ids now and then
        model, liked = model_of(normal(each, size)), some(each, size, 3)
        often = tuple(liked[::-1] + liked[:1] * times)
        actual.append(recommend(model, often, size))
        expected.append(reference(model, liked, size))
    assert_matches(actual, expected, what="the ids when likes are repeated")


@given(SEEDS, SIZES, st.integers(2, 5))
def test_nothing_liked(seed, size, k):
    expected = list(range(size))[:k]
    actual = recommend(model_of(normal(seed, size)), [], k)
    assert_matches(actual, expected, what="the ids for somebody who liked nothing yet")
    compare(model_of(normal(seed, size)), some(seed, size, 2), k)


@given(SEEDS, SIZES)
def test_none_and_more_than_there_are(seed, size):
    model, liked = model_of(normal(seed, size)), some(seed, size, 2)
    for likes, k in ((liked, 0), (list(range(size)), 3), (list(range(1, size)), 3)):
        assert_matches(
            recommend(model, likes, k),
            reference(model, likes, k),
            what="the ids when there are none or one",
            allow_constant=True,  # the next comparison is with other values
        )
    compare(model, liked, size + 5)


@given(SEEDS, SIZES, st.booleans())
def test_model_is_left_alone(seed, size, frozen):
    model = model_of(normal(seed, size), frozen)
    before = model.weight.detach().clone()
    result = recommend(model, some(seed, size, 2), size)
    assert_matches(model.weight.detach(), before, what="the table after the call")
    untouched = model.weight.grad is None and model.weight.requires_grad is not frozen
    assert untouched, "the table has got a gradient, or takes none any more"
    whole = [type(item) is int for item in result]
    assert whole == [True] * (size - 2), "the ids are not Python ints"
    compare(model, some(seed, size, 2), size)


@given(SEEDS, SIZES)
def test_float32(seed, size):
    model = model_of(whole(seed, size, largest=4)).float()
    compare(model, some(seed, size, 3), size, what="the ids by a float32 table")


@given(SEEDS, SIZES)
def test_refuses_unknown_items_and_negative_k(seed, size):
    model, liked = model_of(normal(seed, size)), some(seed, size, 2)
    compare(model, liked, 3)
    for wrong in (-1, -size, size, size + 7):
        with pytest.raises(IndexError):
            recommend(model, [*liked, wrong], 3)
    for k in (-1, -size):
        with pytest.raises(ValueError):
            recommend(model, liked, k)
