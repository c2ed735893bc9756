"""Folders and single files: what is found, and what is refused without being followed or waited
for.
"""

import os
import signal
import socket

import pytest

from autograder.submission import SubmissionError, limits, read_submission
from autograder.submission import folder as folder_module


@pytest.fixture(params=["by descriptor", "by path"], autouse=True)
def way(request, monkeypatch):
    """Both ways to open: with descriptors of folders, and without (Windows)."""
    if request.param == "by path":
        monkeypatch.setattr(folder_module, "BY_DESCRIPTOR", False)
    return request.param


@pytest.fixture
def alarm():
    """Fail, instead of hanging, where something waits for ever."""

    def ring(*_):
        raise TimeoutError("it hangs")

    before = signal.signal(signal.SIGALRM, ring)
    signal.alarm(20)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.parametrize("inside", ["", "my work/"])
def test_the_package_is_found_at_the_root_and_one_folder_down(folder, read, cells, inside):
    submission = read(folder({f"{inside}recurrent/cells.py": cells, "notes.txt": b"hello"}))
    assert submission.files == {"recurrent/cells.py": cells}
    assert submission.problems == []


@pytest.mark.parametrize(
    "home", ["recurrent", "a/b/c", "recurrent/recurrent", "Users/cyd/a0", "a/b/c/d/e/f/g/h"]
)
def test_the_only_package_of_its_name_counts_at_any_depth(folder, read, cells, home):
    submission = read(
        folder({f"{home}/recurrent/cells.py": cells, "recurrent/readme.md": b"", "a/x.py": b""})
    )
    assert submission.files == {"recurrent/cells.py": cells}
    assert submission.problems == []


@pytest.mark.parametrize("home", ["recurrent", "my work/recurrent"])
def test_a_folder_of_the_name_around_the_package_is_not_the_package(folder, read, cells, home):
    """As a project that is named like its package has them."""
    others = {f"{home}/make_submission.py": b"", f"{home}/tests/test_cells.py": b""}
    submission = read(folder({**others, f"{home}/recurrent/cells.py": cells}))
    assert submission.files == {"recurrent/cells.py": cells}


@pytest.mark.skipif(os.sep == "\\", reason="there no name has backslashes")
def test_names_with_backslashes_are_read_as_windows_means_them(folder, read, cells):
    names = "Users\\cyd\\a0_mini\\recurrent\\cells.py", "Users\\cyd\\a0_mini\\recurrent\\more.py"
    submission = read(folder({names[0]: cells, names[1]: b"x = 1\n"}, "one"))
    assert submission.files == {"recurrent/cells.py": cells, "recurrent/more.py": b"x = 1\n"}
    assert submission.problems == []
    # What is really there comes first, and nothing leads out.
    both = {"recurrent/cells.py": cells, "recurrent\\cells.py": b"other", "..\\cells.py": b"other"}
    assert read(folder(both, "two")).files == {"recurrent/cells.py": cells}
    assert read(folder({"..\\recurrent\\cells.py": cells}, "three")).files == {}


def test_two_packages_far_down_are_ambiguous(folder, read, cells, only_problem):
    work = folder({"a/new/recurrent/cells.py": cells, "a/old/recurrent/cells.py": cells})
    submission = read(work)
    assert submission.files == {}
    assert "more than once (in a/new, a/old)" in only_problem(submission)
    (work / "a/old/recurrent/cells.py").unlink()
    assert read(work).files == {"recurrent/cells.py": cells}


def test_a_notebook_and_loose_files_count_far_down(folder, read, cells, as_notebook):
    data = as_notebook("class LSTMCell: pass\nclass GRUCell: pass")
    assert list(read(folder({"a/b/c/w.ipynb": data}, "one")).files) == ["recurrent/cells.py"]
    assert read(folder({"a/b/c/cells.py": cells}, "two")).files == {"recurrent/cells.py": cells}


def test_the_root_wins_over_a_folder_in_it(folder, read, cells):
    submission = read(folder({"recurrent/cells.py": cells, "old/recurrent/cells.py": b"old"}))
    assert submission.files == {"recurrent/cells.py": cells}


