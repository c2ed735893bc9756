"""Public tests of parse_vectors."""

import re

import pytest
import torch
from checks import assert_close, assert_shape
from embeddings.vectors import parse_vectors
from hypothesis import given, settings
from hypothesis import strategies as st

VECTORS = "the vectors (word, dim)"
GLOVE = ["the 0.5 -1 2\n", "at name@domain.com 1 2 3\n", ". . . 4 5 6e-1\n"]


def test_the_example_of_the_handout():
    words, vectors = parse_vectors(GLOVE)
    advice = "Section 14 of the handout shows these lines. The last three fields are the vector."
    assert words == ["the", "at name@domain.com", ". . ."], advice
    expected = torch.tensor([[0.5, -1.0, 2.0], [1.0, 2.0, 3.0], [4.0, 5.0, 0.6]])
    assert_close(vectors, expected, VECTORS, advice)


def test_arguments_have_the_names_of_the_docstring():
    words, vectors = parse_vectors(lines=GLOVE, max_words=1)
    assert words == ["the"], "max_words=1: one word."
    assert_close(vectors, torch.tensor([[0.5, -1.0, 2.0]]), VECTORS)


def test_a_header_is_no_vector():
    words, vectors = parse_vectors(["2 3", "the 0.5 -1 2 ", "cat 1 2 3 "])
    assert words == ["the", "cat"], "'2 3' says: two vectors of three numbers. It is no word."
    assert_close(vectors, torch.tensor([[0.5, -1.0, 2.0], [1.0, 2.0, 3.0]]), VECTORS)
    words, vectors = parse_vectors(["0 3"])
    assert words == [], "A header may promise nothing."
    assert_shape(vectors, "the vectors of no words", word=0, dim=3)


@pytest.mark.parametrize("space", ["\u00a0", "\t", "\u3000", "\u2028"])
def test_only_the_plain_space_parts_fields(space):
    token = f".{space}."
    words, vectors = parse_vectors([f"{token} 1 2", "cat 3 4"])
    advice = f"{token!r} is one token. Print the fields that your split makes of it."
    assert words == [token, "cat"], advice
    assert_close(vectors, torch.tensor([[1.0, 2.0], [3.0, 4.0]]), VECTORS, advice)


@settings(deadline=None, max_examples=25)
@given(st.lists(st.text("ab1.", min_size=1, max_size=3), min_size=1, max_size=6), st.integers(2, 4))
def test_words_and_rows_stay_together(tokens, d):
    lines = [
        f"{token} " + " ".join(str(10 * n + i) for i in range(d)) for n, token in enumerate(tokens)
    ]
    words, vectors = parse_vectors(iter(lines))
    first = dict.fromkeys(tokens)
    advice = f"For the lines {lines}; of a token that comes again, the first line counts:"
    assert words == list(first), advice
    rows = [[10.0 * tokens.index(token) + i for i in range(d)] for token in first]
    assert_close(vectors, torch.tensor(rows), VECTORS, advice)
    counted = parse_vectors([f"{len(lines)} {d}", *lines])
    assert counted[0] == list(first), f"{advice} with the header '{len(lines)} {d}'"


def test_max_words_stops_reading():
    words, vectors = parse_vectors(["a 1 2", "a 3 4", "b 5 6", "broken", "c 7 8"], 2)
    assert words == ["a", "b"], "Two different tokens are read by the third line, the rest is not."
    assert_close(vectors, torch.tensor([[1.0, 2.0], [5.0, 6.0]]), VECTORS)


@pytest.mark.parametrize(
    ("lines", "number"),
    [
        (["a 1 2", "b 3"], 2),
        (["2 2", "a 1 2", "b 3"], 3),
        (["a 1 2", "", "b 3 4"], 2),
        (["a 1 2", "b x 4"], 2),
        (["a 1 2", "b 3 nan"], 2),
        (["a 1 2", "b 3 4", "c inf 6"], 3),
        (["alone", "a 1 2"], 1),
        (["2 0", "a", "b"], 1),
        (["3 2", "a 1 2", "b 3 4"], 1),
        (["1 2", "a 1 2", "b 3 4"], 1),
    ],
)
def test_a_malformed_line_is_named(lines, number):
    words, vectors = parse_vectors(["a 1 2", "b 3 4"])
    assert words == ["a", "b"]
    assert_close(vectors, torch.tensor([[1.0, 2.0], [3.0, 4.0]]), VECTORS)
    with pytest.raises(ValueError) as caught:
        parse_vectors(lines)
    found = re.findall(r"line (\d+)", str(caught.value))
    assert found[:1] == [str(number)], f"Of {lines}, line {number} is wrong; say so: {caught.value}"


def test_no_lines_are_an_error():
    assert parse_vectors(["a 1"])[0] == ["a"]
    with pytest.raises(ValueError):
        parse_vectors([])
