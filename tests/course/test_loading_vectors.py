"""The given reader of published vectors of a2."""

import gzip
import struct

import pytest
import torch

from solutions.a2_embeddings.embeddings.data import load_vectors

WORDS = ["the", "at name@domain.com", ".\u00a0.", "l\u2028m", "é"]
ROWS = torch.tensor([[0.5, -1, 2], [1, 2, 3], [4, 5, 0.625], [7, 8, 9], [-1, 0, 1]])
GLOVE = "".join(
    f"{word} {' '.join(map(str, row))}\n" for word, row in zip(WORDS, ROWS.tolist(), strict=True)
)
PACKED = pytest.mark.parametrize("packed", [False, True])


def binary(end=b"\n", words=WORDS, rows=ROWS, promised=None):
    parts = [f"{promised or len(words)} {rows.shape[1]}\n".encode()]
    for word, row in zip(words, rows.tolist(), strict=True):
        parts.append(word.replace(" ", "_").encode() + b" " + struct.pack("<3f", *row) + end)
    return b"".join(parts)


def written(folder, content, name, packed=False):
    path = folder / (f"{name}.gz" if packed else name)
    content = content if isinstance(content, bytes) else content.encode()
    path.write_bytes(gzip.compress(content) if packed else content)
    return path


@PACKED
@pytest.mark.parametrize("header", ["", "5 3\n"])
def test_text(tmp_path, packed, header):
    words, vectors = load_vectors(written(tmp_path, header + GLOVE, "glove.txt", packed))
    assert words == WORDS
    assert vectors.dtype == torch.float32 and torch.equal(vectors, ROWS)


@PACKED
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_binary(tmp_path, packed, end):
    words, vectors = load_vectors(written(tmp_path, binary(end), "vectors.bin", packed))
    assert words == [word.replace(" ", "_") for word in WORDS]
    assert vectors.dtype == torch.float32 and torch.equal(vectors, ROWS)


@pytest.mark.parametrize(("name", "content"), [("a.txt", GLOVE), ("a.bin", binary())])
def test_it_stops_at_max_words(tmp_path, name, content):
    words, vectors = load_vectors(written(tmp_path, content, name), max_words=2)
    assert len(words) == 2 and torch.equal(vectors, ROWS[:2])
    assert len(load_vectors(tmp_path / name, max_words=None)[0]) == 5


def test_a_repeated_word_keeps_its_first_vector(tmp_path):
    path = written(tmp_path, binary(words=["a", "b", "a"], rows=ROWS[:3]), "a.bin")
    words, vectors = load_vectors(path)
    assert words == ["a", "b"] and torch.equal(vectors, ROWS[:2])


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.txt", GLOVE + "short 1 2\n", "line 6"),
        ("a.txt", GLOVE + "word 1 x 2\n", "line 6"),
        ("a.txt", GLOVE.encode() + b"\xff 1 2 3\n", "line 6: not text in UTF-8"),
        ("a.txt", "9 3\n" + GLOVE, "line 1"),
        ("a.txt", "", "no lines"),
        ("a.bin", binary()[:-3], "vector 5: the file ends early"),
        ("a.bin", binary(promised=7), "vector 6: the file ends early"),
        ("a.bin", GLOVE, "vector 0"),
        ("a.bin", b"1 3\n\xff 000000000000", "vector 1: its token is not text"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path, name, content, says):
    path = written(tmp_path, content, name)
    with pytest.raises(ValueError, match=says) as caught:
        load_vectors(path)
    assert str(caught.value).startswith(str(path))


def test_a_packed_file_that_is_cut_off_and_one_that_is_not_packed(tmp_path):
    path = written(tmp_path, GLOVE * 50, "a.txt", packed=True)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match=r"a\.txt\.gz"):
        load_vectors(path)
    path.write_text(GLOVE)
    with pytest.raises(ValueError, match=r"a\.txt\.gz"):
        load_vectors(path)
    with pytest.raises(FileNotFoundError):
        load_vectors(tmp_path / "nowhere.txt")
