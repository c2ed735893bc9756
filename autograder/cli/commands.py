"""What the commands do, once they are known to be needed."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from functools import partial
from pathlib import Path

import click
from rich.console import Console, Group
from rich.markup import escape

from autograder.cli.progress import bar_of_class, bar_of_tests
from autograder.course.course import Course
from autograder.errors import AutograderError
from autograder.grading.starting import with_pool

_SHOWN_WHOLE = 8  # up to so many submissions each have their own table


def grade_command(
    course,
    assignment,
    paths,
    device,
    results,
    output,
    seed,
    name=None,
    jobs=None,
    force=False,
    scheduler=None,
) -> int:
    """Grade what is at `paths`; returns the exit code: 0, 1 if the grader failed somewhere, 130 after Ctrl-C.

    `name` is what to call a single submission instead of its file's name; `scheduler` the address of a cluster.
    """
    from autograder.batch.layouts import all_hand_ins, one_hand_in

    policy = course.policy.assignment(assignment)
    # One that was asked for by name must not decide by its contents that it is a class.
    found = [one_hand_in(paths[0])] if results or name else all_hand_ins(paths, policy)
    if len(found) > 1 and output is None:
        raise click.UsageError(
            f"there are {len(found)} submissions; say where their results go: -o FOLDER"
        )
    console, code = Console(), 0
    if scheduler:
        return _grade_on_cluster(
            console, course, policy, found, device, output, seed, force, scheduler
        )

    def work(pool) -> None:
        nonlocal code
        level = pool.grader.level
        console.print(f"isolation level {level.name} ({', '.join(level.layers)})")
        for note in level.notes:
            console.print(f"  {note}", style="dim")
        if len(found) == 1:
            target = results or (output / found[0].key / "results.json" if output else None)
            _grade_one(console, pool, found[0].path, target, name)
        else:
            from autograder.batch.run import grade_class

            graded = grade_class(pool, found, output, force)
            code = _grade_class(console, assignment, found, output, graded, pool.stop)

    with_pool(course, assignment, device, seed, jobs, work)
    return code


def _grade_one(console: Console, pool, path: Path, target: Path | None, name: str | None) -> None:
    """One submission, its tests spread over the processes."""
    from autograder.cli.tables import result_table
    from autograder.submission.text import clean

    result = _graded(console, pool, path, target, name)
    console.print(result_table(result))
    if target is not None:
        console.print(f"written to {clean(str(target), 500)}", style="dim", markup=False)


def _graded(
    console: Console, pool, path: Path, target: Path | None = None, name: str | None = None
):
    """The result of one submission, with a bar while it is graded."""
    from autograder.grading.single import grade_single
    from autograder.submission.text import clean

    with bar_of_tests(console) as progress:
        bar = progress.add_task(escape(clean(path.name)), total=len(pool.grader.suite.tests))
        return grade_single(pool, path, target, name, lambda: progress.advance(bar))


def _grade_on_cluster(
    console, course, policy, found, device, output, seed, force, scheduler
) -> int:
    try:
        from autograder.batch.cluster import Cluster
    except ImportError as error:
        raise AutograderError(
            f"a cluster needs {error.name}: pip install '.[cluster]' in the repository of autograder"
        ) from None
    say = partial(console.print, markup=False)
    with Cluster(course, policy, device, seed, scheduler, say) as cluster:
        graded = cluster.grade_class(found, output, force)
        return _grade_class(console, policy.name, found, output, graded, cluster.stop)


def _grade_class(
    console: Console, assignment: str, found: list, output: Path, results: Iterable, stop: Callable
) -> int:
    """Many submissions, whose results come from an iterator; `stop` lets those in hand end."""
    from autograder.cli.tables import class_table, result_table
    from autograder.results.folder import RESULTS, finished, write_roster

    write_roster(assignment, {one.key: one.entry() for one in found}, output)
    graded = []
    try:
        with bar_of_class(console) as progress:
            bar = progress.add_task("", total=len(found), failed=0)
            for one in results:
                # Of many, what is shown in the end is kept.
                kept = one.result and replace(one.result, outcomes=[])
                graded.append(replace(one, result=kept))
                failed = sum(bool(other.error) for other in graded)
                progress.update(bar, completed=len(graded), failed=failed)
                if one.error:
                    console.print(f"{one.hand_in.key}: not graded: {one.error}", style="red")
                elif one.result is not None and len(found) <= _SHOWN_WHOLE:
                    console.print(result_table(one.result))
    except KeyboardInterrupt:
        console.print("stopping when the submissions in hand are done; once more stops at once")
        stop()
        done = sum(finished(output / one.key / RESULTS) is not None for one in found)
        console.print(
            f"{done} have a result, {len(found) - done} are left; the same command goes on from here"
        )
        return 130
    console.print(class_table(assignment, graded))
    console.print(f"written to {output}", style="dim")
    return 1 if any(one.error for one in graded) else 0


def replay_command(course: Course, recorded: Path, path: Path, jobs: int | None) -> int:
    """Grade again what instructor.json `recorded`, say aloud what differs; 1 if a test ends otherwise."""
    from autograder.results.replay import other_facts, other_outcomes, read_record, record_of

    before, code = read_record(recorded), 0

    def work(pool) -> None:
        nonlocal code
        from autograder.results.gradescope import instructor_json

        console = Console(highlight=False, soft_wrap=True)
        result = _graded(console, pool, path)
        now = record_of(instructor_json(result))
        changed = list(other_outcomes(before, now))
        for line in other_facts(before, now):
            console.print(f"not the same: {line}", style="yellow", markup=False)
        for line in changed:
            console.print(line, style="red", markup=False)
        count = len(changed) or "none"
        console.print(
            f"{result.score:g} of {result.max_score:g} points; "
            f"{count} of {len(now.statuses)} tests ended otherwise before"
        )
        code = 1 if changed else 0

    seed, device = before.facts["seed"], before.facts["device"]
    with_pool(course, before.assignment, device, seed, jobs, work)
    return code


def verify_command(
    course: Course,
    assignments,
    seeds: int,
    seed: int | None,
    task: str,
    jobs: int | None,
    feedback: bool = False,
) -> int:
    """Print a table for each assignment; 1 if any program did not do what it should. With `feedback` also what every failed
    test tells somebody who has a misconception."""

    def prove(pool, progress) -> tuple:
        from autograder.cli.tables import feedback_table, verify_table
        from autograder.proof.verify import verify, what_is_missing

        rows = verify(pool, seeds, progress, task)
        lacking = what_is_missing(pool.grader, task)
        good = not lacking and not any(row.wrong for row in rows)
        name = pool.grader.policy.name
        return Group(verify_table(name, rows, lacking), feedback_table(name, rows, feedback)), good

    return _prove(course, assignments, seed, task, jobs, prove)


def mutants_command(
    course: Course, assignments, seed: int | None, task: str, jobs: int | None
) -> int:
    """Print for each assignment how many mutants its hidden tests kill; 1 if one lives that should not."""

    def prove(pool, progress) -> tuple:
        from autograder.cli.tables import mutants_table
        from autograder.proof.mutants import run_mutants

        report = run_mutants(pool, progress, task)
        return mutants_table(pool.grader.policy.name, report), report.good

    return _prove(course, assignments, seed, task, jobs, prove)


def _prove(course: Course, assignments, seed, task: str, jobs, prove: Callable) -> int:
    """Run `prove(pool, progress)`, which gives a table and whether all is well, for each assignment; 1 if not all is."""
    console, good = Console(), True

    def work(pool) -> None:
        nonlocal good
        if task:
            pool.grader.policy.task(task)
        with bar_of_tests(console) as progress:
            bar = progress.add_task(pool.grader.policy.name)
            table, well = prove(
                pool, lambda done, total: progress.update(bar, completed=done, total=total)
            )
        console.print(table, soft_wrap=True)
        good = good and well

    for name in assignments or course.policy.assignments:
        with_pool(course, name, "cpu", seed, jobs, work)
    return 0 if good else 1


def export_command(course: Course, folder: Path, form: str, output: Path | None) -> int:
    """Write or print the gradebook of a class."""
    from autograder.results.gradebook import as_csv, read_grades
    from autograder.writing import write_text

    text = as_csv(form, *read_grades(folder, course.policy))
    if output is None:
        click.echo(text, nl=False)
    else:
        write_text(output, text)
        click.echo(f"written to {output}")
    return 0


def report_command(course: Course, folder: Path, output: Path) -> int:
    """Write the report on a class."""
    from autograder.report.gather import gather
    from autograder.writing import write_text

    try:
        from autograder.report.page import page
        from autograder.report.similar import similar_in
    except ImportError as error:
        raise AutograderError(
            f"a report needs {error.name}: pip install 'autograder[report]'"
        ) from None
    report = gather(folder, course.policy)
    pairs = similar_in(folder, course, report.assignment)
    title = course.policy.assignment(report.assignment).title
    write_text(output, page(report, pairs, f"{report.assignment}: {title}"))
    click.echo(f"written to {output}, for instructors only (it holds why hidden tests failed)")
    return 0


def diff_command(before: Path, after: Path) -> int:
    """Print what differs between two folders of results; 1 if anything does."""
    from autograder.cli.tables import changes_table
    from autograder.results.changes import changes

    found = changes(before, after)
    Console().print(changes_table(found) if found else "no score differs")
    return 1 if found else 0


def new_task_command(
    course: Course, assignment: str, name: str, module: str | None, points: float
) -> int:
    """Scaffold a task and say what was written."""
    from autograder.scaffold.task import new_task

    _say_written(course, new_task(course, assignment, name, module, points), assignment, name)
    return 0


def new_assignment_command(
    course: Course, name: str, title: str, package: str, task: str, points: float
) -> int:
    """Scaffold an assignment and say what was written."""
    from autograder.scaffold.assignment import new_assignment

    _say_written(course, new_assignment(course, name, title, package, task, points), name, task)
    return 0


def _say_written(course: Course, draft, assignment: str, task: str) -> None:
    from autograder.course.unwritten import FILL_IN

    for path, note in draft.notes.items():
        click.echo(f"{path.relative_to(course.root)}: {note}")
    click.echo(f'Write what "{FILL_IN}" asks for; until all is there, this says what is missing:')
    click.echo(f"    autograder verify {assignment} --task {task}")


def release_command(course: Course, assignments, check: bool, publish: bool = False) -> int:
    """Write assignments/, or print how it differs from what it should be; 1 if it does."""
    from autograder.release.folder import release

    today = date.today() if publish else None
    diffs = release(course.root, assignments, check=check, publish=today)
    for name, diff in diffs.items():
        if not diff:
            state = "up to date"
        elif check:
            click.echo(diff, nl=False)
            state = "stale: run `autograder release`"
        else:
            state = "published" if publish else "written"
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
