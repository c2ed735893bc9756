"""How many examples a hidden test needs to notice what is wrong: for `examples` in grading.yml.

    python -m benchmarks.examples_needed [ASSIGNMENT] [SEEDS]

Every misconception and every mutant that is not equivalent runs in this process against the hidden tests of its task. For
each number of examples: how many programs no test would have noticed, and how many tests that noticed one would have
passed it, of all programs on all seeds.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.progress import track
from rich.table import Table

from autograder.course.course import Course
from autograder.grading.starting import with_pool

ROOT = Path(__file__).parents[1]
NUMBERS = (1, 2, 3, 5, 8, 10, 12, 15, 20)
MOST = 25  # examples that are drawn here, whatever grading.yml says
PATIENCE = 3.0  # seconds for one test; what does not end tells nothing


def programs(grader) -> Iterator[tuple[tuple[str, ...], dict[str, bytes]]]:
    """The tasks of every wrong program, and its files."""
    from autograder.grading.misconceptions import misconceptions_of
    from autograder.proof.mutants import EQUIVALENT, equivalents_of, mutants_of

    course, policy = grader.course, grader.policy
    for wrong in misconceptions_of(course, policy.name):
        yield (wrong.task,), wrong.files(course.root, policy)
    equivalent = {each.key for each in equivalents_of(course.hidden(policy.name) / EQUIVALENT)}
    for mutant in mutants_of(grader):
        if mutant.key not in equivalent:
            yield mutant.tasks, mutant.files


def needed(grader, tasks: tuple[str, ...], files: dict[str, bytes]) -> list[int]:
    """For each test that notices: the number of examples that it needed."""
    from autograder.grading.suite import at_most
    from autograder.isolation.grader.proxies import LocalTarget
    from autograder.proof.verify import local
    from autograder.testing import load_program

    found = []
    try:
        modules = load_program(files, grader.policy.package)
    except Exception:  # a mutant that cannot be imported is noticed by every test
        return found
    with modules as loaded:
        target = LocalTarget(loaded)
        for test in grader.suite.tests:
            if test.public or test.task not in tasks:
                continue
            try:
                with at_most(PATIENCE):
                    [verdict] = grader.suite.run(lambda _: local(target), [test])
            except BaseException:  # pytest passes on what ends a program
                continue
            if not verdict.passed:
                found.append(1 + (verdict.case.number if verdict.case else 0))
    return found


def measure(pool, seeds: int) -> Table:
    grader = pool.grader
    wrong = list(programs(grader))
    each = []
    for seed in range(seeds):
        grader.suite.reseed(seed)
        for tasks, files in track(wrong, f"seed {seed}", transient=True):
            if found := needed(grader, tasks, files):
                each.append(found)
    verdicts = [number for found in each for number in found]
    table = Table(
        title=f"{grader.policy.name}: {len(wrong)} wrong programs, {seeds} seeds, {len(verdicts)} verdicts",
        title_justify="left",
    )
    for column in ("examples", "programs missed", "verdicts missed", "share of verdicts"):
        table.add_column(column, justify="right")
    for number in NUMBERS:
        programs_missed = sum(min(found) > number for found in each)
        missed = sum(need > number for need in verdicts)
        table.add_row(
            str(number), str(programs_missed), str(missed), f"{missed / len(verdicts):.2%}"
        )
    return table


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "a3_recurrent"
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    tables: list[Table] = []
    with_pool(Course(ROOT), name, "cpu", None, 1, lambda pool: tables.append(measure(pool, seeds)))
    Console().print(*tables)


if __name__ == "__main__":
    main()
