"""The command `autograder`. Heavy imports wait until a command needs them."""

import sys
from pathlib import Path

import click

from autograder.course.course import Course
from autograder.errors import AutograderError
from autograder.isolation.worker.restart import can_restart


class _Group(click.Group):
    """Turns the errors that people can mend into one message and exit code 2."""

    def invoke(self, context):
        try:
            return super().invoke(context)
        except AutograderError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=_Group)
@click.option(
    "--course",
    "root",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A folder of the course (default: the current one).",
)
@click.version_option(package_name="autograder")
@click.pass_context
def main(context, root: Path | None) -> None:
    """Release, grade and report an autograded PyTorch course."""
    context.obj = root


def run() -> None:
    """The program `autograder`."""
    can_restart("autograder.cli.main:run")
    main(prog_name="autograder")


jobs_option = click.option(
    "--jobs",
    type=click.IntRange(1),
    help="How many processes grade at a time (default: one for each core).",
)


@main.command()
@click.argument("assignment")
@click.argument(
    "submissions", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path)
)
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True)
@click.option(
    "--results",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where one submission's results.json goes.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder for the results.json of each submission.",
)
@click.option("--force", is_flag=True, help="Grade again what already has a result.")
@click.option(
    "--seed",
    type=int,
    help="Draw the cases from this seed (default: one that follows from the suite).",
)
@click.option("--name", help="What to call one submission (default: the name of its file).")
@jobs_option
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Grade on the workers of this Dask scheduler, as in tcp://HOST:8786 (docs/cluster.md).",
)
@click.pass_obj
def grade(
    root, assignment, submissions, device, results, output, force, seed, name, jobs, scheduler
) -> None:
    """Grade SUBMISSIONS of ASSIGNMENT: folders, zips, notebooks or single files, or folders full of them.

    A folder of a class is one of Gradescope's or Canvas's exports, or has an entry for each student. What already has a
    result in the output folder for the same work, suite, policy and versions is not graded again.
    """
    from autograder.cli.commands import grade_command

    if results and len(submissions) > 1:
        raise click.UsageError("--results takes one submission; use -o FOLDER for several")
    if name and len(submissions) > 1:
        raise click.UsageError("--name takes one submission")
    if scheduler and (results or name or jobs or not output):
        raise click.UsageError(
            "--scheduler needs -o FOLDER and takes no --results, --name or --jobs"
        )
    sys.exit(
        grade_command(
            Course.find(root),
            assignment,
            submissions,
            device,
            results,
            output,
            seed,
            name,
            jobs,
            force,
            scheduler,
        )
    )


