"""Public tests of Vocabulary. Run them with `pytest tests/test_vocabulary.py`."""

from checks import assert_equal, assert_refuses, call_by_name
from hypothesis import given, settings
from hypothesis import strategies as st
from text_classification.preprocess import Vocabulary

DOCUMENTS = [["good", "film", "good"], ["bad", "film"], ["good", "acting"]]
TOKENS, SIZE = "the tokens in the order of their ids", "the size of the vocabulary"


def words(vocabulary):
    """All tokens in the order of their ids."""
    return vocabulary.decode(list(range(len(vocabulary))))


def test_handout_example():
    vocabulary = Vocabulary(DOCUMENTS)
    assert_equal(len(vocabulary), 6, SIZE, "Two specials and four words: section 5.")
    # good 3, film 2, then acting and bad, 1 each, in alphabetical order
    expected = ["<pad>", "<unk>", "good", "film", "acting", "bad"]
    advice = "Specials first, then from frequent to rare, equal ones by the alphabet (section 5)."
    assert_equal(words(vocabulary), expected, TOKENS, advice)
    ids = call_by_name(vocabulary.encode, tokens=["bad", "film", "film"])
    assert_equal(ids, [5, 3, 3], "the ids of bad, film, film")


def test_unknown_tokens():
    vocabulary = Vocabulary(DOCUMENTS)
    advice = "popcorn is not in the vocabulary: it gets the id of <unk>, and no token may vanish."
    ids = vocabulary.encode(["good", "popcorn", "film"])
    assert_equal(ids, [2, 1, 3], "the ids of good, popcorn, film", advice)
    without = Vocabulary(DOCUMENTS, specials=["<pad>"])
    assert_equal(without.encode(["good"]), [1], "the id of good, with <pad> as the only special")
    what = "the id of popcorn, without <unk> among the specials"
    assert_refuses(ValueError, without.encode, ["popcorn"], what=what)


def test_contains():
    vocabulary = Vocabulary(DOCUMENTS)
    for token in ("film", "<pad>"):
        assert token in vocabulary, f"{token} has an id, but `in` says that it is not there."
    said = "popcorn has no id of its own, but `in` says that it is there."
    assert "popcorn" not in vocabulary, said


def test_min_count_is_inclusive():
    for min_count, expected in [(2, ["good", "film"]), (3, ["good"])]:
        vocabulary = call_by_name(Vocabulary, documents=DOCUMENTS, min_count=min_count)
        advice = f"A token needs at least {min_count} occurrences; good has 3, film 2."
        assert_equal(words(vocabulary), ["<pad>", "<unk>", *expected], TOKENS, advice)


def test_max_size_counts_the_specials():
    expected = ["<pad>", "<unk>", "good", "film", "acting"]
    advice = "max_size=5 is the size of all, specials included; what comes last is left out."
    vocabulary = call_by_name(Vocabulary, documents=DOCUMENTS, max_size=5)
    assert_equal(words(vocabulary), expected, TOKENS, advice)
    assert_equal(len(Vocabulary(DOCUMENTS, max_size=100)), 6, f"{SIZE} when there is room")
    what = "a vocabulary with max_size=1 and two specials"
    assert_refuses(ValueError, Vocabulary, DOCUMENTS, 1, 1, what=what)


def test_specials_are_yours_to_choose():
    advice = "The specials come first, in the order in which they are given."
    vocabulary = call_by_name(Vocabulary, documents=[["b"]], specials=("<unk>", "<eos>"))
    assert_equal(words(vocabulary), ["<unk>", "<eos>", "b"], TOKENS, advice)
    assert_equal(words(Vocabulary([["b", "a"]], specials=())), ["a", "b"], TOKENS)


def test_special_among_the_tokens():
    vocabulary = Vocabulary([["<unk>", "film", "<unk>", "<unk>"]])
    advice = "<unk> also stands in the documents; it keeps its place and its one id."
    assert_equal(words(vocabulary), ["<pad>", "<unk>", "film"], TOKENS, advice)
    assert_equal(vocabulary.encode(["<unk>", "film"]), [1, 2], "the ids of <unk>, film", advice)


def test_decode_refuses_what_is_no_id():
    vocabulary = Vocabulary(DOCUMENTS)
    tokens = call_by_name(vocabulary.decode, ids=[0, 5])
    assert_equal(tokens, ["<pad>", "bad"], "the tokens of 0 and 5")
    for wrong in (6, -1):
        what = f"the token of {wrong}, where the ids are 0 to 5"
        assert_refuses(IndexError, vocabulary.decode, [wrong], what=what)


def test_nothing_to_count():
    vocabulary = Vocabulary([])
    assert_equal(words(vocabulary), ["<pad>", "<unk>"], f"{TOKENS}, without documents")
    assert_equal(vocabulary.encode([]), [], "the ids of no tokens")


@settings(deadline=None, max_examples=25)
@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=6), max_size=6))
def test_decoding_undoes_encoding(documents):
    vocabulary = Vocabulary(documents)
    for document in documents:
        decoded = vocabulary.decode(vocabulary.encode(document))
        assert_equal(decoded, document, "a document that was encoded and decoded")
    # How the tokens are spread over documents, and their order, means nothing.
    joined = Vocabulary([[token for document in documents for token in document][::-1]])
    advice = "The same tokens in one document, backwards: what decides between equal counts?"
    assert_equal(words(joined), words(vocabulary), TOKENS, advice)
    assert_equal(words(vocabulary)[:2], ["<pad>", "<unk>"], "the first two tokens")
