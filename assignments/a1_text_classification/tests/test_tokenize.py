import re

import pytest
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
    assert tokenize(text) == tokens


def test_no_token_at_all():
    assert tokenize("one") == ["one"]
    assert tokenize("") == []
    assert tokenize(" ... !? ' ") == []


@settings(deadline=None, max_examples=25)
@given(
    words=st.lists(st.from_regex(r"[a-z0-9]+('[a-z]+)?", fullmatch=True), min_size=1, max_size=8),
    between=st.sampled_from([" ", ", ", "...", "\n", " - ", "!", '"']),
)
def test_finds_words_between_anything(words, between):
    assert tokenize(between.join(words)) == words
    assert tokenize(between.join(words).upper()) == words, "upper and lower case are the same word"


@settings(deadline=None, max_examples=25)
@given(text=st.text(max_size=30))
def test_tokens_have_their_form(text):
    tokens = tokenize("Start " + text)
    assert tokens[0].startswith("start")
    assert all(re.fullmatch(r"[a-z0-9]+(?:'[a-z]+)*", token) for token in tokens), tokens
