"""`python -m autograder.batch.node_process DESCRIPTOR FOLDER`: the grading process of a Dask worker.

The worker at the other end of the connection sends numbered requests: first a job with its archive and how many submissions
to grade at a time, then submissions. The process ends when the worker does, when nothing has come for a while, and when
grading failed, so that the next request meets a fresh one. The course lies in the folder, which goes with it.
"""

import hashlib
import io
import os
import pickle
import queue
import shutil
import sys
import threading
import zipfile
from concurrent.futures import Future
from multiprocessing.connection import Connection
from pathlib import Path

from autograder.batch.node import FAILED, GRADED, READY, UNFIT, Answer, Job
from autograder.batch.run import grade_submission
from autograder.course.course import Course
from autograder.errors import AutograderError
from autograder.grading.pool import Pool
from autograder.grading.starting import with_pool
from autograder.isolation.grader.levels import LevelError

IDLE = 120.0  # seconds


class _Node:
    """One job, from its archive to the last submission."""

    def __init__(self, connection: Connection, folder: Path):
        self.folder = folder
        self._connection = connection
        self._sending = threading.Lock()  # answers come from several threads
        self._unpacking = threading.Lock()
        self._requests: queue.SimpleQueue = queue.SimpleQueue()
        self._ready = False
        self._in_hand: set[int] = set()

    def receive(self) -> None:
        """Take requests; when the worker has ended, so does this process, whatever it is doing."""
        try:
            while True:
                self._requests.put(self._connection.recv())
        except (EOFError, OSError):
            with self._unpacking:  # never in the middle of it, or a part would stay
                shutil.rmtree(self.folder, ignore_errors=True)
                os._exit(0)

    def serve(self) -> None:
        """Do the job."""
        number, (job, archive, jobs) = self._requests.get()

        def start(pool: Pool) -> None:
            grader = pool.grader
            pool.prepare_class()
            # Its processes are forked now, while nothing else happens.
            pool.submit(_nothing).result()
            self._ready = True
            content = grader.facts(None), grader.level, grader.suite.tests
            self._answer(number, Answer(READY, pickle.dumps(content)))
            self._grade(pool)

        try:
            self._unpack(job, archive)
            course = Course(self.folder)
            with_pool(course, job.assignment, job.device, job.seed, jobs, start)
        except AutograderError as error:
            if self._ready:
                raise
            kind = UNFIT if isinstance(error, LevelError) else FAILED
            self._answer(number, Answer(kind, words=str(error)))

    def _unpack(self, job: Job, archive: bytes) -> None:
        if hashlib.sha256(archive).hexdigest() != job.archive:
            raise AutograderError("the archive of the course is not the one of the job")
        with self._unpacking, zipfile.ZipFile(io.BytesIO(archive)) as members:
            members.extractall(self.folder)

    def _grade(self, pool: Pool) -> None:
        while True:
            try:
                request = self._requests.get(timeout=IDLE)
            except queue.Empty:
                if self._in_hand:
                    continue
                return
            if request is None:
                return
            number, submission = request
            self._in_hand.add(number)
            pool.submit(grade_submission, pickle.loads(submission)).add_done_callback(
                lambda future, number=number: self._graded(number, future)
            )

    def _graded(self, number: int, future: Future) -> None:
        self._in_hand.discard(number)
        error = future.exception()
        if error is None:
            self._answer(number, Answer(GRADED, pickle.dumps(future.result())))
        else:
            self._requests.put(None)
            self._answer(number, Answer(FAILED, words=f"{type(error).__name__}: {error}"))

    def _answer(self, number: int, answer: Answer) -> None:
        with self._sending:
            self._connection.send((number, answer))


def _nothing(_grader) -> None:
    pass


def main(descriptor: int, folder: Path) -> None:
    """Serve the worker at the other end of a connection."""
    node = _Node(Connection(descriptor), folder)
    threading.Thread(target=node.receive, daemon=True).start()
    try:
        node.serve()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
