"""Grade a class on a Dask cluster.

Submissions are read here, by the one entrance that trusts nothing, and results are written here. In between they travel
to a worker and back, with the course's part of a bundle where a worker does not have it yet.
"""

import asyncio
import hashlib
import logging
import pickle
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path

from distributed import Client, Security
from distributed.comm import connect

from autograder.batch import node
from autograder.batch.layouts import HandIn
from autograder.batch.run import Graded, kept_result
from autograder.bundles.common import course_archive
from autograder.course.course import Course
from autograder.course.policy import AssignmentPolicy
from autograder.errors import AutograderError
from autograder.results.folder import RESULTS, write_result, write_unfinished
from autograder.results.result import Result, Test
from autograder.submission import Submission, read_submission

_ATTEMPTS = 3  # grading processes that may end or fail over one submission
LOOK_EVERY = 5.0  # seconds without a result after which to see whether the cluster is still there
_HEAR_EVERY = 0.2  # seconds of waiting after which to see whether somebody pressed Ctrl-C


class ClusterError(AutograderError):
    """There is no cluster, or not one that can grade the assignment."""


@dataclass
class _Handed:
    """A submission that is in the cluster's hands."""

    hand_in: HandIn
    submission: Submission
    target: Path
    archive: bytes | None = None
    attempts: int = 0
    failed_on: set[str] = field(default_factory=set)


