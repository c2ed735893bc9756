"""Tests of a released folder as a student has it: elsewhere, with nothing but pytest and Python."""

import importlib.metadata
import json
import re
import shutil
import stat
import tomllib
import zipfile
from pathlib import Path

import pytest

from autograder.release.requirements import INSTALLED, OLDEST_PYTHON
from autograder.submission import limits

NAME = "a0_sums"


@pytest.fixture
def folder(shared_course, tmp_path) -> Path:
    """The folder, unpacked somewhere else."""
    target = tmp_path / "mein Übungsblatt"
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


def table_in(output: str) -> dict[str, list[str]]:
    """The rows of the table that a run ends with: task -> the other cells, what to do next last."""
    lines = output.splitlines()
    (head,) = (number for number, line in enumerate(lines) if line.startswith("task "))
    rows = [re.split(r"\s{2,}", line) for line in lines[head + 2 :]]
    return {row[0]: row[1:] for row in rows[: rows.index([""])]}


def failures_in(output: str) -> list[str]:
    """The lines about failures, between the line of pytest's own count and the table."""
    lines = output.splitlines()
    (count,) = (n for n, line in enumerate(lines) if re.search(r" in [\d.]+s", line))
    (head,) = (n for n, line in enumerate(lines) if line.startswith("task "))
    return lines[count + 2 : head - 1]


def end_of(output: str) -> str:
    """What stands below the table."""
    return output.rstrip().rpartition("\n\n")[2]


def test_the_untouched_stub(folder, run):
    ran = run(folder, "-m", "pytest")
    assert ran.returncode == 1
    # One line for each task, not for each test, and no traceback.
    assert "7 not started in" in ran.stdout
    assert ran.stdout.count("not started") == 1 + 2
    assert "NotImplementedError" not in ran.stdout
    assert not re.search(r"test_(by_hand|counts)", ran.stdout)
    assert table_in(ran.stdout) == {
        "total": ["not started", "0 of 12", "28 points", "section 1"],
        "counter": ["not started", "0 of 18", "42 points", "section Counter and counter"],
    }
    assert end_of(ran.stdout).splitlines() == [
        "next: total: read section 1 of README.md, then write total and running_totals in "
        "sums/adding.py",
        "public tests: 0 of 30 points; hidden tests decide the other 70",
    ]


def test_the_solution(folder, run, solve):
    solve("adding.py", "counting.py")
    ran = run(folder, "-m", "pytest")
    assert ran.returncode == 0, ran.stdout
    assert table_in(ran.stdout) == {
        "total": ["5 of 5", "12 of 12", "28 points", "section 1"],
        "counter": ["2 of 2", "18 of 18", "42 points", "section Counter and counter"],
    }
    assert end_of(ran.stdout) == "public tests: 30 of 30 points; hidden tests decide the other 70"
    assert "not started" not in ran.stdout and "next" not in ran.stdout


def test_work_in_progress(folder, run, solve):
    solve("adding.py")
    module = folder / "sums" / "counting.py"
    text = module.read_text()
    body = 'raise NotImplementedError("counter: not started")'
    assert text.count(body) == 3
    module.write_text(text.replace(body, "self.wrong = 1"))
    ran = run(folder, "-m", "pytest")
    assert table_in(ran.stdout)["total"][:2] == ["5 of 5", "12 of 12"]
    assert table_in(ran.stdout)["counter"][:2] == ["0 of 2", "0 of 18"]
    look = "look at TestCounter::test_counts above, and read section Counter and counter"
    assert end_of(ran.stdout).splitlines() == [
        f"next: counter: {look} of README.md",
        "public tests: 12 of 30 points; hidden tests decide the other 70",
    ]
    # A real failure shows what came and where, and names the section to read.
    assert failures_in(ran.stdout) == [
        "counter: TestCounter::test_counts (README.md, section Counter and counter)",
        "    assert None == 2",
        '    tests/test_counter.py:15: assert counter["a"] == 2',
        "",
        "counter: TestCounter::test_unseen (README.md, section Counter and counter)",
        "    assert None == 0",
        '    tests/test_counter.py:18: assert Counter()["b"] == 0',
    ]


