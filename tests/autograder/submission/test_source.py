"""Canonical source and hashes: one program, however it is compiled and however it was handed in."""

import ast
import sys

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


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf_16_is_read_by_its_mark(codec):
    text = "x = 'größe'\nclass LSTMCell: pass\n"
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(codec, b"")
    problems = Problems()
    data = mark + text.encode(codec)
    assert canonical_source(data, "cells.py", problems).decode() == text
    assert problems.texts() == [
        "cells.py is UTF-16 text, which Python cannot run. Save it as UTF-8."
    ]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_its_mark_is_named(codec):
    problems = Problems()
    canonical_source("class LSTMCell: pass\n".encode(codec), "cells.py", problems)
    assert problems.texts() == [
        "cells.py seems to be UTF-16 text, which Python cannot run. Save it as UTF-8."
    ]
    problems = Problems()
    canonical_source(b"x = 1\n" * 20 + b"\0", "cells.py", problems)
    assert "cells.py has zero bytes" in problems.texts()[0]


VERSION = "Python " + ".".join(map(str, sys.version_info[:2]))
NEWER = {
    "its quotes in an f-string": 'x = f"{d["a"]}"\n',
    "type parameters": "def f[T](x: T): pass\n",
    "a class with them": "class A[T]: pass\n",
    "a type statement": "type X = int\n",
    "a template": 'x = t"{1}"\n',
    "no brackets": "try: pass\nexcept ValueError, TypeError: pass\n",
}


@pytest.mark.parametrize("text", NEWER.values(), ids=NEWER)
def test_what_only_a_newer_python_reads_says_which_one_grades(folder, read, cells, text):
    try:
        compile(text, "cells.py", "exec")
    except SyntaxError:
        line = 2 if "except" in text else 1
        told = f"recurrent/cells.py, line {line}: {VERSION}, which grades, cannot read it: "
        submission = read(folder({"recurrent/cells.py": text.encode() + cells}))
        assert len(submission.problems) == 1 and told in submission.problems[0]
    else:
        pytest.skip("this Python reads it")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("get_ipython().run_line_magic('matplotlib', 'inline')", True),
        ("from google.colab import drive", True),
        ("%matplotlib inline", True),
        ("!pip install torch", True),
        ("    %time f()", True),
        ("try: from google.colab import drive\nexcept ImportError: pass", False),
        ("x = (7\n% 4)", False),
        ('"""\n%matplotlib inline\n!pip install x\n"""', False),
        ("def f(x): return x[0]\ntype = f\nx = f'{type}'", False),
    ],
)
def test_lines_of_a_notebook_in_a_module_are_told(folder, read, cells, line, told):
    submission = read(folder({"recurrent/cells.py": cells + line.encode() + b"\n"}))
    assert len(submission.problems) == told
    if told:
        assert "recurrent/cells.py, line 7 belongs to a notebook" in submission.problems[0]
        assert f"can run it: {line.strip()} Delete it." in submission.problems[0]
