"""Hidden tests of vocabulary.

Every test compares ids or tokens of drawn documents, many of them equally frequent, with those of
the reference or with a table made by sorting; a constant or the argument fails each of them.
"""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from text_classification.preprocess import Vocabulary

from autograder.testing import assert_matches
from solutions.a1_text_classification.text_classification.preprocess import (
    Vocabulary as Reference,
)

TOKEN = st.sampled_from(["a", "b", "c", "d", "e", "f", "g", "Z", "b2", "<pad>", "<unk>", "<eos>"])
# Some tokens are frequent, so that counts differ, and many are equal.
DOCUMENT = st.lists(st.one_of(TOKEN, st.sampled_from("bd")), max_size=8)
DOCUMENTS = st.lists(DOCUMENT, max_size=6)
WITH_UNKNOWN = st.sampled_from(
    [
        ("<pad>", "<unk>"),
        ("<unk>",),
        ("<unk>", "<pad>"),
        ("<eos>", "<pad>", "<unk>"),
        ("b", "<unk>"),
    ]
)
SPECIALS = st.one_of(WITH_UNKNOWN, st.sampled_from([(), ("<pad>",), ("<eos>", "<pad>"), ("e",)]))
ROOM = st.one_of(st.none(), st.integers(0, 6))


def words(vocabulary):
    """All tokens in the order of their ids."""
    return vocabulary.decode(list(range(len(vocabulary))))


def everything(vocabulary, tokens):
    """All that a vocabulary tells: its size, its tokens, ids of known tokens, what it contains."""
    known = words(vocabulary)
    asked = [*tokens, "popcorn"]
    return {
        "size": len(vocabulary),
        "tokens": known,
        "ids": vocabulary.encode(known[::-1] + known),
        "contained": [token in vocabulary for token in asked],
    }


def compare(*args, what="the vocabulary", allow_constant=False, **kwargs):
    """Compare all that the student's and the reference's vocabulary tell."""
    tokens = [token for document in args[0] for token in document]
    actual = everything(Vocabulary(*args, **kwargs), tokens)
    expected = everything(Reference(*args, **kwargs), tokens)
    assert_matches(actual, expected, what=what, allow_constant=allow_constant)


@given(DOCUMENTS)
def test_order_of_tokens(documents):
    documents = [*documents, ["g", "a"]]
    counts = {}
    for document in documents:
        for token in document:
            counts[token] = counts.get(token, 0) + 1
    rest = sorted(counts.keys() - {"<pad>", "<unk>"})
    rest.sort(key=counts.get, reverse=True)
    expected = ["<pad>", "<unk>", *rest]
    vocabulary = Vocabulary(documents)
    assert_matches(words(vocabulary), expected, what="the tokens in the order of their ids")
    ids = {token: index for index, token in enumerate(expected)}
    for document in documents:
        expected_ids = [ids[token] for token in ["a", "g", *document]]
        assert_matches(vocabulary.encode(["a", "g", *document]), expected_ids, what="the ids")


@given(st.permutations(["h", "a", "g", "b", "f", "c", "e", "d"]), st.integers(1, 3))
def test_equally_frequent_tokens(tokens, times):
    documents = [tokens] * times
    compare(documents, what="the vocabulary of equally frequent tokens")
    compare([["x", "x", "x", "x", *tokens], tokens], max_size=6, what="a cut among equals")


@given(DOCUMENTS, SPECIALS)
def test_specials(documents, specials):
    compare([*documents, ["g", "a", "a"]], specials=specials, what="other special tokens")
    compare([["<unk>"] * 3, ["b", *specials, *specials]], specials=list(specials))


@given(DOCUMENTS, st.integers(1, 4))
def test_min_count(documents, min_count):
    compare(
        [*documents, ["b", "d", "d"]],
        min_count,
        what="the vocabulary of tokens that are frequent enough",
    )


@given(DOCUMENTS, SPECIALS, ROOM, st.integers(1, 3))
def test_max_size(documents, specials, room, min_count):
    max_size = None if room is None else len(specials) + room
    documents = [*documents, ["g", "a", "b", "b", "b", "a", "a"]]
    compare(documents, max_size=99, what="the vocabulary when there is room for all")
    what = "the vocabulary of limited size"  # which may have room for nothing
    compare(documents, min_count, max_size, specials, what=what, allow_constant=True)


@given(DOCUMENTS, WITH_UNKNOWN, DOCUMENT)
def test_unknown_tokens(documents, specials, others):
    tokens = [*others, "popcorn", "a", "B", "", "z", "pad"]
    for min_count in (1, 3):
        arguments = [*documents, ["a", "a", "a"]], min_count, None, specials
        actual, expected = (
            Vocabulary(*arguments).encode(tokens),
            Reference(*arguments).encode(tokens),
        )
        assert_matches(actual, expected, what="ids of known and unknown tokens")


