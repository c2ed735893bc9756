"""Hidden tests of parallel_dataset: add_special_tokens and ParallelDataset.

What is expected is written out of Python lists. Every test compares items, so that zeros, the
sentences themselves, floats and other trivial answers fail each of them.
"""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from seq2seq.batching import ParallelDataset, add_special_tokens
from torch.utils.data import DataLoader

from autograder.testing import assert_matches

FRAMED = "the sentences with their special tokens"
ITEMS = "the items (source, target)"

# 0 is a word here, and a special token where a test says so.
SENTENCE = st.lists(st.sampled_from([0, 5, 6, 7, 8]), max_size=5)
PAIRS = st.lists(st.tuples(SENTENCE, SENTENCE), min_size=2, max_size=5).map(
    lambda drawn: [([5, 6, 8], [7, 5]), ([], [6]), ([7], []), *drawn]
)
SPECIAL = st.sampled_from([(1, 2), (3, 4), (4, 1), (90, 80)])


def build(pairs, *special):
    return ParallelDataset([list(s) for s, _ in pairs], [list(t) for _, t in pairs], *special)


def items(pairs, bos=1, eos=2):
    return [(torch.tensor([*s, eos]), torch.tensor([bos, *t, eos])) for s, t in pairs]


@given(PAIRS, SPECIAL)
def test_add_special_tokens(pairs, special):
    bos, eos = special
    sentences = [source for source, _ in pairs]
    actual = [add_special_tokens(sentence, bos, eos) for sentence in sentences]
    assert_matches(actual, [[bos, *s, eos] for s in sentences], what=FRAMED)


@given(PAIRS, st.sampled_from([(0, 3), (3, 0)]))
def test_each_end_may_be_left_out_and_0_is_a_token(pairs, special):
    bos, eos = special
    words = [[5, 6], [7], []] + [[word for word in s if word] for s, _ in pairs]
    actual, expected = [], []
    for sentence in words:
        for front, back in ((bos, None), (None, eos), (None, None), (bos, eos)):
            actual.append(add_special_tokens(sentence, front, back))
            before = [] if front is None else [front]
            expected.append(before + sentence + ([] if back is None else [back]))
    assert_matches(actual, expected, what="sentences with one end, none, and both")


@given(PAIRS)
def test_defaults_and_tuples(pairs):
    sentences = [source for source, _ in pairs]
    actual = [add_special_tokens(tuple(sentence)) for sentence in sentences]
    assert_matches(actual, [[1, *s, 2] for s in sentences], what="the sentences of tuples, framed")


@given(PAIRS, st.integers(0, 2))
def test_refuses_what_is_there_already(pairs, place):
    sentence = [5, 6]
    assert_matches(add_special_tokens(sentence, 1, 2), [1, 5, 6, 2], what=FRAMED)
    for special in (1, 2):
        with pytest.raises(ValueError):
            add_special_tokens([*sentence[:place], special, *sentence[place:]], 1, 2)
    with pytest.raises(ValueError):
        add_special_tokens([*sentence[:place], 0, *sentence[place:]], 0, None)
    # A token that is not added is an id like any other.
    actual = [add_special_tokens([1, 5], None, 2), add_special_tokens([5, 2], 1, None)]
    what = "sentences that hold a token which is not added"
    assert_matches(actual, [[1, 5, 2], [1, 5, 2]], what=what)


@given(PAIRS, SPECIAL)
def test_items(pairs, special):
    dataset = build(pairs, *special)
    actual = [dataset[index] for index in range(len(pairs))]
    assert_matches(actual, items(pairs, *special), what=ITEMS)


@given(PAIRS)
def test_default_tokens_and_tuples(pairs):
    dataset = ParallelDataset(
        tuple(tuple(source) for source, _ in pairs), tuple(tuple(target) for _, target in pairs)
    )
    actual = [dataset[index] for index in range(len(pairs))]
    assert_matches(actual, items(pairs), what="the items of tuples (source, target)")


@given(PAIRS)
def test_length(pairs):
    lengths = [len(build(pairs)), len(build(pairs[:1])), len(build([]))]
    assert_matches(lengths, [len(pairs), 1, 0], what="the lengths of three data sets")
    with pytest.raises(IndexError):
        build([])[0]
    assert_matches(build(pairs[:1])[0], items(pairs)[0], what="the only item (source, target)")


@given(PAIRS, st.lists(st.integers(-100, 100), min_size=1, max_size=6))
def test_indices_in_any_order(pairs, numbers):
    dataset = build(pairs)
    indices = [0, -1, *(number % (2 * len(pairs)) - len(pairs) for number in numbers), -len(pairs)]
    actual = [dataset[index] for index in indices]
    assert_matches(actual, [items(pairs)[index] for index in indices], what=ITEMS)


@given(PAIRS, st.integers(0, 9))
def test_past_the_end(pairs, more):
    dataset = build(pairs)
    for index in (len(pairs) + more, -len(pairs) - 1 - more):
        with pytest.raises(IndexError):
            dataset[index]
    what = "the items inside the data set (source, target)"
    inside = [dataset[0], dataset[len(pairs) - 1]]
    assert_matches(inside, [items(pairs)[0], items(pairs)[-1]], what=what)


@given(PAIRS)
def test_a_loop_ends(pairs):
    actual = []
    for item in build(pairs):
        actual.append(item)
        if len(actual) > len(pairs):  # it would not end
            break
    assert_matches(actual, items(pairs), what="the items of a loop (source, target)")


@given(PAIRS, st.integers(1, 3))
def test_as_many_targets_as_sources(pairs, difference):
    sources, targets = [s for s, _ in pairs], [t for _, t in pairs]
    for wrong in (targets[:-difference], targets + [[5]] * difference, []):
        with pytest.raises(ValueError):
            ParallelDataset(sources, wrong)
    actual = list(map(build(pairs).__getitem__, range(len(pairs))))
    assert_matches(actual, items(pairs), what=ITEMS)


@given(PAIRS)
def test_two_data_sets_and_an_item_once_more(pairs):
    """Nothing of one is in the other. (What a test gets is a copy: whether changing an item changes a
    later one is seen in the student's own process only, by a public test.)"""
    dataset, other = build(pairs), build(pairs[::-1])
    actual = [dataset[0], other[0], dataset[-1], dataset[0]]
    first, last = items(pairs)[0], items(pairs)[-1]
    what = "items of two data sets in turn, one of them asked for twice"
    assert_matches(actual, [first, last, last, first], what=what)


@given(PAIRS)
def test_arguments_are_left_alone(pairs):
    sources, targets = [list(s) for s, _ in pairs], [list(t) for _, t in pairs]
    for _ in range(2):
        dataset = ParallelDataset(sources, targets)
        actual = [dataset[index] for index in range(len(pairs))]
        framed = add_special_tokens(sources[0])
        framed.append(5)
    given = [[s for s, _ in pairs], [t for _, t in pairs]]
    assert_matches([sources, targets], given, what="the sentences afterwards")
    assert_matches(actual, items(pairs), what=ITEMS)


@settings(max_examples=3)
@given(PAIRS, st.integers(2, 4), st.integers(0, 1000))
def test_in_a_shuffling_loader(pairs, batch_size, seed):
    order = torch.randperm(len(pairs), generator=torch.Generator().manual_seed(seed)).tolist()
    loader = DataLoader(build(pairs), batch_size=batch_size, sampler=order, collate_fn=list)
    batches = [order[start : start + batch_size] for start in range(0, len(pairs), batch_size)]
    expected = [[items(pairs)[index] for index in batch] for batch in batches]
    assert_matches(list(loader), expected, what="the batches of a loader, item by item")
