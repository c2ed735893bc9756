"""Attacks that are more than one file: what lies beside the package, archives, links, names. Each function writes one
submission; its docstring has the header of an attack (see `corpus`)."""

import io
import json
import os
import stat
import struct
import zipfile
from pathlib import Path

from tests.autograder.minicourse import CELL, HEAD, SCALE, write_submission
from tests.redteam.course import FIT

WRONG_CELL = CELL.replace(".tanh()", "")
WRONG = HEAD + SCALE + FIT + WRONG_CELL
RIGHT = HEAD + SCALE + FIT + CELL


def folder(place, name: str, source: str, more: dict[str, str] | None = None) -> Path:
    """A submission as a folder."""
    return write_submission(place.submissions / name, source, more)


def _zip(place, name: str, *members: tuple[str | zipfile.ZipInfo, str | bytes]) -> Path:
    """A submission as a zip with these members."""
    path = place.submissions / f"{name}.zip"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in members:
            archive.writestr(member, content)
    return path


def _link(name: str) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(name)
    member.create_system = 3
    member.external_attr = (stat.S_IFLNK | 0o777) << 16
    return member


def _reference(place) -> str:
    return str(place.course / "solutions/a0_mini/mini/ops.py")


def own_files(place) -> Path:
    """Bring files that steer pytest, Python and the platform: conftest.py, plugins, modules named like libraries, a
    finished results.json.

    Nothing but the package is read.

    kind: tampering
    attacks: cell
    """
    passing = "def pytest_runtest_makereport(item, call):\n    call.excinfo = None\n"
    broken = "raise RuntimeError('the wrong one')\n"
    files = {
        "conftest.py": passing, "tests/conftest.py": passing, "mini/conftest.py": passing, "pytest.ini": "[pytest]\naddopts = --co\n",
        "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--collect-only'\n", "results.json": '{"score": 1000}',
        "instructor.json": "{}", "grading.yml": "defaults: {}\n",
    }  # fmt: skip
    files |= {
        f"{name}.py": broken
        for name in ("torch", "pytest", "hypothesis", "solutions", "sitecustomize", "usercustomize")
    }
    return folder(place, "own_files", WRONG, files)


def own_path_files(place) -> Path:
    """Bring .pth files and byte code, for a grader that puts the submission on its path.

    kind: tampering
    attacks: cell
    """
    code = "import os; os._exit(0)\n"
    files = {
        "redteam.pth": code,
        "mini/redteam.pth": code,
        "mini/__pycache__/ops.cpython-311.pyc": "no byte code",
    }
    return folder(place, "own_path_files", WRONG, files)


def own_grader(place) -> Path:
    """Bring packages named like the grader's and the course's own.

    kind: tampering
    attacks: cell
    """
    lenient = "def assert_matches(*args, **kwargs):\n    pass\n"
    files = {
        "autograder/__init__.py": "",
        "autograder/testing.py": lenient,
        "solutions/a0_mini/mini/ops.py": WRONG,
    }
    return folder(place, "own_grader", WRONG, files)


def own_index(place) -> Path:
    """Bring the index of an export, which says that the work is somewhere else: where the reference is.

    kind: reading
    attacks: cell
    """
    index = "../../redteam-course/solutions/a0_mini:\n  :submitters: [{:name: own_index}]\n"
    return folder(place, "own_index", WRONG, {"submission_metadata.yml": index})


def forbidden_in_another_module(place) -> Path:
    """Call the forbidden function from another module of the package.

    kind: cheating
    attacks: scale
    mentions: uses torch.mul
    """
    source = (
        HEAD
        + "from mini.help import times\n"
        + CELL
        + FIT
        + "\n\ndef scale(x, factor):\n    return times(x, factor)\n"
    )
    more = {
        "mini/help.py": "import torch\n\n\ndef times(x, factor):\n    return torch.mul(x, factor)\n"
    }
    return folder(place, "forbidden_in_another_module", source, more)