@main.command()
@click.argument("recorded", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("submission", type=click.Path(exists=True, path_type=Path))
@jobs_option
@click.pass_obj
def replay(root, recorded, submission, jobs) -> None:
    """Grade SUBMISSION as the instructor.json RECORDED says it was, and compare.

    Seed and device are those of the record. Whatever else is not as it was (suite, policy, versions, the submission) is
    said aloud, and so is each test that ends otherwise.
    """
    from autograder.cli.commands import replay_command

    sys.exit(replay_command(Course.find(root), recorded, submission, jobs))


@main.command()
@click.argument("assignments", nargs=-1)
@click.option(
    "--seeds",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="Seeds for the programs that must pass.",
)
@click.option("--seed", type=int, help="The first seed (default: one that follows from the suite).")
@click.option("--task", default="", help="Try the programs of this task only.")
@click.option("--mutants", is_flag=True, help="Instead, try machine-made mutants of the reference.")
@click.option(
    "--feedback",
    is_flag=True,
    help="Also print what each failed test tells who has a misconception.",
)
@jobs_option
@click.pass_obj
def verify(root, assignments, seeds, seed, task, mutants, feedback, jobs) -> None:
    """Prove the hidden suites: references and variants pass, stubs, cheats and misconceptions do not."""
    from autograder.cli.commands import mutants_command, verify_command

    if task and len(assignments) != 1:
        raise click.UsageError("--task needs the one assignment that it belongs to")
    if mutants:
        sys.exit(mutants_command(Course.find(root), assignments, seed, task, jobs))
    sys.exit(verify_command(Course.find(root), assignments, seeds, seed, task, jobs, feedback))


points_option = click.option(
    "--points", type=float, default=10, show_default=True, help="What the task is worth."
)


@main.command()
@click.argument("assignment")
@click.argument("name")
@click.option("--module", help="Where students write it, new or not (default: PACKAGE.NAME).")
@points_option
@click.pass_obj
def new_task(root, assignment, name, module, points) -> None:
    """Add the task NAME to ASSIGNMENT: module, tests, handout and policy, with what is still to be written."""
    from autograder.cli.commands import new_task_command

    sys.exit(new_task_command(Course.find(root), assignment, name, module, points))


@main.command()
@click.argument("name")
@click.option("--title", required=True, help="What people read.")
@click.option("--package", required=True, help="The package that students fill in.")
@click.option("--task", required=True, help="The first task.")
@points_option
@click.pass_obj
def new_assignment(root, name, title, package, task, points) -> None:
    """Add the assignment NAME with one task."""
    from autograder.cli.commands import new_assignment_command

    sys.exit(new_assignment_command(Course.find(root), name, title, package, task, points))


@main.command()
@click.argument("assignments", nargs=-1)
@click.option(
    "--check", is_flag=True, help="Write nothing; fail with a diff if assignments/ is stale."
)
@click.option(
    "--publish",
    is_flag=True,
    help="Students get it now: seal the newest entry of the changelog, so that every later change needs a new one.",
)
@click.pass_obj
def release(root, assignments, check, publish) -> None:
    """Make assignments/ from solutions/. A change of what was published needs an entry in CHANGELOG.md."""
    from autograder.cli.commands import release_command

    if check and publish:
        raise click.UsageError("--check writes nothing, so it cannot go with --publish")
    sys.exit(release_command(Course.find(root), assignments, check, publish))


@main.command()
@click.argument("assignment")
@click.option(
    "--gradescope", "platform", flag_value="gradescope", help="A zip to upload to Gradescope."
)
@click.option(
    "--otter",
    "platform",
    flag_value="otter",
    help="A zip for `otter run` and `otter grade` (Otter 7).",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the zip goes (default: here).",
)
@click.pass_obj
def bundle(root, assignment, platform, output) -> None:
    """Pack what a platform needs to grade ASSIGNMENT."""
    from autograder.cli.commands import bundle_command

    if platform is None:
        raise click.UsageError("say for which platform: --gradescope or --otter")
    output = output or Path(f"{assignment}-{platform}.zip")
    sys.exit(bundle_command(Course.find(root), assignment, platform, output))


@main.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--csv",
    "form",
    type=click.Choice(["plain", "canvas", "gradescope"]),
    default="plain",
    show_default=True,
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the file goes (default: printed).",
)
@click.pass_obj
def export(root, folder, form, output) -> None:
    """Write the gradebook of FOLDER, which `autograder grade -o` wrote, with what lateness costs."""
    from autograder.cli.commands import export_command

    sys.exit(export_command(Course.find(root), folder, form, output))


@main.command()
@click.argument("before", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("after", type=click.Path(exists=True, file_okay=False, path_type=Path))
def diff(before, after) -> None:
    """Say whose score differs between two folders of results, and by which test."""
    from autograder.cli.commands import diff_command

    sys.exit(diff_command(before, after))


@main.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the page goes (default: report.html in FOLDER).",
)
@click.pass_obj
def report(root, folder, output) -> None:
    """Write one HTML page about the class in FOLDER, which `autograder grade -o` wrote. It is not for students."""
    from autograder.cli.commands import report_command

    sys.exit(report_command(Course.find(root), folder, output or folder / "report.html"))
