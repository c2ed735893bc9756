"""Tests of a released folder as a student has it: elsewhere, with nothing but pytest and Python."""

import shutil
import stat
import zipfile
from pathlib import Path

import pytest

NAME = "a0_sums"


@pytest.fixture
def folder(shared_course, tmp_path) -> Path:
    """The folder, unpacked somewhere else."""
    target = tmp_path / "my assignment"
    shutil.copytree(shared_course / "assignments" / NAME, target)
    return target


@pytest.fixture
def solve(shared_course, folder):
    """Do some of the work."""

    def solve(*modules: str) -> None:
        for module in modules:
            shutil.copy(
                shared_course / "solutions" / NAME / "sums" / module, folder / "sums" / module
            )

    return solve


def end_of(output: str) -> list[str]:
    """What is printed last: the table and the line below it, with single spaces."""
    lines = [" ".join(line.split()) for line in output.rstrip().splitlines()]
    return [line for line in lines[-4:] if line]


def test_the_untouched_stub(folder, run):
    ran = run(folder, "-m", "pytest")
    assert ran.returncode == 1
    assert end_of(ran.stdout) == [
        "total not started 0 of 12 points",
        "counter not started 0 of 18 points",
        "public tests: 0 of 30 points; hidden tests decide the other 70",
    ]
    # One line for each test, and no traceback.
    names = [line for line in ran.stdout.splitlines() if line.startswith("NOT STARTED ")]
    assert len(names) == 7
    assert "NOT STARTED tests/test_counter.py::TestCounter::test_unseen" in names
    assert "FAILURES" not in ran.stdout and "NotImplementedError" not in ran.stdout
    assert "7 not started in" in ran.stdout


def test_the_solution(folder, run, solve):
    solve("adding.py", "counting.py")
    ran = run(folder, "-m", "pytest")
    assert ran.returncode == 0, ran.stdout
    assert end_of(ran.stdout) == [
        "total 5 of 5 passed 12 of 12 points",
        "counter 2 of 2 passed 18 of 18 points",
        "public tests: 30 of 30 points; hidden tests decide the other 70",
    ]
    assert "NOT STARTED" not in ran.stdout


def test_work_in_progress(folder, run, solve):
    solve("adding.py")
    module = folder / "sums" / "counting.py"
    text = module.read_text()
    body = 'raise NotImplementedError("counter: not started")'
    assert text.count(body) == 3
    module.write_text(text.replace(body, "self.wrong = 1"))
    ran = run(folder, "-m", "pytest")
    assert end_of(ran.stdout) == [
        "total 5 of 5 passed 12 of 12 points",
        "counter 0 of 2 passed 0 of 18 points",
        "public tests: 12 of 30 points; hidden tests decide the other 70",
    ]
    assert 'assert counter["a"] == 2' in ran.stdout  # a real failure shows where it happened


@pytest.mark.parametrize(
    "arguments, total, line",
    [
        (
            ["tests/test_total.py"],
            "total 5 of 5 passed 12 of 12 points",
            "public tests of this run: 12 of 12 points, of 30 in all",
        ),
        (
            ["-k", "by_hand"],
            "total 4 of 5 passed, 1 not run 9.6 of 12 points",
            "public tests of this run: 9.6 of 9.6 points, of 30 in all",
        ),
        (
            ["tests/test_total.py::test_by_hand[numbers1-5]"],
            "total 1 of 5 passed, 4 not run 2.4 of 12 points",
            "public tests of this run: 2.4 of 2.4 points, of 30 in all",
        ),
    ],
)
def test_a_part_of_the_tests(arguments, total, line, folder, run, solve):
    solve("adding.py")
    ran = run(folder, "-m", "pytest", *arguments)
    assert ran.returncode == 0
    assert end_of(ran.stdout) == [
        total,
        "counter not run 0 of 18 points",
        f"{line}; hidden tests decide the other 70",
    ]