def forbidden_by_star(place) -> Path:
    """Take everything from another module of the package, which took the forbidden function from the library.

    kind: cheating
    attacks: scale
    mentions: uses torch.mul
    """
    source = (
        "from mini.all import *\n"
        + HEAD
        + CELL
        + FIT
        + "\n\ndef scale(x, factor):\n    return mul(x, factor)\n"
    )
    return folder(place, "forbidden_by_star", source, {"mini/all.py": "from torch import mul\n"})


def right(place) -> Path:
    """The right answer, which everything else is compared with.

    kind: mistakes
    attacks: nothing
    """
    return folder(place, "right", RIGHT)


def unclosed_bracket(place) -> Path:
    """Source that does not parse.

    kind: mistakes
    attacks: scale cell fit
    mentions: SyntaxError
    """
    return folder(place, "unclosed_bracket", RIGHT + "def broken(x, factor:\n")


def other_encoding(place) -> Path:
    """Source that declares an encoding in which a comment is code.

    kind: tampering
    attacks: cell
    """
    return folder(
        place, "other_encoding", "# coding: utf-7\n# +AAo-import os+AAo-os._exit(0)\n" + WRONG
    )


def zero_bytes(place) -> Path:
    """Source with zero bytes in it.

    kind: mistakes
    attacks: scale cell fit
    mentions: SyntaxError | ValueError
    """
    return folder(place, "zero_bytes", RIGHT + "\0\0\0")


def huge_source(place) -> Path:
    """Source of several megabytes.

    kind: exhausting
    attacks: scale cell fit
    mentions: is larger than
    """
    return folder(place, "huge_source", RIGHT + "#" * (3 << 20))


def nothing(place) -> Path:
    """A submission without the package.

    kind: mistakes
    attacks: scale cell fit
    mentions: nothing to grade
    """
    path = place.submissions / "nothing"
    path.mkdir(parents=True)
    (path / "notes.txt").write_text("nothing here")
    return path


def no_zip(place) -> Path:
    """A file that calls itself a zip.

    kind: mistakes
    attacks: scale cell fit
    mentions: not a zip
    """
    path = place.submissions / "no_zip.zip"
    path.write_bytes(b"PK\x03\x04" + bytes(100))
    return path


def zip_with_a_link(place) -> Path:
    """A zip whose member is a link to the reference.

    kind: reading
    attacks: scale cell fit
    mentions: link or a special file
    """
    return _zip(
        place,
        "zip_with_a_link",
        ("mini/__init__.py", ""),
        (_link("mini/ops.py"), _reference(place)),
    )


def zip_with_a_linked_folder(place) -> Path:
    """A zip whose package is a link to the reference's folder.

    kind: reading
    attacks: scale cell fit
    mentions: link or a special file
    """
    return _zip(
        place, "zip_with_a_linked_folder", (_link("mini"), os.path.dirname(_reference(place)))
    )


def zip_to_the_parent(place) -> Path:
    """A zip with members that climb out by "..": into the course and beside the submission.

    kind: escaping
    attacks: scale cell fit
    mentions: '..' in its path
    """
    climbing = "../" * 8 + str(place.course / "solutions/a0_mini/mini/ops.py").lstrip("/")
    return _zip(
        place,
        "zip_to_the_parent",
        (climbing, WRONG),
        ("../redteam-left.py", "x = 1\n"),
        ("notes.txt", ""),
    )


def zip_with_absolute_paths(place) -> Path:
    """A zip with absolute members.

    kind: escaping
    attacks: scale cell fit
    mentions: absolute path
    """
    return _zip(
        place, "zip_with_absolute_paths", (_reference(place), WRONG), ("C:\\redteam-left.py", "")
    )


def zip_that_expands(place) -> Path:
    """A small zip of half a gigabyte of zeros.

    kind: exhausting
    attacks: scale cell fit
    mentions: is larger than
    """
    return _zip(place, "zip_that_expands", ("mini/ops.py", bytes(512 << 20)))


def zip_of_many(place) -> Path:
    """A zip of twenty thousand files.

    kind: exhausting
    attacks: scale cell fit
    mentions: more than 5000 entries
    """
    return _zip(place, "zip_of_many", *((f"mini/m{number}.py", "") for number in range(20_000)))