def test_two_packages_one_folder_down_are_ambiguous(folder, read, cells, only_problem):
    work = folder({"new/recurrent/cells.py": cells, "old/recurrent/cells.py": cells})
    submission = read(work)
    assert submission.files == {}
    assert "more than once (in new, old)" in only_problem(submission)
    (work / "old/recurrent/cells.py").unlink()
    assert read(work).files == {"recurrent/cells.py": cells}


def test_the_whole_package_is_read_without_what_programs_leave_behind(folder, read, cells):
    submission = read(
        folder(
            {
                "recurrent/__init__.py": b"",
                "recurrent/cells.py": cells,
                "recurrent/tools/sums.py": b"x = 1\n",
                "recurrent/data.csv": b"1,2",
                "recurrent/__pycache__/cells.py": b"",
                "recurrent/.cells.py": b"",
                "recurrent/._cells.py": b"\0\1",
                "tests/test_cells.py": b"",
                "conftest.py": b"",
            }
        )
    )
    assert sorted(submission.files) == [
        "recurrent/__init__.py",
        "recurrent/cells.py",
        "recurrent/tools/sums.py",
    ]
    assert submission.problems == []


def test_files_without_their_folder_count_as_the_package(folder, read, cells):
    submission = read(folder({"cells.py": cells, "more.py": b"y = 2\n", "readme.md": b""}))
    assert submission.files == {"recurrent/cells.py": cells, "recurrent/more.py": b"y = 2\n"}
    assert submission.problems == []


def test_files_of_other_names_do_not_count_as_the_package(folder, read, cells, only_problem):
    submission = read(folder({"my_cells.py": cells}))
    assert submission.files == {}
    assert "There is: my_cells.py" in only_problem(submission)


def test_a_missing_module_is_named(folder, cells, two_modules, only_problem):
    work = folder({"recurrent/cells.py": cells})
    submission = read_submission(work, two_modules)
    assert submission.files == {"recurrent/cells.py": cells}
    problem = only_problem(submission)
    assert "recurrent/layers.py is missing" in problem and "unroll" in problem
    (work / "recurrent/layers.py").write_bytes(b"def unroll(): ...\n")
    assert read_submission(work, two_modules).problems == []


NEARLY = [
    "Cells.py", "cells.PY", "cells (1).py", "cells(2).py", "cells-1.py", "cells - Copy.py",
    "CELLS (3).Py",
]  # fmt: skip


@pytest.mark.parametrize("name", NEARLY)
@pytest.mark.parametrize("home", ["recurrent/", ""])
def test_the_only_file_of_nearly_the_right_name_counts(
    folder, read, cells, only_problem, name, home
):
    submission = read(folder({f"{home}{name}": cells, f"{home}other.py": b""}))
    assert submission.files == {"recurrent/cells.py": cells, "recurrent/other.py": b""}
    told = f"{home}{name} is read as recurrent/cells.py. Give it that name."
    assert told in only_problem(submission)


def test_of_several_files_of_nearly_the_right_name_none_counts(folder, read, cells):
    submission = read(folder({"recurrent/cells (1).py": cells, "recurrent/Cells.py": cells}))
    assert "recurrent/cells.py" not in submission.files
    told = "could be any of recurrent/Cells.py, recurrent/cells (1).py. Keep one of them"
    assert any(told in problem for problem in submission.problems)


@pytest.mark.parametrize("name", ["my_cells.py", "cells2.py", "cells (x).py", "cells.py.txt"])
def test_other_names_are_not_nearly_right(folder, read, cells, name):
    submission = read(folder({f"recurrent/{name}": cells, "recurrent/other.py": b""}))
    assert "recurrent/cells.py" not in submission.files
    assert any("recurrent/cells.py is missing" in problem for problem in submission.problems)


def test_a_module_may_be_a_package(folder, read, cells):
    submission = read(folder({"recurrent/cells/__init__.py": cells}))
    assert submission.files == {"recurrent/cells/__init__.py": cells}
    assert submission.problems == []


def test_a_name_that_cannot_be_imported_is_left_out(folder, read, cells, only_problem):
    submission = read(folder({"recurrent/cells.py": cells, "recurrent/cells (1).py": b"old"}))
    assert submission.files == {"recurrent/cells.py": cells}
    assert "cells (1).py cannot be imported" in only_problem(submission)


