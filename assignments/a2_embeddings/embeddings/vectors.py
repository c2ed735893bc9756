"""Vectors as geometry: reading published ones, angles between them, neighbours, analogies.

Handout: README.md, sections 14 to 17.
"""

from collections.abc import Callable, Iterable

import torch
from jaxtyping import Float
from torch import Tensor


def parse_vectors(
    lines: Iterable[str], max_words: int | None = None
) -> tuple[list[str], Float[Tensor, "n d"]]:
    """Read word vectors in the text formats of GloVe and word2vec.

    A line is a token and d numbers. word2vec's format has a line more at the top, the *header*: two
    numbers, how many lines follow and what d is.

    - Fields are parted by one space (U+0020) and nothing else: tokens may hold other white space, such
      as the no-break space. Spaces and line ends ("\\n", "\\r") at the end of a line mean nothing.
    - The last d fields are the vector. All before them is the token, which may hold spaces.
    - The first line is a header if it has exactly two fields, both of the digits 0 to 9 alone. If
      there is none, d is the number of fields of the first line, less one.
    - If a token comes again, its first line counts. Later ones must still be well formed.

    Arguments:
        lines: the lines, with or without their line ends; any iterable, read once.
        max_words: None, or at least 1: stop as soon as so many different tokens are read. Later lines
            are not looked at, and the header's number of lines does not matter.

    Returns:
        The tokens in the order of the lines, each once, and their vectors: float32 (n, d), on the CPU,
        in the same order. A header `0 d` with nothing below gives ([], a tensor (0, d)).

    Raises:
        ValueError: a line is malformed. The message contains "line N", where N counts all lines from
            1, header included: fewer than d numbers, or no token (a blank line, too); one of the last
            d fields is no number that `float` understands, or is nan or infinite; a first line of
            one field, or a header with d = 0 (line 1); another number of lines than the header says
            (line 1). Also if there are no lines at all, without a number.

    Source: handout, section 14; Pennington, Socher and Manning, "GloVe" (2014), and Mikolov et al.
        (2013b), for the published vectors.
    """
    raise NotImplementedError("parse_vectors: not started")


def cosine_similarity(a: Float[Tensor, "*a d"], b: Float[Tensor, "*b d"]) -> Float[Tensor, "*c"]:
    """The cosine of the angle between vectors: their product over the product of their lengths.

    Arguments:
        a: (..., d), floating.
        b: (..., d), same dtype and device. The leading axes of both are broadcast against each other.

    Returns:
        (...), same dtype and device: the cosines. 0 where a vector is zero. Right for lengths from
        1e-4 to 1e6. Gradients are finite everywhere, also where a vector is zero (any finite number
        there).

    Source: handout, section 15.
    """
    raise NotImplementedError("cosine_similarity: not started")


def most_similar(
    query: Float[Tensor, "d"], vectors: Float[Tensor, "n d"], k: int, exclude: Iterable[int] = ()
) -> list[tuple[int, float]]:
    """The rows at the smallest angles to a query.

    Arguments:
        query: (d,), floating.
        vectors: (n, d), same dtype and device. Not changed.
        k: how many rows, 0 or more.
        exclude: rows that are left out, ints; repeats are allowed.

    Returns:
        (row, cosine of the row and the query) of the k rows with the largest cosines, best first, equal
        cosines by the lower row: Python ints and floats. A row of zeros has the cosine 0, and so has
        every row if the query is zero. Fewer than k if there are not enough rows left.

    Raises:
        ValueError: k is negative.
        IndexError: an excluded row is outside 0 ... n - 1 (negative ones too).

    Source: handout, section 16.
    """
    raise NotImplementedError("most_similar: not started")


def analogy(
    a: int,
    b: int,
    c: int,
    vectors: Float[Tensor, "n d"],
    k: int,
    search: Callable[..., list[tuple[int, float]]] = most_similar,
) -> list[tuple[int, float]]:
    """a is to b as c is to whom? The rows nearest to b - a + c.

    Each of the three rows is first scaled to length 1 (a row of zeros stays zeros).

    Arguments:
        a, b, c: rows of vectors; some may be equal.
        vectors: (n, d), floating. Not changed.
        k: how many rows, 0 or more.
        search: called once, by position, with (query, vectors, k, exclude): the query is
            unit(b) - unit(a) + unit(c), floating (d,), and the rows a, b and c are excluded. The
            length of the query does not matter, and you may pass rows of length 1 in the place of
            `vectors`. Use this argument, not `most_similar` by its name.

    Returns:
        What `search` returns.

    Raises:
        IndexError: a, b or c is outside 0 ... n - 1 (negative ones too).

    Source: handout, section 17; Mikolov, Yih and Zweig, "Linguistic Regularities in Continuous Space
        Word Representations" (2013c).
    """
    raise NotImplementedError("analogy: not started")
