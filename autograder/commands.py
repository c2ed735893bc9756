"""What the commands do, once they are known to be needed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from autograder.course import Course
from autograder.isolation.host import Zygote


def default_seed(suite_hash: str) -> int:
    """The seed of a run that names none: secret, because the suite is, and the same for every submission."""
    return int(suite_hash[:8], 16)


def with_pool(
    course: Course, assignment: str, device: str, seed: int | None, jobs: int | None, work: Callable
) -> None:
    """Start everything that grading an assignment needs and call `work` with the Pool.

    The zygote starts first, so that it imports torch while this process does.
    """
    policy = course.policy.assignment(assignment)
    seed = default_seed(course.suite_hash(assignment)) if seed is None else seed
    with Zygote(hash_seed=seed % 2**32, cuda=device == "cuda") as zygote:
        from autograder.grading.grader import Grader
        from autograder.grading.pool import Pool, available_jobs
        from autograder.grading.suite import with_suite
        from autograder.isolation import levels

        def start(suite) -> None:
            secret = next(iter(sorted(course.hidden(assignment).glob("*.py"))), policy.file)
            level = levels.measure(zygote, secret)
            levels.require(level, policy.isolation, assignment)
            with Pool(Grader(course, suite, zygote, level, device), jobs or available_jobs()) as pool:
                work(pool)

        with_suite(course, policy, seed, start)


def grade_command(
    course, assignment, submissions, device, results, output, seed, name=None, jobs=None
) -> int:
    """Grade submissions one after the other; returns the exit code, 0 unless the grader itself failed.

    `name` is what to call a submission instead of its file's name.
    """
    console = Console()

    def work(pool) -> None:
        level = pool.grader.level
        console.print(f"isolation level {level.name} ({', '.join(level.layers)})")
        for note in level.notes:
            console.print(f"  {note}", style="dim")
        for path in submissions:
            target = results or (output / path.name / "results.json" if output else None)
            _grade_one(console, pool, path, target, name)

    with_pool(course, assignment, device, seed, jobs, work)
    return 0


def _grade_one(console: Console, pool, path: Path, target: Path | None, name: str | None) -> None:
    from autograder.exports.gradescope import instructor_json, results_json
    from autograder.exports.table import result_table
    from autograder.grading.result import write_json

    grader = pool.grader
    if target is not None:
        write_json(target, results_json(grader.provisional(path)))
    with _progress(console) as progress:
        bar = progress.add_task(path.name, total=len(grader.suite.tests))
        result = pool.grade(grader.read(path), lambda outcome: progress.advance(bar))
    if name is not None:
        result = replace(result, submission=name)
    if target is not None:
        write_json(target.with_name("instructor.json"), instructor_json(result))
        write_json(target, results_json(result))
    console.print(result_table(result))
    if target is not None:
        console.print(f"written to {target}", style="dim")


def verify_command(course: Course, assignments, seeds: int, seed: int | None, task: str, jobs: int | None) -> int:
    """Print a table for each assignment; 1 if any program did not do what it should."""
    from autograder.exports.table import verify_table
    from autograder.verify import missing_programs, verify

    console = Console()
    bad = 0

    def work(pool) -> None:
        nonlocal bad
        policy = pool.grader.policy
        if task:
            policy.task(task)
        with _progress(console) as progress:
            bar = progress.add_task(policy.name)
            rows = verify(pool, seeds, lambda done, total: progress.update(bar, completed=done, total=total), task)
        lacking = missing_programs(pool.grader)
        console.print(verify_table(policy.name, rows, lacking))
        bad += sum(bool(row.wrong) for row in rows) + len(lacking)

    for name in assignments or course.policy.assignments:
        with_pool(course, name, "cpu", seed, jobs, work)
    return 1 if bad else 0


def release_command(course: Course, assignments, check: bool) -> int:
    """Write assignments/, or print how it differs from what it should be; 1 if it does."""
    from autograder.release.folder import release

    diffs = release(course.root, assignments, check=check)
    for name, diff in diffs.items():
        if not diff:
            state = "up to date"
        elif check:
            click.echo(diff, nl=False)
            state = "stale: run `autograder release`"
        else:
            state = "written"
        click.echo(f"{name}: {state}")
    return 1 if check and any(diffs.values()) else 0


def bundle_command(course: Course, assignment: str, platform: str, output: Path) -> int:
    """Write a platform's zip and say what to do with it."""
    from autograder.bundles.make import bundle

    advice = bundle(course, assignment, platform, output)
    click.echo(
        f"{output}: {output.stat().st_size / 1000:.0f} kB, for instructors only (it holds the hidden tests)"
    )
    click.echo(advice)
    return 0


def _progress(console: Console) -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, transient=True)
