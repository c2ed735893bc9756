"""Grades attacks in one run of the command, and watches what the run does to the machine."""

import contextlib
import ctypes
import glob
import json
import os
import shutil
import subprocess
import sysconfig
import tempfile
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil

import autograder
from autograder.batch.layouts import all_hand_ins
from autograder.course.course import Course
from tests.redteam import course
from tests.redteam.corpus import Attack, Place
from tests.redteam.settings import Setting

REPOSITORY = Path(autograder.__file__).parents[1]
MARK = "redteam-"  # in the name of everything that an attack writes
SECRET = "REDTEAM_SECRET"
_PR_SET_CHILD_SUBREAPER = 36
_EVERY = 0.1  # seconds between two looks at the processes
_LONGEST = 1200  # seconds for a whole run


@dataclass
class Sample:
    """What one process of the grader held at a time: descriptors, bytes of memory."""

    when: float
    pid: int
    descriptors: int
    memory: int


@dataclass
class Run:
    """One graded corpus."""

    place: Place
    names: dict[str, str]  # attack -> folder of its result
    output: str = ""
    seconds: float = 0.0
    samples: list[Sample] = field(default_factory=list)
    processes_left: list[str] = field(default_factory=list)
    files_before: set = field(default_factory=set)
    files_after: set = field(default_factory=set)

    def result(self, name: str) -> dict:
        """The results.json of an attack."""
        return self._read(name, "results.json")

    def instructor(self, name: str) -> dict:
        return self._read(name, "instructor.json")

    def _read(self, name: str, file: str) -> dict:
        return json.loads((self.place.output / self.names[name] / file).read_text())

    def scores(self, name: str) -> dict[str, float]:
        """The points of each task."""
        return {
            task: found["score"] for task, found in self.result(name)["extra_data"]["tasks"].items()
        }

    def isolation(self, name: str) -> dict:
        return self.result(name)["extra_data"]["isolation"]


def prepare(root: Path, attacks: Iterable[Attack], setting: Setting) -> Run:
    """Write the course and the submissions."""
    place = Place(root)
    place.course.mkdir(parents=True)
    place.submissions.mkdir()
    (root / "owned").touch()
    course.write(place.course)
    place = Place(root, Course(place.course).seed("a0_mini") % 2**32)
    paths = {attack.write(place): attack.name for attack in attacks}
    policy = Course(place.course).policy.assignment("a0_mini")
    names = {paths[one.path]: one.key for one in all_hand_ins([place.submissions], policy)}
    if setting.uid is not None and os.geteuid() == 0:
        for path in (root, *root.rglob("*")):
            os.chown(path, setting.uid, setting.uid, follow_symlinks=False)
    root.chmod(0o700)
    return Run(place, names)


def grade(root: Path, attacks: Iterable[Attack], setting: Setting, jobs: int = 2) -> Run:
    """Grade all attacks in one run of `autograder grade`.

    Raises:
        RuntimeError: the command failed; the text is what it wrote last.
    """
    run = prepare(root, attacks, setting)
    place = run.place
    arguments = [
        "-m",
        "autograder",
        "--course",
        str(place.course),
        "grade",
        "a0_mini",
        str(place.submissions),
    ]
    command = setting.command([*arguments, "-o", str(place.output), "--jobs", str(jobs)])
    as_root = os.geteuid() == 0
    user = (
        {"user": setting.uid, "group": setting.uid, "extra_groups": []}
        if setting.uid and as_root
        else {}
    )
    environment = os.environ | {
        SECRET: "hidden",
        "HOME": str(root),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONIOENCODING": "utf-8:strict",
        "CI": "true",
    }
    run.files_before, others = _files(run.place), set(_children())
    started = time.monotonic()
    with _adopting(), open(root / "log", "w+", errors="backslashreplace") as log:
        process = subprocess.Popen(
            command, cwd=REPOSITORY, env=environment, stdout=log, stderr=subprocess.STDOUT, **user
        )
        with _sampling(process.pid, run.samples):
            try:
                code = process.wait(_LONGEST)
            except subprocess.TimeoutExpired:
                process.kill()
                code = process.wait()
        run.processes_left = _end_children(others)
        log.seek(0)
        run.output = log.read()
    run.seconds = time.monotonic() - started
    run.files_after = _files(run.place)
    if code != 0:
        raise RuntimeError(f"exit code {code}\n{run.output[-4000:]}")
    return run


@contextlib.contextmanager
def graded(attacks: Iterable[Attack], setting: Setting, jobs: int = 2) -> Iterator[Run]:
    """A run in a folder that exists as long as the with statement, and that an ordinary user can reach."""
    folder = Path(tempfile.mkdtemp(prefix=f"{MARK}run-"))
    folder.chmod(0o755)
    try:
        yield grade(folder / "run", attacks, setting, jobs)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _adopting() -> Iterator[None]:
    """Become the parent of every process below that loses its own, so that none can hide."""
    libc = ctypes.CDLL(None)
    libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    try:
        yield
    finally:
        libc.prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


def _children() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


def _end_children(others: set[psutil.Process]) -> list[str]:
    """The processes, beside `others`, that the run has left once they had a moment to end; ends them."""
    _, left = psutil.wait_procs(set(_children()) - others, timeout=2)
    found = []
    for process in left:
        with contextlib.suppress(psutil.Error):
            found.append(f"{process.pid} {process.cmdline()}")
            process.kill()
    return found


@contextlib.contextmanager
def _sampling(pid: int, samples: list[Sample]) -> Iterator[None]:
    """Look at the grader's processes now and then; those below its zygotes run student code and are not looked at."""
    done = threading.Event()

    def look() -> None:
        while not done.wait(_EVERY):
            with contextlib.suppress(psutil.Error):
                graders = [psutil.Process(pid)]
                graders += [
                    p for p in graders[0].children() if "isolation" not in " ".join(p.cmdline())
                ]
                for process in graders:
                    size = process.memory_info().rss
                    samples.append(Sample(time.monotonic(), process.pid, process.num_fds(), size))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _files(place: Place) -> set[tuple]:
    """Everything that must not change: the course, the submissions, and what an attack could leave elsewhere."""
    found = {
        (str(path), path.lstat().st_size, path.lstat().st_mtime_ns)
        for top in (place.course, place.submissions)
        for path in top.rglob("*")
    }
    shared = [
        sysconfig.get_paths()["purelib"],
        "/tmp",
        "/var/tmp",
        "/dev/shm",
        "/run/lock",
        str(REPOSITORY),
        "/",
    ]
    for folder in shared:
        with contextlib.suppress(OSError):
            found |= {
                (folder, name)
                for name in os.listdir(folder)
                if name.startswith(MARK) and f"{MARK}run-" not in name
            }
    for top in ("/dev/shm", tempfile.gettempdir()):  # where workers have their folders
        found |= {("folders", path) for path in glob.glob(f"{top}/autograder-*/*/**/{MARK}*")}
    with contextlib.suppress(OSError):
        found |= {("packages", name) for name in os.listdir(shared[0])}
    return found | {
        ("home", path.name)
        for path in place.root.iterdir()
        if path != place.output and path.name != "log"
    }
