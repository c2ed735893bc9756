"""Right geometry, written in other ways than the reference."""

import math
import re

import numpy as np
import torch
from torch.nn import functional as F

from autograder.testing import Variant
from solutions.a2_embeddings.embeddings.vectors import cosine_similarity, most_similar

# --- parse_vectors --------------------------------------------------------------------------------


def parse_by_rsplit(lines, max_words=None):
    table, d, count, total = {}, None, None, 0
    for n, line in enumerate(lines, 1):
        total = n
        text = line.rstrip("\r\n ").rstrip("\n\r ")
        if n == 1:
            parts = text.split(" ")
            if (
                len(parts) == 2
                and re.fullmatch("[0-9]+", parts[0])
                and re.fullmatch("[0-9]+", parts[1])
            ):
                count, d = int(parts[0]), int(parts[1])
                if d < 1:
                    raise ValueError("line 1: d is 0")
                continue
            d = len(parts) - 1
            if d < 1:
                raise ValueError("line 1: no vector")
        parts = text.rsplit(" ", d)
        if len(parts) != d + 1 or not parts[0]:
            raise ValueError(f"line {n}: too short")
        try:
            row = np.array(parts[1:], dtype=np.float64)
        except ValueError as error:
            raise ValueError(f"line {n}: {error}") from error
        if not np.isfinite(row).all():
            raise ValueError(f"line {n}: not finite")
        table.setdefault(parts[0], row.astype(np.float32))
        if max_words and len(table) >= max_words:
            count = None
            break
    if total == 0:
        raise ValueError("empty")
    if count is not None and count != total - 1:
        raise ValueError("line 1: the number of vectors is wrong")
    rows = np.stack(list(table.values())) if table else np.zeros((0, d), dtype=np.float32)
    return list(table.keys()), torch.from_numpy(rows)


def parse_in_two_passes(lines, max_words=None):
    split = [line.rstrip("\n").rstrip("\r").rstrip(" ").split(" ") for line in lines]
    if not split:
        raise ValueError("no lines at all")
    first = split[0]
    digits = set("0123456789")
    header = len(first) == 2 and all(part and set(part) <= digits for part in first)
    d = int(first[1]) if header else len(first) - 1
    if d <= 0:
        raise ValueError("line 1 holds no vector")
    words, rows, seen, complete = [], [], set(), True
    for number in range(1 if header else 0, len(split)):
        parts = split[number]
        tokens, values = parts[: len(parts) - d], parts[len(parts) - d :]
        if len(parts) <= d or tokens == [""]:
            raise ValueError(f"there is something missing in line {number + 1}")
        row = []
        for value in values:
            try:
                row.append(float(value))
            except ValueError:
                raise ValueError(f"{value} in line {number + 1}") from None
            if math.isnan(row[-1]) or math.isinf(row[-1]):
                raise ValueError(f"{value} in line {number + 1}")
        token = " ".join(tokens)
        if token not in seen:
            seen.add(token)
            words.append(token)
            rows.append(torch.tensor(row))
        if len(words) == max_words:
            complete = False
            break
    if header and complete and int(first[0]) != len(split) - 1:
        raise ValueError("line 1 says another number")
    return words, torch.stack(rows) if rows else torch.empty(0, d)


def parse_by_pattern(lines, max_words=None):
    pattern, words, rows, promised, n = None, [], [], None, 0
    for n, line in enumerate(lines, start=1):
        line = re.sub(r"[ \r\n]+\Z", "", line)
        if pattern is None:
            header = re.fullmatch("([0-9]+) ([0-9]+)", line)
            d = int(header[2]) if header else line.count(" ")
            if d == 0:
                raise ValueError("line 1 has no numbers")
            pattern = re.compile(rf"(.+?)((?: [^ ]*){{{d}}})", re.DOTALL)
            if header:
                promised = int(header[1])
                continue
        found = pattern.fullmatch(line)
        try:
            values = [float(value) for value in found[2][1:].split(" ")]
        except (TypeError, ValueError):
            raise ValueError(f"line {n}: {line!r}") from None
        if any(value - value != 0 for value in values):
            raise ValueError(f"line {n}: {line!r}")
        if found[1] in words:
            continue
        words.append(found[1])
        rows.append(values)
        if max_words is not None and len(words) >= max_words:
            return words, torch.tensor(rows, dtype=torch.float32)
    if n == 0:
        raise ValueError("there is nothing")
    if promised not in (None, n - 1):
        raise ValueError("line 1: promised")
    return words, torch.tensor(rows, dtype=torch.float32).reshape(len(words), d)