def test_from_another_folder(folder, run, solve):
    solve("adding.py", "counting.py")
    ran = run(folder.parent, "-m", "pytest", folder.name)
    assert "public tests: 30 of 30 points" in ran.stdout
    ran = run(folder / "tests", "-P", "-m", "pytest", "-v")
    assert "public tests: 30 of 30 points" in ran.stdout


def test_a_module_that_does_not_import_costs_its_own_tasks(folder, run, solve):
    solve("adding.py")
    (folder / "sums" / "counting.py").write_text("class Counter(:\n")
    ran = run(folder, "-m", "pytest")
    assert ran.returncode != 0
    assert "SyntaxError" in ran.stdout
    assert end_of(ran.stdout) == [
        "total 5 of 5 passed 12 of 12 points",
        "counter could not be loaded 0 of 18 points",
        "public tests: 12 of 30 points; hidden tests decide the other 70",
    ]


def test_skipped_or_expected_to_fail_is_not_passed(folder, run, solve):
    solve("adding.py", "counting.py")
    path = folder / "tests" / "test_counter.py"
    text = "import pytest\n" + path.read_text()
    text = text.replace("    def test_counts", "    @pytest.mark.skip\n    def test_counts")
    text = text.replace("    def test_unseen", "    @pytest.mark.xfail\n    def test_unseen")
    path.write_text(text)
    ran = run(folder, "-m", "pytest")
    assert end_of(ran.stdout)[1] == "counter 0 of 2 passed 0 of 18 points"


def test_tests_of_one_s_own_count_for_nothing(folder, run, solve):
    solve("adding.py", "counting.py")
    with (folder / "tests" / "test_total.py").open("a") as file:
        file.write("\n\ndef test_mine():\n    pass\n")
    (folder / "tests" / "test_mine.py").write_text("def test_mine():\n    pass\n")
    ran = run(folder, "-m", "pytest")
    assert "9 passed" in ran.stdout
    assert end_of(ran.stdout)[0] == "total 5 of 5 passed 12 of 12 points"
    assert end_of(ran.stdout)[2].startswith("public tests: 30 of 30 points")


def test_other_not_implemented_errors_are_shown_in_full(folder, run, solve):
    solve("adding.py")
    module = folder / "sums" / "counting.py"
    module.write_text(module.read_text().replace("counter: not started", "something else"))
    ran = run(folder, "-m", "pytest")
    assert "something else" in ran.stdout and "FAILURES" in ran.stdout
    assert end_of(ran.stdout)[1] == "counter 0 of 2 passed 0 of 18 points"


def test_hypothesis_repeats_itself_and_does_not_look_further_than_needed(folder, run):
    (folder / "tests" / "test_profile.py").write_text(
        "from hypothesis import Phase, given, settings, strategies as st\n\n\n"
        "@settings(max_examples=5)\n@given(st.integers())\ndef test_it(number):\n"
        "    print('drawn', number)\n"
        "    used = settings.default\n"
        "    assert used.derandomize and used.deadline is None and used.database is None\n"
        "    assert Phase.explain not in used.phases and Phase.generate in used.phases\n"
    )
    first, second = (run(folder, "-m", "pytest", "-s", "tests/test_profile.py") for _ in range(2))
    assert first.returncode == 0, first.stdout
    drawn = [line for line in first.stdout.splitlines() if "drawn" in line]
    assert len(drawn) == 5
    assert drawn == [line for line in second.stdout.splitlines() if "drawn" in line]


# --- make_submission.py -------------------------------------------------------------------------


def submit(run, folder: Path):
    ran = run(folder.parent, str(folder / "make_submission.py"))
    assert ran.stderr == ""
    return ran.returncode, ran.stdout


