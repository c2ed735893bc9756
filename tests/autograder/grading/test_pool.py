"""Grading in several processes gives what grading in one gives."""

import json
import os
import subprocess
import sys
import time

import psutil
import pytest

from tests.autograder.minicourse import (
    CELL,
    HEAD,
    RIGHT,
    SCALE,
    command,
    run_command,
    write_course,
    write_submission,
)

PROGRAMS = {
    "right": RIGHT,
    "half": HEAD + SCALE + CELL.replace("tanh", "sin"),
    "broken": "def scale(:\n",
}


def grade(tmp_path, jobs: int) -> dict[str, dict]:
    course = write_course(tmp_path / f"course{jobs}")
    folders = [
        write_submission(tmp_path / f"in{jobs}" / name, code) for name, code in PROGRAMS.items()
    ]
    output = tmp_path / f"out{jobs}"
    options = ["-o", output, "--jobs", jobs, "--seed", 3]
    found = run_command(course, "grade", "a0_mini", *folders, *options)
    assert found.returncode == 0, found.stderr
    return {name: json.loads((output / name / "results.json").read_text()) for name in PROGRAMS}


def without_times(result: dict) -> dict:
    result = {**result, "extra_data": {**result["extra_data"]}}
    for place in (result, result["extra_data"]):
        for name in ("execution_time", "seconds"):
            place.pop(name, None)
    return result


@pytest.fixture(scope="module")
def one(tmp_path_factory):
    return grade(tmp_path_factory.mktemp("one"), 1)


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    return grade(tmp_path_factory.mktemp("three"), 3)


@pytest.mark.parametrize("name", PROGRAMS)
def test_results_do_not_depend_on_the_number_of_jobs(one, three, name):
    assert without_times(one[name]) == without_times(three[name])


def test_the_programs_differ(one):
    assert len({sum(test["score"] for test in result["tests"]) for result in one.values()}) == 3


def test_nothing_survives_a_grader_that_is_killed(tmp_path):
    course = write_course(tmp_path / "course")
    folder = write_submission(tmp_path / "looping", RIGHT + "while True: pass\n")
    line = command(course, "grade", "a0_mini", folder, "--jobs", 2)
    with subprocess.Popen(line, stdout=subprocess.DEVNULL) as grader:
        ours = wait_for(lambda: psutil.Process(grader.pid).children(recursive=True), at_least=7)
        grader.kill()
    _, alive = psutil.wait_procs(ours, timeout=20)
    assert alive == []


def wait_for(look, at_least: int) -> list:
    """Two grading processes, three zygotes, two workers."""
    deadline = time.monotonic() + 60
    while len(found := look()) < at_least:
        assert time.monotonic() < deadline, found
        time.sleep(0.02)
    return found


CORES = sorted(os.sched_getaffinity(0)) if sys.platform == "linux" else []
WHERE = """\
import json, os, sys, time
from pathlib import Path
from autograder.grading.starting import with_pool
from autograder.course.course import Course

def cores(grader):
    time.sleep(1)  # so that every process gets one of the calls
    return os.getpid(), *(sorted(os.sched_getaffinity(one)) for one in (0, grader.zygote.pid))

def work(pool):
    futures = [pool.submit(cores) for _ in range(jobs)]
    print(json.dumps([future.result() for future in futures]))

jobs = int(sys.argv[2])
with_pool(Course(Path(sys.argv[1])), "a0_mini", "cpu", None, jobs, work)
"""


@pytest.mark.skipif(len(CORES) < 2, reason="needs Linux and two cores")
@pytest.mark.parametrize(("more", "pinned"), [(0, True), (1, False)])
def test_processes_that_take_every_core_keep_one_each(more, pinned, tmp_path):
    course, jobs = write_course(tmp_path / "course"), len(CORES) + more
    line = [sys.executable, "-c", WHERE, str(course), str(jobs)]
    found = subprocess.run(line, capture_output=True, text=True, timeout=120)
    assert found.returncode == 0, found.stderr
    places = {pid: (own, zygote) for pid, own, zygote in json.loads(found.stdout)}
    assert len(places) == jobs
    wanted = [([core], [core]) for core in CORES] if pinned else [(CORES, CORES)] * jobs
    assert sorted(places.values()) == wanted