def parse_by_iterator(lines, max_words=None):
    def numbered():
        for number, line in enumerate(iter(lines), start=1):
            while line.endswith((" ", "\n", "\r")):
                line = line[:-1]
            yield number, line.split(" ")

    source, index, values = numbered(), {}, []
    number, fields = next(source, (0, None))
    if fields is None:
        raise ValueError("an empty file")
    promised, pending = None, [(number, fields)]
    if (
        len(fields) == 2
        and "".join(fields).isdecimal()
        and "".join(fields).isascii()
        and all(fields)
    ):
        promised, d = map(int, fields)
        pending = []
    else:
        d = len(fields) - 1
    if d < 1:
        raise ValueError("line 1: no numbers")
    while True:
        entry = pending.pop() if pending else next(source, None)
        if entry is None:
            break
        number, fields = entry
        token = " ".join(fields[:-d])
        if token == "":
            raise ValueError(f"line {number}: it is short")
        try:
            row = list(map(float, fields[-d:]))
        except ValueError:
            raise ValueError(f"line {number}: not a number") from None
        if not all(map(math.isfinite, row)):
            raise ValueError(f"line {number}: not finite")
        if token not in index:
            index[token] = len(index)
            values += row
            if len(index) == max_words:
                promised = None
                break
    if promised is not None and number - 1 != promised:
        raise ValueError(f"line 1: {promised}")
    return sorted(index, key=index.get), torch.tensor(values, dtype=torch.float32).view(
        len(index), d
    )


# --- cosine_similarity ----------------------------------------------------------------------------


def cosine_by_unit_vectors(a, b):
    return (F.normalize(a, dim=-1, eps=1e-30) * F.normalize(b, dim=-1, eps=1e-30)).sum(-1)


def cosine_by_norm(a, b):
    one, other = a.norm(dim=-1), b.norm(dim=-1)
    zero = (one == 0) | (other == 0)
    divisor = torch.where(zero, torch.ones_like(one * other), one * other)
    return torch.einsum("...d,...d->...", *torch.broadcast_tensors(a, b)) / divisor


def cosine_by_rsqrt(a, b):
    def turned(x):
        squares = (x * x).sum(-1, keepdim=True)
        return x * squares.masked_fill(squares == 0, 1).rsqrt()

    return (turned(a) * turned(b)).sum(dim=-1)


def cosine_by_matmul(a, b):
    product = (a.unsqueeze(-2) @ b.unsqueeze(-1)).squeeze(-1).squeeze(-1)
    squares = a.pow(2).sum(-1) * b.pow(2).sum(-1)
    safe = squares + (squares == 0).to(squares.dtype)
    return product * safe.pow(-0.5)


def cosine_in_float64(a, b):
    x, y = a.double(), b.double()
    lengths = [torch.linalg.vector_norm(z, dim=-1).clamp(min=1e-20) for z in (x, y)]
    return ((x * y).sum(-1) / lengths[0] / lengths[1]).to(a.dtype)


# --- most_similar ---------------------------------------------------------------------------------


def similar_by_python_sort(query, vectors, k, exclude=()):
    if k < 0:
        raise ValueError("k")
    left_out = list(exclude)
    n = vectors.shape[0]
    if left_out and not 0 <= min(left_out) <= max(left_out) < n:
        raise IndexError("exclude")
    cosines = cosine_similarity(vectors, query.unsqueeze(0)).tolist()
    rows = [row for row in range(n) if row not in left_out]
    rows.sort(key=lambda row: (-cosines[row], row))
    return [(row, cosines[row]) for row in rows[:k]]


def similar_by_minus_infinity(query, vectors, k, exclude=()):
    if k < 0:
        raise ValueError("negative")
    n = len(vectors)
    scores = F.normalize(vectors.detach(), dim=1, eps=1e-30) @ F.normalize(
        query.detach(), dim=0, eps=1e-30
    )
    hidden = torch.zeros(n, dtype=torch.bool, device=vectors.device)
    for row in exclude:
        if row not in range(n):
            raise IndexError(row)
        hidden[row] = True
    order = torch.argsort(scores.masked_fill(hidden, -torch.inf), descending=True, stable=True)
    count = min(k, n - int(hidden.sum()))
    return list(zip(order[:count].tolist(), scores[order[:count]].tolist(), strict=True))


def similar_by_repeated_maximum(query, vectors, k, exclude=()):
    if k < 0:
        raise ValueError("k must not be negative")
    exclude = tuple(exclude)
    if any(row < 0 or row >= len(vectors) for row in exclude):
        raise IndexError("no such row")
    lengths = vectors.norm(dim=1) * query.norm()
    cosines = (vectors * query).sum(1) / torch.where(lengths > 0, lengths, torch.ones_like(lengths))
    left = {row: float(cosine) for row, cosine in enumerate(cosines.detach())}
    for row in exclude:
        left.pop(row, None)
    best = []
    while left and len(best) < k:
        row = max(left, key=left.get)
        best.append((row, left.pop(row)))
    return best