def test_a_notebook_beside_the_package_does_not_count(folder, read, cells, as_notebook):
    other = as_notebook("class LSTMCell: other = 1")
    submission = read(folder({"recurrent/cells.py": cells, "work.ipynb": other}))
    assert submission.files == {"recurrent/cells.py": cells}


STUB = b"""\
class LSTMCell:
    def forward(self): raise NotImplementedError("lstm_cell: not started")
class GRUCell:
    def forward(self): raise NotImplementedError("gru_cell: not started")
"""


@pytest.mark.parametrize("place", ["", "work/", "recurrent/"])
def test_a_notebook_with_the_work_counts_beside_an_untouched_package(
    folder, read, as_notebook, only_problem, place
):
    work = as_notebook("class LSTMCell: done = 1", "class GRUCell: done = 2")
    others = {"handed_out.ipynb": as_notebook("from recurrent.cells import LSTMCell\nLSTMCell()")}
    files = {"recurrent/cells.py": STUB, "recurrent/data.py": b"x = 1\n", **others}
    submission = read(folder({**files, f"{place}work.ipynb": work}))
    assert sorted(submission.files) == ["recurrent/cells.py", "recurrent/data.py"]
    assert b"done = 2" in submission.files["recurrent/cells.py"]
    told = f"recurrent/cells.py: graded as written in {place}work.ipynb, because the package's own"
    assert told in only_problem(submission)


def test_a_package_that_somebody_worked_on_counts(folder, read, as_notebook):
    begun = STUB.replace(b"gru_cell: not started", b"no")
    work = as_notebook("class LSTMCell: done = 1", "class GRUCell: done = 2")
    submission = read(folder({"recurrent/cells.py": begun, "work.ipynb": work}))
    assert submission.files == {"recurrent/cells.py": begun} and submission.problems == []


@pytest.mark.parametrize(
    "cell", ["print(1)", "from recurrent.cells import LSTMCell", STUB.decode()]
)
def test_a_notebook_without_work_leaves_the_untouched_package_alone(
    folder, read, as_notebook, cell
):
    submission = read(folder({"recurrent/cells.py": STUB, "work.ipynb": as_notebook(cell)}))
    assert submission.files == {"recurrent/cells.py": STUB} and submission.problems == []


def test_two_notebooks_with_work_beside_an_untouched_package_are_told(
    folder, read, as_notebook, only_problem
):
    work = as_notebook("class LSTMCell: done = 1", "class GRUCell: done = 2")
    submission = read(folder({"recurrent/cells.py": STUB, "a.ipynb": work, "b.ipynb": work}))
    assert submission.files == {"recurrent/cells.py": STUB}
    assert "several notebooks (a.ipynb, b.ipynb) hold work" in only_problem(submission)


@pytest.mark.parametrize("inside", ["", "work/"])
def test_a_notebook_counts_where_there_is_no_package(folder, read, as_notebook, inside):
    data = as_notebook("class LSTMCell: pass\nclass GRUCell: pass")
    submission = read(folder({f"{inside}work.ipynb": data, ".ipynb_checkpoints/w.ipynb": b""}))
    assert list(submission.files) == ["recurrent/cells.py"]
    assert submission.problems == []


def test_two_notebooks_are_ambiguous(folder, read, as_notebook, only_problem):
    data = as_notebook("class LSTMCell: pass\nclass GRUCell: pass")
    submission = read(folder({"a.ipynb": data, "b.ipynb": data}))
    assert submission.files == {}
    assert "several notebooks (a.ipynb, b.ipynb)" in only_problem(submission)


@pytest.mark.parametrize("name", ["cells.py", "cells (1).py", "cells-2.py", "anything.py"])
def test_a_single_file_is_the_only_module(folder, read, cells, name):
    submission = read(folder({name: cells}) / name)
    assert submission.files == {"recurrent/cells.py": cells}
    assert (submission.problems, submission.name) == ([], name)


def test_a_single_file_of_several_modules_needs_its_name(folder, cells, two_modules):
    work = folder({"layers.py": cells, "mine.py": cells})
    assert list(read_submission(work / "layers.py", two_modules).files) == ["recurrent/layers.py"]
    submission = read_submission(work / "mine.py", two_modules)
    assert submission.files == {}
    assert "recurrent/cells.py, recurrent/layers.py" in submission.problems[0]


