"""The given loader and generator of a2."""

import pytest

from solutions.a2_embeddings.embeddings.data import load_movielens, make_ratings

MOVIES = 'movieId,title,genres\n1,Alpha (1999),Comedy|Drama\n7,"Beta, The (2001)",Horror\n9,Gamma,(no genres listed)\n'
RATINGS = "userId,movieId,rating,timestamp\n1,7,4.5,964982703\n1,1,3.0,964982224\n42,7,0.5,1\n"


def folder(tmp_path, movies=MOVIES, ratings=RATINGS):
    for name, text in (("movies.csv", movies), ("ratings.csv", ratings)):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return tmp_path


def test_a_good_folder(tmp_path):
    data = load_movielens(folder(tmp_path))
    assert data.interactions == [(1, 1, 4.5), (1, 0, 3.0), (42, 1, 0.5)]
    assert data.titles == ["Alpha (1999)", "Beta, The (2001)", "Gamma"]
    assert data.genres == ["Comedy", "Horror", "(no genres listed)"]
    assert load_movielens(tmp_path, max_items=1).titles == ["Beta, The (2001)"]
    assert load_movielens(tmp_path, max_items=1).interactions == [(1, 0, 4.5), (42, 0, 0.5)]


def test_windows_line_ends_and_byte_order_mark(tmp_path):
    crlf = folder(tmp_path, "\ufeff" + MOVIES.replace("\n", "\r\n"), RATINGS.replace("\n", "\r\n"))
    assert load_movielens(crlf).titles[1] == "Beta, The (2001)"


@pytest.mark.parametrize(
    ("file", "bad", "line", "says"),
    [
        ("movies", MOVIES + "10,Delta\n", 5, "2 fields instead of 3"),
        ("movies", MOVIES + "x,Delta,Drama\n", 5, "movieId"),
        ("movies", MOVIES + "1,Delta,Drama\n", 5, "second time"),
        ("movies", MOVIES.replace('The (2001)"', "The (2001)"), 3, "quotation mark"),
        ("movies", MOVIES + '10,"Delta,Drama', 5, "quotation mark"),
        ("movies", MOVIES.replace("title", "name"), 1, "movieId,title,genres"),
        ("movies", MOVIES.encode() + b"10,D\xe9lta,Drama\n", 5, "UTF-8"),
        ("ratings", RATINGS + "1,1,five,3\n", 5, "five"),
        ("ratings", RATINGS + "1,1,nan,3\n", 5, "nan"),
        ("ratings", RATINGS + "1,1,6,3\n", 5, "6"),
        ("ratings", RATINGS + "1,2,3,3\n", 5, "not in movies.csv"),
        ("ratings", RATINGS + "\n", 5, "0 fields"),
        ("ratings", RATINGS + "9" * 5000 + ",1,3,3\n", 5, "userId"),
        ("ratings", RATINGS + "-1,1,3,3\n", 5, "userId"),
    ],
)
def test_a_malformed_line_is_named(tmp_path, file, bad, line, says):
    with pytest.raises(ValueError, match=f"{file}.csv, line {line}: .*{says}"):
        load_movielens(folder(tmp_path, **{file: bad}))


def test_empty_and_missing_files(tmp_path):
    with pytest.raises(ValueError, match=r"ratings\.csv is empty"):
        load_movielens(folder(tmp_path, ratings=""))
    with pytest.raises(FileNotFoundError):
        load_movielens(tmp_path / "nowhere")


def test_made_ratings_are_reproducible():
    a, b, c = make_ratings(), make_ratings(), make_ratings(seed=1)
    assert a == b and a != c
    assert a.num_items == len(a.genres) == 120 and len(set(a.titles)) == 120
    assert all(0 <= i < 120 and 0.5 <= r <= 5 and 2 * r == int(2 * r) for _, i, r in a.interactions)