class Cluster:
    """The workers of a Dask scheduler, ready to grade one assignment. Use as a context manager."""

    def __init__(
        self,
        course: Course,
        policy: AssignmentPolicy,
        device: str,
        seed: int | None,
        address: str,
        say: Callable[[str], None],
    ):
        """Connect, and start a grading process in every worker.

        Args:
            say: told what a person should know, in plain words.

        Raises:
            ClusterError: nobody is at the address, or no worker there may grade the assignment.
        """
        self.policy = policy
        self.address = address
        self._say = say
        self._archive = course_archive(course, policy)
        self._job = node.Job(
            hashlib.sha256(self._archive).hexdigest(),
            policy.name,
            device,
            course.seed(policy.name) if seed is None else seed,
            node.versions(),
        )
        self._running: dict[Future, _Handed] = {}
        self._unfit: set[str] = set()
        self._facts: list[dict] = []  # of each kind of worker
        self._levels: set[str] = set()
        self._tests: list[Test] = []
        self._deserted = False
        self._heard = time.monotonic()  # when the last result came
        self._interrupted = False
        self._client = _connect(address)
        self._executor = self._client.get_executor(pure=False)
        try:
            self._start()
        except BaseException:
            self._client.close()
            raise

    def __enter__(self) -> "Cluster":
        self._before = signal.signal(signal.SIGINT, self._interrupt)
        return self

    def __exit__(self, *exception) -> None:
        signal.signal(signal.SIGINT, self._before)
        self._client.close()

    def grade_class(self, found: list[HandIn], output: Path, force: bool) -> Iterator[Graded]:
        """Grade everything that has no result yet, in the order in which results come.

        Raises:
            ClusterError: the scheduler is gone. What has a result keeps it.
        """
        left = iter(found)
        while True:
            if self._interrupted:
                raise KeyboardInterrupt
            # Few at a time, so that little is in hand when somebody stops this.
            while len(self._running) < 2 * max(sum(self._workers().values()), 1):
                hand_in = next(left, None)
                if hand_in is None:
                    break
                graded = self._hand_out(hand_in, output, force)
                if graded is not None:
                    yield graded
            if not self._running:
                return
            yield from self._come_back()

    def stop(self) -> None:
        """Hand nothing new out, and write the results of what is in hand. Ctrl-C ends it at once."""
        while self._running:
            for _ in self._come_back():
                pass

    def _start(self) -> None:
        """Start a grading process in every worker, and say who can grade."""
        if not self._workers():
            self._say(f"{self.address} has no worker yet; waiting for one (Ctrl-C stops)")
            self._client.wait_for_workers(1)
        self._require_versions(self._client.run(node.versions, on_error="return"))
        answers = self._client.run(node.start, self._job, self._archive, on_error="return")
        levels: Counter = Counter()
        wrong: dict[str, str] = {}
        for worker, answer in answers.items():
            if isinstance(answer, Exception):  # it has ended meanwhile
                wrong[worker] = str(answer)
            elif answer.kind != node.READY:
                wrong[worker] = answer.words
            else:
                facts, level, self._tests = pickle.loads(answer.content)
                levels[level] += 1
                if facts not in self._facts:
                    self._facts.append(facts)
        if not levels:
            reasons = {words: f"{worker}: {words}" for worker, words in wrong.items()}
            raise ClusterError(
                f"no worker of {self.address} can grade {self.policy.name}\n  "
                + "\n  ".join(sorted(reasons.values()))
            )
        for worker, words in sorted(wrong.items()):
            self._exclude(worker, words)
        for level, count in levels.items():
            workers = "1 worker" if count == 1 else f"{count} workers"
            self._say(f"isolation level {level.name} ({', '.join(level.layers)}): {workers}")
            self._levels.add(level.name)
            for note in level.notes:
                self._say(f"  {note}")

    def _interrupt(self, *_) -> None:
        """What Ctrl-C does: it is remembered until no result is half taken, and once more stops wherever that is.

        An exception would not do: Python drops one in a finaliser, and Dask's futures have one.
        """
        if self._interrupted:
            raise KeyboardInterrupt
        self._interrupted = True

    def _require_versions(self, found: dict[str, dict | Exception]) -> None:
        wrong = []
        for worker, versions in found.items():
            if isinstance(versions, Exception):
                wrong.append(f"{worker} has no autograder that can do this ({versions})")
            elif differs := node.differences(self._job.versions, versions):
                wrong.append(f"{worker} has {differs}")
        if wrong:
            raise ClusterError(
                "\n  ".join(["workers must have the versions that are here:", *sorted(wrong)])
                + "\nInstall the same on both sides, and start the workers again."
            )

    def _exclude(self, worker: str, why: str) -> None:
        if worker not in self._unfit:
            self._unfit.add(worker)
            self._say(f"{worker} gets no submissions: {why}")

    def _say_level(self, name: str, worker: str) -> None:
        """Say which level a worker has that came later, if it is the first of its kind."""
        if name not in self._levels:
            self._levels.add(name)
            self._say(f"isolation level {name}: {worker}")

    def _workers(self) -> dict[str, int]:
        """The workers that there are now, with how many submissions each takes at a time."""
        try:
            return dict(self._client.nthreads())
        except (OSError, ValueError, CancelledError) as error:
            raise self._lost() from error

    def _lost(self) -> ClusterError:
        return ClusterError(
            f"the scheduler at {self.address} is gone; once there is one, the same command goes on from here"
        )

    def _hand_out(self, hand_in: HandIn, output: Path, force: bool) -> Graded | None:
        """Give a submission to the cluster; returns what there is to say if that needs no worker."""
        target = output / hand_in.key / RESULTS
        try:
            submission = replace(read_submission(hand_in.path, self.policy), name=hand_in.key)
            if not force:
                for facts in self._facts:
                    facts = {**facts, "submission": submission.sha256}
                    if kept := kept_result(hand_in, target, facts, self._tests):
                        return kept
            # Where it will be graded is not known yet.
            facts = {name: self._facts[0][name] for name in ("seed", "device", "suite", "policy")}
            facts["submission"] = submission.sha256
            write_unfinished(self.policy.name, submission, self._tests, facts, target)
        except Exception as error:
            return Graded(hand_in, error=f"{type(error).__name__}: {error}")
        return self._submit(_Handed(hand_in, submission, target))

    def _submit(self, one: _Handed) -> Graded | None:
        """Have a submission graded by any worker that may, and if possible by another one than before.

        Returns:
            An error if there is no worker that may.
        """
        where = {}
        if self._unfit or one.failed_on:
            may = self._workers().keys() - self._unfit
            fit = sorted(may - one.failed_on or may)
            if not fit:
                return Graded(one.hand_in, error="there is no worker left that may grade it")
            # The others are those that come later.
            where = {"workers": fit, "allow_other_workers": True}
        future = self._executor.submit(
            node.grade, self._job, pickle.dumps(one.submission), one.archive, **where
        )
        self._running[future] = one
        return None

    def _come_back(self) -> Iterator[Graded]:
        """Wait for the next results, if only for a while."""
        done, _ = wait(self._running, timeout=_HEAR_EVERY, return_when=FIRST_COMPLETED)
        if done:
            self._heard = time.monotonic()
        deserted = time.monotonic() > self._heard + LOOK_EVERY and not self._workers()
        if deserted and not self._deserted:
            self._say(f"{self.address} has no worker now; waiting for one (Ctrl-C stops)")
        self._deserted = deserted
        for future in done:
            graded = self._take(future)
            del self._running[future]
            if graded is not None:
                yield graded

    def _take(self, future: Future) -> Graded | None:
        """What became of a submission; None if it was handed out again."""
        one = self._running[future]
        try:
            answer = future.result()
        except CancelledError:
            raise self._lost() from None
        except Exception as error:  # Dask's: it has given up
            return Graded(one.hand_in, error=f"{type(error).__name__}: {error}")
        if answer.kind == node.GRADED:
            result: Result = pickle.loads(answer.content)
            write_result(result, one.target)
            self._say_level(result.facts["isolation"]["level"], answer.worker)
            return Graded(one.hand_in, result.score, result.max_score, result)
        if answer.kind == node.UNFIT:
            self._exclude(answer.worker, answer.words)
        elif answer.kind == node.FAILED:
            one.attempts += 1
            one.failed_on.add(answer.worker)
            if one.attempts == _ATTEMPTS:
                return Graded(one.hand_in, error=f"{answer.words}, on {answer.worker}")
        one.archive = self._archive
        return self._submit(one)


def _connect(address: str) -> Client:
    """A client of a scheduler.

    Raises:
        ClusterError: there is no scheduler at the address.
    """
    # What it has to say of a lost connection is said here, without a traceback.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    try:
        asyncio.run(
            _reach(address)
        )  # a Client that cannot be made takes a minute to be thrown away
        return Client(address, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise ClusterError(
            f"there is no Dask scheduler at {address}: {error}\n"
            "Start one with `dask scheduler`, which prints its address (docs/cluster.md)."
        ) from None


async def _reach(address: str) -> None:
    comm = await connect(address, **Security().get_connection_args("client"))
    await comm.close()
