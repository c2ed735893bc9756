"""What isolation costs: the same tests of the reference in one warm process, and through workers.

    python benchmarks/isolation_cost.py [ASSIGNMENT] [ROUNDS] [TASK ...]

Both sides run the same collected tests on the same cases; the rounds alternate, and the ratio is of the medians of one
run, so that a busy machine slows both.
"""

import itertools
import statistics
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from rich.console import Console  # noqa: E402
from rich.table import Table  # noqa: E402

from autograder.course.course import Course  # noqa: E402
from autograder.grading.starting import with_pool  # noqa: E402


def measure(pool, rounds: int, tasks: list[str]) -> dict[str, list[float]]:
    from autograder.grading.ahead import Scripts
    from autograder.isolation.grader.proxies import LocalTarget
    from autograder.proof.verify import local
    from autograder.submission import Submission
    from autograder.testing import load_program

    grader = pool.grader
    suite, policy = grader.suite, grader.policy
    tests = [test for test in suite.tests if not tasks or test.task in tasks]
    files = grader.course.reference_files(policy)
    names = itertools.count()  # nothing is kept from one submission for the next
    target = LocalTarget(load_program(files, policy.package))
    one, all_jobs = "isolated, one job", f"isolated, {pool.jobs} jobs"
    in_class = "isolated, one job, in a class"
    kinds = "draw the cases", "in one process", one, all_jobs, in_class
    seconds: dict[str, list[float]] = {kind: [] for kind in kinds}
    scripts = Scripts()

    def in_process() -> None:
        assert all(verdict.passed for verdict in suite.run(lambda test: local(target), tests))

    def isolated(graded=grader) -> None:
        submission = Submission(files, [], f"reference {next(names)}")
        assert all(outcome.status == "passed" for outcome in graded.outcomes(submission, tests))

    def in_pool() -> None:
        isolated(pool)

    def as_one_of_many() -> None:
        grader.scripts = scripts
        isolated()
        grader.scripts = None

    def timed(name: str, work) -> None:
        started = time.perf_counter()
        work()
        seconds[name].append(time.perf_counter() - started)

    timed("draw the cases", in_process)
    in_pool()  # each process draws its own cases
    in_pool()
    as_one_of_many()  # the first one is learnt from
    for _ in range(rounds):
        timed("in one process", in_process)
        timed(one, isolated)
        timed(all_jobs, in_pool)
        timed(in_class, as_one_of_many)
    return seconds


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "a3_recurrent"
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 5
    tasks = sys.argv[3:]
    course = Course(ROOT)
    seconds: dict[str, list[float]] = {}
    with_pool(
        course, name, "cpu", None, None, lambda pool: seconds.update(measure(pool, rounds, tasks))
    )
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
