"""Graders side by side, one table: the same checks and the same submissions, ratios from the same run.

    python -m benchmarks.graders [--task TASK]... [--base 100] [--large 1000] [-o FOLDER]

With -o the tables are also written as markdown, and everything that was measured as JSON.
"""

import json
import os
import platform
import signal
import sys
import tempfile
from pathlib import Path

import click
import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from autograder.course.policy_file import PolicyError
from benchmarks.graders.measure import adopt_orphans
from benchmarks.graders.others import install_others
from benchmarks.graders.runs import Bench, Results, Sizes
from benchmarks.graders.setting import Setting, make_setting
from benchmarks.graders.tables import Sheet, sheets


@click.command()
@click.option("--assignment", default="a3_recurrent", show_default=True)
@click.option(
    "--task",
    "tasks",
    multiple=True,
    default=("rnn_cell", "lstm_cell", "gru_cell"),
    show_default=True,
    help="A task whose checks are run; may be given several times. ALL for every task.",
)
@click.option(
    "--base",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    help="Submissions that ours and the limit grade.",
)
@click.option(
    "--few",
    type=click.IntRange(1),
    default=5,
    show_default=True,
    help="Submissions that the slow graders grade.",
)
@click.option("--large", type=click.IntRange(0), default=0, help="Have ours grade this many, too.")
@click.option(
    "--patience",
    type=float,
    default=60.0,
    show_default=True,
    help="Seconds after which a grader without limits of its own is ended.",
)
@click.option(
    "--own-threads",
    is_flag=True,
    help="Leave the number of threads to each grader, instead of one for all.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder for graders.md and graders.json.",
)
def main(assignment, tasks, base, few, large, patience, own_threads, output) -> None:
    """Compare graders on the checks of some tasks. Use a machine that does nothing else."""
    adopt_orphans()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything is cleaned up
    console = Console(width=None if sys.stdout.isatty() else 100)
    sizes = Sizes(few, base, large)
    console.print("preparing the other graders' environment")
    install_others()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="graders-") as folder:
        chosen = [] if "ALL" in tasks else list(tasks)
        try:
            setting = make_setting(Path(folder), assignment, chosen, not own_threads)
        except PolicyError as error:
            raise click.ClickException(str(error)) from error
        results = _measured(console, setting, sizes, patience)
        tables = sheets(setting, sizes, results)
    facts = {
        "command": "python -m benchmarks.graders " + " ".join(sys.argv[1:]),
        "cores": len(os.sched_getaffinity(0)),
        "load before": round(load, 2),
        "threads": "each grader's own number" if own_threads else "one each",
        "python": platform.python_version(),
        "torch": torch.__version__,
        "kernel": platform.release(),
    }
    for table in tables:
        console.print(table.rich())
    console.print(_in_words(facts), style="dim", highlight=False)
    if output is not None:
        _write(output, tables, facts, results)


def _measured(console: Console, setting: Setting, sizes: Sizes, patience: float) -> Results:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console, transient=True, refresh_per_second=2) as bars:
        bar = bars.add_task("")

        def progress(name: str, done: int, total: int) -> None:
            bars.update(bar, description=name, completed=done, total=total)

        return Bench(setting, sizes, patience, progress).results()


def _in_words(facts: dict) -> str:
    return ", ".join(f"{name}: {value}" for name, value in facts.items())


def _write(output: Path, tables: list[Sheet], facts: dict, results: Results) -> None:
    output.mkdir(parents=True, exist_ok=True)
    text = "\n\n".join([*(table.markdown() for table in tables), _in_words(facts)])
    (output / "graders.md").write_text(text + "\n")
    content = {"facts": facts, **results.as_json()}
    (output / "graders.json").write_text(json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
