"""Canonical source and hashes: one program, however it is compiled and however it was handed in."""

import ast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from autograder.submission import limits
from autograder.submission.package import canonical_source
from autograder.submission.text import Problems, clean
from autograder.submission.tree import Refused


def canonical(data: bytes) -> tuple[bytes, list[str]]:
    problems = Problems()
    return canonical_source(data, "cells.py", problems), problems.texts()


def test_ordinary_source_stays_as_it_is():
    for data in (b"", b"x = 1\r\n", "# größe\nx = '…'\n".encode(), b"# coding: utf8\nx = 1\n"):
        assert canonical(data) == (data, [])


def test_a_byte_order_mark_goes():
    assert canonical(b"\xef\xbb\xbfx = 1\n") == (b"x = 1\n", [])


def test_a_declared_encoding_is_read_and_becomes_utf_8():
    source = "# -*- coding: latin-1 -*-\nx = 'größe'\n"
    expected = source.replace("latin-1", "utf-8").encode()
    assert canonical(source.encode("latin-1")) == (expected, [])
    second = "#!/usr/bin/python\n# vim: fileencoding=cp1252\nx = '…'\n"
    assert canonical(second.encode("cp1252"))[0] == second.replace("cp1252", "utf-8").encode()


def test_what_is_not_text_is_replaced_and_told():
    data, problems = canonical(b"# gr\xf6\xdfe\nx = 1\n")
    assert data.decode() == "# gr\ufffd\ufffde\nx = 1\n"
    assert len(problems) == 1 and "cells.py is not UTF-8" in problems[0]


def test_text_that_grows_past_the_limit_is_refused():
    size = limits.PYTHON_FILE // 3
    assert len(canonical(b"\xff" * size)[0]) == 3 * size
    with pytest.raises(Refused, match="too large as UTF-8"):
        canonical(b"\xff" * (size + 1))


def test_an_encoding_cannot_hide_a_line():
    """In UTF-7, +AAo- ends a line: as bytes, this source would define a name; as text, not."""
    data, _ = canonical(b"# coding: utf-7\n# +AAo-hidden = 1\n")
    names: dict = {}
    exec(compile(data, "cells.py", "exec"), names)
    assert "hidden" not in names


def same_for_both_readers(data: bytes) -> None:
    def program(source):
        try:
            return ast.dump(ast.parse(source))
        except (SyntaxError, ValueError):
            return None

    assert program(data) == program(data.decode())


@settings(max_examples=150, deadline=None, database=None)
@given(
    st.lists(
        st.sampled_from(
            [
                b"#", b"coding", b":", b"=", b" ", b"utf-7", b"latin-1", b"utf-8", b"rot13",
                b"\xe4", b"\n", b"\r", b"\f", b"\xef\xbb\xbf", b"x = '\xc3\xa4'", b"+AAo-", b'"""',
                b"-*-", b"cp1252",
            ]
        ),
        max_size=14,
    ).map(b"".join)
)  # fmt: skip
@example(b"# coding: utf-7\n# coding: utf-8\nx = 1")
@example(b"# coding: utf-8\n# coding: latin-1\nx = '\xc3\xa4'")
@example(b"\r# coding=latin-1\rx = '\xe4'")
@example(b"x = 1\n# coding: latin-1\n'\xe4'")
def test_bytes_and_text_are_one_program(data):
    result, _ = canonical(data)
    same_for_both_readers(result)


def test_the_check_above_can_fail():
    with pytest.raises(AssertionError):
        same_for_both_readers(b"# coding: latin-1\nx = '\xc3\xa4'")


def test_one_hash_for_the_same_work(folder, zipped, read, cells):
    as_folder = read(folder({"recurrent/cells.py": cells, "notes.txt": b"1"}))
    as_zip = read(zipped({"me/recurrent/cells.py": cells, "me/other.txt": b"2"}))
    as_file = read(folder({"cells.py": cells}, "single") / "cells.py")
    assert as_folder.sha256 == as_zip.sha256 == as_file.sha256
    assert len(as_folder.sha256) == 64


def test_other_hashes_for_other_work(folder, read, cells):
    hashes = {
        read(folder(files, f"work{number}")).sha256
        for number, files in enumerate(
            [
                {"recurrent/cells.py": cells},
                {"recurrent/cells.py": cells + b"\n"},
                {"recurrent/cells.py": cells, "recurrent/a.py": b""},
                {"recurrent/cells.py": cells, "recurrent/b.py": b""},
                {"recurrent/cells.py": cells, "recurrent/b.py": b"b"},
            ]
        )
    }
    assert len(hashes) == 5


def test_texts_are_clean_and_short():
    assert clean("cells (1).py") == "cells (1).py"
    assert clean("a\x1b[0m\n\u202e\ud800b") == "a�[0m���b"
    assert clean("a" * 50 + "b" * 50, 20) == "a" * 10 + "…" + "b" * 9


def test_problems_are_told_once_and_not_for_ever():
    problems = Problems()
    for number in range(40):
        problems.add(f"problem {number}")
        problems.add(f"problem {number}")
    texts = problems.texts()
    assert texts[:2] == ["problem 0", "problem 1"]
    assert len(texts) == 26 and texts[-1] == "... and 15 more problems."
