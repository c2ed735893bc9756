"""Several grading processes, forked from one that has imported torch and collected the suite.

Each has a zygote of its own, forked from the first. What runs in them is a function of a Grader and its arguments, both
of which travel by pickle: everything here is trusted, student code stays in the workers.
"""

import concurrent.futures
import gc
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable

import torch

from autograder.grading.ahead import Scripts
from autograder.grading.grader import Grader, Whole
from autograder.isolation.sandbox.sandbox import end_with_parent
from autograder.isolation.worker.warming import first_use
from autograder.results.result import Outcome, Result, Test
from autograder.submission import Submission

Progress = Callable[[Outcome], None]

_MANY = 5  # submissions of a process for which it pays to grade the reference before

_grader: Grader | None = None  # of this process, once it is one of a pool


def available_jobs() -> int:
    """The processor cores that this process may use; 1 where processes cannot be forked with torch loaded."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else 1


class Pool:
    """Processes that grade. Use as a context manager; with one job everything runs in this process."""

    def __init__(self, grader: Grader, jobs: int):
        self.grader = grader
        self.jobs = jobs
        self._zygotes = []
        self._executor = None

    def __enter__(self) -> "Pool":
        if self.jobs > 1:
            self._zygotes = [self.grader.zygote.clone() for _ in range(self.jobs)]
            context = multiprocessing.get_context("fork")
            numbers = context.SimpleQueue()
            for number in range(self.jobs):
                numbers.put(number)
            # Fewer processes than cores leave the choice to the kernel: others may be at work here as well.
            pinned = self.jobs == available_jobs()
            self._executor = concurrent.futures.ProcessPoolExecutor(
                self.jobs, context, _start, (self.grader, self._zygotes, numbers, pinned)
            )
        return self

    def __exit__(self, *exception) -> None:
        self.stop()
        gc.unfreeze()
        for zygote in self._zygotes:
            zygote.close()

    def prepare_class(self, submissions: int = 0) -> None:
        """Before the first process is forked: have done here what each of them would do for its share of a class. All
        students then meet the same cases, and a process takes 29 MiB of its own instead of 130.

        With many `submissions` for each process the reference is graded, too; else each learns from its first ones.
        """
        grader = self.grader
        grader.suite.draw_cases()
        grader.misconceptions.load()
        grader.scripts = Scripts()
        if submissions >= _MANY * self.jobs:
            grader.grade_reference()
        if self.jobs > 1:
            first_use(grader.course.uses_optimizers(grader.policy.name))
            # The first call imports 50 MiB; the `checks` of public tests make it when something is wrong.
            torch.testing.assert_close(torch.ones(1), torch.ones(1))
            gc.collect()
            gc.freeze()

    def stop(self) -> None:
        """Begin nothing new, and wait for what has begun."""
        if self._executor is not None:
            self._executor.shutdown(cancel_futures=True)

    def submit(self, function: Callable, *arguments) -> concurrent.futures.Future:
        """Have `function(grader, *arguments)` called in one of the processes; here, and at once, if there is one job."""
        if self._executor is not None:
            return self._executor.submit(_call, function, arguments)
        future = concurrent.futures.Future()
        try:
            future.set_result(function(self.grader, *arguments))
        except Exception as error:
            future.set_exception(error)
        return future

    def grade(self, submission: Submission, progress: Progress | None = None) -> Result:
        """Grade one submission, its tests spread over the processes."""
        started = time.monotonic()
        outcomes = self.outcomes(submission, self.grader.suite.tests, progress)
        return self.grader.result(submission, outcomes, time.monotonic() - started)

    def outcomes(
        self, submission: Submission, tests: list[Test], progress: Progress | None = None
    ) -> list[Outcome]:
        """The outcomes of some tests, in their order."""
        whole = Whole(self.grader.policy.limits.submission)
        futures = []
        for test in tests:
            future = self.submit(_run_test, submission, test, whole)
            if progress is not None:
                future.add_done_callback(lambda done: progress(done.result()))
            futures.append(future)
        return whole.applied([future.result() for future in futures])


def _start(grader: Grader, zygotes: list, numbers, pinned: bool) -> None:
    """What each process does first."""
    global _grader
    end_with_parent()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    torch.set_num_threads(1)
    number = numbers.get()
    grader.zygote = zygotes[number]
    if pinned:
        _stay_on_one_core(number, grader.zygote.pid)
    _grader = grader


def _stay_on_one_core(number: int, zygote: int) -> None:
    """Keep a grading process, its zygote and so its workers on one core of those that there are.

    They take turns, so that a second core would gain nothing, and on any core they take a fifth more processor time:
    what one of them has left in a core's caches, the next one needs.
    """
    core = sorted(os.sched_getaffinity(0))[number]
    for process in (0, zygote):
        os.sched_setaffinity(process, {core})


def _call(function: Callable, arguments: tuple):
    return function(_grader, *arguments)


def _run_test(grader: Grader, submission: Submission, test: Test, whole: Whole) -> Outcome:
    [outcome] = grader.outcomes(submission, [test], whole)
    return outcome
