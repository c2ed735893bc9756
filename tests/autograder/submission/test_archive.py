"""Zips: what is found, and every way in which one can lie."""

import io
import stat
import struct
import zipfile
import zlib

import pytest

from autograder.submission import limits


def info(name: str, mode: int = 0, system: int = 3) -> zipfile.ZipInfo:
    """A member with a Unix mode, as `zip -y` writes links and devices."""
    member = zipfile.ZipInfo(name)
    member.create_system = system
    member.external_attr = mode << 16
    return member


@pytest.mark.parametrize("inside", ["", "work/", "./", "./my work/"])
def test_the_package_is_found_at_the_root_and_one_folder_down(zipped, read, cells, inside):
    submission = read(zipped({f"{inside}recurrent/cells.py": cells, "notes.txt": b"hello"}))
    assert submission.files == {"recurrent/cells.py": cells}
    assert (submission.problems, submission.name) == ([], "work.zip")


@pytest.mark.parametrize(
    "home", ["a/b/c/", "recurrent/", "Users\\cyd\\a0_mini\\", "home/cyd/nlp/a3-main/"]
)
def test_the_only_package_counts_at_any_depth(zipped, read, cells, home):
    submission = read(zipped({f"{home}recurrent/cells.py": cells, "readme.md": b""}))
    assert submission.files == {"recurrent/cells.py": cells}
    assert submission.problems == []


def test_a_zip_needs_no_suffix_and_a_suffix_makes_no_zip(zipped, read, cells, only_problem):
    assert read(zipped({"recurrent/cells.py": cells}, "upload")).files
    path = zipped({}, "other.zip")
    path.write_bytes(b"Rar!\x1a\x07 something else")
    submission = read(path)
    assert submission.files == {}
    assert "other.zip is not a zip that can be read" in only_problem(submission)


def test_what_macos_adds_is_ignored(zipped, read, cells):
    submission = read(
        zipped(
            {
                "work/": b"",
                "work/recurrent/cells.py": cells,
                "work/.DS_Store": b"\0",
                "__MACOSX/work/recurrent/._cells.py": b"\0\1",
                "__MACOSX/recurrent/cells.py": b"not this",
            }
        )
    )
    assert submission.files == {"recurrent/cells.py": cells}
    assert submission.problems == []


def test_backslashes_are_read_as_windows_means_them(zipped, read, cells):
    submission = read(zipped({"work\\recurrent\\cells.py": cells, "work\\recurrent\\": b""}))
    assert submission.files == {"recurrent/cells.py": cells}
    assert submission.problems == []


def test_names_in_utf_8_with_and_without_the_flag(zipped, read, cells):
    path = zipped({"übung/recurrent/größe.py": cells, "übung/recurrent/cells.py": cells})
    expected = {"recurrent/größe.py": cells, "recurrent/cells.py": cells}
    assert read(path).files == expected
    data = path.read_bytes()
    for flags in (b"PK\x03\x04\x14\0", b"PK\x01\x02\x14\x03\x14\0"):
        data = data.replace(flags + b"\0\x08", flags + b"\0\0")
    assert data != path.read_bytes()
    path.write_bytes(data)
    assert read(path).files == expected


def test_decomposed_names_become_composed(zipped, read, cells):
    submission = read(zipped({"recurrent/gro\u0308sse.py": cells, "recurrent/cells.py": cells}))
    assert sorted(submission.files) == ["recurrent/cells.py", "recurrent/gr\u00f6sse.py"]


def test_two_spellings_of_one_name_are_refused(zipped, read, cells, only_problem):
    names = ["recurrent/o\u0308.py", "recurrent/\u00f6.py", "recurrent/cells.py"]
    submission = read(zipped(dict.fromkeys(names, cells)))
    assert list(submission.files) == ["recurrent/cells.py"]
    assert any("the same name as another" in problem for problem in submission.problems)


@pytest.mark.parametrize(
    "name",
    [
        "/recurrent/cells.py",
        "\\recurrent\\cells.py",
        "C:\\recurrent\\cells.py",
        "c:/recurrent/cells.py",
        "../recurrent/cells.py",
        "recurrent/../recurrent/cells.py",
        "recurrent\\..\\..\\recurrent\\cells.py",
        "recurrent/" + "d/" * 20 + "cells.py",
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(zipped, read, cells, name):
    more = b"x = 1\n"
    submission = read(zipped({name: cells, "recurrent/more.py": more}))
    assert submission.files == {"recurrent/more.py": more}
    assert "is not read" in submission.problems[0]
    innocent = (
        name.replace("..", "two..dots").lstrip("/\\").removeprefix("C:\\").removeprefix("c:/")
    )
    innocent = innocent.replace("d/" * 20, "")
    submission = read(zipped({innocent: cells, "other/more.txt": more}))
    assert not any("is not read" in problem for problem in submission.problems)


def test_a_zero_byte_in_a_name_is_refused(zipped, read, cells):
    path = zipped({"recurrent/cells.py_": cells})
    path.write_bytes(path.read_bytes().replace(b"cells.py_", b"cells.py\0"))
    submission = read(path)
    assert submission.files == {}
    assert "zero byte" in submission.problems[0]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFSOCK])
