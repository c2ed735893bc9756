"""The whole corpus in every setting, as a table: `make redteam`. Exit code 1 if anything earned what it should not."""

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tests.redteam import corpus, runner
from tests.redteam.settings import SETTINGS, available


@click.command()
@click.option(
    "--setting", "settings", multiple=True, type=click.Choice(list(SETTINGS)), help="Only this one."
)
@click.option("--kind", type=click.Choice(corpus.KINDS), help="Only attacks of this kind.")
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True)
def main(settings: tuple[str, ...], kind: str | None, jobs: int) -> None:
    """Grade the corpus in each setting and print what every attack earned."""
    console = Console()
    console.width = max(console.width, 130)
    attacks = [
        attack
        for attack in corpus.load().values()
        if kind in (None, attack.kind) or attack.name == "right"
    ]
    wrong = 0
    for name in settings or available():
        with runner.graded(attacks, SETTINGS[name], jobs) as run:
            level = run.isolation("right")["level"]
            wrong += level != SETTINGS[name].level
            wrong += _print(console, name, level, run, attacks)
    raise SystemExit(1 if wrong else 0)


def _print(
    console: Console, setting: str, level: str, run: runner.Run, attacks: list[corpus.Attack]
) -> int:
    """One setting's table; how many rows are wrong."""
    table = Table(
        title=f"{setting}: {len(attacks)} submissions in {run.seconds:.0f} s", title_justify="left"
    )
    for column in ("attack", "kind", "setting", "attacked", "score", "time", "level", ""):
        table.add_column(
            column, justify="right" if column in ("score", "time") else "left", no_wrap=True
        )
    wrong = 0
    for attack in sorted(
        attacks, key=lambda attack: (corpus.KINDS.index(attack.kind), attack.name)
    ):
        layers, scores = run.isolation(attack.name)["layers"], run.scores(attack.name)
        good = scores == attack.points(layers)
        wrong += not good
        mark = (
            Text("✗", "red")
            if not good
            else Text("✓", "green")
            if attack.holds(layers)
            else Text("not promised", "yellow")
        )
        earned = (
            f"{sum(scores[task] for task in attack.attacked):g}"
            if attack.attacked
            else f"{sum(scores.values()):g}"
        )
        seconds = f"{run.result(attack.name)['execution_time']:.1f} s"
        table.add_row(
            attack.name,
            attack.kind,
            setting,
            " ".join(attack.attacked),
            earned,
            seconds,
            level,
            mark,
        )
    console.print(table)
    left = [*run.processes_left, *sorted(map(str, run.files_after ^ run.files_before))]
    for what in left:
        console.print(Text(f"✗ left behind: {what}", "red"))
    return wrong + len(left)


if __name__ == "__main__":
    main()
