"""The given loaders and the generator of a1: each refusal beside the same data without its cause."""

import pytest

from solutions.a1_text_classification.text_classification.data import (
    DataError,
    load_csv,
    load_imdb_folder,
    split_reviews,
)
from solutions.a1_text_classification.text_classification.lemmas import lemmatize
from solutions.a1_text_classification.text_classification.synthetic import make_reviews


def imdb(folder, **files):
    content = {
        "pos/10_9.txt": b"Fine<br /><br />work.",
        "pos/2_7.txt": b"Good.",
        "neg/0_1.txt": "Caf\u00e9 noir, bad".encode(),
        "unsup/1_0.txt": b"?",
        "urls_pos.txt": b"x",
    }
    content |= files
    for name, data in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if data is not None:
            path.write_bytes(data)
    return folder


def test_folder(tmp_path):
    reviews, labels = load_imdb_folder(imdb(tmp_path))
    assert reviews == ["Good.", "Fine  work.", "Café noir, bad"]
    assert labels == [1, 1, 0]
    assert load_imdb_folder(tmp_path, limit=1) == (["Good.", "Café noir, bad"], [1, 0])


@pytest.mark.parametrize(
    "name,data,line,says",
    [
        ("pos/readme.txt", b"hello", 1, "ID_RATING"),
        ("pos/3_4.txt", b"hello", 1, "from 7 to 10"),
        ("neg/3_5.txt", b"hello", 1, "from 1 to 4"),
        ("neg/3_2.txt", b"one\ntwo\nthr\xffee", 3, "0xff is not UTF-8"),
        ("neg/3_2.txt", b" <br /> \n", 1, "empty"),
    ],
)
def test_folder_malformed(tmp_path, name, data, line, says):
    with pytest.raises(DataError) as error:
        load_imdb_folder(imdb(tmp_path, **{name: data}))
    assert f"{tmp_path / name}:{line}: " in str(error.value) and says in str(error.value)


def test_folder_missing(tmp_path):
    with pytest.raises(FileNotFoundError, match="aclImdb/train"):
        load_imdb_folder(tmp_path)


GOOD = 'review,sentiment\n"A ""fine"" film,<br />\nreally",positive\nDull.,negative\n\n'


@pytest.mark.parametrize(
    "text", [GOOD, "\ufeff" + GOOD, GOOD.replace("\n", "\r\n"), GOOD.rstrip("\n")]
)
def test_csv(tmp_path, text):
    path = tmp_path / "x.csv"
    path.write_bytes(text.encode())
    reviews, labels = load_csv(path)
    assert [r.split() for r in reviews] == [["A", '"fine"', "film,", "really"], ["Dull."]]
    assert labels == [1, 0]


@pytest.mark.parametrize(
    "text,line,says",
    [
        ("", 1, "no review"),
        ("review,sentiment\n", 2, "no review"),
        ("text,label\nx,positive\n", 1, "header"),
        ("\n", 1, "header"),
        (GOOD + "one field\n", 6, "1 fields"),
        (GOOD + "a, b,positive\n", 6, "3 fields"),
        (GOOD + "x,Positive\n", 6, "'Positive'"),
        (GOOD + "x,1\n", 6, "'1'"),
        (GOOD + ",positive\n", 6, "empty"),
        (GOOD + '"never closed,positive\nx,y\n', 6, "quote"),
        (GOOD + '"a"b,positive\n', 6, "quote"),
        (GOOD.replace("negative", "bad"), 4, "'bad'"),
    ],
)
def test_csv_malformed(tmp_path, text, line, says):
    path = tmp_path / "x.csv"
    path.write_text(text)
    with pytest.raises(DataError) as error:
        load_csv(path)
    assert str(error.value).startswith(f"{path}:{line}: ") and says in str(error.value)


def test_csv_encoding(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(GOOD.encode() + b"caf\xe9,positive\n")
    with pytest.raises(DataError, match=r"x\.csv:6: byte 0xe9"):
        load_csv(path)


def test_csv_file_line_numbers_unaffected_by_unicode_breaks(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("review,sentiment\na\u2028b\x0bc\u0085d,positive\nx,bad\n")
    with pytest.raises(DataError, match=r"x\.csv:3: "):
        load_csv(path)


def test_long_field(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("review,sentiment\n" + "word " * 20000 + ",positive\n")
    assert len(load_csv(path)[0][0].split()) == 20000


def test_split():
    (a, la), (b, lb) = split_reviews(list("abcdefghij"), list(range(10)), 0.3, seed=1)
    assert len(a) == len(la) == 7 and len(b) == len(lb) == 3 and sorted(a + b) == list("abcdefghij")
    assert all("abcdefghij"[i] == r for r, i in zip(a + b, la + lb, strict=True))


def test_make_reviews():
    reviews, labels = make_reviews(101, 3)
    assert sum(labels) == 50 and len(reviews) == 101 and (reviews, labels) == make_reviews(101, 3)
    assert reviews != make_reviews(101, 4)[0]


def test_lemmas():
    assert lemmatize(["movies", "was"]) == ["movie", "be"]
