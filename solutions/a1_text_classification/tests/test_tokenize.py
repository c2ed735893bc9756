"""Public tests of tokenize. Run them with `pytest tests/test_tokenize.py`."""

import re

import pytest
from checks import assert_equal, call_by_name
from hypothesis import given, settings
from hypothesis import strategies as st
from text_classification.preprocess import tokenize


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Don't stop, DON'T!", ["don't", "stop", "don't"]),
        ("A good film.A bad one?", ["a", "good", "film", "a", "bad", "one"]),
        ("10/10 in 1994", ["10", "10", "in", "1994"]),
        ("well-made", ["well", "made"]),
        ("'quoted' words' end", ["quoted", "words", "end"]),
        ("rock'n'roll", ["rock'n'roll"]),
        ("tabs\tand\nlines", ["tabs", "and", "lines"]),
        ("snake_case", ["snake", "case"]),
    ],
)
def test_examples(text, tokens):
    found = call_by_name(tokenize, text=text)
    assert_equal(found, tokens, f"the tokens of {text!r}", "See the docstring and section 3.")


def test_no_token_at_all():
    assert_equal(tokenize("one"), ["one"], "the tokens of 'one'")
    for text in ("", " ... !? ' "):
        assert_equal(
            tokenize(text), [], f"the tokens of {text!r}", "No letter, no digit: no token."
        )


@settings(deadline=None, max_examples=25)
@given(
    words=st.lists(st.from_regex(r"[a-z0-9]+('[a-z]+)?", fullmatch=True), min_size=1, max_size=8),
    between=st.sampled_from([" ", ", ", "...", "\n", " - ", "!", '"']),
)
def test_finds_words_between_anything(words, between):
    text = between.join(words)
    assert_equal(tokenize(text), words, f"the tokens of {text!r}")
    advice = "Upper and lower case are the same word: section 3."
    assert_equal(tokenize(text.upper()), words, f"the tokens of {text.upper()!r}", advice)


@settings(deadline=None, max_examples=25)
@given(text=st.text(max_size=30))
def test_tokens_have_their_form(text):
    tokens = tokenize("Start " + text)
    assert tokens and tokens[0].startswith("start"), f"'Start' is missing among {tokens}."
    wrong = [token for token in tokens if not re.fullmatch(r"[a-z0-9]+(?:'[a-z]+)*", token)]
    assert not wrong, f"Of {'Start ' + text!r}, {wrong[0]!r} is no token as the docstring has it."
