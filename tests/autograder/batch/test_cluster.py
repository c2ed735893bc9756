"""A Dask cluster of real processes gives what one machine gives, and loses nothing when parts of it die."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path

import dask
import psutil
import pytest
from distributed import Client

import autograder
from autograder.batch import cluster as batch_cluster
from autograder.batch.cluster import Cluster, ClusterError
from autograder.batch.layouts import all_hand_ins
from autograder.course.course import Course
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
from tests.redteam.settings import SETTINGS, available

REPOSITORY = Path(__file__).parents[3]
AS_ROOT = "old_container" in available()  # where no Landlock is, which costs a level
WORK = {
    "ann": RIGHT,
    "bea": HEAD + SCALE + CELL.replace("tanh", "sin"),
    "cleo": "def scale(:\n",
    "dan": RIGHT.replace("factor * x", "[0] * 10**12"),
}
SLOW = RIGHT + "import time\ntime.sleep(0.2)\n"  # in every test


class Dask:
    """A scheduler, and as many workers as a test asks for."""

    def __init__(self, folder: Path):
        self.scratch = folder / "scratch"  # where workers put the course
        self.scratch.mkdir()
        self.log = (folder / "log.txt").open("wb")
        self.processes: list[subprocess.Popen] = []
        self.first: subprocess.Popen | None = None  # the worker that is always there
        self.file = folder / "scheduler.json"
        options = ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", self.file]
        self.start([sys.executable, "-m", "dask", "scheduler", "--no-dashboard", *options])

    @cached_property
    def address(self) -> str:
        """Where the scheduler is, as soon as it has said so."""
        wait_for(lambda: self.file.exists() and self.file.read_text().endswith("\n}"))
        return json.loads(self.file.read_text())["address"]

    def start(self, line: list, **variables: str) -> subprocess.Popen:
        environment = {**os.environ, "TMPDIR": str(self.scratch), **variables}
        line = list(map(str, line))
        process = subprocess.Popen(
            line, cwd=REPOSITORY, env=environment, stdout=self.log, stderr=self.log
        )
        self.processes.append(process)
        return process

    @contextmanager
    def worker(self, threads: int = 1, setting: str = "root", **variables: str):
        """A worker's process, there and known to the scheduler."""
        # -P: the package is the installed one, or that of PYTHONPATH, not the one in the current folder.
        line = ["-P", "-m", "dask", "worker", self.address, "--nthreads", threads, "--no-nanny"]
        line = SETTINGS[setting].command([*line, "--no-dashboard"])
        with Client(self.address, set_as_default=False) as client:
            before = len(client.nthreads())
            process = self.start(line, **variables)
            wait_for(lambda: len(client.nthreads()) > before)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(30)

    def courses(self) -> list[Path]:
        """What the workers have unpacked. The locks beside it are for whoever grades next."""
        found = self.scratch.glob("autograder-*")
        return [path for path in found if not path.name.startswith("autograder-locks")]

    def __enter__(self) -> "Dask":
        return self

    def __exit__(self, *exception) -> None:
        """End everything; nothing may be left."""
        for process in reversed(self.processes):
            process.terminate()
            process.wait(30)
        self.log.close()
        wait_for(lambda: not self.courses())
        wait_for(
            lambda: not [one for one in psutil.process_iter() if str(self.scratch) in line_of(one)]
        )


