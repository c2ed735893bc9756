"""Progress bars, gone when the work is done."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text


def bar_of_tests(console: Console) -> Progress:
    """How many tests or programs are done."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=console, transient=True)


class _RateColumn(ProgressColumn):
    """Submissions in a minute."""

    def render(self, task) -> Text:
        return Text(f"{60 * task.speed:.0f} a minute" if task.speed else "")


def bar_of_class(console: Console) -> Progress:
    """How many submissions are done, how fast, and how long it will take."""
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[failed]} failed"),
        _RateColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=console, transient=True)