def test_another_kind_of_file_is_refused(folder, read, only_problem):
    assert "work.rar is not a folder, a zip" in only_problem(
        read(folder({"work.rar": b"Rar!"}) / "work.rar")
    )


def test_nothing_there_is_the_callers_mistake(tmp_path, read):
    (tmp_path / "file.py").touch()
    for name in ("none", "none/below", "file.py/below", "a\0b"):
        with pytest.raises(SubmissionError, match="no submission at"):
            read(f"{tmp_path}/{name}")
    (tmp_path / "none").mkdir()
    assert read(tmp_path / "none").files == {}


def test_an_empty_folder_says_so(tmp_path, read, only_problem):
    assert "There is: nothing" in only_problem(read(tmp_path))


# Links lead to a file outside the submission, which must not be read, and not be named either.


@pytest.fixture
def secret(tmp_path):
    (tmp_path / "hidden").mkdir()
    path = tmp_path / "hidden/cells.py"
    path.write_text("SECRET = 1\n")
    return path


def test_a_linked_file_is_not_read(folder, read, cells, secret):
    work = folder({"recurrent/more.py": b"x = 1\n"})
    (work / "recurrent/cells.py").symlink_to(secret)
    submission = read(work)
    assert submission.files == {"recurrent/more.py": b"x = 1\n"}
    assert any("recurrent/cells.py is a link" in problem for problem in submission.problems)
    (work / "recurrent/cells.py").unlink()
    (work / "recurrent/cells.py").write_bytes(cells)
    assert read(work).problems == []


def test_a_linked_package_is_not_read(folder, read, secret):
    work = folder({"notes.txt": b""})
    (work / "recurrent").symlink_to(secret.parent)
    submission = read(work)
    assert submission.files == {}
    assert any("recurrent is a link" in problem for problem in submission.problems)


def test_a_linked_folder_in_the_package_is_not_read(folder, read, cells, secret, only_problem):
    work = folder({"recurrent/cells.py": cells})
    (work / "recurrent/tools").symlink_to(secret.parent)
    submission = read(work)
    assert list(submission.files) == ["recurrent/cells.py"]
    assert "recurrent/tools is a link" in only_problem(submission)


@pytest.mark.parametrize("end", ["", "/"])
def test_a_submission_that_is_a_link_is_not_read(tmp_path, read, secret, end, only_problem):
    (tmp_path / "link").symlink_to(secret.parent)
    submission = read(f"{tmp_path}/link{end}")
    assert submission.files == {}
    assert "link is a link" in only_problem(submission)
    assert read(f"{secret.parent}{end}").files == {"recurrent/cells.py": b"SECRET = 1\n"}


def test_a_file_replaced_by_a_link_after_it_was_listed_is_not_read(
    folder, read, cells, secret, monkeypatch
):
    work = folder({"recurrent/cells.py": cells})
    listed = folder_module.FolderTree._list

    def list_then_replace(tree, path):
        found = listed(tree, path)
        if path == ("recurrent",):
            (work / "recurrent/cells.py").unlink()
            (work / "recurrent/cells.py").symlink_to(secret)
        return found

    monkeypatch.setattr(folder_module.FolderTree, "_list", list_then_replace)
    submission = read(work)
    assert submission.files == {}
    assert any("recurrent/cells.py is a link" in problem for problem in submission.problems)


def test_special_files_are_neither_read_nor_waited_for(
    folder, read, cells, alarm, tmp_path, monkeypatch
):
    work = folder({"recurrent/more.py": b"x = 1\n"})
    os.mkfifo(work / "recurrent/cells.py")
    os.mkfifo(work / "work.ipynb")
    submission = read(work)
    assert list(submission.files) == ["recurrent/more.py"]
    assert any("recurrent/cells.py" in problem for problem in submission.problems)
    (work / "recurrent/cells.py").unlink()
    (work / "recurrent/cells.py").write_bytes(cells)
    assert read(work).problems == []

    os.mkfifo(tmp_path / "pipe.py")
    with socket.socket(socket.AF_UNIX) as listener:
        monkeypatch.chdir(tmp_path)  # a socket's path must be short
        listener.bind("socket.py")
        for name in ("pipe.py", "socket.py"):
            submission = read(tmp_path / name)
            assert submission.files == {}
            assert "not a regular file" in submission.problems[0]


