"""A file is written whole or not at all, whenever Ctrl-C comes."""

import os

import pytest

from autograder.writing import write_text


@pytest.mark.parametrize(("moment", "content"), [("before", "old"), ("after", "new")])
def test_ctrl_c_leaves_one_whole_file(tmp_path, monkeypatch, moment, content):
    replace = os.replace

    def interrupted(*paths) -> None:
        if moment == "after":
            replace(*paths)
        raise KeyboardInterrupt

    path = tmp_path / "results.json"
    write_text(path, "old")
    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_text(path, "new")
    assert list(tmp_path.iterdir()) == [path] and path.read_text() == content
