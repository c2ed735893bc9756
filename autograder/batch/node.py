"""What Dask calls in its workers: pass work on to a grading process, and say what came of it.

Dask runs functions in threads of a process that has many, and kills it when it likes. Grading belongs in a main thread,
beside a zygote and a suite that stay warm. So each worker has a grading process for each job (`node_process.py`), which
ends when the worker does. Contents pass through as bytes: a worker itself never imports torch.
"""

import asyncio
import functools
import importlib.metadata
import itertools
import multiprocessing
import platform
import shutil
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from packaging.version import Version

import autograder
from autograder.bundles.running import environment, module_command
from autograder.course.course import hash_files

READY, GRADED = "ready", "graded"  # with content
UNFIT = "unfit"  # this worker may not do the job
ABSENT = "absent"  # there is no grading process for the job, and no archive came with the request
FAILED = "failed"  # the grading process ended, or could not start or grade

_PROCESS = "autograder.batch.node_process"
_PACKAGE = Path(autograder.__file__).parent


@dataclass(frozen=True)
class Job:
    """What a grading process is for.

    Attributes:
        archive: the SHA-256 of the archive that holds the course's part: suite, reference and policy.
        assignment, device, seed: as `autograder grade` takes them.
        versions: what the submitting machine has.
    """

    archive: str
    assignment: str
    device: str
    seed: int
    versions: dict[str, str] = field(compare=False)


@dataclass(frozen=True)
class Answer:
    """What a worker says: a kind, with pickled content if it is READY or GRADED, else with words for people."""

    kind: str
    content: bytes = b""
    words: str = ""
    worker: str = ""


@functools.cache
def versions() -> dict[str, str]:
    """What has to be the same wherever one class is graded: it decides which cases are drawn and what they give."""
    code = hash_files(_PACKAGE, _PACKAGE.rglob("*.py"))
    return {
        "autograder": f"{autograder.__version__} (code {code[:8]})",
        "Python": ".".join(platform.python_version_tuple()[:2]),
        "torch": _public_version("torch"),
        "hypothesis": _public_version("hypothesis"),
    }


def differences(here: dict[str, str], there: dict[str, str]) -> str:
    """How another machine's versions differ from those here, in words; empty if they do not."""
    return ", ".join(
        f"{name} {there.get(name, 'of no known version')} instead of {version}"
        for name, version in here.items()
        if there.get(name) != version
    )


async def start(job: Job, archive: bytes, dask_worker) -> Answer:
    """Start the grading process of a job; READY if it can grade, with its facts, level and tests."""
    # Dask runs this in the thread in which it talks to the scheduler, which must not wait.
    process = await asyncio.to_thread(_process_for, job, archive, dask_worker.state.nthreads)
    return process if isinstance(process, Answer) else Answer(READY, process.started.content)


def grade(job: Job, submission: bytes, archive: bytes | None) -> Answer:
    """Grade a pickled Submission; GRADED with a pickled Result.

    Args:
        archive: what a grading process is started from if there is none yet; None gives ABSENT then.
    """
    from distributed import get_worker  # not above: the grading process imports this module too

    worker = get_worker()
    process = _process_for(job, archive, worker.state.nthreads)
    answer = process if isinstance(process, Answer) else process.ask(submission).result()
    return Answer(answer.kind, answer.content, answer.words, worker.address)


_processes: dict[Job, "_GradingProcess"] = {}
_lock = threading.Lock()


def _process_for(job: Job, archive: bytes | None, threads: int) -> "_GradingProcess | Answer":
    """The grading process of a job, started; an Answer if there can be none."""
    with _lock:
        process = _processes.get(job)
        if process is None or process.ended:
            wrong = differences(job.versions, versions())
            if wrong:
                return Answer(UNFIT, words=f"it has {wrong}")
            if archive is None:
                return Answer(ABSENT)
            process = _processes[job] = _GradingProcess(job, archive, threads)
    return process if process.started.kind == READY else process.started


class _GradingProcess:
    """A process that grades for one job, as many submissions at a time as the worker has threads."""

    def __init__(self, job: Job, archive: bytes, threads: int):
        ours, theirs = multiprocessing.Pipe()
        self._folder = tempfile.mkdtemp(prefix="autograder-")  # for the course; mode 0700
        with theirs:
            # Not multiprocessing.Process: a worker is one itself, of the kind that may have no children.
            self._process = subprocess.Popen(
                module_command(sys.executable, _PROCESS, str(theirs.fileno()), self._folder),
                env=environment(_PACKAGE.parent),
                cwd="/",
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # Ctrl-C in the worker's terminal is for the worker
            )
        self.ended = False
        self._connection = ours
        self._lock = threading.Lock()
        self._numbers = itertools.count()
        self._open: dict[int, Future] = {}
        threading.Thread(target=self._listen, daemon=True).start()
        self._started = self.ask((job, archive, threads))

    @property
    def started(self) -> Answer:
        """READY, or why it is not; waits for it."""
        return self._started.result()

    def ask(self, request) -> Future:
        """Send a request; the future gives the Answer."""
        future = Future()
        with self._lock:
            number = next(self._numbers)
            self._open[number] = future
            try:
                self._connection.send((number, request))
            except OSError:
                # It has ended. `_listen` sees that too, but perhaps did before this request was open.
                if self.ended:
                    future.set_result(Answer(FAILED, words="its grading process ended"))
        return future

    def _listen(self) -> None:
        """Give each request its answer, until the process ends."""
        try:
            while True:
                number, answer = self._connection.recv()
                self._open.pop(number).set_result(answer)
        except (EOFError, OSError):
            code = self._process.wait()
            shutil.rmtree(self._folder, ignore_errors=True)  # left there if it was killed
        with self._lock:
            self.ended = True
            self._connection.close()
            for future in self._open.values():
                words = f"its grading process ended with exit code {code} (its log may say why)"
                future.set_result(Answer(FAILED, words=words))


def _public_version(package: str) -> str:
    """A version without what says for which device a package was built."""
    try:
        return Version(importlib.metadata.version(package)).public
    except importlib.metadata.PackageNotFoundError:
        return "of no known version"
