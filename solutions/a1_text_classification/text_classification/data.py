"""Loading and splitting reviews (given).

Every loader gives (reviews, labels): a list of texts and a list of as many labels, 1 for a
positive review and 0 for a negative one.

Source of the folder layout: the README of the Large Movie Review Dataset (IMDb); Maas et al.,
Learning Word Vectors for Sentiment Analysis, 2011.
"""

import csv
import io
import random
import re
from collections.abc import Sequence
from pathlib import Path

CSV_HEADER = ["review", "sentiment"]
CSV_LABELS = {"positive": 1, "negative": 0}
# The data set leaves the neutral ratings 5 and 6 out.
FOLDER_RATINGS = {"pos": range(7, 11), "neg": range(1, 5)}
FOLDER_LABELS = {"pos": 1, "neg": 0}

Reviews = tuple[list[str], list[int]]


class DataError(ValueError):
    """A file is not as its format says; the text names the file, the line and the problem."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        super().__init__(f"{path}:{line}: {problem}")
        self.path = path
        self.line = line


def load_imdb_folder(folder: str | Path, limit: int | None = None) -> Reviews:
    """Load one part of IMDb as it is published: aclImdb/train or aclImdb/test.

    The folder holds pos/ID_RATING.txt and neg/ID_RATING.txt, one review each. Other files and
    folders in it (unsup, the lists of addresses) are ignored.

    Args:
        folder: such as "aclImdb/train".
        limit: at most this many of each class, those with the lowest ids; None: all.

    Raises:
        FileNotFoundError: pos or neg is missing or holds no .txt file.
        DataError: a file name, rating, encoding or content is wrong.
    """
    reviews, labels = [], []
    for part, label in FOLDER_LABELS.items():
        paths = list(Path(folder, part).glob("*.txt"))
        if not paths:
            raise FileNotFoundError(
                f"{Path(folder, part)} holds no .txt file; give the folder that holds pos and neg, "
                'such as "aclImdb/train"'
            )
        for path in sorted(paths, key=_review_id)[:limit]:
            rating = int(path.stem.split("_")[1])
            if rating not in FOLDER_RATINGS[part]:
                allowed = FOLDER_RATINGS[part]
                raise DataError(
                    path,
                    1,
                    f"rating {rating} in the file name, but a review in {part} has a rating from "
                    f"{allowed[0]} to {allowed[-1]}",
                )
            text = _clean(_read_text(path))
            if not text:
                raise DataError(path, 1, "the review is empty")
            reviews.append(text)
            labels.append(label)
    return reviews, labels


def load_csv(path: str | Path) -> Reviews:
    """Load the CSV form of IMDb: a header review,sentiment, then one review per record.

    A sentiment is positive or negative. Fields follow RFC 4180: one that holds a comma, a quote or
    a line break stands in double quotes, and a quote inside it is doubled.

    Raises:
        FileNotFoundError: there is no such file.
        DataError: header, quoting, number of fields, sentiment or encoding is wrong, a review is
            empty, or there is none.
    """
    path = Path(path)
    text = _read_text(path).removeprefix("\ufeff")
    # newline="" leaves line breaks inside quotes to the reader, as its documentation asks.
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    reviews, labels = [], []
    line = 1  # where the record that is being read begins
    try:
        for record in reader:
            if line == 1:
                if record != CSV_HEADER:
                    raise DataError(path, line, f"the header is {record}, not {CSV_HEADER}")
            elif record:  # an empty line is no record
                review, label = _csv_record(path, line, record)
                reviews.append(review)
                labels.append(label)
            line = reader.line_num + 1
    except csv.Error as error:
        raise DataError(path, line, f"{error}; is a quote left open, or not doubled?") from None
    if not reviews:
        raise DataError(path, line, "there is no review")
    return reviews, labels


def split_reviews(
    reviews: Sequence[str], labels: Sequence[int], held_out: float = 0.2, seed: int = 0
) -> tuple[Reviews, Reviews]:
    """Shuffle the reviews and put a share of them aside: (training part, held-out part)."""
    order = list(range(len(reviews)))
    random.Random(seed).shuffle(order)
    size = len(order) - round(held_out * len(order))

    def part(indices: list[int]) -> Reviews:
        return [reviews[index] for index in indices], [labels[index] for index in indices]

    return part(order[:size]), part(order[size:])


def _review_id(path: Path) -> int:
    match = re.fullmatch(r"([0-9]+)_([0-9]+)", path.stem)
    if match is None:
        raise DataError(path, 1, "the file name is not ID_RATING.txt, such as 127_9.txt")
    return int(match.group(1))


def _read_text(path: Path) -> str:
    data = path.read_bytes()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DataError(path, line, f"byte {data[error.start]:#04x} is not UTF-8") from None


def _clean(text: str) -> str:
    """Drop the line breaks that the reviews were published with, as HTML."""
    return re.sub(r"<br\s*/?>", " ", text, flags=re.IGNORECASE).strip()


def _csv_record(path: Path, line: int, record: list[str]) -> tuple[str, int]:
    if len(record) != len(CSV_HEADER):
        raise DataError(
            path,
            line,
            f"{len(record)} fields instead of {len(CSV_HEADER)}; a review that holds a comma "
            "stands in double quotes",
        )
    review, sentiment = record
    if sentiment not in CSV_LABELS:
        raise DataError(
            path, line, f"sentiment {sentiment!r}; it must be {' or '.join(CSV_LABELS)}"
        )
    review = _clean(review)
    if not review:
        raise DataError(path, line, "the review is empty")
    return review, CSV_LABELS[sentiment]
