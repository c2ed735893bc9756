"""Public tests of pad_batch."""

import torch
from checks import assert_close, assert_refuses, call_by_name
from hypothesis import given, settings
from hypothesis import strategies as st
from seq2seq.batching import pad_batch

IDS, LENGTHS = "the ids (sentence, place)", "the lengths (sentence)"


def check(batch, ids, lengths, advice):
    assert isinstance(batch, tuple) and len(batch) == 2, "Return the pair (ids, lengths)."
    assert_close(batch[1], torch.tensor(lengths), LENGTHS, advice)
    ids = torch.tensor(ids, dtype=torch.int64).reshape(len(lengths), max(lengths))
    assert_close(batch[0], ids, IDS, advice)


def test_the_example_of_the_handout():
    advice = "Section 6 of the handout pads these three sentences."
    ids = [[5, 7, 2], [2, 0, 0], [6, 2, 0]]
    check(pad_batch([[5, 7, 2], [2], [6, 2]]), ids, [3, 1, 2], advice)


def test_arguments_have_the_names_of_the_docstring():
    batch = call_by_name(pad_batch, sequences=[[5], [6, 4]], pad=9)
    check(batch, [[5, 9], [6, 4]], [1, 2], "Here pad is 9.")


@settings(deadline=None, max_examples=20)
@given(
    st.lists(st.lists(st.integers(0, 5), max_size=5), min_size=1, max_size=4),
    st.sampled_from([list, tuple, torch.tensor]),
    st.sampled_from([0, 5, -1]),
)
def test_rows_stay_in_order_and_padding_comes_last(sentences, kind, pad):
    long = max(map(len, sentences))
    ids = [sentence + [pad] * (long - len(sentence)) for sentence in sentences]
    given = [kind(sentence) if sentence else [] for sentence in sentences]
    advice = f"The sentences are {sentences}, and pad is {pad}:"
    check(pad_batch(given, pad), ids, [len(s) for s in sentences], advice)


def test_an_id_that_is_also_pad_counts():
    advice = "The lengths are those of the sentences, whatever ids they have."
    check(pad_batch([[5, 0], [0, 0, 0]]), [[5, 0, 0], [0, 0, 0]], [2, 3], advice)


def test_no_sentences_are_an_error():
    check(pad_batch([[4]]), [[4]], [1], "One sentence is a batch.")
    assert_refuses(ValueError, pad_batch, [], what="a batch of no sentences")
