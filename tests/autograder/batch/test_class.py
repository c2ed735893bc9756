"""A class is graded once: results are kept as they come, a second run does what is left."""

import json
import signal
import subprocess
import time

import pytest

from tests.autograder.minicourse import (
    CELL,
    GRADING,
    HEAD,
    RIGHT,
    SCALE,
    command,
    run_command,
    write_course,
    write_submission,
)

SLOW = RIGHT + "import time\ntime.sleep(0.1)\n"
WORK = {
    "ann": RIGHT,
    "bea": HEAD + SCALE + CELL.replace("tanh", "sin"),
    "cleo": "def scale(:\n",
    "dan": RIGHT + "import os\nos._exit(3)\n",
}


@pytest.fixture
def course(tmp_path):
    return write_course(tmp_path / "course")


@pytest.fixture
def group(tmp_path):
    for name, code in WORK.items():
        write_submission(tmp_path / "class" / name, code)
    return tmp_path / "class"


def arguments(group, output, *more) -> tuple:
    return ("grade", "a0_mini", group, "-o", output, "--jobs", 2, *more)


def grade(course, *others) -> str:
    found = run_command(course, *arguments(*others))
    assert found.returncode == 0, found.stderr
    return found.stdout


def scores(output) -> dict[str, float]:
    return {
        path.parent.name: json.loads(path.read_text())["score"]
        for path in output.glob("*/results.json")
    }


def stamps(output) -> dict[str, int]:
    return {path.parent.name: path.stat().st_mtime_ns for path in output.glob("*/results.json")}


def changed(before: dict, after: dict) -> set[str]:
    return {name for name in after if after[name] != before.get(name)}


def test_everyone_gets_a_result_and_only_changes_are_graded_again(course, group, tmp_path):
    output = tmp_path / "out"
    text = grade(course, group, output)
    first = scores(output)
    assert first["ann"] == 30 and 10 <= first["bea"] < 30 and first["cleo"] == first["dan"] == 0
    assert "4 submissions, mean" in text
    assert list(json.loads((output / "roster.json").read_text())["submissions"]) == list(WORK)

    before = stamps(output)
    assert "4 as graded before" in grade(course, group, output)
    assert changed(before, stamps(output)) == set()

    write_submission(group / "cleo", RIGHT)
    grade(course, group, output)
    assert changed(before, stamps(output)) == {"cleo"} and scores(output)["cleo"] == 30

    before = stamps(output)
    (course / "grading.yml").write_text(GRADING.replace("memory: 256MiB", "memory: 257MiB"))
    assert "as graded before" not in grade(course, group, output)
    assert changed(before, stamps(output)) == set(WORK)

    before = stamps(output)
    grade(course, group, output, "--force")
    assert changed(before, stamps(output)) == set(WORK)


def test_what_decides_no_verdict_is_told_anew_without_a_test(course, group, tmp_path):
    """Points and visibility of kept results are those of grading.yml now, and everything else is as it was."""
    output, anew = tmp_path / "out", tmp_path / "anew"
    grade(course, group, output)
    before = contents(output)
    late = 'package: mini\n    late: {due: "2026-11-20T23:59:00+00:00", per_day: 0.1}  # new\n'
    (course / "grading.yml").write_text(GRADING.replace("package: mini\n", late))
    assert "4 as graded before" in grade(course, group, output)
    assert contents(output) == before

    text = GRADING.replace("points: 20", "points: 40").replace("after_due_date", "after_published")
    (course / "grading.yml").write_text(text)
    assert "4 as graded before, mean" in grade(course, group, output)
    assert scores(output)["ann"] == 50
    grade(course, group, anew)
    for name in WORK:
        assert contents(output)[name] == contents(anew)[name] != before[name]


def contents(output) -> dict[str, dict]:
    """What results.json and instructor.json say of each hand-in, without how long it took."""
    found = {}
    for path in output.glob("*/results.json"):
        told, record = (
            json.loads(path.with_name(f"{n}.json").read_text()) for n in ("results", "instructor")
        )
        del told["execution_time"]
        for test in record["tests"]:
            del test["seconds"], test["used"]
        found[path.parent.name] = {"told": told, "record": record}
    return found


def test_results_need_a_folder(course, group):
    found = run_command(course, "grade", "a0_mini", group)
    assert found.returncode == 2 and "say where their results go" in found.stderr


def test_one_submission_cannot_pass_itself_off_as_a_class(course, tmp_path):
    folder = write_submission(tmp_path / "one", RIGHT, {"submission_metadata.yml": "a: ["})
    target = tmp_path / "results.json"
    assert run_command(course, "grade", "a0_mini", folder, "--results", target).returncode == 0
    assert json.loads(target.read_text())["score"] == 30
    assert run_command(course, "grade", "a0_mini", folder).returncode == 1


def test_results_of_an_older_version_are_graded_again(course, group, tmp_path):
    folder = tmp_path / "out" / "ann"
    folder.mkdir(parents=True)
    (folder / "results.json").write_text('{"score": 3, "extra_data": {}}')
    grade(course, group, tmp_path / "out")
    assert scores(tmp_path / "out")["ann"] == 30


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_stopped_goes_on_where_it_was(course, tmp_path, end):
    group, output = tmp_path / "class", tmp_path / "out"
    # Of two processes, two submissions are in hand at the end, and up to three more are handed out.
    names = [f"s{number}" for number in range(12)]
    for name in names:
        write_submission(group / name, SLOW + f"# {name}\n")
    line = command(course, *arguments(group, output))
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as run:
        wait_for(lambda: finished(output))
        run.send_signal(end)
        text, _ = run.communicate(timeout=60)
    done = finished(output)
    assert 0 < len(done) < len(names)
    if end == signal.SIGINT:
        assert run.returncode == 130 and f"{len(names) - len(done)} are left" in text
    before = stamps(output)
    grade(course, group, output)
    assert changed(before, stamps(output)) == set(names) - done
    assert set(scores(output).values()) == {30}


def finished(output) -> set[str]:
    """Whose result is not the provisional one."""
    found = {path: json.loads(path.read_text()) for path in output.glob("*/results.json")}
    return {
        path.parent.name for path, content in found.items() if content["extra_data"]["finished"]
    }


def wait_for(look) -> None:
    deadline = time.monotonic() + 60
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.02)
