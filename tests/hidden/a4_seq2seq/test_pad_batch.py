"""Hidden tests of pad_batch.

The oracles are Python lists, and once the library's `pad_sequence`. Rows are compared one by one, so
that a batch in another order is seen.
"""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from seq2seq.batching import pad_batch
from torch.nn.utils.rnn import pad_sequence

from autograder.testing import assert_matches

BATCH = "the ids (sentence, place) and the lengths (sentence)"
IDS = st.integers(0, 6)
# The first has two different ids and is neither the longest nor the shortest; nothing is empty.
BATCHES = st.tuples(
    IDS.map(lambda word: [4, word, 2]),
    st.lists(IDS, min_size=4, max_size=6),
    st.lists(IDS, min_size=1, max_size=2),
    st.lists(st.lists(IDS, min_size=1, max_size=6), max_size=3),
).map(lambda drawn: [*drawn[:3], *drawn[3]])
PADS = st.sampled_from([0, 7, -1, -100, 2**40])


def expected(sentences, pad=0):
    long = max(map(len, sentences))
    rows = [sentence + [pad] * (long - len(sentence)) for sentence in sentences]
    ids = torch.tensor(rows, dtype=torch.int64).reshape(len(rows), long)
    return ids, torch.tensor([len(sentence) for sentence in sentences])


def tensors(sentences, dtype=torch.int64):
    return [torch.tensor(sentence, dtype=dtype) for sentence in sentences]


@given(BATCHES)
def test_lists(sentences):
    assert_matches(pad_batch(sentences), expected(sentences), what=BATCH)


@given(BATCHES, PADS)
def test_any_pad(sentences, pad):
    assert_matches(pad_batch(sentences, pad), expected(sentences, pad), what=BATCH)


@given(BATCHES, PADS)
def test_equals_the_library(sentences, pad):
    ids = pad_sequence(tensors(sentences), batch_first=True, padding_value=pad)
    actual = pad_batch(tensors(sentences), pad)
    assert_matches(actual, (ids, expected(sentences)[1]), what=BATCH)


@given(BATCHES)
def test_tuples_and_both_kinds_in_one_batch(sentences):
    mixed = [tuple(sentences[0]), *tensors(sentences[1:2]), *sentences[2:]]
    actual = [pad_batch(tuple(map(tuple, sentences))), pad_batch(mixed)]
    assert_matches(actual, [expected(sentences)] * 2, what="the batches of tuples, and of mixtures")


@given(BATCHES)
def test_int32(sentences):
    actual = pad_batch(tensors(sentences, torch.int32))
    assert_matches(actual, expected(sentences), what="the int64 ids and lengths of int32 sequences")


@given(BATCHES, PADS)
def test_ids_that_are_pad_count(sentences, pad):
    """At both ends, and a sentence of nothing else."""
    held = [[pad, *sentence, pad] for sentence in sentences] + [[pad] * 4]
    assert_matches(pad_batch(held, pad), expected(held, pad), what=BATCH)


@given(BATCHES)
def test_large_ids(sentences):
    """Ids that neither float32 nor int32 can hold."""
    large = [[2**40 + 1 + word for word in sentence] for sentence in sentences]
    assert_matches(pad_batch(large), expected(large), what=BATCH)


@given(BATCHES)
def test_empty_sentences(sentences):
    some = [[], *sentences, []]
    assert_matches(pad_batch(some), expected(some), what=BATCH)
    some = [*tensors(sentences), torch.zeros(0, dtype=torch.int64)]
    assert_matches(pad_batch(some), expected([*sentences, []]), what=BATCH)
    what = "the batch of nothing but empty sentences"
    assert_matches(pad_batch([[], []]), expected([[], []]), what=what, allow_constant=True)


@given(BATCHES)
def test_one_sentence_and_one_id(sentences):
    batches = [sentences[:1], sentences[1:2], [[5]], [[5], [6]]]
    actual = [pad_batch(batch) for batch in batches]
    assert_matches(actual, [expected(batch) for batch in batches], what="batches of sizes of 1")


@given(BATCHES)
def test_no_sentences(sentences):
    for nothing in ([], ()):
        with pytest.raises(ValueError):
            pad_batch(nothing)
    assert_matches(pad_batch(sentences), expected(sentences), what=BATCH)


@given(BATCHES)
def test_memory_layout(sentences):
    """Sequences that are columns of a matrix."""
    columns = [torch.stack([row, row + 9], dim=1)[:, 0] for row in tensors(sentences)]
    what = "the batch of sequences that are not contiguous in memory"
    assert_matches(pad_batch(columns), expected(sentences), what=what)


@given(BATCHES, PADS)
def test_other_orders(sentences, pad):
    for order in (sentences[::-1], sorted(sentences, key=len), sentences[1:] + sentences[:1]):
        assert_matches(pad_batch(order, pad), expected(order, pad), what=BATCH)


@given(BATCHES)
def test_one_call_after_another(sentences):
    """Neither the sequences nor the first result are changed, and nothing is remembered."""
    lists, given = [list(sentence) for sentence in sentences], tensors(sentences)
    first = [pad_batch(lists, 9), pad_batch(given, 9)]
    for ids, lengths in (pad_batch(lists, 9), pad_batch(given, 9), pad_batch(given[:1], 3)):
        ids += 5
        lengths += 1
    with torch.no_grad():
        again = pad_batch(given, 9)
    assert_matches(lists, sentences, what="the lists afterwards")
    assert_matches(given, tensors(sentences), what="the tensors afterwards")
    assert_matches([*first, again], [expected(sentences, 9)] * 3, what="the batches of three calls")
