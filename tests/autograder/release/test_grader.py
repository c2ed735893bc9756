"""Tests of a released grader.py: what grader.check says in a notebook."""

import shutil

import pytest

NAME = "a0_sums"
WORKING = "def total(numbers):\n    return sum(numbers)\n\n\ndef running_totals(numbers):\n"
WORKING += "    return [sum(numbers[: i + 1]) for i in range(len(numbers))]\n"


@pytest.fixture
def folder(shared_course, tmp_path):
    return shutil.copytree(shared_course / "assignments" / NAME, tmp_path / NAME)


@pytest.fixture
def say(run, folder):
    """A function: lines of a notebook -> what they print."""

    def say(*lines: str) -> list[str]:
        ran = run(folder, "-c", "\n".join(["import grader", *lines]))
        assert ran.stderr == ""
        return ran.stdout.splitlines()

    return say


def test_one_line_for_a_task_that_is_not_started_or_done(folder, say):
    both = 'grader.check("total")', 'grader.check("counter")'
    assert say(*both) == ["total: not started", "counter: not started"]
    (folder / "sums" / "adding.py").write_text(WORKING)
    assert say(*both) == ["total: 5 of 5 passed, 12 of 12 points", "counter: not started"]


def test_what_fails_is_told_as_in_a_terminal(folder, say, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # as a kernel does
    (folder / "sums" / "adding.py").write_text(WORKING.replace("sum(numbers)", "sum(numbers, 0.5)"))
    first, *told = say('grader.check("total")')
    assert first == "total: 1 of 5 passed, 2.4 of 12 points"
    assert told[:5] == [
        "",
        "total: test_by_hand[numbers0-0] (README.md, section 1)",
        "    assert 0.5 == 0",
        "    tests/test_total.py:11: assert total(numbers) == expected",
        "    and 2 more tests fail in the same way",
    ]


def test_a_module_that_cannot_be_imported_costs_its_task_only(folder, say):
    (folder / "sums" / "counting.py").write_text("class Counter(:")
    (folder / "sums" / "adding.py").write_text(WORKING)
    total, counter, *why = say('grader.check("total")', 'grader.check("counter")')
    assert total == "total: 5 of 5 passed, 12 of 12 points"
    assert counter == "counter: 0 of 2 passed, 0 of 18 points"
    assert "counter: tests/test_counter.py could not be loaded" in why[1]
    assert why[2] == "    SyntaxError: invalid syntax (counting.py, line 1)"


FAKE = """
runs = []
def fake(tasks):
    runs.append(list(tasks))
    if interrupted: raise KeyboardInterrupt
    return {name: {"says": f"run {len(runs)}", "told": []} for name in tasks}, ""
grader.run_pytest, interrupted = fake, False
"""


def test_files_are_checked_as_they_are_saved_and_only_once(say):
    check, save = 'grader.check("total")', "open('sums/adding.py', 'a').write('# one more line')"
    said = say(FAKE, check, check, 'grader.check("counter")', save, check, check, "print(runs)")
    assert said == [
        "total: run 1",
        "total: run 1",
        "counter: run 1",
        "total: run 2",
        "total: run 2",
        "[['total', 'counter'], ['total']]",  # both the first time, then what was asked for
    ]


def test_after_an_interruption_only_what_is_asked_for_runs(say):
    stopped = "interrupted = True\ntry: grader.check('total')\nexcept KeyboardInterrupt: pass\n"
    said = say(FAKE, stopped, "interrupted = False", "grader.check('counter')", "print(runs)")
    assert said == ["counter: run 2", "[['total', 'counter'], ['counter']]"]


def test_an_unknown_task_is_refused(say):
    tried = "try: grader.check('totl')\nexcept ValueError as error: print(error)"
    assert say(tried) == ["there is no task 'totl', only total, counter"]


def test_a_task_without_public_tests(folder, say):
    (folder / "tests" / "test_counter.py").unlink()
    assert say("grader.check('counter')") == ["counter: no public tests, hidden tests decide"]


def test_when_pytest_cannot_begin_it_is_told(folder, say):
    (folder / "conftest.py").write_text("import no_such_library\n")
    assert "No module named 'no_such_library'" in "\n".join(say("grader.check('total')"))
