"""Hidden tests of parse_vectors.

The expected words and numbers come first, and the lines are written from them.
"""

import re

import pytest
import torch
from embeddings.vectors import parse_vectors
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.testing import assert_matches

SEEDS = st.integers(0, 2**32)
PARSED = "the words and the vectors (word, dim)"
TOLD = "the numbers of the line that the errors name, without a header and below one"
ENDS = st.sampled_from(["", "\n", "\r\n", " \n", " \r\n", "  "])
# white space for Python, but not the space that parts fields
OTHER_SPACES = ["\u00a0", "\t", "\u3000", "\u2028", "\x85", "\u2009"]
ODD = [
    "at name@domain.com",
    ". . .",
    "1 2 3",
    "1e5",
    "-",
    "7",
    "$ 5 nan",
    "#",
    "x  y",
    '"',
    "nan",
    "Polish",
]


def file_of(seed, n, d, tokens=()):
    """Different tokens, the given ones among them, and numbers that are written exactly."""
    generator = torch.Generator().manual_seed(seed)
    numbers = torch.randint(-4000, 4000, (n, d), generator=generator) / 64
    names = [*tokens, *(f"{'wW'[i % 2]}{i // 2}" for i in range(n))][:n]
    order = torch.randperm(n, generator=generator).tolist()
    words = [names[i] for i in order]
    return words, numbers.float()


def written(words, numbers, end="", form="{!r}"):
    lines = [" ".join(map(form.format, row)) for row in numbers.tolist()]
    return [f"{word} {line}{end}" for word, line in zip(words, lines, strict=True)]


def compare(lines, words, numbers, *max_words, what=PARSED):
    assert_matches(
        parse_vectors(lines, *max_words), (words, numbers), what=what, atol=1e-6, rtol=1e-6
    )


def line_told(lines, *max_words):
    """The number of the line that the error names."""
    with pytest.raises(ValueError) as caught:
        parse_vectors(lines, *max_words)
    error = caught.value
    message = error.failure.message if hasattr(error, "failure") else str(error)
    found = re.search(r"line (\d+)", message)
    return int(found[1]) if found else None


def refused(lines, number, *max_words):
    told = line_told(lines, *max_words)
    assert_matches(told, number, what="the number of the line that the error names")


@given(SEEDS, st.integers(2, 6), st.integers(2, 5), ENDS)
def test_glove(seed, n, d, end):
    words, numbers = file_of(seed, n, d)
    compare(written(words, numbers, end), words, numbers)


@given(SEEDS, st.integers(2, 6), st.integers(2, 5), ENDS)
def test_word2vec(seed, n, d, end):
    words, numbers = file_of(seed, n, d)
    lines = [f"{n} {d}{end}", *written(words, numbers, end)]
    compare(lines, words, numbers, what="the words and the vectors of a file with a header")


@given(SEEDS, st.integers(3, 6), st.integers(2, 5), st.booleans())
def test_tokens_with_spaces(seed, n, d, header):
    generator = torch.Generator().manual_seed(seed)
    tokens = [ODD[i] for i in torch.randperm(len(ODD), generator=generator)[:3]]
    words, numbers = file_of(seed, n, d, tokens)
    lines = written(words, numbers)
    if " " in words[0]:  # without a header, the first line says what d is
        lines = [f"plain {' '.join(['1'] * d)}", *lines]
        words, numbers = ["plain", *words], torch.cat([torch.ones(1, d), numbers])
    compare([f"{len(words)} {d}"] * header + lines, words, numbers)


@given(SEEDS, st.integers(2, 4))
def test_only_the_plain_space_parts_fields(seed, d):
    tokens = [f".{space}." for space in OTHER_SPACES] + [f"a{space}1" for space in OTHER_SPACES]
    words, numbers = file_of(seed, len(tokens) + 2, d, tokens)
    compare(written(words, numbers), words, numbers)


@given(SEEDS, st.integers(2, 5), st.booleans())
def test_vectors_of_one_number(seed, n, header):
    """A first line of two digits would be a header; a later one is a token and its number."""
    words, numbers = file_of(seed, n, 1)
    words[:2] = "\u0665", "5"  # a digit, but not an ASCII one; and one of those
    numbers = numbers.round().abs() + 1
    for order in (words, ["a", *words[1:]]):
        lines = written(order, numbers, form="{:.0f}")
        compare([f"{n} 1"] * header + lines, order, numbers)


@given(SEEDS, st.integers(2, 5), st.integers(2, 4))
def test_whole_numbers_are_no_header(seed, n, d):
    """Of more than two numbers, the first is a token."""
    words, numbers = file_of(seed, n, d)
    words[0] = "17"
    numbers = numbers.round().abs()
    compare(written(words, numbers, form="{:.0f}"), words, numbers)


@given(SEEDS, st.integers(2, 5), st.integers(2, 5))
def test_numbers_in_every_form(seed, n, d):
    words, numbers = file_of(seed, n, d)
    for form in ("{:.9e}", "{:+.6f}", "{:E}", "{:.12f}"):
        compare(written(words, numbers, form=form), words, numbers)
    compare([f"{word} .5 -2. +3e0" for word in words], words, torch.tensor([[0.5, -2.0, 3.0]] * n))


