"""Prove a hidden suite: strong (it rejects every wrong program we know) and fair (it accepts every right one).

Programs are the reference, the stub that students start from, the misconceptions, the variants, and cheats that give a
trivial answer to every call. With the first seed every program goes through the isolated grader, as a submission does.
With the other seeds, which only matter for programs that must pass, it runs in this process: the numbers are the same,
and the program is ours.
"""

import ast
import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import as_completed
from dataclasses import dataclass, field
from pathlib import Path

from autograder.course.unwritten import FILL_IN, NO_REFERENCE, unwritten_places
from autograder.grading.grader import Grader
from autograder.grading.misconceptions import (
    MISCONCEPTION,
    misconceptions_of,
    names_in_kind,
    variants_of,
)
from autograder.grading.pool import Pool
from autograder.grading.wording import Wording, files_of_tests
from autograder.isolation.grader.proxies import LocalTarget, Target
from autograder.proof.cheats import cheats_of
from autograder.release.folder import build_stubs
from autograder.results.result import PASSED, Outcome, Test
from autograder.submission import Submission
from autograder.testing.programs import Program, load_program


@dataclass(frozen=True)
class Told:
    """What a student with a misconception reads about one failed hidden test. `how` is "named", "hinted", "another named"
    or "not helped"."""

    test: str
    how: str
    text: str


@dataclass
class Row:
    """What became of one program. `wrong` says how that is not what it should be; empty if it is. `told` is what a
    misconception's failed hidden tests tell."""

    kind: str
    task: str
    name: str
    must_pass: bool
    expected: str = ""
    seen: str = ""
    wrong: list[str] = field(default_factory=list)
    told: list[Told] = field(default_factory=list)


@dataclass(frozen=True)
class Subject:
    """One program to try: its files, the tasks whose tests it meets, and what must come out."""

    kind: str
    task: str  # empty for all
    name: str
    files: dict[str, bytes]
    must_pass: bool
    must_be_named: bool = False


def subjects_of(grader: Grader, task: str = "") -> list[Subject]:
    """Every program that verify tries for one assignment, or for one of its tasks; none before all can be made."""
    if _without_reference(grader, task) or _misfits(grader, task):
        return []
    course, policy = grader.course, grader.policy
    reference = course.reference_files(policy)
    found = [
        Subject("reference", task, "reference", reference, True),
        Subject("stub", task, "stub", build_stubs(course, policy), False),
    ]

    def add(kind: str, programs: list[Program], must_pass: bool) -> None:
        for program in programs:
            if FILL_IN in program.says:
                continue
            files = program.files(course.root, policy)
            named = kind == "misconception" and not program.random
            found.append(Subject(kind, program.task, program.name, files, must_pass, named))

    add("misconception", misconceptions_of(course, policy.name), False)
    add("variant", variants_of(course, policy.name), True)
    for each in policy.tasks.values():
        for name, files in cheats_of(reference, each):
            found.append(Subject("cheat", each.name, name, files, False))
    return [subject for subject in found if task in ("", subject.task)]


def verify(
    pool: Pool, seeds: int, progress: Callable[[int, int], None], task: str = ""
) -> list[Row]:
    """Try every program; `progress` gets the number of runs that are done, and the number in all."""
    subjects = subjects_of(pool.grader, task)
    right = [subject for subject in subjects if subject.must_pass]
    first = pool.grader.suite.seed
    isolated = {
        pool.submit(_try_isolated, subject): number for number, subject in enumerate(subjects)
    }
    local = [pool.submit(_try_locally, right, seed) for seed in range(first + 1, first + seeds)]
    done, total = 0, len(subjects) + len(right) * len(local)
    for future in as_completed([*isolated, *local]):
        done += 1 if future in isolated else len(right)
        progress(done, total)
    rows = [future.result() for future in isolated]
    for future in local:
        for row, wrong in zip((row for row in rows if row.must_pass), future.result(), strict=True):
            row.wrong += wrong
    for row in rows:
        if row.must_pass and not row.wrong:
            row.seen += f", {seeds} seeds"
    return rows


def what_is_missing(grader: Grader, task: str = "") -> list[str]:
    """What an assignment, or one task of it, still lacks before its suite can be called proved."""
    course, policy = grader.course, grader.policy
    tasks = [each for each in policy.tasks.values() if task in ("", each.name)]
    lacking = [
        f"{path.relative_to(course.root)}, line {line}: {what}"
        for path, line, what in unwritten_places(course, policy, task)
    ]
    for each in tasks:
        hidden = course.hidden(policy.name) / f"test_{each.name}.py"
        if each.public_share < 1 and not _compares(hidden):
            lacking.append(
                f"{each.name} has no hidden test that compares: {hidden.relative_to(course.root)}"
            )
    if not task and policy.wrong_total():
        lacking.append(policy.wrong_total())
    lacking += _wordless(grader, task)
    lacking += _misfits(grader, task)
    for kind, least, found in (
        ("misconceptions", 8, misconceptions_of(course, policy.name)),
        ("variants", 4, variants_of(course, policy.name)),
    ):
        for each in tasks:
            count = sum(p.task == each.name and FILL_IN not in p.says for p in found)
            if count < least:
                lacking.append(f"{each.name} has {count} {kind}; at least {least} are asked for")
    return lacking