def similar_by_numpy(query, vectors, k, exclude=()):
    if not k >= 0:
        raise ValueError(k)
    rows, q = vectors.detach().cpu().double().numpy(), query.detach().cpu().double().numpy()
    keep = np.ones(len(rows), dtype=bool)
    for row in set(exclude):
        if row < 0:
            raise IndexError(row)
        keep[row] = False
    size = np.sqrt((rows**2).sum(1)) * np.sqrt((q**2).sum())
    cosines = np.divide(rows @ q, size, out=np.zeros(len(rows)), where=size > 0)
    order = np.argsort(-cosines, kind="stable")
    order = order[keep[order]][:k]
    return [(int(row), float(cosines[row])) for row in order]


# --- analogy --------------------------------------------------------------------------------------


def analogy_by_unit_table(a, b, c, vectors, k, search=most_similar):
    n = len(vectors)
    if min(a, b, c) < 0 or max(a, b, c) >= n:
        raise IndexError("no such row")
    unit = F.normalize(vectors, dim=1, eps=1e-30)
    return search(unit[b] - unit[a] + unit[c], unit, k, [a, b, c])


def analogy_by_weights(a, b, c, vectors, k, search=most_similar):
    for row in (a, b, c):
        if row not in range(vectors.shape[0]):
            raise IndexError(row)
    lengths = vectors.square().sum(dim=1).sqrt()
    weights = torch.zeros_like(lengths)
    for row, sign in ((a, -1), (b, 1), (c, 1)):
        if lengths[row] > 0:
            weights[row] += sign / lengths[row]
    return search(weights @ vectors, vectors, k, {a, b, c})


def analogy_in_steps(a, b, c, vectors, k, search=most_similar):
    def unit(row):
        if row < 0 or row >= len(vectors):
            raise IndexError(f"row {row}")
        vector = vectors[row]
        length = torch.linalg.vector_norm(vector)
        return vector / length if length else vector

    query = unit(b)
    query = query - unit(a)
    query = query + unit(c)
    return search(query / max(float(query.detach().norm()), 1e-12), vectors, k, (a, b, c, a))


def analogy_by_rsqrt(a, b, c, vectors, k, search=most_similar):
    if not all(0 <= row < len(vectors) for row in (a, b, c)):
        raise IndexError((a, b, c))
    rows = vectors[torch.tensor([b, a, c], device=vectors.device)]
    squares = (rows * rows).sum(1, keepdim=True)
    rows = rows * torch.where(squares == 0, torch.ones_like(squares), squares).rsqrt()
    signs = torch.tensor([1.0, -1.0, 1.0], device=rows.device, dtype=rows.dtype)
    return search(signs @ rows, vectors, k, [c, b, a])


VARIANTS = [
    Variant("parse_vectors", "rsplit", says="rsplit, NumPy rows", code=parse_by_rsplit),
    Variant(
        "parse_vectors",
        "two-passes",
        says="all lines split first, a tensor for each row",
        code=parse_in_two_passes,
    ),
    Variant(
        "parse_vectors", "pattern", says="a regular expression on the tail", code=parse_by_pattern
    ),
    Variant(
        "parse_vectors",
        "iterator",
        says="an iterator with the first line apart",
        code=parse_by_iterator,
    ),
    Variant(
        "cosine_similarity",
        "unit-vectors",
        says="the library's normalize",
        code=cosine_by_unit_vectors,
    ),
    Variant(
        "cosine_similarity",
        "norm",
        says="norm, torch.where on the divisor, einsum",
        code=cosine_by_norm,
    ),
    Variant(
        "cosine_similarity", "rsqrt", says="rsqrt of squares that are never 0", code=cosine_by_rsqrt
    ),
    Variant(
        "cosine_similarity",
        "matmul",
        says="matmul, one power of both squares",
        code=cosine_by_matmul,
    ),
    Variant(
        "cosine_similarity",
        "float64",
        says="float64 inside, lengths clamped",
        code=cosine_in_float64,
    ),
    Variant(
        "most_similar", "python-sort", says="Python's sort by two keys", code=similar_by_python_sort
    ),
    Variant(
        "most_similar",
        "minus-infinity",
        says="unit rows, the excluded at -inf",
        code=similar_by_minus_infinity,
    ),
    Variant(
        "most_similar",
        "repeated-maximum",
        says="the best of the rest, again and again",
        code=similar_by_repeated_maximum,
    ),
    Variant("most_similar", "numpy", says="NumPy, in float64", code=similar_by_numpy),
    Variant(
        "analogy",
        "unit-table",
        says="all rows of length 1, also to search in",
        code=analogy_by_unit_table,
    ),
    Variant("analogy", "weights", says="a weight for each row", code=analogy_by_weights),
    Variant(
        "analogy",
        "steps",
        says="one step after the other, the query of length 1",
        code=analogy_in_steps,
    ),
    Variant("analogy", "rsqrt", says="rsqrt and signs", code=analogy_by_rsqrt),
]
