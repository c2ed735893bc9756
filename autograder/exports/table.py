"""A result as a table for people at a terminal."""

from collections import Counter

from rich.console import Group
from rich.table import Table
from rich.text import Text

from autograder.grading.result import PASSED, Outcome, Result

_STYLE = {"passed": "green", "partial": "yellow", "failed": "red", "not run": "blue"}
_SHOWN = 1  # reasons for each task below the table


def result_table(result: Result) -> Group:
    """Tasks with scores and bars, then the first reasons for lost points."""
    table = Table(
        title=f"{result.submission}: {result.score:g} of {result.max_score:g} points",
        title_justify="left",
    )
    table.add_column("task")
    table.add_column("points", justify="right")
    table.add_column("of", justify="right")
    table.add_column("tests", justify="right")
    table.add_column("")
    for name, task in result.tasks.items():
        outcomes = [outcome for outcome in result.outcomes if outcome.test.task == name]
        passed = sum(outcome.status == PASSED for outcome in outcomes)
        filled = round(20 * task.score / task.max_score) if task.max_score else 0
        style = _STYLE[task.status]
        bar = Text("█" * filled, style) + Text("░" * (20 - filled), "dim")
        counts = f"{passed}/{len(outcomes)}"
        table.add_row(name, Text(f"{task.score:g}", style), f"{task.max_score:g}", counts, bar)
    notes = [Text(f"note: {problem}", "yellow") for problem in result.problems]
    return Group(table, *notes, *_reasons(result))


def _reasons(result: Result) -> list[Text]:
    """For each task the reasons of lost points, a named misconception before all others."""
    lines = []
    for task in result.tasks:
        lost = [o for o in result.outcomes if o.test.task == task and o.status != PASSED]
        counts = Counter(outcome.student for outcome in sorted(lost, key=_helpfulness))
        for reason, count in list(counts.items())[:_SHOWN]:
            times = f" ({count} tests)" if count > 1 else ""
            text = reason.replace("\n", "\n    ")
            lines.append(Text(f"• {task}{times}: ", "bold") + Text(text, "not bold"))
        if len(counts) > _SHOWN:
            more = f"    {task}: {len(counts) - _SHOWN} more kinds of failure, see the results file"
            lines.append(Text(more, "dim"))
    return lines


def _helpfulness(outcome: Outcome) -> bool:
    return not outcome.kind.startswith("misconception")


def verify_table(assignment: str, rows: list, lacking: list[str]) -> Group:
    """What `autograder verify` found: one line for each program, then whatever is wrong."""
    table = Table(title=f"{assignment}: {len(rows)} programs", title_justify="left")
    for column in ("program", "task", "name", "must get", "got", ""):
        table.add_column(column, overflow="fold")
    for row in rows:
        mark = Text("✗", "red") if row.wrong else Text("✓", "green")
        table.add_row(row.kind, row.task, row.name, row.expected, row.seen, mark)
    wrong = [
        Text(f"✗ {row.kind} {row.task} {row.name}: {reason}"[:1000], "red")
        for row in rows
        for reason in row.wrong[:5]
    ]
    return Group(table, *wrong, *(Text(f"✗ {text}", "red") for text in lacking))
