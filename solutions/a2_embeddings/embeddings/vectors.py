"""Vectors as geometry: reading published ones, angles between them, neighbours, analogies.

Handout: README.md, sections 14 to 17.
"""

import math
from array import array
from collections.abc import Callable, Iterable

import numpy as np
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
    # BEGIN SOLUTION
    words: dict[str, None] = {}  # in order, each once
    numbers = array("f")  # a list of Python's floats would take eight times the memory
    promised, d, number = None, None, 0
    for number, line in enumerate(lines, start=1):
        fields = line.rstrip(" \r\n").split(" ")
        if number == 1 and len(fields) == 2 and all(f.isascii() and f.isdigit() for f in fields):
            promised, d = int(fields[0]), int(fields[1])
            if d == 0:
                raise ValueError("line 1: vectors of 0 numbers are announced")
            continue
        if d is None:
            d = len(fields) - 1
        token = " ".join(fields[:-d]) if d else ""
        if not token:
            raise ValueError(f"line {number}: a token and {d or 'some'} numbers should stand here")
        try:
            vector = [float(field) for field in fields[-d:]]
        except ValueError:
            raise ValueError(f"line {number}: the last {d} fields should be numbers") from None
        if not math.isfinite(sum(vector)):  # nan and inf make any sum nan or inf
            raise ValueError(f"line {number}: nan and infinity are no places in space")
        if token not in words:
            words[token] = None
            numbers.extend(vector)
        if len(words) == max_words:
            break
    else:
        if number == 0:
            raise ValueError("there are no lines")
        if promised is not None and promised != number - 1:
            raise ValueError(f"line 1: {promised} vectors are announced, {number - 1} lines follow")
    return list(words), torch.from_numpy(np.array(numbers)).reshape(len(words), d)
    # END SOLUTION


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
    # BEGIN SOLUTION
    product = (a * b).sum(dim=-1)
    squares = a.square().sum(dim=-1), b.square().sum(dim=-1)
    # the root has no slope at 0: put 1 in place of 0 before it, where the product is 0 anyway
    lengths = [torch.where(square > 0, square, 1).sqrt() for square in squares]
    return product / lengths[0] / lengths[1]
    # END SOLUTION


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
    # BEGIN SOLUTION
    if k < 0:
        raise ValueError(f"k is {k}; it must be 0 or more")
    exclude = set(exclude)
    if any(not 0 <= row < len(vectors) for row in exclude):
        raise IndexError(f"an excluded row is outside 0 ... {len(vectors) - 1}")
    cosines = cosine_similarity(query, vectors)
    # stable: equal cosines stay in the order of their rows
    order = cosines.sort(descending=True, stable=True).indices.tolist()
    return [(row, cosines[row].item()) for row in order if row not in exclude][:k]
    # END SOLUTION


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
    # BEGIN SOLUTION
    for row in (a, b, c):
        if not 0 <= row < len(vectors):
            raise IndexError(f"row {row} is outside 0 ... {len(vectors) - 1}")
    rows = vectors[[a, b, c]]
    lengths = rows.norm(dim=1, keepdim=True)
    unit_a, unit_b, unit_c = rows / lengths.masked_fill(lengths == 0, 1)
    return search(unit_b - unit_a + unit_c, vectors, k, (a, b, c))
    # END SOLUTION