@pytest.mark.parametrize("system", [0, 3])
def test_links_and_devices_are_refused(zipped, read, cells, kind, system):
    more = ("recurrent/more.py", b"x = 1\n")
    path = zipped([(info("recurrent/cells.py", kind | 0o644, system), b"/etc/passwd"), more])
    submission = read(path)
    assert submission.files == dict([more])
    assert "recurrent/cells.py is a link or a special file" in submission.problems[0]
    regular = info("recurrent/cells.py", stat.S_IFREG | 0o644, system)
    assert read(zipped([(regular, cells), more])).files == {"recurrent/cells.py": cells} | dict(
        [more]
    )


def test_a_linked_package_is_refused(zipped, read):
    submission = read(zipped([(info("recurrent", stat.S_IFLNK | 0o777), b"/secret")]))
    assert submission.files == {}
    assert "recurrent is a link" in submission.problems[0]


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    "again", ["recurrent/cells.py", "./recurrent/cells.py", "recurrent\\cells.py"]
)
def test_a_member_twice_is_refused(zipped, read, cells, again, only_problem):
    submission = read(zipped([("recurrent/cells.py", cells), (again, b"other = 1\n")]))
    assert submission.files == {}
    assert "recurrent/cells.py is in the archive more than once" in only_problem(submission)
    other = again.replace("cells", "more")
    assert len(read(zipped([("recurrent/cells.py", cells), (other, b"")])).files) == 2


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_twice_outside_the_package_does_not_matter(zipped, read, cells):
    pairs = [("recurrent/cells.py", cells), ("data.txt", b"1"), ("data.txt", b"2")]
    submission = read(zipped(pairs))
    assert (submission.files, submission.problems) == ({"recurrent/cells.py": cells}, [])


def test_an_encrypted_member_is_refused(zipped, read, cells, only_problem):
    path = zipped({"recurrent/cells.py": cells, "recurrent/more.py": b"x = 1\n"})
    data = bytearray(path.read_bytes())
    central = data.index(b"PK\x01\x02")
    data[6] |= 1
    data[central + 8] |= 1
    path.write_bytes(data)
    submission = read(path)
    assert list(submission.files) == ["recurrent/more.py"]
    assert "recurrent/cells.py is encrypted" in only_problem(submission)


@pytest.mark.parametrize(
    ("method", "accepted"),
    [
        (zipfile.ZIP_STORED, True),
        (zipfile.ZIP_DEFLATED, True),
        (zipfile.ZIP_BZIP2, False),
        (zipfile.ZIP_LZMA, False),
    ],
)
def test_unusual_compression_is_refused(tmp_path, read, cells, method, accepted):
    path = tmp_path / "work.zip"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("recurrent/cells.py", cells)
    submission = read(path)
    assert bool(submission.files) == accepted
    assert accepted or "compressed in an unusual way" in submission.problems[0]


def test_a_bomb_is_stopped_at_the_limit(zipped, read, cells, monkeypatch):
    bomb = {"recurrent/cells.py": b"#" * (limits.PYTHON_FILE + 1)}
    path = zipped(bomb)
    assert path.stat().st_size < 5_000
    submission = read(path)
    assert submission.files == {}
    assert "larger than 1 MB" in submission.problems[0]
    assert read(zipped({"recurrent/cells.py": b"#" * limits.PYTHON_FILE})).problems == []


def test_many_members_together_are_limited(zipped, read, cells, monkeypatch):
    files = {f"recurrent/m{number}.py": b"#" * 100_000 for number in range(20)}
    path = zipped({"recurrent/cells.py": cells, **files})
    monkeypatch.setattr(limits, "EXPANDED", 2_200_000)
    assert len(read(path).files) == 21
    monkeypatch.setattr(limits, "EXPANDED", 1_000_000)
    submission = read(path)
    assert sum(map(len, submission.files.values())) <= 1_000_000
    assert "expands to more than" in submission.problems[0]


def test_nested_archives_are_not_opened(zipped, as_zip, read, cells, only_problem):
    bomb = as_zip({"recurrent/cells.py": b"#" * 900_000})
    for level in range(4):
        bomb = as_zip({f"{level}{copy}.zip": bomb for copy in range(8)})
    assert read(zipped({"recurrent/cells.py": cells, "bomb.zip": bomb})).problems == []
    submission = read(zipped({"inner.zip": as_zip({"recurrent/cells.py": cells})}))
    assert submission.files == {}
    assert "There is: inner.zip" in only_problem(submission)


