"""How often a test of learning rejects the reference: the same test on the cases of many seeds, in one process.

    python benchmarks/false_alarms.py ASSIGNMENT WORD [SEEDS]

WORD picks the tests whose labels contain it, such as a task's name. With no alarm in n runs the rate is below 3/n at 95 % confidence.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from rich.console import Console  # noqa: E402
from rich.progress import track  # noqa: E402

from autograder.course.course import Course  # noqa: E402
from autograder.grading.starting import with_pool  # noqa: E402


def failures(grader, tests: list, seed: int) -> list[str]:
    """Which of the tests reject the reference on the cases of one seed."""
    from autograder.isolation.grader.proxies import LocalTarget
    from autograder.proof.verify import local
    from autograder.testing import load_program

    grader.suite.reseed(seed)
    with load_program(
        grader.course.reference_files(grader.policy), grader.policy.package
    ) as modules:
        verdicts = grader.suite.run(lambda test: local(LocalTarget(modules)), tests)
        return [verdict.test.label for verdict in verdicts if not verdict.passed]


def count(pool, word: str, seeds: int) -> None:
    suite = pool.grader.suite
    tests = [test for test in suite.tests if word in test.label]
    if not tests:
        raise SystemExit(f"no test of {suite.policy.name} has {word!r} in its label")
    futures = [pool.submit(failures, tests, seed) for seed in range(seeds)]
    found = [label for future in track(futures, transient=True) for label in future.result()]
    for test in tests:
        Console().print(
            f"{test.label}: {found.count(test.label)} alarms on {seeds} seeds", highlight=False
        )


def main() -> None:
    name, word = sys.argv[1:3]
    seeds = int(sys.argv[3]) if len(sys.argv) > 3 else 1000
    with_pool(Course(ROOT), name, "cpu", None, None, lambda pool: count(pool, word, seeds))


main()