def content(folder: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(folder / f"{NAME}.zip") as archive:
        assert all(stat.S_ISREG(member.external_attr >> 16) for member in archive.infolist())
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_complete_submission(folder, run, solve):
    solve("adding.py", "counting.py")
    code, output = submit(run, folder)
    assert code == 0
    assert [" ".join(line.split()) for line in output.splitlines()[-2:]] == [
        "total ready",
        "counter ready",
    ]
    names = ["notebook.ipynb", "sums/__init__.py", "sums/adding.py", "sums/counting.py"]
    assert content(folder) == {name: (folder / name).read_bytes() for name in names}

    first = (folder / f"{NAME}.zip").read_bytes()
    for path in folder.rglob("*.py"):
        path.touch()
        path.chmod(0o600)
    assert submit(run, folder) == (code, output)
    assert (folder / f"{NAME}.zip").read_bytes() == first


def test_a_submission_of_part_of_the_work(folder, run, solve):
    solve("adding.py")
    (folder / "notebook.ipynb").unlink()
    code, output = submit(run, folder)
    assert code == 0
    assert "total    ready" in output and "counter  not started" in output
    assert "notebook.ipynb" not in content(folder)


@pytest.mark.parametrize(
    "name, text, says",
    [
        ("sums/counting.py", None, ["sums/counting.py is missing", "No module named"]),
        ("sums/counting.py", "x = (\n", ["counting.py, line 1: SyntaxError"]),
        ("sums/counting.py", "a = 1\n\nb = c\n", ["sums/counting.py, line 3: NameError"]),
        ("sums/counting.py", "import sys\nsys.exit(0)\n", ["counting.py, line 2: SystemExit"]),
        ("sums/counting.py", "import os\nos._exit(3)\n", ["ended Python (exit code 3)"]),
        ("sums/counting.py", "class Count:\n    pass\n", ["does not define Counter"]),
        ("sums/counting.py", "import helpers\n", ["only sums/ is handed in"]),
        ("sums/__init__.py", None, ["sums/__init__.py is missing"]),
        ("notebook.ipynb", "{", ["notebook.ipynb is not a notebook any more"]),
    ],
)
def test_what_is_wrong_is_said_and_the_rest_is_packed(name, text, says, folder, run, solve):
    solve("adding.py", "counting.py")
    (folder / "helpers.py").write_text("")  # on this machine, but not in the zip
    path = folder / name
    path.unlink() if text is None else path.write_text(text)
    code, output = submit(run, folder)
    assert code == 1
    for piece in says:
        assert piece in output
    assert (name in content(folder)) == (text is not None)
    assert "sums/adding.py" in content(folder)


def test_a_module_that_never_ends(folder, run, solve):
    solve("adding.py", "counting.py")
    (folder / "sums" / "counting.py").write_text("while True:\n    pass\n")
    script = folder / "make_submission.py"
    text = script.read_text()
    assert text.count("IMPORT_SECONDS = 120") == 1
    script.write_text(text.replace("IMPORT_SECONDS = 120", "IMPORT_SECONDS = 2"))
    code, output = submit(run, folder)
    assert code == 1
    assert "importing sums takes more than 2 seconds" in output
    assert "sums/adding.py" in content(folder)


def test_nothing_to_hand_in(folder, run):
    shutil.rmtree(folder / "sums")
    (folder / "notebook.ipynb").unlink()
    code, output = submit(run, folder)
    assert code == 1
    assert "Nothing to hand in" in output
    assert not (folder / f"{NAME}.zip").exists()


def test_the_scripts_need_only_the_standard_library_and_pytest(folder, run):
    for name in ("conftest", "make_submission"):
        blocked = "import sys; sys.modules['hypothesis'] = sys.modules['torch'] = None"
        ran = run(folder, "-c", f"{blocked}; import {name}; print(*sys.modules)")
        assert ran.returncode == 0, ran.stderr
        imported = set(ran.stdout.split())
        assert not imported & {"numpy", "yaml", "autograder", "solutions"}
        assert ("pytest" in imported) == (name == "conftest")
