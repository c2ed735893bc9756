"""Given: ratings, made up here or loaded from a MovieLens folder, and vectors that others published."""

import csv
import gzip
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor
from tqdm.auto import tqdm

GENRES = {
    "horror": ("Silent Hollow Crimson Buried", "Cellar Harvest Mirror Lake Choir"),
    "romance": ("Second Paper Borrowed Summer", "Kiss Letter Waltz Promise Bouquet"),
    "space": ("Orbital Distant Frozen Last", "Colony Signal Engine Nebula Crew"),
    "western": ("Dusty Iron Lonesome Desert", "Saddle Sheriff Canyon Stagecoach Duel"),
    "family": ("Clever Tiny Flying Muddy", "Hedgehog Kite Teapot Penguin Submarine"),
    "crime": ("Marked Double Cold Forged", "Alibi Ledger Witness Vault Getaway"),
}


EVERY = 2000  # lines or vectors that are read between two looks at the progress


@dataclass(frozen=True)
class Ratings:
    """Who rated what, and the names of the things rated.

    Attributes:
        interactions: (user, item, rating); a user is any int, an item is from 0 to num_items - 1,
            a rating from 0.5 to 5.0.
        titles: the title of each item.
        genres: the first genre of each item.
    """

    interactions: list[tuple[int, int, float]]
    titles: list[str]
    genres: list[str]

    @property
    def num_items(self) -> int:
        return len(self.titles)


def make_ratings(num_users: int = 400, movies_per_user: int = 30, seed: int = 0) -> Ratings:
    """Invent 120 movies in six genres and people with a taste for one or a few of them.

    Each movie has something of other genres, too. A person mostly watches popular movies and movies
    of their taste, and rates those of their taste higher. The same seed gives the same ratings.
    """
    rng = np.random.default_rng(seed)
    titles, genres = [], []
    for genre, (first, second) in GENRES.items():
        names = [f"The {a} {b}" for a in first.split() for b in second.split()]
        titles += names
        genres += [genre] * len(names)
    pure = np.eye(len(GENRES))[[list(GENRES).index(genre) for genre in genres]]
    mixture = 0.6 * pure + 0.4 * rng.dirichlet(np.full(len(GENRES), 0.3), size=len(titles))
    popularity = rng.permuted(1 / np.arange(5, 5 + len(titles)) ** 0.7)

    interactions = []
    for user in range(num_users):
        appeal = mixture @ rng.dirichlet(np.full(len(GENRES), 0.3))
        weight = popularity * (0.1 + appeal)
        seen = rng.choice(len(titles), size=movies_per_user, replace=False, p=weight / weight.sum())
        stars = 2 + 3.5 * np.sqrt(appeal[seen]) + rng.normal(0, 0.7, size=movies_per_user)
        stars = np.clip(np.round(2 * stars) / 2, 0.5, 5.0)
        interactions += [(user, int(i), float(s)) for i, s in zip(seen, stars, strict=True)]
    return Ratings(interactions, titles, genres)


def load_movielens(folder: str | Path, max_items: int | None = None) -> Ratings:
    """Read `movies.csv` and `ratings.csv` of a MovieLens data set.

    The data sets are at https://grouplens.org/datasets/movielens. Their files start with the lines
    `movieId,title,genres` and `userId,movieId,rating,timestamp`. Movies get the items 0, 1, ... in
    the order of `movies.csv`. With `max_items`, only the movies with the most ratings stay (equal
    numbers: those that come first in the file).

    Raises:
        FileNotFoundError: a file is missing.
        ValueError: a line is malformed; the message says which file and line, and what is wrong.
    """
    movies, ratings = Path(folder) / "movies.csv", Path(folder) / "ratings.csv"
    names: dict[int, tuple[str, str]] = {}
    for where, (movie, title, genres) in _rows(movies, "movieId,title,genres"):
        movie_id = _whole(movie, "movieId", where)
        if movie_id in names:
            raise ValueError(f"{where}: movieId {movie_id} occurs a second time")
        names[movie_id] = (title, genres.split("|")[0])

    triples = []
    for where, (user, movie, rating, _) in _rows(ratings, "userId,movieId,rating,timestamp"):
        user_id, movie_id = _whole(user, "userId", where), _whole(movie, "movieId", where)
        if movie_id not in names:
            raise ValueError(f"{where}: movieId {movie_id} is not in {movies.name}")
        triples.append((user_id, movie_id, _stars(rating, where)))

    number_of_ratings = Counter(movie_id for _, movie_id, _ in triples)
    most_rated = sorted(names, key=lambda movie_id: -number_of_ratings[movie_id])[:max_items]
    kept = set(most_rated)
    item_of = {movie_id: i for i, movie_id in enumerate(m for m in names if m in kept)}
    interactions = [(user, item_of[m], rating) for user, m, rating in triples if m in kept]
    return Ratings(interactions, [names[m][0] for m in item_of], [names[m][1] for m in item_of])