def zip_that_lies(place) -> Path:
    """A zip whose directory announces a size of four bytes for a right program's file, and the end of a comment.

    kind: tampering
    attacks: scale cell fit
    """
    path = _zip(place, "zip_that_lies", ("mini/__init__.py", ""), ("mini/ops.py", RIGHT))
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 4)
    data[at + 16 : at + 20] = bytes(4)
    path.write_bytes(bytes(data))
    return path


def zip_with_two_of_one_name(place) -> Path:
    """A zip with two files of one name: one for whoever looks, one for whoever runs.

    kind: tampering
    attacks: scale cell fit
    mentions: more than once
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("mini/ops.py", WRONG)
        archive.writestr("mini/opz.py", RIGHT)
    path = place.submissions / "zip_with_two_of_one_name.zip"
    path.write_bytes(buffer.getvalue().replace(b"opz.py", b"ops.py"))
    return path


def linked_file(place) -> Path:
    """A folder whose module is a link to the reference.

    kind: reading
    attacks: scale cell fit
    mentions: link or a special file
    """
    path = folder(place, "linked_file", RIGHT)
    (path / "mini/ops.py").unlink()
    (path / "mini/ops.py").symlink_to(_reference(place))
    return path


def linked_folder(place) -> Path:
    """A folder whose package is a link to the reference's.

    kind: reading
    attacks: scale cell fit
    mentions: link or a special file
    """
    path = place.submissions / "linked_folder"
    path.mkdir(parents=True)
    (path / "mini").symlink_to(os.path.dirname(_reference(place)))
    return path


def linked_device(place) -> Path:
    """A module that is a link to a device without end.

    kind: exhausting
    attacks: scale cell fit
    mentions: link or a special file
    """
    path = folder(place, "linked_device", RIGHT)
    (path / "mini/ops.py").unlink()
    (path / "mini/ops.py").symlink_to("/dev/zero")
    return path


def pipe_for_a_file(place) -> Path:
    """A module that is a named pipe, which nobody ever writes to.

    kind: exhausting
    attacks: scale cell fit
    mentions: link or a special file
    """
    path = folder(place, "pipe_for_a_file", RIGHT)
    (path / "mini/ops.py").unlink()
    os.mkfifo(path / "mini/ops.py")
    return path


def deep_folders(place) -> Path:
    """Folders nested deeper than paths may be long.

    kind: exhausting
    attacks: cell
    """
    path = folder(place, "deep_folders", WRONG)
    current = path / "mini"
    for _ in range(200):
        current = current / "a"
    current.mkdir(parents=True)
    return path


def odd_names(place) -> Path:
    """A folder and files whose names steer terminals, are no text, or look like others.

    kind: tampering
    attacks: cell
    """
    name = b"odd \xff\x1b[2J\x07[bold]%s{0}\n".decode("utf-8", "surrogateescape")
    path = folder(place, name, WRONG)
    for other in (
        b"ops.py\xe2\x80\x8b",
        b"\xff.py",
        b"o\x1b[31mps.py",
        b"..py",
        b"con.py",
        b"-rf.py",
        b"a\nb.py",
    ):
        with open(os.path.join(os.fsencode(path), b"mini", other), "wb") as file:
            file.write(RIGHT.encode())
    return path


def hostile_notebook(place) -> Path:
    """A notebook whose cells end the process, run a program and print beside what is asked for.

    kind: tampering
    attacks: cell
    """
    cells = [
        WRONG,
        "import os\nos._exit(0)",
        "!touch /tmp/redteam-left",
        "%%bash\ntouch /tmp/redteam-left",
        "print('x' * 10**9)",
    ]
    path = place.submissions / "hostile_notebook.ipynb"
    document = {
        "cells": [
            {"cell_type": "code", "source": cell, "metadata": {}, "outputs": []} for cell in cells
        ]
    }
    path.write_text(json.dumps(document | {"metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def nested_notebook(place) -> Path:
    """A notebook of JSON nested a hundred thousand deep.

    kind: exhausting
    attacks: scale cell fit
    mentions: too much time or memory | not a notebook | nested
    """
    path = place.submissions / "nested_notebook.ipynb"
    path.write_text('{"cells": ' + "[" * 100_000 + "]" * 100_000 + "}")
    return path