@given(DOCUMENTS, st.sampled_from([(), ("<pad>",), ("<eos>", "<pad>")]))
def test_no_id_for_unknown_tokens(documents, specials):
    # <unk> in the documents is a token like others, no special.
    documents = [*documents, ["g", "a", "<unk>", "a"]]
    vocabulary, expected = (kind(documents, specials=specials) for kind in (Vocabulary, Reference))
    for tokens in (["popcorn"], ["a", "popcorn", "a"]):
        with pytest.raises(ValueError):
            vocabulary.encode(tokens)
    known = ["a", "g", "<unk>", "a"]
    what = "ids of known tokens, without <unk> among the specials"
    assert_matches(vocabulary.encode(known), expected.encode(known), what=what)


@given(DOCUMENTS, SPECIALS)
def test_decode_refuses_what_is_no_id(documents, specials):
    documents = [*documents, ["g", "a"]]
    vocabulary, expected = (kind(documents, specials=specials) for kind in (Vocabulary, Reference))
    size = len(expected)
    for wrong in ([-1], [size], [0, size + 5], [-size, 0], [-size - 1]):
        with pytest.raises(IndexError):
            vocabulary.decode(wrong)
    ids = [size - 1, 0, size - 1, 1]
    assert_matches(vocabulary.decode(ids), expected.decode(ids), what="the tokens of ids")


@given(DOCUMENTS, st.sampled_from([("<pad>", "<unk>"), ("<eos>", "<pad>", "<unk>"), ("b",)]))
def test_no_room_for_the_specials(documents, specials):
    for max_size in range(len(specials)):
        with pytest.raises(ValueError):
            Vocabulary(documents, max_size=max_size, specials=specials)
    compare(documents, max_size=len(specials), specials=specials, what="a vocabulary of specials")


@given(DOCUMENTS, SPECIALS)
def test_what_is_contained(documents, specials):
    documents = [*documents, ["g", "a", "a"]]
    vocabulary = Vocabulary(documents, min_count=2, max_size=len(specials) + 3, specials=specials)
    expected = Reference(documents, min_count=2, max_size=len(specials) + 3, specials=specials)
    tokens = ["a", "popcorn", "", "g", "b", "d", "Z", "<pad>", "<unk>", "<eos>", "<", "A"]
    actual = [token in vocabulary for token in tokens]
    assert_matches(actual, [token in expected for token in tokens], what="what is contained")


@given(DOCUMENTS, st.integers(0, 2**32 - 1))
def test_spread_over_documents_means_nothing(documents, seed):
    documents = [*documents, ["g", "a", "a"]]
    tokens = [token for document in documents for token in document]
    random.Random(seed).shuffle(tokens)
    cut = len(tokens) // 2
    actual = words(Vocabulary([tokens[:cut], [], tokens[cut:]]))
    expected = words(Reference(documents))
    assert_matches(actual, expected, what="the tokens of the same counts in other documents")


@given(DOCUMENTS, DOCUMENT)
def test_asking_changes_nothing(documents, others):
    """What a vocabulary was asked before has no part in what it answers: an unknown token stays unknown."""
    documents = [*documents, ["g", "a", "a"]]
    vocabulary, expected = Vocabulary(documents), Reference(documents)
    tokens = [*others, "popcorn", "a", "popcorn", "z"]
    first = [token in vocabulary for token in tokens]
    ids = [vocabulary.encode(tokens) for _ in range(2)]
    second = [token in vocabulary for token in tokens]
    actual = [ids, first, second, len(vocabulary), words(vocabulary)]
    contained = [token in expected for token in tokens]
    right = [[expected.encode(tokens)] * 2, contained, contained, len(expected), words(expected)]
    assert_matches(actual, right, what="the vocabulary before and after unknown tokens")


@given(DOCUMENTS, SPECIALS)
def test_other_collections(documents, specials):
    documents = [*documents, ["g", "a", "a"]]
    expected = Reference(documents, 1, None, specials)
    given_documents = tuple(tuple(document) for document in documents)
    vocabulary = Vocabulary(given_documents, 1, None, list(specials))
    known = words(expected)
    actual = [vocabulary.encode(tuple(known)), vocabulary.decode(tuple(range(len(known))))]
    what = "ids and tokens, with tuples in the place of lists"
    assert_matches(actual, [expected.encode(known), known], what=what)


@given(DOCUMENTS)
def test_nothing_shared_and_nothing_changed(documents):
    documents = [*documents, ["g", "a", "a"]]
    before = [list(document) for document in documents]
    specials = ["<pad>", "<unk>"]
    vocabulary = Vocabulary(documents)
    other = Vocabulary([["z", "y"]], specials=specials)
    specials.append("<eos>")
    assert_matches(documents, before, what="the documents after the call")
    assert_matches(words(vocabulary), words(Reference(before)), what="the tokens of one vocabulary")
    assert_matches(words(other), ["<pad>", "<unk>", "y", "z"], what="the tokens of another one")