def test_half_of_a_task(folder, run, solve):
    solve("adding.py")
    module = folder / "sums" / "adding.py"
    head, _, _ = module.read_text().partition("    numbers = list(numbers)")
    module.write_text(f'{head}    raise NotImplementedError("total: not started")\n')
    ran = run(folder, "-m", "pytest", "tests/test_total.py")
    assert "NotImplementedError" not in ran.stdout
    assert table_in(ran.stdout)["total"][:2] == ["3 of 5", "7.2 of 12"]
    following = end_of(ran.stdout).splitlines()[0]
    begin = "next: total: a part is not started; read section 1 of README.md, then write "
    assert following.startswith(begin)


def test_a_task_that_uses_another_one_that_is_not_started(folder, run, solve):
    solve("counting.py")
    module = folder / "sums" / "counting.py"
    change(module, "        self.times_seen_so_far[thing] += 1", "        total([1])")
    change(module, "import defaultdict", "import defaultdict\n\nfrom .adding import total")
    ran = run(folder, "-m", "pytest")
    assert table_in(ran.stdout)["counter"][:2] == ["1 of 2", "9 of 18"]
    told = failures_in(ran.stdout)
    assert told[0].startswith("counter: TestCounter::test_counts")
    assert told[1] == "    Your code uses total, which is not started."


@pytest.mark.parametrize("own", [True, False])
def test_an_error_that_a_test_provokes_is_not_a_stub(own, folder, run, solve):
    """The same words, once from the student's module and once from what the test hands in."""
    solve("adding.py", "counting.py")
    module = folder / "sums" / "counting.py"
    with module.open("a") as file:
        file.write('\n\ndef stub():\n    raise NotImplementedError("counter: not started")\n')
    test = folder / "tests" / "test_counter.py"
    change(test, "import Counter", "import Counter, stub\n\n\ndef provoked():\n    "
           'raise NotImplementedError("counter: not started")')  # fmt: skip
    called = "stub" if own else "provoked"
    change(test, 'assert Counter()["b"] == 0', f'assert Counter()["b"] == 0\n        {called}()')
    ran = run(folder, "-m", "pytest", "-k", "counter")
    assert ("a part is not started" in ran.stdout) == own
    assert ("NotImplementedError: counter: not started" in ran.stdout) == (not own)


@pytest.mark.parametrize(
    "arguments, total, lines",
    [
        (
            ["tests/test_total.py"],
            ["5 of 5", "12 of 12"],
            ["public tests of this run: 12 of 12 points, of 30 in all"],
        ),
        (
            ["-k", "by_hand"],
            ["4 of 5", "9.6 of 12"],
            [
                "next: total: 1 of its tests did not run: pytest tests/test_total.py",
                "public tests of this run: 9.6 of 9.6 points, of 30 in all",
            ],
        ),
        (
            ["tests/test_total.py::test_by_hand[numbers1-5]"],
            ["1 of 5", "2.4 of 12"],
            [
                "next: total: 4 of its tests did not run: pytest tests/test_total.py",
                "public tests of this run: 2.4 of 2.4 points, of 30 in all",
            ],
        ),
    ],
)
def test_a_part_of_the_tests(arguments, total, lines, folder, run, solve):
    solve("adding.py")
    ran = run(folder, "-m", "pytest", *arguments)
    assert ran.returncode == 0
    # What did not run takes no line.
    assert table_in(ran.stdout) == {"total": [*total, "28 points", "section 1"]}
    assert end_of(ran.stdout) == "\n".join(lines) + "; hidden tests decide the other 70"


