"""The result of one submission: every test of the suite with the same maximum, whatever the submission did."""

from dataclasses import dataclass, field

PASSED, FAILED, NOT_RUN = "passed", "failed", "not run"
NOT_STARTED = "not started"  # the kind of what fails because nothing has been written
_UNFINISHED = "unfinished"


def points_text(points: float) -> str:
    """Points for people: whole ones as they are, others in hundredths, which is what they are counted in."""
    return f"{points:.0f}" if points == round(points) else f"{points:.2f}"


@dataclass(frozen=True)
class Test:
    """One test of the suite, as it appears in every result."""

    number: str
    task: str
    public: bool
    name: str
    max_score: float
    visibility: str
    node: str

    @property
    def label(self) -> str:
        """What students read: never a file name."""
        kind = "public" if self.public else "hidden"
        return f"{self.task} ({kind}): {self.name}"


@dataclass(frozen=True)
class Outcome:
    """One test's part of a result.

    Attributes:
        student, instructor: why it did not pass; the student may be shown the first only.
        used: what counts of the time that a submission may take, in seconds.
        unsure: whether the machine was too busy to judge that.
        hints: whether the student's text hints at the mistake.
        fits: the names of misconceptions that give what the test got, with the share of its failing examples on which they
            do.
        looks: those examples, where there is no such name.
    """

    test: Test
    status: str
    kind: str = ""
    student: str = ""
    instructor: str = ""
    seconds: float = 0.0
    used: float = 0.0
    unsure: bool = False
    hints: bool = False
    fits: tuple[tuple[str, float], ...] = ()
    looks: tuple = ()

    @property
    def score(self) -> float:
        return self.test.max_score if self.status == PASSED else 0.0


@dataclass(frozen=True)
class TaskScore:
    """One task's part of a result."""

    score: float
    max_score: float
    status: str


@dataclass(frozen=True)
class Result:
    """One submission's result. `facts` is whatever reproduces it."""

    assignment: str
    submission: str
    outcomes: list[Outcome]
    problems: list[str] = field(default_factory=list)
    facts: dict = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def score(self) -> float:
        return round(sum(outcome.score for outcome in self.outcomes), 2)

    @property
    def max_score(self) -> float:
        return round(sum(outcome.test.max_score for outcome in self.outcomes), 2)

    @property
    def finished(self) -> bool:
        """Whether grading came to its end."""
        return all(outcome.kind != _UNFINISHED for outcome in self.outcomes)

    @property
    def tasks(self) -> dict[str, TaskScore]:
        """Scores by task, in the order of the suite."""
        by_task: dict[str, list[Outcome]] = {}
        for outcome in self.outcomes:
            by_task.setdefault(outcome.test.task, []).append(outcome)
        return {name: _task_score(outcomes) for name, outcomes in by_task.items()}


def _task_score(outcomes: list[Outcome]) -> TaskScore:
    statuses = {outcome.status for outcome in outcomes}
    if statuses == {PASSED}:
        status = PASSED
    elif statuses == {NOT_RUN}:
        status = NOT_RUN
    elif PASSED in statuses:
        status = "partial"
    else:
        status = FAILED
    return TaskScore(
        round(sum(outcome.score for outcome in outcomes), 2),
        round(sum(outcome.test.max_score for outcome in outcomes), 2),
        status,
    )


def unfinished(
    assignment: str, submission: str, tests: list[Test], why: str, facts: dict
) -> Result:
    """The result before anything has run, which stays if grading never ends: every test present, nothing earned."""
    outcomes = [Outcome(test, FAILED, _UNFINISHED, why, why) for test in tests]
    return Result(assignment, submission, outcomes, facts=facts)
