"""What is measured, in which order."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from benchmarks.graders.by_process import Otter, Pytest, Unittest
from benchmarks.graders.contestants import Contestant, OneProcess, Ours, Scores
from benchmarks.graders.measure import Measured, measure
from benchmarks.graders.on_nbgrader import Nbgrader
from benchmarks.graders.setting import HOSTILE, Setting, Student, make_class, make_hostile

JOBS = (1, 2, 4)
A_DOZEN = 12
OTHERS = (Pytest, Unittest, Otter, Nbgrader)
_NEVER = 24 * 3600.0  # no end for graders that have limits of their own


@dataclass(frozen=True)
class Sizes:
    """How many submissions: `base` for ours and the limit, `few` for slow graders, `large` for ours, 0 for none."""

    few: int
    base: int
    large: int


@dataclass
class Run:
    """One grader on some students."""

    grader: str
    students: int
    at_once: int
    measured: Measured
    scores: dict[str, Scores | None]

    @property
    def each(self) -> float:
        """Seconds for each submission, start-up included."""
        return self.measured.wall / self.students

    @property
    def each_warm(self) -> float | None:
        """Seconds for each submission, without what happens before the first; None if nothing is shared."""
        if not self.measured.start_up:
            return None
        return (self.measured.wall - self.measured.start_up) / self.students


@dataclass
class Results:
    """Everything that was measured; `jobs` is the class of the base by jobs, `hostile` by grader and kind, `dozen` the class
    of 12 with an endless loop in it."""

    ours: list[Run] = field(default_factory=list)
    limit: Run | None = None
    others: list[Run] = field(default_factory=list)
    jobs: dict[int, Run] = field(default_factory=dict)
    dozen: Run | None = None
    hostile: dict[tuple[str, str], Run] = field(default_factory=dict)

    def ours_on(self, students: int) -> Run:
        """Ours on a class of so many, with the usual number of jobs."""
        return next(run for run in self.ours if run.students == students)

    def as_json(self) -> dict:
        return {
            **{name: [asdict(run) for run in getattr(self, name)] for name in ("ours", "others")},
            "limit": asdict(self.limit),
            "jobs": {str(jobs): asdict(run) for jobs, run in self.jobs.items()},
            "dozen with an endless loop": asdict(self.dozen),
            "hostile": [{"kind": kind, **asdict(run)} for (_, kind), run in self.hostile.items()],
        }


Progress = Callable[[str, int, int], None]
"""Takes what is running, how many of its submissions have a result, and how many there are."""


class Bench:
    """Makes the runs in one setting."""

    def __init__(self, setting: Setting, sizes: Sizes, patience: float, progress: Progress):
        self.setting = setting
        self.sizes = sizes
        self.patience = patience
        self.progress = progress

    def results(self) -> Results:
        """Run everything once."""
        sizes, found = self.sizes, Results()
        students = make_class(self.setting, max(sizes.base, sizes.few, sizes.large, A_DOZEN))
        ours = Ours(self.setting)
        others = [kind(self.setting) for kind in OTHERS]
        for size in sorted({1, A_DOZEN, sizes.base, sizes.large} - {0}):
            found.ours.append(self.run(ours, students[:size]))
        found.limit = self.run(OneProcess(self.setting), students[: sizes.base])
        for other in others:
            found.others.append(self.run(other, students[: sizes.few]))
        base = found.ours_on(sizes.base)
        for jobs in JOBS:
            other = jobs != base.at_once
            found.jobs[jobs] = (
                self.run(Ours(self.setting, jobs), students[: sizes.base]) if other else base
            )
        loop = next(iter(HOSTILE))
        broken = make_hostile(self.setting, loop)
        found.dozen = self.run(ours, [*students[:5], broken, *students[5 : A_DOZEN - 1]])
        for kind in HOSTILE:
            broken = make_hostile(self.setting, kind)
            for grader in (ours, *others):
                run = self.run(grader, [students[0], broken, students[2]], may_fail=True)
                found.hostile[grader.name, kind] = run
        return found

    def run(self, grader: Contestant, students: list[Student], may_fail: bool = False) -> Run:
        """Grade the students, measured.

        Raises:
            SystemExit: a student has no result, and that may not be.
        """

        def look() -> None:
            done = sum(grader.result(student).exists() for student in students)
            self.progress(grader.name, done, len(students))

        look()
        patience = _NEVER if grader.batch else self.patience
        commands = grader.commands(students)
        measured = measure(commands, grader.at_once, patience, grader.begun, look)
        scores = {student.name: grader.scores(student) for student in students}
        lacking = [name for name, found in scores.items() if found is None]
        if lacking and not may_fail:
            said = "\n".join(command.log.read_text()[-2000:] for command in commands)
            raise SystemExit(
                f"{grader.name} gave no result to {', '.join(lacking)}\n{said[-5000:]}"
            )
        return Run(grader.name, len(students), grader.at_once, measured, scores)