def test_the_name_of_a_task_means_that_task_alone(folder, run, solve):
    """Although a test of `total` has "counter" in its name."""
    solve("adding.py", "counting.py")
    with (folder / "tests" / "test_total.py").open("a") as file:
        file.write("\n\ndef test_no_counter_is_needed():\n    pass\n")
    for expression, tests in [("counter", 2), ("counter or no_such_test", 3)]:
        ran = run(folder, "-m", "pytest", "-k", expression)
        assert f"{tests} passed, {8 - tests} deselected" in ran.stdout
        assert list(table_in(ran.stdout)) == ["counter"] * (tests == 2) or tests == 3
        assert table_in(ran.stdout)["counter"][0] == "2 of 2"


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
    assert failures_in(ran.stdout) == [
        "counter: tests/test_counter.py could not be loaded (README.md, section Counter and counter)",
        "    SyntaxError: invalid syntax (counting.py, line 1)",
        "    tests/test_counter.py:5: from sums.counting import Counter",
        "    sums/counting.py:1: class Counter(:",
    ]
    assert table_in(ran.stdout)["total"][:2] == ["5 of 5", "12 of 12"]
    assert table_in(ran.stdout)["counter"][:2] == ["0 of 2", "0 of 18"]
    assert end_of(ran.stdout).splitlines() == [
        "next: mend the error above, so that tests/test_counter.py can be loaded",
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
    assert table_in(ran.stdout)["counter"][:2] == ["0 of 2", "0 of 18"]


LONG_TEST = """
import pytest


@pytest.mark.parametrize("number", range(30))
def test_at_length(number):
    for line in range(number):
        exec(f"if number == {line + 1}: raise AssertionError('one more line\\\\n' * 40)")
    assert number == 30, "a line of thirty\\n" * 30


def test_another():
    assert False, "a line of thirty\\n" * 30
"""


def test_a_first_wrong_attempt_prints_a_page(folder, run, solve):
    """Both tasks fail many long tests, in the order of the handout, not of the alphabet."""
    solve("adding.py", "counting.py")
    for task in ("total", "counter"):
        with (folder / "tests" / f"test_{task}.py").open("a") as file:
            file.write(LONG_TEST)
    printed = {"COLUMNS": "80"}
    ran = run(folder, "-m", "pytest", environment=printed)
    assert len(ran.stdout.splitlines()) <= 60
    told = [line for line in failures_in(ran.stdout) if line.startswith(("total", "counter"))]
    assert [line.partition(":")[0] for line in told] == ["total", "counter"]
    # The twins: one task alone is told in full, and so is everything in pytest's own way.
    for arguments in (["-k", "total"], ["--tb=long"]):
        ran = run(folder, "-m", "pytest", *arguments, environment=printed)
        assert len(ran.stdout.splitlines()) > 60
    assert "=== FAILURES ===" in ran.stdout and not failures_before_the_table(ran.stdout)


def failures_before_the_table(output: str) -> bool:
    """Whether conftest.py tells of failures as well."""
    return "(README.md, section" in output


def test_hypothesis_says_nothing_that_nobody_can_act_on(folder, run, solve):
    solve("adding.py", "counting.py")
    change(folder / "sums" / "adding.py", "return reduce(", "return 1 + reduce(")
    offered = "`git apply"
    ran = run(folder, "-m", "pytest")
    assert offered not in ran.stdout and "Falsifying" not in ran.stdout
    assert "    with numbers=[]" in failures_in(ran.stdout)
    # The twin: without the line that forgets the examples, there is a patch.
    change(folder / "conftest.py", 'vars(item).pop("_hypothesis_failing_examples", None)', "pass")
    assert offered in run(folder, "-m", "pytest").stdout


def test_tests_of_one_s_own_count_for_nothing(folder, run, solve):
    solve("adding.py", "counting.py")
    with (folder / "tests" / "test_total.py").open("a") as file:
        file.write("\n\ndef test_mine():\n    pass\n")
    (folder / "tests" / "test_mine.py").write_text("def test_mine():\n    pass\n")
    ran = run(folder, "-m", "pytest")
    assert "9 passed" in ran.stdout
    assert table_in(ran.stdout)["total"][:2] == ["5 of 5", "12 of 12"]
    assert end_of(ran.stdout).startswith("public tests: 30 of 30 points")


def test_other_not_implemented_errors_are_shown_in_full(folder, run, solve):
    solve("adding.py")
    module = folder / "sums" / "counting.py"
    module.write_text(module.read_text().replace("counter: not started", "something else"))
    ran = run(folder, "-m", "pytest")
    assert "    NotImplementedError: something else" in failures_in(ran.stdout)
    assert table_in(ran.stdout)["counter"][:2] == ["0 of 2", "0 of 18"]


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


@pytest.mark.parametrize(
    "environment, rule",
    [
        ({"PYTHONIOENCODING": "utf-8"}, "─"),
        ({"PYTHONIOENCODING": "cp1252", "PYTHONUTF8": "0"}, "-"),
        ({"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}, "-"),
    ],
)
def test_any_console_of_80_columns(environment, rule, folder, run):
    ran = run(
        folder, "-m", "pytest", environment={**environment, "COLUMNS": "80"}, encoding="latin-1"
    )
    output = ran.stdout.encode("latin-1").decode(environment["PYTHONIOENCODING"])
    lines = output[output.index(" not started in") :].splitlines()
    assert max(map(len, lines)) <= 80
    assert f"{rule * 7}  {rule * 12}  {rule * 7}  {rule * 9}  {rule * 27}" in lines
    counter = "counter  not started   0 of 18  42 points  section Counter and counter"
    assert counter in lines


def test_colours_only_where_pytest_has_them(folder, run, solve):
    solve("adding.py")
    assert "\x1b" not in run(folder, "-m", "pytest").stdout
    lines = run(folder, "-m", "pytest", "--color=yes").stdout.splitlines()
    (done,) = (line for line in lines if "5 of 5" in line)
    (begin,) = (line for line in lines if "not started " in line and "counter" in line)
    assert "\x1b[32m" in done and "\x1b[33m" in begin


def test_lines_as_git_writes_them_on_windows(folder, run, solve):
    solve("adding.py", "counting.py")
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    ran = run(folder, "-m", "pytest")
    assert ran.returncode == 0, ran.stdout
    assert end_of(ran.stdout) == "public tests: 30 of 30 points; hidden tests decide the other 70"
    code, output = submit(run, folder)
    assert code == 0
    assert "counter  2 of 2 passed, 18 of 18 points" in output


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_loop_that_does_not_end_is_named_and_not_stopped(folder, run, solve):
    solve("adding.py", "counting.py")
    change(folder / "conftest.py", "SLOW = 30", "SLOW = 1")
    with (folder / "sums" / "counting.py").open("a") as file:
        file.write("\n\ndef loop(seconds):\n    end = time.monotonic() + seconds\n")
        file.write("    while time.monotonic() < end:\n        pass\n")
    change(folder / "sums" / "counting.py", "import defaultdict", "import defaultdict\nimport time")
    test = folder / "tests" / "test_counter.py"
    said = re.compile(
        r"test_unseen has been running for 1 seconds, now in sums/counting.py, line (\d+)\.\n"
        r"Is there a loop that never ends\? Ctrl\+C stops the tests\.\n"
    )
    original = test.read_text()
    for seconds in (0, 3):
        loop = f'from sums.counting import loop; loop({seconds}); assert Counter()["b"] == 0'
        test.write_text(original.replace('assert Counter()["b"] == 0', loop))
        ran = run(folder, "-m", "pytest", "tests/test_counter.py")
        assert "2 passed" in ran.stdout
        found = said.findall(ran.stdout)
        assert len(found) == bool(seconds)
    line = (folder / "sums" / "counting.py").read_text().splitlines()[int(found[0]) - 1]
    assert "time.monotonic() < end" in line or "pass" in line


# --- make_submission.py -------------------------------------------------------------------------


def submit(run, folder: Path, *options: str, **environment: str):
    script = str(folder / "make_submission.py")
    ran = run(folder.parent, script, *options, environment=environment)
    assert ran.stderr == ""
    return ran.returncode, ran.stdout


def notes_in(output: str) -> list[str]:
    """What is to be looked at before handing in, though nothing is wrong."""
    _, _, notes = output.partition("Look at this before you hand it in:\n")
    return [line.removeprefix("- ") for line in notes.splitlines()]


def save_notebook(folder: Path, counts: list, outputs: list) -> None:
    """Save the notebook as Jupyter would, with these counts and outputs of its cells of code."""
    path = folder / "notebook.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code" and cell["source"]]
    for cell, count, output in zip(code[-2:], counts, outputs, strict=True):
        cell["execution_count"], cell["outputs"] = count, output
    notebook["cells"] = code[-2:]
    path.write_text(json.dumps(notebook), encoding="utf-8")


PRINTED = {"output_type": "stream", "name": "stdout", "text": "450"}
RAISED = {"output_type": "error", "ename": "NameError", "evalue": "", "traceback": []}


def content(folder: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(folder / f"{NAME}.zip") as archive:
        assert all(stat.S_ISREG(member.external_attr >> 16) for member in archive.infolist())
        return {name: archive.read(name) for name in archive.namelist()}


def test_a_complete_submission(folder, run, solve):
    solve("adding.py", "counting.py")
    save_notebook(folder, [1, 2], [[], [PRINTED]])
    code, output = submit(run, folder)
    assert code == 0
    assert output.splitlines()[-2:] == [
        "total    5 of 5 passed, 12 of 12 points",
        "counter  2 of 2 passed, 18 of 18 points",
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
    change(folder / "sums" / "adding.py", "return reduce(", "return -reduce(")
    code, output = submit(run, folder)
    assert code == 0
    assert "total    2 of 5 passed, 4.8 of 12 points\ncounter  not started\n" in output
    assert notes_in(output) == [
        "notebook.ipynb is not there",
        "public tests fail: pytest tests/test_total.py says why",
        "1 of 2 tasks are not started",
    ]
    assert "notebook.ipynb" not in content(folder)


def test_without_the_public_tests(folder, run, solve):
    solve("adding.py")
    change(folder / "sums" / "adding.py", "return reduce(", "return -reduce(")
    code, output = submit(run, folder, "--no-tests")
    assert code == 0
    assert "total    there, but not tested\ncounter  not started\n" in output
    assert "public tests" not in output
    hide = "import importlib.util as util\nfind = util.find_spec\n"
    hide += "util.find_spec = lambda name: None if name == 'pytest' else find(name)\n"
    ran = run(folder, "-c", f"{hide}import make_submission\nmake_submission.main()")
    assert "total    there, but not tested\n" in ran.stdout
    assert "the public tests were not run: pytest is not installed" in notes_in(ran.stdout)


def test_public_tests_that_do_not_end(folder, run, solve):
    solve("adding.py", "counting.py")
    change(
        folder / "sums" / "adding.py", "    return reduce(", "    while True: pass\n    return ("
    )
    change(folder / "make_submission.py", "TEST_SECONDS = 600", "TEST_SECONDS = 3")
    code, output = submit(run, folder)
    assert code == 0
    assert "total    there, but not tested\n" in output
    assert "the public tests take more than 3 seconds: pytest says which one" in notes_in(output)
    assert "sums/adding.py" in content(folder)


@pytest.mark.parametrize(
    "counts, outputs, note",
    [
        ([None, None], [[], []], "notebook.ipynb has not been run: open it, run all cells, and"),
        ([1, None], [[], []], "1 of 2 cells of code in notebook.ipynb have not been run"),
        ([1, 2], [[], []], "notebook.ipynb was saved without its outputs"),
        ([1, 2], [[], [RAISED]], "a cell of notebook.ipynb ends in NameError"),
        ([1, 2], [[], [PRINTED]], ""),
    ],
)
def test_a_notebook_that_was_not_run_is_noted(counts, outputs, note, folder, run, solve):
    solve("adding.py", "counting.py")
    save_notebook(folder, counts, outputs)
    code, output = submit(run, folder, "--no-tests")
    assert code == 0
    assert [line.startswith(note) for line in notes_in(output)] == [True] * bool(note)


def test_what_is_not_graded_is_noted(folder, run, solve):
    solve("adding.py", "counting.py")
    save_notebook(folder, [1, 2], [[], [PRINTED]])
    for name in (
        "helpers.py",
        "sums/weights.bin",
        "sums/adding (1).py",
        "sums/.ipynb_checkpoints/adding-checkpoint.py",
        "tests/test_mine.py",
        "notes.txt",
        "venv/lib/thing.py",
        "venv/pyvenv.cfg",
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")
    code, output = submit(run, folder, "--no-tests")
    assert code == 0
    assert notes_in(output) == [
        "not in the zip, which is sums/*.py and notebook.ipynb only: helpers.py, sums/weights.bin",
        "sums/adding (1).py will not be graded: nobody can import a file of that name",
    ]
    names = ["notebook.ipynb", "sums/__init__.py", "sums/adding (1).py"]
    assert sorted(content(folder)) == [*names, "sums/adding.py", "sums/counting.py"]


def test_what_is_too_large_is_said(folder, run, solve):
    solve("adding.py", "counting.py")
    script = folder / "make_submission.py"
    for name, limit in (
        ("PYTHON_FILE_LIMIT", limits.PYTHON_FILE),
        ("NOTEBOOK_LIMIT", limits.NOTEBOOK),
        ("ZIP_LIMIT", limits.ARCHIVE),
    ):
        change(script, f"\n{name} = {limit}\n", f"\n{name} = {limit // 10**5}\n")
    (folder / "sums" / "adding.py").write_text("#" * 9 + "\n")
    code, output = submit(run, folder, "--no-tests")
    assert code == 1
    assert "- sums/adding.py has" not in output  # 10 bytes are allowed
    assert "- sums/counting.py has 1 KB; at most 1 KB are read" in output
    assert "- notebook.ipynb has" in output and "- the zip has" in output
    assert "sums/counting.py" in content(folder)


def test_a_name_that_the_console_cannot_show(folder, run, solve):
    solve("adding.py", "counting.py")
    (folder / "sums" / "größe.py").write_text("")
    code, output = submit(run, folder, "--no-tests", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert code == 0
    assert "sums/gr??e.py" in output
    assert "sums/größe.py" in content(folder)


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
    code, output = submit(run, folder, "--no-tests")
    assert code == 1
    for piece in says:
        assert piece in output
    assert (name in content(folder)) == (text is not None)
    assert "sums/adding.py" in content(folder)


def test_a_module_that_never_ends(folder, run, solve):
    solve("adding.py", "counting.py")
    (folder / "sums" / "counting.py").write_text("while True:\n    pass\n")
    change(folder / "make_submission.py", "IMPORT_SECONDS = 120", "IMPORT_SECONDS = 2")
    code, output = submit(run, folder)
    assert code == 1
    assert "the public tests were not run: nothing can be imported" in notes_in(output)
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


# --- the rules of the machine that grades --------------------------------------------------------

# What a program does -> the end of what is said about it.
RULES = {
    "import subprocess; subprocess.run(['ls'])": "without subprocess and multiprocessing.",
    "import os; os.system('true')": "without subprocess and multiprocessing.",
    "import multiprocessing as m; m.Process(target=int).start()": "subprocess and multiprocessing.",
    "import urllib.request as r; r.urlopen('http://localhost:9')": "in the code that you hand in.",
    "import socket; socket.create_connection(('127.0.0.1', 9))": "in the code that you hand in.",
    "import asyncio; asyncio.run(asyncio.sleep(0))": "call one function after the other.",
    "open(HERE + '/log.txt', 'w').close()": "read only what your code has written.",
    "import os; os.makedirs(HERE + '/made')": "read only what your code has written.",
    "import os; os.remove(HERE + '/pytest.ini')": "read only what your code has written.",
    "import os; os.rename(HERE + '/requirements.txt', 'x')": "read only what your code has written.",
    "open(HERE + '/README.md').close()": "read only what your code has written.",
    "from pathlib import Path; Path(HERE, 'README.md').read_text()": "your code has written.",
    "open(__file__, 'a').close()": "and those can only be read.",
}
# What looks alike and is allowed.
FREE = [
    "open('debug.log', 'w').write('x')",
    "import logging; logging.basicConfig(filename='debug.log')",
    "import os; os.makedirs('runs/1'); os.rename('runs/1', 'runs/2'); os.rmdir('runs/2')",
    "import tempfile; open(tempfile.mkdtemp() + '/x', 'w').close()",
    "from pathlib import Path; (Path.home() / '.x').mkdir(exist_ok=True); open(__file__).close()",
    "import os; open(os.devnull, 'w').close(); os.listdir('.'); os.cpu_count()",
    "import multiprocessing; multiprocessing.Lock()",
    "import ctypes.util; ctypes.util.find_library",
]


def act(folder: Path, lines, when: str) -> list[int]:
    """Have a module do these things when it is imported or when the public tests call it, each whether or not it is
    refused; the numbers of the lines."""
    module = folder / "sums" / "adding.py"
    text = f"HERE = {str(folder)!r}\ndone = []\n\n\ndef act():\n"
    numbers = []
    for number, line in enumerate(lines):
        text += "    try:\n"
        numbers.append(text.count("\n") + 1)
        text += (
            f"        {line}\n        done.append({number})\n    except OSError:\n        pass\n"
        )
    if when == "at import":
        text += "\n\nact()\n"
    else:
        change(module, "    return reduce(", "    act()\n    return reduce(")
    module.write_text(text + "\n\n" + module.read_text())
    return numbers


@pytest.mark.parametrize("when", ["at import", "in the tests"])
def test_what_is_refused_where_it_is_graded_is_said(when, folder, run, solve):
    solve("adding.py", "counting.py")
    before = content_of(folder)
    lines = act(folder, RULES, when)
    code, output = submit(run, folder, *["--no-tests"] * (when == "at import"))
    assert code == 1
    problems = dict.fromkeys(problems_in(output))
    assert len(problems) == len(RULES), output
    for problem, number, end in zip(problems, lines, RULES.values(), strict=True):
        assert problem.startswith(f"sums/adding.py, line {number}: ")
        assert problem.endswith(end)
    after = content_of(folder)
    assert {name for name in before if before[name] != after.get(name)} == {"sums/adding.py"}
    assert set(after) - set(before) == {f"{NAME}.zip"}


def test_the_same_lines_run_without_the_rules(folder, run, solve):
    solve("adding.py")
    act(folder, RULES, "at import")
    ran = run(folder, "-c", "from sums.adding import done; print(done)")
    nobody_listens = [n for n, line in enumerate(RULES) if "localhost" in line or "127.0" in line]
    assert json.loads(ran.stdout.splitlines()[-1]) == [
        n for n in range(len(RULES)) if n not in nobody_listens
    ]
    assert not (folder / "pytest.ini").exists() and (folder / "made").exists()


@pytest.mark.parametrize("when", ["at import", "in the tests"])
def test_what_is_allowed_is_not_spoken_of(when, folder, run, solve):
    solve("adding.py", "counting.py")
    save_notebook(folder, [1, 2], [[], [PRINTED]])
    act(folder, FREE, when)
    everything = (
        f"    act()\n    assert done[:{len(FREE)}] == list(range({len(FREE)}))\n    return reduce("
    )
    change(folder / "sums" / "adding.py", "    return reduce(", everything)
    code, output = submit(run, folder)
    assert (code, problems_in(output), notes_in(output)) == (0, [], [])


def test_what_is_refused_ends_the_import_with_the_same_words(folder, run, solve):
    solve("adding.py", "counting.py")
    module = folder / "sums" / "adding.py"
    module.write_text("import os\n\nos.system('true')\n" + module.read_text())
    code, output = submit(run, folder, "--no-tests")
    assert code == 1
    ended, noted = problems_in(output)
    assert ended.startswith("sums/adding.py, line 3: PermissionError: It starts another process")
    assert noted.startswith("sums/adding.py, line 3: It starts another process")


def test_lines_of_a_notebook_in_a_module_are_named(folder, run, solve):
    solve("adding.py", "counting.py")
    head = "def show():\n    get_ipython().magic('x')\n    from google.colab import drive\n"
    module = folder / "sums" / "adding.py"
    module.write_text(module.read_text() + "\n\n" + head)
    code, output = submit(run, folder, "--no-tests")
    assert code == 1
    first, second = problems_in(output)
    assert first.endswith(
        "This line belongs to a notebook: leave it out of the file that you hand in."
    )
    assert int(second.split(":")[0].split()[-1]) == int(first.split(":")[0].split()[-1]) + 1


def test_what_may_not_be_installed_and_newer_syntax_are_named(folder, run, solve):
    solve("adding.py", "counting.py")
    save_notebook(folder, [1, 2], [[], [PRINTED]])
    module = folder / "sums" / "adding.py"
    text = module.read_text()
    module.write_text(
        text + "\n\ndef plot():\n    import pandas as pd\n    import math, torch, sums\n"
    )
    code, output = submit(run, folder, "--no-tests")
    line = len(text.splitlines()) + 4
    assert code == 0
    assert notes_in(output) == [
        f"sums/adding.py, line {line} imports pandas, which may not be there when it is graded"
    ]
    module.write_text(
        text + "\n\ndef kind(x):\n    match x:\n        case 1:\n            return 1\n"
    )
    assert submit(run, folder, "--no-tests")[0] == 0
    change(folder / "make_submission.py", "GRADED_BY = (3, 11)", "GRADED_BY = (3, 9)")
    code, output = submit(run, folder, "--no-tests")
    assert code == 1
    [problem] = problems_in(output)
    assert re.match(r"sums/adding.py, line \d+: Python 3.9 may grade it: Pattern matching", problem)


def test_the_rules_know_what_is_sure_to_be_there():
    metadata = importlib.metadata.metadata("autograder")
    assert metadata["Requires-Python"] == ">=" + ".".join(map(str, OLDEST_PYTHON))
    with open(Path(__file__).parents[3] / "pyproject.toml", "rb") as file:
        needed = tomllib.load(file)["project"]["dependencies"]
    assert set(INSTALLED) <= {re.match(r"[\w-]+", line)[0] for line in needed}


def content_of(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def problems_in(output: str) -> list[str]:
    """What will cost points."""
    _, _, wrong = output.partition("but this will cost points:\n")
    return [line.removeprefix("- ") for line in wrong.partition("\n\n")[0].splitlines()]
