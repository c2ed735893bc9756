"""Nonsense of every kind: a sound submission or SubmissionError comes out; nothing is written."""

import ast
import io
import json
import os
import re
import shutil
import stat
import warnings
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from autograder.submission import Submission, SubmissionError, limits, read_submission
from autograder.submission.extraction.program import modules_from_notebook

SECRET = b"SECRET = 1\n"
quick = settings(
    max_examples=120,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

names = st.one_of(
    st.sampled_from(
        [
            "recurrent", "cells.py", "work.ipynb", "..", ".", "", "__MACOSX", "__pycache__", "C:",
            "Cells.py", "a b.py", "x.py", "\u202e.py", "\x1b[31m.py", "gro\u0308sse.py", "größe.py",
            "l" * 300 + ".py",
        ]
    ),
    st.text(max_size=6),
)  # fmt: skip
paths = st.one_of(
    st.just("recurrent/cells.py"),
    st.lists(names, min_size=1, max_size=20).map("/".join),
    st.lists(names, min_size=1, max_size=4).map("\\".join),
)
contents = st.one_of(
    st.sampled_from(
        [b"", b"class LSTMCell: pass\n", b"\0" * 2000, b"# coding: utf-7\n+AAo-", b"\xff" * 400_000]
    ),
    st.just(b"#" * (limits.PYTHON_FILE + 1)),
    st.binary(max_size=40),
)


def assert_sound(submission: Submission) -> None:
    assert sum(map(len, submission.files.values())) <= limits.EXPANDED
    for path, source in submission.files.items():
        stem = path.removesuffix(".py")
        assert path.startswith("recurrent/") and stem != path
        assert all(part.isidentifier() for part in stem.split("/"))
        assert len(source) <= limits.PYTHON_FILE
        assert SECRET not in source
        source.decode("utf-8")
    texts = [submission.name, *submission.problems]
    assert len(texts) <= limits.PROBLEMS + 2
    for text in texts:
        assert text.isprintable() and len(text) <= 500
    json.dumps(texts).encode()
    assert re.fullmatch("[0-9a-f]{64}", submission.sha256)
    assert submission.files or submission.problems


def snapshot(folder: Path) -> dict:
    """Everything below `folder`, links not followed."""
    found = {}
    for root, folders, files in os.walk(os.fsencode(folder)):
        for name in folders + files:
            path = os.path.join(root, name)
            status = os.lstat(path)
            found[path] = (status.st_mode, status.st_size, status.st_mtime_ns)
    return found


@pytest.fixture
def sound(tmp_path, policy):
    """Read a path, check what comes out and that nothing was written anywhere near."""

    def check(path) -> Submission | None:
        before = snapshot(tmp_path)
        try:
            submission = read_submission(path, policy)
        except SubmissionError:
            assert not os.path.lexists(path)
            return None
        assert snapshot(tmp_path) == before
        assert_sound(submission)
        return submission

    return check


def test_the_checks_can_fail(tmp_path, policy):
    for files, problems in (
        ({"../cells.py": b""}, []),
        ({"recurrent/a b.py": b""}, []),
        ({"recurrent/cells.py": b"\xff"}, []),
        ({"recurrent/cells.py": b"#" * (limits.PYTHON_FILE + 1)}, []),
        ({"recurrent/cells.py": SECRET}, []),
        ({}, ["\x1b"]),
        ({}, []),
    ):
        with pytest.raises((AssertionError, UnicodeError)):
            assert_sound(Submission(files, problems, "name"))
    before = snapshot(tmp_path)
    (tmp_path / "new").touch()
    assert snapshot(tmp_path) != before


modes = st.sampled_from([0, stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
methods = st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
members = st.lists(st.tuples(paths, contents, modes, methods), max_size=6)
# Each edit replaces a few bytes at a place: a share of the length.
edits = st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=4)), max_size=6)


def build_zip(entries, changes) -> bytes:
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w") as archive:
        warnings.simplefilter("ignore")  # duplicate names are wanted
        for name, data, mode, method in entries:
            member = zipfile.ZipInfo(name)
            member.external_attr = mode << 16
            member.compress_type = method
            archive.writestr(member, data)
    data = bytearray(buffer.getvalue())
    for share, change in changes:
        place = int(share * len(data))
        data[place : place + len(change)] = change
    return bytes(data)


@quick
@given(entries=members, changes=edits)
@example(entries=[("recurrent/cells.py", b"x = 1\n", 0, 8)], changes=[])
def test_zips(entries, changes, tmp_path, sound):
    try:
        data = build_zip(entries, changes)
    except (UnicodeError, ValueError):  # a name that cannot be written
        return
    path = tmp_path / "work.zip"
    path.write_bytes(data)
    sound(path)


@quick
@given(data=st.binary(max_size=200), start=st.sampled_from([b"", b"PK\x03\x04", b"PK\x05\x06"]))
def test_bytes_that_call_themselves_a_zip(data, start, tmp_path, sound):
    path = tmp_path / "work.zip"
    path.write_bytes(start + data)
    submission = sound(path)
    assert submission.files == {}


kinds = st.sampled_from(["file", "file", "file", "folder", "link", "absolute link", "pipe"])
entries = st.lists(st.tuples(st.lists(names, min_size=1, max_size=5), kinds, contents), max_size=8)