@given(SEEDS, st.integers(3, 6), st.integers(2, 4), st.booleans())
def test_the_first_of_equal_tokens_counts(seed, n, d, header):
    words, numbers = file_of(seed, n, d, ["twice", "a b"])
    lines = written(["plain", *words], torch.cat([numbers[:1] + 1, numbers]))
    again = written(["twice", "a b", "twice"], torch.full((3, d), 99.0))
    lines = [lines[0], *lines[1:], *again[:2], *written(["end"], numbers[:1]), again[2]]
    expected = torch.cat([numbers[:1] + 1, numbers, numbers[:1]])
    compare([f"{len(lines)} {d}"] * header + lines, ["plain", *words, "end"], expected)


@given(SEEDS, st.integers(4, 7), st.integers(2, 4), st.booleans())
def test_max_words_stops_reading(seed, n, d, header):
    words, numbers = file_of(seed, n, d)
    lines = written(words, numbers)
    lines.insert(1, lines[0])  # no new token
    lines = [f"{n + 90} {d}"] * header + lines
    for k in (1, 2, n - 1, n):
        read = lines[: lines.index(written(words, numbers)[k - 1]) + 1]
        compare([*read, "broken", ""], words[:k], numbers[:k], k)
    if not header:
        compare(lines, words, numbers, n + 1)
        compare(lines, words, numbers, None)
    else:
        refused(lines, 1, n + 1)


def told_of(lines, n, d, place, wrong):
    """The numbers that are told when a line is wrong, without a header and below one."""
    broken = [*lines[:place], wrong, *lines[place + 1 :]]
    return [line_told(broken), line_told([f"{n} {d}", *broken])]


@given(SEEDS, st.integers(4, 7), st.integers(2, 4))
def test_malformed_lines_are_named(seed, n, d):
    words, numbers = file_of(seed, n, d)
    lines = written(words, numbers)
    compare(lines, words, numbers)
    for place in (1, n - 1):  # not the first: without a header, that says what d is
        short = words[0] + " 1" * (d - 1)
        for wrong in (short, "1 " * d, "", "x" + " y" * d, lines[place] + "x"):
            told = told_of(lines, n, d, place, wrong)
            assert_matches(told, [place + 1, place + 2], what=TOLD)


@given(SEEDS, st.integers(3, 6), st.integers(2, 4))
def test_nan_and_infinity_are_malformed(seed, n, d):
    words, numbers = file_of(seed, n, d)
    lines = written(words, numbers)
    compare(lines, words, numbers)
    place = seed % n
    for wrong in ("nan", "NaN", "inf", "-inf", "Infinity"):
        for at in (0, d - 1):
            fields = ["w", *["1"] * at, wrong, *["1"] * (d - 1 - at)]
            told = told_of(lines, n, d, place, " ".join(fields))
            assert_matches(told, [place + 1, place + 2], what=TOLD)


@given(SEEDS, st.integers(2, 5), st.integers(2, 4))
def test_malformed_repeats_are_named(seed, n, d):
    """A token that has been there is not skipped unread."""
    words, numbers = file_of(seed, n, d)
    lines = written(words, numbers)
    compare(lines, words, numbers)
    for wrong in (words[0] + " 1" * (d - 1) + " x", words[0] + " 1" * (d - 1) + " inf"):
        refused([*lines, wrong, lines[0]], n + 1)


@given(SEEDS, st.integers(2, 5), st.integers(2, 4))
def test_headers_that_are_wrong(seed, n, d):
    words, numbers = file_of(seed, n, d)
    lines = written(words, numbers)
    compare([f"{n} {d}", *lines], words, numbers)
    compare([f"{n + 1} {d}", *lines, lines[0]], words, numbers)  # a repeat is a line, too
    for promised in (n - 1, n + 1, 0):
        refused([f"{promised} {d}", *lines], 1)
    refused([f"{n} 0", *words], 1)
    refused([f"{n} {d + 1}", *lines], 2)
    for alone in ("alone", "12"):
        refused([alone, *lines], 1)
    refused(["", *lines], 1)


@given(SEEDS, st.integers(2, 5), st.integers(1, 4))
def test_no_vectors_and_no_lines(seed, n, d):
    words, numbers = file_of(seed, n, d + 1)
    compare(written(words, numbers), words, numbers)
    for header in (f"0 {d}", f"0 {d} \n"):
        assert_matches(
            parse_vectors([header]),
            ([], torch.zeros(0, d)),
            what="the words and the vectors when there are none",
            allow_constant=True,
        )
    with pytest.raises(ValueError):
        parse_vectors([])


@settings(max_examples=3)
@given(SEEDS)
def test_lines_in_a_tuple_are_left_alone(seed):
    words, numbers = file_of(seed, 5, 3)
    lines = written(words, numbers, " \n")
    before = list(lines)
    compare(lines, words, numbers)
    assert_matches(lines, before, what="the lines after the call")
    compare(tuple(lines), words, numbers)
