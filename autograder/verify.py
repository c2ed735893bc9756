"""Prove a hidden suite: strong (it rejects every wrong program we know) and fair (it accepts every right one).

Programs are the reference, the stub that students start from, the misconceptions, the variants, and cheats that give a
trivial answer to every call. With the first seed every program goes through the isolated grader, as a submission does.
With the other seeds, which only matter for programs that must pass, it runs in this process: the numbers are the same,
and the program is ours.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from autograder.grading.grader import Grader
from autograder.grading.misconceptions import misconceptions_of, variants_of
from autograder.grading.result import PASSED, Outcome
from autograder.grading.suite import Test
from autograder.isolation.proxies import LocalTarget, Target
from autograder.release.folder import build_folder
from autograder.submission import Submission
from autograder.testing.programs import Program, load_program
from autograder.verify_cheats import cheats_of


@dataclass
class Row:
    """What became of one program. `wrong` says how that is not what it should be; empty if it is."""

    kind: str
    task: str
    name: str
    expected: str
    seen: str = ""
    wrong: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Subject:
    """One program to try: its files, the tasks whose tests it meets, and what must come out."""

    kind: str
    task: str  # empty for all
    name: str
    files: dict[str, bytes]
    must_pass: bool
    must_be_named: bool = False


def subjects_of(grader: Grader) -> list[Subject]:
    """Every program that verify tries for one assignment."""
    course, policy = grader.course, grader.policy
    reference = course.reference_files(policy)
    released = build_folder(course, policy)
    stub = {path: content for path, content in released.items() if path in reference}
    found = [
        Subject("reference", "", "reference", reference, True),
        Subject("stub", "", "stub", stub, False),
    ]

    def add(kind: str, programs: list[Program], must_pass: bool) -> None:
        for program in programs:
            files = program.files(course.root, policy)
            named = kind == "misconception" and not program.random
            found.append(Subject(kind, program.task, program.name, files, must_pass, named))

    add("misconception", misconceptions_of(course, policy.name), False)
    add("variant", variants_of(course, policy.name), True)
    for task in policy.tasks.values():
        for name, files in cheats_of(reference, task):
            found.append(Subject("cheat", task.name, name, files, False))
    return found


def verify(grader: Grader, seeds: int, progress: Callable[[int, int, str], None]) -> list[Row]:
    """Try every program; `progress` gets the number done, the number in all, and what is next."""
    subjects = subjects_of(grader)
    right = [subject for subject in subjects if subject.must_pass]
    total = len(subjects) + (seeds - 1) * len(right)
    rows = {}
    for done, subject in enumerate(subjects):
        progress(done, total, f"{subject.kind} {subject.task} {subject.name}")
        rows[id(subject)] = _try_isolated(grader, subject)
    first = grader.suite.seed
    done = len(subjects)
    for seed in range(first + 1, first + seeds):
        grader.suite.reseed(seed)
        for subject in right:
            progress(done, total, f"{subject.kind} {subject.task} {subject.name}, seed {seed}")
            _try_locally(grader, subject, rows[id(subject)])
            done += 1
    grader.suite.reseed(first)
    for subject in right:
        rows[id(subject)].seen += f" on {seeds} seeds" if not rows[id(subject)].wrong else ""
    progress(total, total, "")
    return list(rows.values())


def missing_programs(grader: Grader) -> list[str]:
    """What a task still lacks before its suite can be called proved."""
    lacking = []
    for kind, least, found in (
        ("misconceptions", 8, misconceptions_of(grader.course, grader.policy.name)),
        ("variants", 4, variants_of(grader.course, grader.policy.name)),
    ):
        for task in grader.policy.tasks:
            count = sum(program.task == task for program in found)
            if count < least:
                lacking.append(f"{task} has {count} {kind}; at least {least} are asked for")
    return lacking


def _tests(grader: Grader, subject: Subject) -> list[Test]:
    return grader.suite.task_tests(subject.task) if subject.task else grader.suite.tests


def _try_isolated(grader: Grader, subject: Subject) -> Row:
    submission = Submission(files=subject.files, problems=[], name=subject.name)
    outcomes = grader.outcomes(submission, _tests(grader, subject))
    score = round(sum(outcome.score for outcome in outcomes), 2)
    maximum = round(sum(outcome.test.max_score for outcome in outcomes), 2)
    row = Row(subject.kind, subject.task or "all", subject.name, "", f"{score:g} of {maximum:g}")
    if subject.must_pass:
        row.expected = "all"
        row.wrong = [f"{o.test.node}: {o.instructor}" for o in outcomes if o.status != PASSED]
    elif subject.kind == "misconception":
        row.expected = "less, named" if subject.must_be_named else "less"
        _judge_misconception(row, subject, outcomes)
    else:
        row.expected = "0"
        row.wrong = [f"{o.test.node} passes" for o in outcomes if o.score]
    return row


def _judge_misconception(row: Row, subject: Subject, outcomes: list[Outcome]) -> None:
    failed = [outcome for outcome in outcomes if outcome.status != PASSED]
    hidden = [outcome for outcome in failed if not outcome.test.public]
    if not hidden:
        row.wrong.append("no hidden test rejects it")
        return
    kinds = {outcome.kind for outcome in failed}
    others = {kind for kind in kinds if kind.startswith("misconception: ")}
    if f"misconception: {subject.name}" in kinds:
        row.seen += ", named"
    elif subject.must_be_named and others:
        row.wrong.append(f"the feedback names another one: {', '.join(sorted(others))}")
    elif subject.must_be_named and "value" in kinds:
        row.wrong.append("its values differ, but the feedback does not name it")


@contextlib.contextmanager
def local(target: Target) -> Iterator[Target]:
    """A target that needs no opening and no closing, for `Suite.run`."""
    yield target


def _try_locally(grader: Grader, subject: Subject, row: Row) -> None:
    with load_program(subject.files, grader.policy.package) as modules:
        target = LocalTarget(modules)
        for verdict in grader.suite.run(lambda test: local(target), _tests(grader, subject)):
            if not verdict.passed:
                row.wrong.append(f"seed {grader.suite.seed}, {verdict.test.node}: {verdict.error}")