def test_a_file_may_be_as_large_as_the_limit_and_no_larger(folder, read, cells, only_problem):
    largest = cells + b"#" * (limits.PYTHON_FILE - len(cells))
    work = folder({"recurrent/cells.py": largest})
    assert read(work).files == {"recurrent/cells.py": largest}
    (work / "recurrent/cells.py").write_bytes(largest + b"#")
    submission = read(work)
    assert submission.files == {}
    assert "larger than 1 MB" in only_problem(submission)


def test_deep_folders_end(folder, read, cells, only_problem):
    deep = "/".join(["recurrent"] + ["d"] * (limits.DEPTH - 1))
    work = folder({"recurrent/cells.py": cells, f"{deep}/deep.py": b"x = 1\n"})
    submission = read(work)
    assert len(submission.files) == 2 and submission.problems == []
    (work / deep / "d" / "e").mkdir(parents=True)
    assert "deep and is not read" in only_problem(read(work))


def test_a_hopelessly_deep_folder_does_no_harm(folder, read, cells, monkeypatch):
    work = folder({"recurrent/cells.py": cells})
    monkeypatch.chdir(work / "recurrent")
    for _ in range(250):  # deeper than a path can be long
        os.mkdir("d" * 20)
        os.chdir("d" * 20)
    monkeypatch.undo()
    submission = read(work)
    assert submission.files == {"recurrent/cells.py": cells}
    assert len(submission.problems) == 1


def test_a_crowded_folder_is_refused(folder, read, cells, monkeypatch, only_problem):
    monkeypatch.setattr(limits, "ENTRIES", 20)
    work = folder({"recurrent/cells.py": cells})
    for number in range(18):
        (work / f"{number}.txt").touch()
    assert read(work).files == {"recurrent/cells.py": cells}
    (work / "one_more.txt").touch()
    submission = read(work)
    assert submission.files == {}
    assert "more than 20 entries" in submission.problems[0]


def test_all_files_together_are_limited(folder, read, cells, monkeypatch):
    work = folder({"recurrent/cells.py": cells, "recurrent/more.py": b"x = 1\n"})
    monkeypatch.setattr(limits, "EXPANDED", len(cells) + 6)
    assert len(read(work).files) == 2
    monkeypatch.setattr(limits, "EXPANDED", len(cells) + 5)
    submission = read(work)
    assert list(submission.files) == ["recurrent/cells.py"]
    assert "expands to more than" in submission.problems[0]


def test_a_file_that_may_not_be_read_is_named(folder, read, cells, monkeypatch):
    work = folder({"recurrent/cells.py": cells, "recurrent/more.py": b"x = 1\n"})
    really_open = os.open

    def refuse(path, *arguments, **keywords):
        if str(path).endswith("cells.py"):
            raise PermissionError(13, "no")
        return really_open(path, *arguments, **keywords)

    monkeypatch.setattr(os, "open", refuse)
    submission = read(work)
    assert list(submission.files) == ["recurrent/more.py"]
    assert "recurrent/cells.py cannot be read: Permission denied" in submission.problems[0]


def test_odd_names_are_shown_clean_and_short(folder, read, cells):
    names = [
        b"\xff\xfe.py",
        b"a\x1b[31mred\n.py",
        "\u202egpj.py".encode(),
        b"x" * 250 + b".py",
    ]
    work = folder({"recurrent/cells.py": cells})
    for name in names:
        with open(os.path.join(os.fsencode(work), b"recurrent", name), "wb"):
            pass
    submission = read(work)
    assert submission.files["recurrent/cells.py"] == cells
    assert len(submission.problems) == 3  # the long name is a name
    for problem in submission.problems:
        assert problem.isprintable() and len(problem) < 300
        problem.encode("utf-8")


def test_descriptors_are_closed(folder, read, cells):
    work = folder({"recurrent/cells.py": cells, "recurrent/a/b/c.py": b""})
    (work / "recurrent/link.py").symlink_to("cells.py")
    before = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0
    for _ in range(5):
        read(work)
    after = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0
    assert after == before
