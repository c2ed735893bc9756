import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from text_classification.preprocess import Vocabulary

DOCUMENTS = [["good", "film", "good"], ["bad", "film"], ["good", "acting"]]


def words(vocabulary):
    """All tokens in the order of their ids."""
    return vocabulary.decode(list(range(len(vocabulary))))


def test_handout_example():
    vocabulary = Vocabulary(DOCUMENTS)
    assert len(vocabulary) == 6
    # good 3, film 2, then acting and bad, 1 each, in alphabetical order
    assert words(vocabulary) == ["<pad>", "<unk>", "good", "film", "acting", "bad"]
    assert vocabulary.encode(["bad", "film", "film"]) == [5, 3, 3]


def test_unknown_tokens():
    vocabulary = Vocabulary(DOCUMENTS)
    assert vocabulary.encode(["good", "popcorn", "film"]) == [2, 1, 3], "no token may vanish"
    without = Vocabulary(DOCUMENTS, specials=["<pad>"])
    assert without.encode(["good"]) == [1]
    with pytest.raises(ValueError):
        without.encode(["popcorn"])


def test_contains():
    vocabulary = Vocabulary(DOCUMENTS)
    assert "film" in vocabulary
    assert "<pad>" in vocabulary
    assert "popcorn" not in vocabulary


def test_min_count_is_inclusive():
    assert words(Vocabulary(DOCUMENTS, min_count=2)) == ["<pad>", "<unk>", "good", "film"]
    assert words(Vocabulary(DOCUMENTS, min_count=3)) == ["<pad>", "<unk>", "good"]


def test_max_size_counts_the_specials():
    assert words(Vocabulary(DOCUMENTS, max_size=5)) == ["<pad>", "<unk>", "good", "film", "acting"]
    assert len(Vocabulary(DOCUMENTS, max_size=100)) == 6
    with pytest.raises(ValueError):
        Vocabulary(DOCUMENTS, max_size=1)


def test_specials_are_yours_to_choose():
    assert words(Vocabulary([["b"]], specials=("<unk>", "<eos>"))) == ["<unk>", "<eos>", "b"]
    assert words(Vocabulary([["b", "a"]], specials=())) == ["a", "b"]


def test_special_among_the_tokens():
    vocabulary = Vocabulary([["<unk>", "film", "<unk>", "<unk>"]])
    assert words(vocabulary) == ["<pad>", "<unk>", "film"]
    assert vocabulary.encode(["<unk>", "film"]) == [1, 2]


def test_decode_refuses_what_is_no_id():
    vocabulary = Vocabulary(DOCUMENTS)
    assert vocabulary.decode([0, 5]) == ["<pad>", "bad"]
    for wrong in (6, -1):
        with pytest.raises(IndexError):
            vocabulary.decode([wrong])


def test_nothing_to_count():
    vocabulary = Vocabulary([])
    assert words(vocabulary) == ["<pad>", "<unk>"]
    assert vocabulary.encode([]) == []


@settings(deadline=None, max_examples=25)
@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=6), max_size=6))
def test_decoding_undoes_encoding(documents):
    vocabulary = Vocabulary(documents)
    for document in documents:
        assert vocabulary.decode(vocabulary.encode(document)) == document
    # How the tokens are spread over documents, and their order, means nothing.
    joined = Vocabulary([[token for document in documents for token in document][::-1]])
    assert words(vocabulary) == words(joined)
    assert words(vocabulary)[:2] == ["<pad>", "<unk>"]