def _without_reference(grader: Grader, task: str) -> bool:
    """Whether the one task has a reference that is still to be written, from which nothing can be made."""
    if not task:
        return False
    policy = grader.policy
    path = policy.task(task).module.replace(".", "/") + ".py"
    return NO_REFERENCE.encode() in grader.course.reference_files(policy).get(path, b"")


def _misfits(grader: Grader, task: str) -> list[str]:
    """How programs do not fit the reference, as it happens when that was edited."""
    course, policy = grader.course, grader.policy
    found = []
    for program in (*misconceptions_of(course, policy.name), *variants_of(course, policy.name)):
        if task in ("", program.task):
            try:
                program.files(course.root, policy)
            except ValueError as error:
                found.append(str(error))
    return found


def _wordless(grader: Grader, task: str) -> list[str]:
    """The assertions of hidden tests of which a student could only be told that they do not hold."""
    course = grader.course
    return [
        f"{path.relative_to(course.root)}, line {line}: an assertion needs words that a student may read, without values"
        for path in files_of_tests(course.hidden(grader.policy.name))
        if not task or path.name == f"test_{task}.py"
        for line in Wording.of(path).without()
    ]


def _compares(path: Path) -> bool:
    """Whether a file has a test and, somewhere, an assertion: `assert`, or a call of `assert_...`."""
    nodes = list(ast.walk(ast.parse(path.read_bytes()))) if path.is_file() else []
    tests = [n for n in nodes if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]
    called = [ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)]
    asserts = any(isinstance(node, ast.Assert) for node in nodes)
    return bool(tests) and (asserts or any(name.startswith("assert_") for name in called))


def _tests(grader: Grader, subject: Subject) -> list[Test]:
    return grader.suite.task_tests(subject.task) if subject.task else grader.suite.tests


def _try_isolated(grader: Grader, subject: Subject) -> Row:
    submission = Submission(files=subject.files, problems=[], name=subject.name)
    outcomes = grader.misconceptions.name(grader.outcomes(submission, _tests(grader, subject)))
    score = round(sum(outcome.score for outcome in outcomes), 2)
    maximum = round(sum(outcome.test.max_score for outcome in outcomes), 2)
    row = Row(subject.kind, subject.task or "all", subject.name, subject.must_pass)
    row.seen = f"{score:g} of {maximum:g}"
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
    failed = [o for o in outcomes if o.status != PASSED and not o.test.public]
    if not failed:
        row.wrong.append("no hidden test rejects it")
        return
    row.told = [
        Told(outcome.test.name, _how(outcome, subject.name), outcome.student) for outcome in failed
    ]
    hows = {told.how for told in row.told}
    kinds = {outcome.kind for outcome in failed}
    must_be_named = subject.must_be_named or "frequency" in kinds
    if "named" in hows:
        row.seen += ", named"
    elif must_be_named and "another named" in hows:
        others = sorted(kind for kind in kinds if kind.startswith(MISCONCEPTION))
        row.wrong.append(f"the feedback names another one: {', '.join(others)}")
    elif must_be_named and kinds & {"value", "frequency"}:
        row.wrong.append("its values differ, but the feedback does not name it")


def _how(outcome: Outcome, name: str) -> str:
    """How the feedback of a failed test helps somebody who has this misconception."""
    named = names_in_kind(outcome.kind)
    if named:
        return "named" if name in named else "another named"
    return "hinted" if outcome.hints else "not helped"


@contextlib.contextmanager
def local(target: Target) -> Iterator[Target]:
    """A target that needs no opening and no closing, for `Suite.run`."""
    yield target


def _try_locally(grader: Grader, subjects: list[Subject], seed: int) -> list[list[str]]:
    """What went wrong with each of the subjects, on the cases of one seed."""
    first = grader.suite.seed
    grader.suite.reseed(seed)
    try:
        return [_failures(grader, subject) for subject in subjects]
    finally:
        grader.suite.reseed(first)


def _failures(grader: Grader, subject: Subject) -> list[str]:
    with load_program(subject.files, grader.policy.package) as modules:
        target = LocalTarget(modules)
        verdicts = grader.suite.run(lambda test: local(target), _tests(grader, subject))
        return [
            f"seed {grader.suite.seed}, {verdict.test.node}: {verdict.error}"
            for verdict in verdicts
            if not verdict.passed
        ]