@quick
@given(entries=entries)
@example(entries=[(["recurrent", "cells.py"], "absolute link", b"")])
@example(entries=[(["recurrent"], "absolute link", b"")])
@example(entries=[(["recurrent", "cells.py"], "pipe", b"")])
@example(entries=[(["recurrent", "cells.py"], "file", b"x = 1\n")])
def test_folders(entries, tmp_path, sound):
    outside = tmp_path / "outside"
    outside.mkdir(exist_ok=True)
    (outside / "cells.py").write_bytes(SECRET)
    work = tmp_path / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    for parts, kind, data in entries:
        target = work.joinpath(
            *(part for part in parts if part not in ("..", ".") and "/" not in part)
        )
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if kind == "file":
                with open(target, "xb") as file:  # never into a pipe, which would wait
                    file.write(data)
            elif kind == "folder":
                target.mkdir()
            elif kind == "pipe":
                os.mkfifo(target)
            else:
                target.symlink_to(outside if kind == "absolute link" else "../outside/cells.py")
        except (OSError, ValueError):  # a name that the file system refuses, or one that is taken
            continue
    sound(work)
    for name in ("cells.py", "work.ipynb", "recurrent"):
        sound(work / name)


@quick
@given(name=st.text(max_size=20), data=contents)
def test_single_files(name, data, tmp_path, sound):
    if not name.strip("./") or "/" in name:
        return
    try:
        (tmp_path / name).write_bytes(data)
    except (OSError, ValueError):
        sound(f"{tmp_path}/{name}")
        return
    try:
        sound(tmp_path / name)
    finally:
        (tmp_path / name).unlink()


fragments = st.lists(
    st.sampled_from(
        [
            "class LSTMCell", "def f", "(", ")", ":", "\n", "\n    ", "pass", "x", "=", "1", "[",
            "]", "'", '"""', "\\\n", "%time ", "!ls", "?", "%%bash\n", "#", ";", "import os",
            "from a import *", "@", "x.y = 2", "from __future__ import annotations",
            "for x in y: pass", "return", "\r", "\0", "\ud800", "\f", "é", "lambda: x", "await x",
            "print(x)", "from recurrent import x", " ", "{", "}", "\u2028", "x.append(f(1))", "if x:",
            "while x:", "for x in [1]:", "try:", "except E:", "with f() as x:", "x += 1", "f(x)",
            "x.backward()", "x = open('a')", "(x := 1)", "setattr(f, 'x', 1)", "\n        ",
            "%%writefile recurrent/more.py\n", "%%writefile recurrent/cells.py\n",
        ]
    ),
    max_size=14,
).map("".join)  # fmt: skip
sources = st.one_of(
    fragments,
    st.lists(fragments, max_size=3),
    st.integers(),
    st.none(),
    st.just("class LSTMCell: x = y"),
)
code = st.fixed_dictionaries({"cell_type": st.just("code"), "source": sources})
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.floats(), st.integers(), st.text(max_size=8), code),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.sampled_from(["cells", "source", "a"]), inner),
    ),
    max_leaves=8,
)
notebooks = st.one_of(
    st.fixed_dictionaries({"cells": st.lists(st.one_of(code, json_values), max_size=6)}),
    st.fixed_dictionaries({"worksheets": json_values}),
    json_values,
)


def stays_inert(source: str) -> None:
    """A module made from a notebook is Python, and nothing in it waits, trains, opens or prints."""
    tree = ast.parse(source)
    compile(tree, "cells.py", "exec", dont_inherit=True)
    inert(tree.body)


def inert(body: list[ast.stmt]) -> None:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        assert not isinstance(node, ast.While | ast.AsyncFor | ast.AsyncWith)
        text = ast.unparse(node)
        if isinstance(node, ast.Expr):
            assert re.search(r":=|\.append\(|^setattr\(|^['\"\d.]", text)
        if not isinstance(node, ast.Try):
            assert not re.search(r"\.backward\(|\bopen\(|^print\(", text.partition("lambda")[0])
        for part in ("body", "orelse", "finalbody"):
            inert(getattr(node, part, []))


def test_the_check_of_modules_can_fail():
    bad = "print(1)", "while x: pass", "x = (", "return", "if x: f(1)", "x = y.backward()"
    for source in (*bad, "for x in y:\n    with open(x): pass", "x = await y"):
        with pytest.raises((AssertionError, SyntaxError)):
            stays_inert(source)


@settings(quick, max_examples=400)
@given(document=notebooks)
@example(document={"cells": [{"cell_type": "code", "source": x} for x in ("\u2028", "x = 1")]})
def test_notebooks(document):
    data = json.dumps(document).encode()
    modules = {"recurrent/cells.py": ["LSTMCell", "f"], "recurrent/layers.py": ["x"]}
    result = modules_from_notebook(data, "recurrent", modules, limits.PYTHON_FILE)
    assert set(result["files"]) <= {*modules, "recurrent/more.py"}
    assert result["files"] or result["problems"]
    for source in result["files"].values():
        if source.startswith("# The code of a notebook"):  # and no file that a cell writes
            stays_inert(source)


@settings(quick, max_examples=25)
@given(document=notebooks, changes=edits)
@example(document={"cells": [{"cell_type": "code", "source": "class LSTMCell: x = 1"}]}, changes=[])
def test_notebook_files(document, changes, tmp_path, sound):
    data = bytearray(json.dumps(document).encode())
    for share, change in changes:
        place = int(share * len(data))
        data[place : place + len(change)] = change
    path = tmp_path / "work.ipynb"
    path.write_bytes(data)
    sound(path)
