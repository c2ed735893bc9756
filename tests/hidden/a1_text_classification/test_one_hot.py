"""Hidden tests of one_hot.

Every test compares rows with the library's, so zeros, ones, the ids themselves, NaN and another
dtype fail each of them.
"""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from text_classification.bag_of_words import one_hot

from autograder.testing import Inputs, assert_matches, inputs_of
from solutions.a1_text_classification.text_classification.bag_of_words import one_hot as reference

ROWS = "the rows (n, vocab_size)"

# Two words or more: the rows of a vocabulary of one are all 1, which says nothing.
CASE = inputs_of(
    reference,
    sizes={"n": st.integers(1, 8), "vocab_size": st.integers(2, 9)},
    ids=lambda sizes, generator: range(sizes["vocab_size"]),
).map(Inputs.contiguous)  # layouts have a test of their own


def student(case):
    """The student's rows; the arguments go by their places, whatever their names."""
    return one_hot(case["ids"], case["vocab_size"])


def library(ids, vocab_size):
    return torch.nn.functional.one_hot(ids, vocab_size).to(torch.float32)


@given(CASE)
def test_equals_the_library(case):
    assert_matches(student(case), library(**case), what=ROWS)


@given(st.integers(2, 9).flatmap(lambda size: st.permutations(range(size))))
def test_every_id_once(order):
    rows = one_hot(torch.tensor(order), len(order))
    assert_matches(rows, torch.eye(len(order))[order], what="the rows of all ids")


@given(CASE)
def test_row_by_row(case):
    ids, vocab_size = case["ids"], case["vocab_size"]
    rows = torch.cat([one_hot(part, vocab_size) for part in ids.split(1)])
    assert_matches(rows, library(ids, vocab_size), what="the rows of single ids, put together")


@given(CASE)
def test_no_ids_and_one_word(case):
    none = torch.empty(0, dtype=torch.int64)
    zeros = torch.zeros(len(case["ids"]), dtype=torch.int64)
    actual = [one_hot(none, case["vocab_size"]), one_hot(zeros, 1), student(case)]
    expected = [torch.zeros(0, case["vocab_size"]), torch.ones(len(zeros), 1), library(**case)]
    assert_matches(actual, expected, what="the rows of no ids, of one word, of several ids")


@given(CASE, st.integers(0, 7), st.sampled_from([0, 1, 1000]))
def test_ids_outside_are_refused(case, position, beyond):
    ids, vocab_size = case["ids"], case["vocab_size"]
    for outside in (vocab_size + beyond, -1 - beyond, -vocab_size):
        wrong = ids.clone()
        wrong[position % len(ids)] = outside
        with pytest.raises(IndexError):
            one_hot(wrong, vocab_size)
    what = "the rows of the ids that are in the vocabulary (n, vocab_size)"
    assert_matches(one_hot(ids, vocab_size), library(ids, vocab_size), what=what)


@settings(max_examples=5)
@given(inputs_of(reference, sizes={"n": 40, "vocab_size": 3000}, ids=range(2500, 3000)))
def test_large_vocabulary(case):
    assert_matches(student(case), library(**case), what=ROWS)


@given(CASE)
def test_memory_layout(case):
    ids, vocab_size = case["ids"], case["vocab_size"]
    strided = torch.stack([ids, ids.flip(0)], dim=1)[:, 0]
    repeated = ids[:1].expand(len(ids))
    actual = [one_hot(strided, vocab_size), one_hot(repeated, vocab_size)]
    expected = [library(strided, vocab_size), library(repeated, vocab_size)]
    assert_matches(actual, expected, what="the rows of ids in another memory layout")


@given(CASE)
def test_ids_are_left_alone(case):
    before = case["ids"].clone()
    rows = student(case)
    assert_matches(case["ids"], before, what="the ids after the call", allow_constant=True)
    assert_matches(rows, library(before, case["vocab_size"]), what=ROWS)
