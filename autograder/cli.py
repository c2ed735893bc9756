"""The command `autograder`. Heavy imports wait until a command needs them."""

import sys
from pathlib import Path

import click

from autograder.course import Course, CourseError
from autograder.policy import PolicyError


class _Group(click.Group):
    """Turns the errors that people can mend into one message and exit code 2."""

    def invoke(self, context):
        try:
            return super().invoke(context)
        except (CourseError, PolicyError) as error:
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


@main.command()
@click.argument("assignment")
@click.argument("submissions", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--device", type=click.Choice(["cpu", "cuda"]), default="cpu", show_default=True)
@click.option("--results", type=click.Path(dir_okay=False, path_type=Path), help="Where one submission's results.json goes.")
@click.option("-o", "--output", type=click.Path(file_okay=False, path_type=Path), help="A folder for the results.json of each submission.")
@click.option("--seed", type=int, help="Draw the cases from this seed (default: one that follows from the suite).")
@click.pass_obj
def grade(root, assignment, submissions, device, results, output, seed) -> None:
    """Grade SUBMISSIONS (folders, zips, notebooks or single files) of ASSIGNMENT."""
    from autograder.commands import grade_command

    if results and len(submissions) > 1:
        raise click.UsageError("--results takes one submission; use -o FOLDER for several")
    sys.exit(grade_command(Course.find(root), assignment, submissions, device, results, output, seed))


@main.command()
@click.argument("assignments", nargs=-1)
@click.option("--seeds", type=click.IntRange(1), default=20, show_default=True, help="Seeds for the programs that must pass.")
@click.option("--seed", type=int, help="The first seed (default: one that follows from the suite).")
@click.pass_obj
def verify(root, assignments, seeds, seed) -> None:
    """Prove the hidden suites: references and variants pass, stubs, cheats and misconceptions do not."""
    from autograder.commands import verify_command

    sys.exit(verify_command(Course.find(root), assignments, seeds, seed))


@main.command()
@click.argument("assignments", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing; fail with a diff if assignments/ is stale.")
@click.pass_obj
def release(root, assignments, check) -> None:
    """Make assignments/ from solutions/."""
    from autograder.commands import release_command

    sys.exit(release_command(Course.find(root), assignments, check))