@pytest.fixture(scope="module")
def cluster(tmp_path_factory, course):
    """A scheduler with a worker that grades one submission at a time."""

    def say(text: str) -> None:
        if "has no worker yet" in text:
            found.first = worker.enter_context(found.worker())

    with Dask(tmp_path_factory.mktemp("dask")) as found, ExitStack() as worker:
        with connected(found.address, course, say):
            assert found.first.poll() is None  # it waited for a worker
        yield found


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The course of every test, so that workers stay warm."""
    level = "A" if AS_ROOT else "D"
    root = tmp_path_factory.mktemp("course") / "course"
    return write_course(
        root, {"grading.yml": GRADING.replace("isolation: D", f"isolation: {level}")}
    )


@pytest.fixture
def slow(tmp_path):
    """A class of six, each of which takes more than a second."""
    for number in range(6):
        write_submission(tmp_path / "class" / f"s{number}", SLOW + f"# {number}\n")
    return tmp_path / "class"


def connected(address, course, say=print) -> Cluster:
    course = Course(course)
    return Cluster(course, course.policy.assignment("a0_mini"), "cpu", None, address, say)


@contextmanager
def grading(address, course, group, output, say=print):
    """The results of a class as they come."""
    with connected(address, course, say) as graders:
        found = all_hand_ins([group], graders.policy)
        yield graders.grade_class(found, output, force=False)


def written(output: Path) -> dict[Path, int]:
    """When each result was written; two may have been in the same tick of the clock."""
    return {path: path.stat().st_mtime_ns for path in output.glob("*/*.json")}


def files(output: Path) -> dict[str, dict]:
    """Every result, for students and for instructors, without times."""
    return {
        str(path.relative_to(output)): without_times(json.loads(path.read_text()))
        for path in output.glob("*/*.json")
    }


def without_times(content):
    if isinstance(content, dict):
        return {
            name: without_times(value)
            for name, value in content.items()
            if name not in ("execution_time", "seconds", "used")
        }
    return [without_times(value) for value in content] if isinstance(content, list) else content


def line_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def wait_for(look) -> None:
    deadline = time.monotonic() + 60
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture(scope="class")
def second(cluster):
    """Another worker, which grades two submissions at a time."""
    with cluster.worker(threads=2) as process:
        yield process


class TestTwoWorkers:
    def test_results_are_those_of_one_machine(self, cluster, second, course, tmp_path):
        for name, code in WORK.items():
            write_submission(tmp_path / "class" / name, code)
        here, there = tmp_path / "here", tmp_path / "there"
        run = ("grade", "a0_mini", tmp_path / "class")
        assert run_command(course, *run, "-o", here, "--jobs", 2).returncode == 0
        found = run_command(course, *run, "-o", there, "--scheduler", cluster.address)
        assert found.returncode == 0, found.stderr
        assert ": 2 workers" in found.stdout and "4 submissions, mean" in found.stdout
        assert files(there) == files(here) and len(files(here)) == 2 * len(WORK)

        before = written(here)
        write_submission(tmp_path / "class" / "bea", RIGHT)
        with grading(cluster.address, course, tmp_path / "class", here) as results:
            graded = {one.hand_in.key: one for one in results}
        # What one machine graded is not graded again, but for what changed.
        assert {name for name, one in graded.items() if one.result is not None} == {"bea"}
        assert graded["bea"].score == 30 and graded["cleo"].score == 0
        after = written(here)
        changed = {path.parent.name for path in before if after[path] != before[path]}
        assert changed == {"bea"} and after.keys() == before.keys()

    def test_killed_processes_lose_nothing(self, cluster, second, course, slow, tmp_path):
        with grading(cluster.address, course, slow, tmp_path / "out") as results:
            graded = [next(results)]
            kin = psutil.Process(second.pid).children(recursive=True)
            assert len(kin) >= 3 and len(cluster.courses()) == 2  # graders, zygotes, workers
            with Client(cluster.address, set_as_default=False) as client:
                assert all(client.processing().values())
            second.kill()
            graded.append(next(results))
            _, alive = psutil.wait_procs(kin, timeout=20)
            assert alive == [] and len(cluster.courses()) == 1

            [grader] = [
                process
                for process in psutil.Process(cluster.first.pid).children()
                if "autograder.batch.node_process" in process.cmdline()
            ]
            grader.kill()
            graded += results
        assert [one.error for one in graded] == [""] * 6
        assert {one.hand_in.key: one.score for one in graded} == {f"s{n}": 30 for n in range(6)}
        results = list((tmp_path / "out").glob("*/results.json"))
        assert [json.loads(path.read_text())["score"] for path in results] == [30] * 6


def test_ctrl_c_keeps_what_is_in_hand_and_the_rest_is_graded_later(cluster, course, slow, tmp_path):
    output = tmp_path / "out"
    line = command(course, "grade", "a0_mini", slow, "-o", output, "--scheduler", cluster.address)
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as run:
        wait_for(lambda: finished(output))
        run.send_signal(signal.SIGINT)
        text, _ = run.communicate(timeout=60)
    done = finished(output)
    assert run.returncode == 130 and f"{6 - len(done)} are left" in text
    assert 1 < len(done) < 6
    with grading(cluster.address, course, slow, output) as results:
        assert {one.hand_in.key for one in results if one.result} == {
            f"s{n}" for n in range(6)
        } - done


def test_ctrl_c_counts_even_where_python_drops_it(cluster, course, slow, tmp_path):
    class Finalized:
        def __del__(self):
            signal.raise_signal(signal.SIGINT)

    with grading(cluster.address, course, slow, tmp_path / "out") as results:
        assert next(results).score == 30
        Finalized()
        with pytest.raises(KeyboardInterrupt):
            list(results)


def test_ctrl_c_while_a_result_is_taken_waits_for_it(cluster, course, slow, tmp_path, monkeypatch):
    def write_interrupted(*arguments) -> None:
        signal.raise_signal(signal.SIGINT)
        write_result(*arguments)

    write_result = batch_cluster.write_result
    monkeypatch.setattr(batch_cluster, "write_result", write_interrupted)
    with grading(cluster.address, course, slow, tmp_path / "out") as results:
        assert next(results).score == 30 and len(finished(tmp_path / "out")) == 1
        with pytest.raises(KeyboardInterrupt):  # once more stops at once
            signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            list(results)


def finished(output: Path) -> set[str]:
    """Whose result is not the provisional one."""
    found = {path: json.loads(path.read_text()) for path in output.glob("*/results.json")}
    return {
        path.parent.name for path, content in found.items() if content["extra_data"]["finished"]
    }


@pytest.mark.skipif(not AS_ROOT, reason="needs root, to start a worker below its level")
def test_a_worker_below_the_required_level_gets_nothing(cluster, course, slow, tmp_path):
    said = []
    with (
        cluster.worker(setting="old_container"),
        grading(cluster.address, course, slow, tmp_path / "out", said.append) as results,
    ):
        graded = list(results)
    [refused] = [text for text in said if "gets no submissions" in text]
    assert "requires isolation level A" in refused and "offers B" in refused
    assert [one.score for one in graded] == [30] * 6
    assert {one.result.facts["isolation"]["level"] for one in graded} == {"A"}


def test_other_versions_are_refused(cluster, course, slow, tmp_path):
    package = tmp_path / "other" / "autograder"
    shutil.copytree(Path(autograder.__file__).parent, package)
    (package / "__init__.py").write_text('__version__ = "9.9"\n')
    said = []
    with grading(cluster.address, course, slow, tmp_path / "out", said.append) as results:
        graded = [next(results)]
        with cluster.worker(threads=2, PYTHONPATH=str(package.parent)):
            graded += results
            with pytest.raises(ClusterError, match=r"autograder 9\.9 \(code \w+\) instead of"):
                connected(cluster.address, course)
    # One that comes while a class is graded gets nothing.
    assert any("gets no submissions: it has autograder 9.9" in text for text in said)
    assert [one.score for one in graded] == [30] * 6


def test_results_need_a_folder(course, slow):
    found = run_command(course, "grade", "a0_mini", slow, "--scheduler", "tcp://127.0.0.1:9")
    assert found.returncode == 2 and "--scheduler needs -o FOLDER" in found.stderr


def test_a_wrong_address_is_said(course):
    with (
        dask.config.set({"distributed.comm.timeouts.connect": "0.5s"}),
        pytest.raises(ClusterError, match=r"no Dask scheduler at tcp://127\.0\.0\.1:9"),
    ):
        connected("tcp://127.0.0.1:9", course)


def test_a_cluster_that_ends_is_said(cluster, course, slow, tmp_path, monkeypatch):
    """The last test: nothing is left of the cluster."""
    monkeypatch.setattr(batch_cluster, "LOOK_EVERY", 0.5)
    said = []

    def say(text: str) -> None:
        said.append(text)
        if "has no worker now" in text:
            cluster.processes[0].kill()

    with grading(cluster.address, course, slow, tmp_path / "out", say) as results:
        assert next(results).score == 30
        cluster.first.kill()
        with pytest.raises(ClusterError, match=r"is gone; .* the same command goes on from here"):
            list(results)
    assert "has no worker now" in said[-1]
    assert len(finished(tmp_path / "out")) == 1
