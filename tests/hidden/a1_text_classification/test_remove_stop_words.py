"""Hidden tests of remove_stop_words.

One token of every example stays, so that no constant answer is right.
"""

from hypothesis import given
from hypothesis import strategies as st
from text_classification.preprocess import remove_stop_words

from autograder.testing import assert_matches
from solutions.a1_text_classification.text_classification.preprocess import (
    remove_stop_words as reference,
)

TOKENS = st.lists(st.sampled_from(["the", "of", "a", "is", "film", "good"]), max_size=14)
STOP_WORDS = st.lists(st.sampled_from(["the", "of", "a", "is", "it's"]), max_size=5)
# Words that hold one another: at the beginning, at the end, and inside.
NESTED = st.sampled_from(
    ["the", "theatre", "bathe", "lathers", "is", "isle", "this", "wished", "a"]
)


@given(TOKENS, STOP_WORDS)
def test_what_stays(tokens, stop_words):
    tokens = [*tokens, "ending"]
    expected = [token for token in tokens if token not in stop_words]
    assert_matches(remove_stop_words(tokens, set(stop_words)), expected, what="what stays")


@given(TOKENS, STOP_WORDS)
def test_any_collection_of_stop_words(tokens, stop_words):
    tokens = ["ending", *tokens]
    for kind in (list, tuple, set, frozenset):
        actual = remove_stop_words(list(tokens), kind(stop_words))
        assert_matches(actual, reference(tokens, stop_words), what="what stays")
    what = "what stays of a tuple of tokens"
    actual = list(remove_stop_words(tuple(tokens), stop_words))
    assert_matches(actual, reference(tokens, stop_words), what=what)


@given(st.lists(NESTED, max_size=12), st.sets(NESTED, min_size=1, max_size=4))
def test_only_whole_words(tokens, stop_words):
    tokens = ["theatre", *tokens, "lathers", "bathe", "athirst"]
    stop_words = {"the", "is"} | stop_words - {"theatre"}
    actual = remove_stop_words(list(tokens), stop_words)
    assert_matches(actual, reference(tokens, stop_words), what="what stays of similar words")


@given(st.integers(1, 6), st.integers(1, 6), TOKENS)
def test_neighbouring_stop_words(first, second, tokens):
    tokens = ["is"] * first + ["the"] * second + [*tokens, "ending"] + ["is"] * second
    actual = remove_stop_words(list(tokens), {"is", "the"})
    assert_matches(actual, reference(tokens, {"is", "the"}), what="what stays between stop words")


@given(st.lists(st.sampled_from(["film", "good", "zeal", "acting"]), min_size=2, max_size=12))
def test_repeats_and_order_of_what_stays(tokens):
    actual = remove_stop_words(["the", *tokens, *tokens], ["the"])
    assert_matches(actual, tokens + tokens, what="what stays, in order and with repeats")


@given(TOKENS, STOP_WORDS)
def test_arguments_are_left_alone(tokens, stop_words):
    tokens = ["the", *tokens, "ending", "the"]
    stop_words = ["the", *stop_words]
    before = list(tokens), list(stop_words)
    actual = remove_stop_words(tokens, stop_words)
    assert_matches([tokens, stop_words], before, what="the arguments after the call")
    assert_matches(actual, reference(*before), what="what stays")


@given(TOKENS, st.booleans())
def test_nothing_or_all_of_it(tokens, everything):
    stop_words = set(tokens) if everything else set()
    actual = remove_stop_words([*tokens, "ending"], stop_words)
    expected = ["ending"] if everything else [*tokens, "ending"]
    assert_matches(actual, expected, what="what stays when all or no words are stop words")