def _rows(path: Path, header: str) -> Iterator[tuple[str, list[str]]]:
    """Yield ("FILE, line NUMBER", fields) for each line after the header."""
    columns = header.split(",")
    number = 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            where = f"{path}, line {number}"
            fields = _fields(line, where)
            if number == 1 and fields != columns:
                raise ValueError(f"{where}: this should be {header}, not {','.join(fields)}")
            if len(fields) != len(columns):
                raise ValueError(
                    f"{where}: {len(fields)} fields instead of {len(columns)} ({header})"
                )
            if number > 1:
                yield where, fields
    if number == 0:
        raise ValueError(f"{path} is empty; it should start with the line {header}")


def _fields(line: bytes, where: str) -> list[str]:
    # one reader per line: with one for all, an open quotation mark would swallow the lines below
    try:
        text = line.decode("utf-8-sig")
        return next(csv.reader([text], strict=True))
    except UnicodeDecodeError:
        raise ValueError(f"{where}: not text in UTF-8") from None
    except csv.Error as error:
        raise ValueError(
            f"{where}: a quotation mark is out of place or missing ({error})"
        ) from None


def _whole(text: str, column: str, where: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise ValueError(f"{where}: {column} should be a whole number, not {text!r}")
    return int(text)


def _stars(text: str, where: str) -> float:
    try:
        rating = float(text)
    except ValueError:
        rating = None
    if rating is None or not 0.5 <= rating <= 5:
        raise ValueError(f"{where}: rating should be a number from 0.5 to 5, not {text!r}")
    return rating


def load_vectors(
    path: str | Path, max_words: int | None = 50_000
) -> tuple[list[str], Float[Tensor, "n d"]]:
    """Read published word vectors: GloVe's and word2vec's text formats, or word2vec's binary one.

    A name that ends in `.bin` is binary, all others are text in UTF-8; either may be packed, with `.gz`
    after it. Text is read by your `parse_vectors`. Large files say how far they are.

    Arguments:
        path: the file.
        max_words: stop when so many different words are read; None reads them all.

    Returns:
        The words, each once, and float32 (n, d), a row for each.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: something is malformed; the message says which file, and which line or vector.
    """
    path = Path(path)
    packed = path.suffix == ".gz"
    with (
        path.open("rb") as raw,
        tqdm(
            total=path.stat().st_size, desc=path.name, unit="B", unit_scale=True, delay=1
        ) as progress,
    ):
        try:
            with gzip.open(raw, "rb") if packed else nullcontext(raw) as file:
                if path.name.removesuffix(".gz").endswith(".bin"):
                    return _binary_vectors(file, max_words, lambda: _show(progress, raw))
                from .vectors import parse_vectors  # here, so that the movies do without it

                return parse_vectors(_text(file, lambda: _show(progress, raw)), max_words)
        except (ValueError, EOFError, gzip.BadGzipFile) as error:
            raise ValueError(f"{path}, {error}") from None


def _show(progress: tqdm, raw: BinaryIO) -> None:
    progress.update(raw.tell() - progress.n)


def _text(file: BinaryIO, show: Callable[[], None]) -> Iterator[str]:
    """The lines, parted at line feeds alone: tokens may hold what Python calls other line ends."""
    for number, line in enumerate(file, start=1):
        if number % EVERY == 0:
            show()
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError:
            raise ValueError(f"line {number}: not text in UTF-8") from None


def _binary_vectors(
    file: BinaryIO, max_words: int | None, show: Callable[[], None]
) -> tuple[list[str], Tensor]:
    """The header `n d`; then n times a token, a space, d little-endian float32, perhaps a line end."""
    header = file.readline(100).split()
    if len(header) != 2 or not all(field.isdigit() for field in header):
        raise ValueError(
            "vector 0: the file should start with the number of vectors and their length"
        )
    promised, d = map(int, header)
    words: dict[str, None] = {}
    rows = []
    for number in range(1, promised + 1):
        if number % EVERY == 0:
            show()
        token = bytearray()
        while (character := file.read(1)) != b" ":
            if not character:
                raise ValueError(f"vector {number}: the file ends early, {promised} are promised")
            token += character
        numbers = file.read(4 * d)
        if len(numbers) < 4 * d:
            raise ValueError(f"vector {number}: the file ends early, {promised} are promised")
        try:
            word = token.lstrip(b"\r\n").decode("utf-8")
        except UnicodeDecodeError:
            raise ValueError(f"vector {number}: its token is not text in UTF-8") from None
        if word not in words:
            words[word] = None
            rows.append(np.frombuffer(numbers, dtype="<f4"))
        if len(words) == max_words:
            break
    table = np.stack(rows) if rows else np.zeros((0, d), dtype="<f4")
    return list(words), torch.from_numpy(table.astype(np.float32, copy=False))