def lying(data: bytes, local: dict[int, int], central: dict[int, int]) -> bytes:
    """The zip with 32-bit fields of the first member's two headers changed, by their offset."""
    changed = bytearray(data)
    start = data.index(b"PK\x01\x02")
    for offset, value in local.items():
        changed[offset : offset + 4] = struct.pack("<I", value)
    for offset, value in central.items():
        changed[start + offset : start + offset + 4] = struct.pack("<I", value)
    return bytes(changed)


@pytest.mark.parametrize("claimed", [0, 10, 5_000, 0xFFFFFFF0])
@pytest.mark.parametrize("right_checksum", [False, True])
def test_sizes_that_lie_change_nothing(zipped, read, claimed, right_checksum):
    """The size in the headers is neither believed nor allowed to cut a program short in silence."""
    source = b"x = 1\n" * 500
    path = zipped({"recurrent/cells.py": source, "recurrent/more.py": b"y = 2\n"})
    told = {24: claimed}
    if right_checksum:  # of what is left when the claimed size is believed
        told[16] = zlib.crc32(source[:claimed])
    path.write_bytes(lying(path.read_bytes(), {22: claimed}, told))
    submission = read(path)
    assert submission.files.get("recurrent/cells.py") in (None, source)
    assert submission.files["recurrent/more.py"] == b"y = 2\n"
    if "recurrent/cells.py" not in submission.files:
        assert "recurrent/cells.py is damaged" in submission.problems[0]


def test_a_bomb_whose_size_lies_is_stopped_too(zipped, read):
    path = zipped({"recurrent/cells.py": b"#" * (30 * limits.MB)})
    for claimed in (1, limits.PYTHON_FILE, 0xFFFFFFF0):
        path.write_bytes(lying(path.read_bytes(), {22: claimed}, {24: claimed}))
        submission = read(path)
        assert submission.files == {}
        assert len(submission.problems) == 1


def test_a_wrong_checksum_is_damage(zipped, read, cells):
    path = zipped({"recurrent/cells.py": cells})
    assert read(path).files
    path.write_bytes(lying(path.read_bytes(), {}, {16: 12345}))
    submission = read(path)
    assert submission.files == {}
    assert "recurrent/cells.py is damaged" in submission.problems[0]


def test_a_zip_cut_short_is_refused(zipped, read, cells):
    path = zipped({"recurrent/cells.py": cells})
    path.write_bytes(path.read_bytes()[:-30])
    assert "is not a zip that can be read" in read(path).problems[0]


def test_the_number_of_members_is_limited(zipped, read, cells, monkeypatch):
    members = {"recurrent/cells.py": cells} | {f"{number}.txt": b"" for number in range(19)}
    monkeypatch.setattr(limits, "ENTRIES", 20)
    assert read(zipped(members)).files == {"recurrent/cells.py": cells}
    submission = read(zipped(members | {"one_more.txt": b""}))
    assert submission.files == {}
    assert "more than 20 entries" in submission.problems[0]


def test_too_many_members_never_reach_zipfile(zipped, read, monkeypatch):
    """A central directory may claim a million members; zipfile would build an object for each."""
    path = zipped({})
    header = b"PK\x01\x02" + bytes(42)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 100, 100, len(header) * 50_000, 0, 0)
    path.write_bytes(header * 50_000 + end)
    built = []
    monkeypatch.setattr(zipfile, "ZipFile", lambda *_: built.append(1))
    assert "more than 5000 entries" in read(path).problems[0]
    assert built == []


def test_the_archive_itself_is_limited(zipped, read, cells, monkeypatch):
    path = zipped({"recurrent/cells.py": cells})
    monkeypatch.setattr(limits, "ARCHIVE", path.stat().st_size)
    assert read(path).files
    monkeypatch.setattr(limits, "ARCHIVE", path.stat().st_size - 1)
    assert "work.zip is larger than" in read(path).problems[0]


def test_a_notebook_in_a_zip(zipped, read, as_notebook):
    data = as_notebook("class LSTMCell: pass\nclass GRUCell: pass")
    submission = read(zipped({"me/work.ipynb": data, "__MACOSX/me/._work.ipynb": b""}))
    assert list(submission.files) == ["recurrent/cells.py"]
    assert submission.problems == []


def test_nothing_is_written(zipped, read, cells, tmp_path, monkeypatch):
    folder = tmp_path / "in" / "here"
    folder.mkdir(parents=True)
    outside = str(tmp_path / "absolute.py")
    path = zipped({"recurrent/cells.py": cells, "../out.py": b"", outside: b""})
    path = path.rename(folder / path.name)
    monkeypatch.chdir(folder)
    before = sorted(tmp_path.rglob("*"))
    read(path)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_prefix_before_the_zip_is_fine(zipped, read, cells):
    """Self-extracting archives start with a program; what counts is the directory at the end."""
    path = zipped({"recurrent/cells.py": cells})
    path.write_bytes(b"#!/bin/sh\n" + path.read_bytes())
    assert read(path).files == {"recurrent/cells.py": cells}
    assert zipfile.is_zipfile(io.BytesIO(path.read_bytes()))
