"""What isolation costs: the same tests of the reference in one warm process, and through workers.

    python benchmarks/isolation_cost.py [ASSIGNMENT] [ROUNDS] [TASK ...]

Both sides run the same collected tests on the same cases; the rounds alternate, and the ratio is of the medians of one
run, so that a busy machine slows both. "fresh pytest" is what grading costs where every submission starts pytest anew.
"""

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from autograder.commands import with_pool  # noqa: E402
from autograder.course import Course  # noqa: E402
from autograder.release import checks  # noqa: E402


def measure(pool, rounds: int, tasks: list[str]) -> dict[str, list[float]]:
    from autograder.isolation.proxies import LocalTarget
    from autograder.submission import Submission
    from autograder.testing import load_program
    from autograder.verify import local

    grader = pool.grader
    suite, policy = grader.suite, grader.policy
    tests = [test for test in suite.tests if not tasks or test.task in tasks]
    files = grader.course.reference_files(policy)
    submission = Submission(files, [], "reference")
    target = LocalTarget(load_program(files, policy.package))
    one, all_jobs = "isolated, one job", f"isolated, {pool.jobs} jobs"
    seconds: dict[str, list[float]] = {
        "draw the cases": [],
        "in one process": [],
        one: [],
        all_jobs: [],
    }

    def in_process() -> None:
        assert all(verdict.passed for verdict in suite.run(lambda test: local(target), tests))

    def isolated() -> None:
        assert all(outcome.status == "passed" for outcome in grader.outcomes(submission, tests))

    def in_pool() -> None:
        assert all(outcome.status == "passed" for outcome in pool.outcomes(submission, tests))

    def timed(name: str, work) -> None:
        started = time.perf_counter()
        work()
        seconds[name].append(time.perf_counter() - started)

    timed("draw the cases", in_process)
    in_pool()  # each process draws its own cases
    in_pool()
    for _ in range(rounds):
        timed("in one process", in_process)
        timed(one, isolated)
        timed(all_jobs, in_pool)
    return seconds


def fresh_pytest(course: Course, name: str, tasks: list[str]) -> float:
    """The public and hidden tests with the reference, Hypothesis and all, in a new pytest process."""
    folders = [course.public_tests(name), course.hidden(name)]
    paths = [
        str(path)
        for folder in folders
        for path in folder.glob("test_*.py")
        if not tasks or path.stem[5:] in tasks
    ]
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(checks.__file__, folder)
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([folder, str(course.master(name)), str(ROOT)]),
            "OMP_NUM_THREADS": "1",
        }
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--import-mode=importlib",
        ]
        command += ["--rootdir", folder, "-c", os.devnull, *paths]
        started = time.perf_counter()
        found = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True)
    if found.returncode:
        raise SystemExit(found.stdout[-2000:])
    return time.perf_counter() - started


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "a3_recurrent"
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    tasks = sys.argv[3:]
    course = Course(ROOT)
    seconds: dict[str, list[float]] = {}
    with_pool(
        course, name, "cpu", None, None, lambda pool: seconds.update(measure(pool, rounds, tasks))
    )
    seconds["fresh pytest"] = [fresh_pytest(course, name, tasks)]
    base = statistics.median(seconds["in one process"])
    table = Table(
        title=f"{name} {' '.join(tasks)}, reference, {rounds} rounds", title_justify="left"
    )
    for column in ("what", "seconds (median)", "least", "against one process"):
        table.add_column(column, justify="left" if column == "what" else "right")
    for what, values in seconds.items():
        middle = statistics.median(values)
        table.add_row(what, f"{middle:.2f}", f"{min(values):.2f}", f"{middle / base:.2f}")
    Console().print(table)


main()
