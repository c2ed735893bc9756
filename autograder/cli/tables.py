"""A result as a table for people at a terminal."""

import statistics
from collections import Counter

from rich.console import Group
from rich.table import Table
from rich.text import Text

from autograder.results.result import NOT_STARTED, PASSED, Outcome, Result, points_text

_STYLE = {"passed": "green", "partial": "yellow", "failed": "red", "not run": "blue"}
_SHOWN = 1  # reasons for each task below the table


def result_table(result: Result) -> Group:
    """Tasks with scores and bars, then the first reasons for lost points."""
    table = Table(
        title=Text(
            f"{result.submission}: {points_text(result.score)} of {points_text(result.max_score)} points"
        ),
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
        table.add_row(
            name, Text(points_text(task.score), style), points_text(task.max_score), counts, bar
        )
    notes = [Text(f"note: {problem}", "yellow") for problem in result.problems]
    return Group(table, *notes, *_reasons(result))


def class_table(assignment: str, graded: list) -> Group:
    """How the class did, and one line for each submission in the order of their names."""
    graded = sorted(graded, key=lambda one: one.hand_in.key)
    done = [one.score for one in graded if not one.error]
    mean = f", mean {statistics.mean(done):.1f}, median {statistics.median(done):g}" if done else ""
    again = sum(one.result is None and not one.error for one in graded)
    kept = f", {again} as graded before" if again else ""
    summary = Text(f"{assignment}: {len(graded)} submissions{kept}{mean}", "bold")
    table = Table()
    for column in ("submission", "points", "of", "notes"):
        table.add_column(column, justify="right" if column in ("points", "of") else "left")
    for one in graded:
        notes = "; ".join(one.result.problems[:1]) if one.result else ""
        table.add_row(
            one.hand_in.key,
            "" if one.error else points_text(one.score),
            points_text(one.max_score),
            Text(one.error or notes, "red" if one.error else "yellow"),
        )
    return Group(summary, table)


def changes_table(changes: list) -> Table:
    """One line for each submission whose results differ, with the tests that made the difference."""
    table = Table(title=f"{len(changes)} submissions differ", title_justify="left")
    for column in ("submission", "before", "after", "tests"):
        table.add_column(column, justify="right" if column in ("before", "after") else "left")
    for change in changes:
        scores = (
            "-" if score is None else points_text(score) for score in (change.before, change.after)
        )
        table.add_row(change.key, *scores, "\n".join(change.tests))
    return table


def _reasons(result: Result) -> list[Text]:
    """For each task the reasons of lost points, a named misconception before all others; once that it is not started."""
    lines = []
    for task in result.tasks:
        lost = [o for o in result.outcomes if o.test.task == task and o.status != PASSED]
        begun = [outcome for outcome in lost if outcome.kind != NOT_STARTED]
        if len(begun) < len(lost):
            lines.append(Text(f"• {task}: ", "bold") + Text("not started", "not bold"))
        counts = Counter(outcome.student for outcome in sorted(begun, key=_helpfulness))
        for reason, count in list(counts.items())[:_SHOWN]:
            times = f" ({count} tests)" if count > 1 else ""
            text = reason.replace("\n", "\n    ")
            lines.append(Text(f"• {task}{times}: ", "bold") + Text(text, "not bold"))
        if len(counts) > _SHOWN:
            more = len(counts) - _SHOWN
            kinds = "kind" if more == 1 else "kinds"
            text = f"    {task}: {more} more {kinds} of failure, see the results file"
            lines.append(Text(text, "dim"))
    return lines


def _helpfulness(outcome: Outcome) -> tuple[bool, bool]:
    return not outcome.kind.startswith("misconception"), not outcome.hints


def verify_table(assignment: str, rows: list, lacking: list[str]) -> Group:
    """What `autograder verify` found: task by task one line for each program, then whatever is wrong.

    80 columns hold every name on one line: the task has a line of its own, and what a program must get follows from its kind.
    """
    table = Table(title=f"{assignment}: {len(rows)} programs", title_justify="left")
    for column in ("program", "name", "got", ""):
        table.add_column(column, overflow="fold")
    for task in dict.fromkeys(row.task for row in rows):
        table.add_section()
        table.add_row(Text("task", "bold"), Text(task, "bold"), "", "")
        for row in rows:
            if row.task == task:
                mark = Text("✗", "red") if row.wrong else Text("✓", "green")
                table.add_row(row.kind, row.name, row.seen, mark)
    wrong = [
        Text(
            f"✗ {row.kind} {row.task} {row.name}, which must get {row.expected}: {reason}"[:1000],
            "red",
        )
        for row in rows
        for reason in row.wrong[:5]
    ]
    return Group(table, *wrong, *(Text(f"✗ {text}", "red") for text in lacking))


def feedback_table(assignment: str, rows: list, whole: bool) -> Group:
    """How often feedback helps those who have a misconception; as a `whole`, what each failed hidden test tells them."""
    counts = Counter(told.how for row in rows for told in row.told)
    total = counts.total()
    if not total:
        return Group()
    share = (counts["named"] + counts["hinted"]) / total
    hows = ("named", "hinted", "another named", "not helped")
    parts = ", ".join(f"{counts[how]} {how}" for how in hows)
    summary = f"{assignment}: feedback names or hints at the mistake in {share:.1%} of {total} failed tests ({parts})"
    lines = []
    for row in rows if whole else ():
        for told in row.told:
            first = told.text.partition("\n")[0]
            lines.append(Text(f"{row.task} {row.name}, {told.test}: {told.how}: {first}"[:1000]))
    return Group(*lines, Text(summary))


def mutants_table(assignment: str, report) -> Group:
    """What `autograder verify --mutants` found: one line for each task, then each mutant that needs somebody's eyes."""
    table = Table(
        title=f"{assignment}: {sum(f.mutants for f in report.tasks)} mutants", title_justify="left"
    )
    table.add_column("task")
    for column in (
        "mutants",
        "by value",
        "by error",
        "by timeout",
        "equivalent",
        "survivors",
        "killed",
    ):
        table.add_column(column, justify="right")
    table.add_column("")
    for fates in [*report.tasks, report.total]:
        killed = (str(fates.killed[kind]) for kind in ("value", "error", "timeout"))
        counts = (str(fates.mutants), *killed, str(fates.equivalent), str(len(fates.survivors)))
        mark = Text("✗", "red") if fates.survivors else Text("✓", "green")
        table.add_row(fates.task, *counts, f"{fates.share:.1%}", mark)
    wrong = [f"✗ survives: {mutant.diff}" for fates in report.tasks for mutant in fates.survivors]
    wrong += [f"✗ not equivalent: {text}" for text in report.stale]
    return Group(table, *(Text(text, "red") for text in wrong))
