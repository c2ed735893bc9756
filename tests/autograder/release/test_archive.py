"""Tests of autograder.release.archive."""

import io
import stat
import time
import zipfile

from autograder.release.archive import zip_bytes

FILES = {"b/two.txt": b"2" * 1000, "a.txt": b"one", "run": b"#!/bin/sh\n"}


def test_an_archive_depends_on_names_and_contents_only(monkeypatch):
    first = zip_bytes(FILES, executable={"run"})
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    monkeypatch.setattr("sys.platform", "win32")
    assert zip_bytes(dict(reversed(FILES.items())), executable=["run"]) == first
    assert zip_bytes(FILES) != first
    assert zip_bytes({**FILES, "a.txt": b"two"}, executable={"run"}) != first


def test_an_archive_holds_what_was_put_in():
    with zipfile.ZipFile(io.BytesIO(zip_bytes(FILES, executable={"run"}))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == sorted(FILES)
        assert {name: archive.read(name) for name in archive.namelist()} == FILES
        modes = {member.filename: member.external_attr >> 16 for member in archive.infolist()}
    assert all(stat.S_ISREG(mode) for mode in modes.values())
    assert {name: stat.S_IMODE(mode) for name, mode in modes.items()} == {
        "a.txt": 0o644,
        "b/two.txt": 0o644,
        "run": 0o755,
    }
