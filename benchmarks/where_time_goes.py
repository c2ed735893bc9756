"""What a submission's time is spent on: the reference, isolated, one job, against the same tests in this process.

    python -m benchmarks.where_time_goes [ASSIGNMENT] [ROUNDS] [TASK ...]

CPU seconds of each side, which a busy machine changes less than time on the clock; of all rounds the cheapest.
"""

import itertools
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from autograder.course.course import Course
from autograder.grading.starting import with_pool
from autograder.isolation.grader.host import Worker, Zygote


class Counted:
    """A method that counts its calls and the CPU seconds in them while it is in place."""

    def __init__(self, owner: type, name: str):
        self.owner, self.name, self.original = owner, name, getattr(owner, name)
        self.calls, self.cpu, self.results = 0, 0.0, []

    def __enter__(self) -> "Counted":
        def method(*args, **kwargs):
            cpu = time.process_time()
            try:
                result = self.original(*args, **kwargs)
                self.results.append(result)
                return result
            finally:
                self.calls += 1
                self.cpu += time.process_time() - cpu

        setattr(self.owner, self.name, method)
        return self

    def __exit__(self, *exception) -> None:
        setattr(self.owner, self.name, self.original)


def measure(pool, rounds: int, tasks: list[str]) -> list[tuple[str, float, str]]:
    """What the time is spent on, CPU seconds, and a remark."""
    from autograder.grading.ahead import Scripts
    from autograder.isolation.grader.proxies import LocalTarget
    from autograder.isolation.wire.frames import Connection
    from autograder.proof.verify import local
    from autograder.submission import Submission
    from autograder.testing import load_program

    grader = pool.grader
    suite, policy = grader.suite, grader.policy
    tests = [test for test in suite.tests if not tasks or test.task in tasks]
    if not tests:
        raise SystemExit(f"{policy.name} has no task {' or '.join(tasks)}")
    files = grader.course.reference_files(policy)
    names = itertools.count()  # nothing is kept from one submission for the next
    target = LocalTarget(load_program(files, policy.package))

    def in_process() -> None:
        assert all(verdict.passed for verdict in suite.run(lambda test: local(target), tests))

    def isolated() -> tuple[float, list[tuple[str, float, str]]]:
        with (
            Counted(Connection, "send") as send,
            Counted(Connection, "receive_raw") as receive,
            Counted(Zygote, "start_worker") as start,
        ):
            submission = Submission(files, [], f"reference {next(names)}")
            cpu = time.process_time()
            assert all(outcome.status == "passed" for outcome in grader.outcomes(submission, tests))
            cpu = time.process_time() - cpu
        workers: list[Worker] = start.results
        in_workers = sum(worker.usage.cpu for worker in workers)
        frames = send.cpu + receive.cpu
        rows = [
            (
                "frames of the grader",
                frames,
                f"{send.calls} sent one by one, {receive.calls} received",
            ),
            ("rest of the grader", cpu - frames, "tests, reference, proxies"),
            ("workers", in_workers, f"{len(workers)} of them"),
            (
                "together",
                cpu + in_workers,
                f"{1000 * (cpu + in_workers) / len(tests):.0f} ms a test",
            ),
        ]
        return cpu + in_workers, rows

    in_process()  # draws the cases
    bare = min(_cpu(in_process) for _ in range(rounds))
    found = [("the same tests in one process", bare, f"{len(tests)} tests")]
    rounding_otherwise = Scripts()
    rounding_otherwise.passes = lambda name: False
    for title, scripts in (
        ("graded alone", None),
        ("one of a class", Scripts()),
        ("one that rounds like no other", rounding_otherwise),
    ):
        grader.scripts = scripts
        isolated()  # a class learns from it
        _, rows = min((isolated() for _ in range(rounds)), key=lambda measured: measured[0])
        found += [(f"{title}: {what}", *rest) for what, *rest in rows]
    return found


def _cpu(work: Callable[[], None]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "a3_recurrent"
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    tasks = sys.argv[3:]
    rows: list = []
    course = Course(Path(__file__).parents[1])
    with_pool(course, name, "cpu", None, 1, lambda pool: rows.extend(measure(pool, rounds, tasks)))
    title = f"{name} {' '.join(tasks)}, reference, one job, the cheapest of {rounds} rounds"
    table = Table(title=title, title_justify="left")
    for column in ("what", "CPU seconds", ""):
        table.add_column(column, justify="right" if column == "CPU seconds" else "left")
    for what, seconds, remark in rows:
        table.add_row(what, f"{seconds:.2f}", remark)
    Console().print(table)


if __name__ == "__main__":
    main()
