"""Hidden tests of tokenize.

Each example also holds a text with tokens of its own, so that no constant answer is right.
"""

import string

from hypothesis import given
from hypothesis import strategies as st
from text_classification.preprocess import tokenize

from autograder.testing import assert_matches
from solutions.a1_text_classification.text_classification.preprocess import tokenize as reference

ANCHOR = "Plain words, plain WORDS"
WORDS = st.from_regex(r"[a-z0-9]{1,4}('[a-z]{1,2}){0,3}", fullmatch=True)
SEPARATORS = st.sampled_from([" ", ", ", ".", "...", "\n", "\t", " - ", "-", "!?", '"', "_", " ' "])


def compare(*texts, what="the tokens"):
    """Compare the tokens of each text, and of one more."""
    texts = [*texts, ANCHOR]
    actual = [tokenize(text) for text in texts]
    assert_matches(actual, [reference(text) for text in texts], what=what)


def by_reading(text):
    """The tokens, found by reading one character after the other."""
    letters, digits = set(string.ascii_lowercase), set(string.digits)
    tokens, current, after_apostrophe = [], "", False
    text = text.lower() + " "
    for here, following in zip(text, text[1:] + " ", strict=True):
        if here in letters or (here in digits and not after_apostrophe):
            current += here
        elif here == "'" and current and following in letters:
            current, after_apostrophe = current + here, True
        else:
            tokens += [current] if current else []
            # a digit right after a group of letters begins the next token
            current, after_apostrophe = here if here in digits else "", False
    return tokens


@given(st.text(alphabet="aZ9'", max_size=14))
def test_apostrophes_everywhere(text):
    compare(text, "'a' b", what="the tokens of texts with many apostrophes")


@given(st.text(alphabet="aBz 07'-_.\n", max_size=30))
def test_equals_reading_by_character(text):
    actual = [tokenize(text), tokenize(ANCHOR)]
    assert_matches(actual, [by_reading(text), by_reading(ANCHOR)], what="the tokens")


@given(st.lists(WORDS, min_size=1, max_size=8), SEPARATORS)
def test_words_and_what_separates_them(words, separator):
    # A token that ends in letters after an apostrophe is not joined to what follows.
    text = separator.join(words)
    texts = text, separator + text.upper() + separator, ANCHOR
    expected = [words, words, reference(ANCHOR)]
    assert_matches([tokenize(part) for part in texts], expected, what="the words of texts")


@given(st.lists(st.sampled_from(["a", "5", "10", "1980s", "i", "b2b", "'90s", "7's"]), min_size=1))
def test_digits_and_single_characters(words):
    compare(" ".join(words), "/".join(words), "a 10 b2b", what="the tokens of texts with numbers")


@given(st.lists(st.sampled_from(["good", "Good", "film", "don't", "DON'T"]), min_size=4))
def test_repeats_and_order(words):
    compare(" ".join(words), what="the tokens of a text with repeated words")


@given(st.text(alphabet="aéÉßñİK\u017f²٣\u2019'日 _x", min_size=1, max_size=15))
def test_other_alphabets(text):
    compare(text, what="the tokens of a text with letters beyond a to z")


@given(st.text(max_size=40))
def test_any_text(text):
    compare(text, f"it's {text} ok", what="the tokens of any text")


@given(st.sampled_from(["", " ", "'", "''", "...", "_", "\n\n", "-'-", "é", "!?"]))
def test_texts_without_tokens(text):
    compare(text, text * 3, what="the tokens of texts, some without any")


@given(st.text(alphabet="ab' ", min_size=1, max_size=10), st.integers(2, 300))
def test_long_texts(text, times):
    compare(text * times, what="the tokens of a long text")
