"""The tables, for the screen and as markdown."""

from dataclasses import dataclass

from rich.table import Table

from benchmarks.graders.runs import A_DOZEN, Results, Run, Sizes
from benchmarks.graders.setting import HOSTILE, Setting, hostile_task

_MIB = 2**20


@dataclass
class Sheet:
    """A title, the columns, and rows of as many words."""

    title: str
    columns: tuple[str, ...]
    rows: list[tuple[str, ...]]

    def rich(self) -> Table:
        table = Table(title=self.title, title_justify="left")
        for number, column in enumerate(self.columns):
            table.add_column(column, justify="right" if self._is_numbers(number) else "left")
        for row in self.rows:
            table.add_row(*row)
        return table

    def markdown(self) -> str:
        rules = ["---:" if self._is_numbers(n) else "---" for n in range(len(self.columns))]
        lines = [" | ".join(row) for row in (self.columns, rules, *self.rows)]
        return "\n".join([f"**{self.title}**", "", *(f"| {line} |" for line in lines)])

    def _is_numbers(self, column: int) -> bool:
        return all(row[column].replace(".", "").isdigit() or not row[column] for row in self.rows)


def sheets(setting: Setting, sizes: Sizes, results: Results) -> list[Sheet]:
    """All tables of one benchmark."""
    return [
        _times(setting, sizes, results),
        _targets(setting, sizes, results),
        _hostile(setting, results),
    ]


def _times(setting: Setting, sizes: Sizes, results: Results) -> Sheet:
    base = results.ours_on(sizes.base)
    columns = (
        "grader",
        "class",
        "jobs",
        "seconds",
        "each",
        "warm",
        "CPU",
        "MiB",
        "to ours",
        "agrees",
    )
    more_jobs = [run for jobs, run in results.jobs.items() if jobs != base.at_once]
    rows = [
        (
            run.grader,
            str(run.students),
            str(run.at_once),
            f"{run.measured.wall:.1f}",
            f"{run.each:.2f}",
            "" if run.each_warm is None else f"{run.each_warm:.2f}",
            f"{run.measured.cpu / run.students:.2f}",
            f"{run.measured.memory / _MIB:.0f}",
            f"{run.each / base.each:.2f}",
            "" if run is base else _agreement(run, base),
        )
        for run in [*results.ours, *more_jobs, results.limit, *results.others]
    ]
    tasks = ", ".join(setting.tasks)
    title = f"{setting.policy.name} ({tasks}); each, warm and CPU: seconds for one submission"
    return Sheet(title, columns, rows)


def _agreement(run: Run, base: Run) -> str:
    """On how many tasks of how many students both give full marks, or both do not."""
    pairs = [
        (scores[task], base.scores[name][task])
        for name, scores in run.scores.items()
        if scores and base.scores.get(name)
        for task in scores
    ]
    return f"{sum((one == 1) == (other == 1) for one, other in pairs)} of {len(pairs)}"


def _targets(setting: Setting, sizes: Sizes, results: Results) -> Sheet:
    base, limit = results.ours_on(sizes.base), results.limit
    others = {run.grader: run for run in results.others}
    rows = []

    def row(measure: str, target: str, seen: str, met: bool) -> None:
        rows.append((measure, target, seen, "yes" if met else "no"))

    for name, least in (("otter run", 20), ("nbgrader autograde", 20), ("pytest", 10)):
        times = others[name].each / base.each
        row(f"against {name}", f"{least} times faster", f"{times:.1f} times", times >= least)
    slower = base.each_warm / limit.each_warm
    row(
        "against no isolation, warm",
        "at most 1.5 times slower",
        f"{slower:.2f} times",
        slower <= 1.5,
    )
    memory = base.measured.memory / _MIB
    row("peak memory, two jobs", "under 1,536 MiB", f"{memory:.0f} MiB", memory < 1536)
    growth = (results.jobs[4].measured.memory - results.jobs[2].measured.memory) / 2 / _MIB
    row("memory of a further job", "under 50 MiB", f"{growth:.0f} MiB", growth < 50)
    if sizes.large:
        large = results.ours_on(sizes.large)
        longer = large.measured.wall / base.measured.wall
        most = 1.05 * sizes.large / sizes.base
        name = f"{sizes.large} submissions against {sizes.base}"
        row(name, f"at most {most:g} times the time", f"{longer:.2f} times", longer <= most)
        more = large.measured.memory / base.measured.memory
        row(f"{name}: memory", "at most 1.1 times", f"{more:.2f} times", more <= 1.1)
    plain, broken = results.ours_on(A_DOZEN).measured.wall, results.dozen.measured.wall
    alone = broken - plain
    bound = setting.policy.limits.submission
    seen = f"{broken:.0f} s, not {plain:.0f} s"
    row(f"an endless loop among {A_DOZEN}", f"at most {bound:g} s longer", seen, alone <= bound)
    return Sheet("Targets", ("measure", "target", "seen", "met"), rows)


def _hostile(setting: Setting, results: Results) -> Sheet:
    columns = (
        "grader",
        "a call",
        "the submission",
        "seconds",
        "other tasks",
        "other students",
    )
    rows = []
    for (grader, kind), run in results.hostile.items():
        scores = run.scores["hostile"]
        kept = (
            sum(scores[t] == 1 for t in setting.tasks if t != hostile_task(setting))
            if scores
            else 0
        )
        graded = sum(found is not None for name, found in run.scores.items() if name != "hostile")
        rows.append(
            (
                grader,
                kind,
                _outcome(setting, run),
                f"{run.measured.wall:.0f}",
                f"{kept} of {len(setting.tasks) - 1}",
                f"{graded} of {run.students - 1}",
            )
        )
    return Sheet(f"One of three submissions does not return: {' or '.join(HOSTILE)}", columns, rows)


def _outcome(setting: Setting, run: Run) -> str:
    """What became of the hostile submission, which is the second of three."""
    scores = run.scores["hostile"]
    code = run.measured.codes[1] if len(run.measured.codes) > 1 else run.measured.codes[0]
    if code is None:
        return "never ends"
    if scores is None:
        return f"no result, exit code {code}"
    return f"graded, {scores[hostile_task(setting)]:.0%} of the task"
