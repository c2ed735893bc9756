"""Machine-made mutants: the reference with one thing wrong, which the hidden tests of its task must notice.

Only the solution is mutated, between its markers. A mutant runs as a submission does, in an isolated worker under the
limits of grading.yml, until a first hidden test of its task fails. One that passes them all is a survivor: a hole in the
suite, unless the file EQUIVALENT beside the suite says why it is as right as the reference.

Three kinds of change are no mutants, because no test can or should notice them: the text of an error, `device=` (they
run on the CPU only), and `strict=` of `zip`, which guards the author.
"""

import ast
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from autograder.course.policy import TaskPolicy
from autograder.course.policy_file import PolicyFile
from autograder.grading.grader import Grader
from autograder.grading.pool import Pool
from autograder.proof.operators import MutationError, mutations
from autograder.release.markers import Region, find_regions
from autograder.results.result import FAILED, Outcome
from autograder.submission import Submission

EQUIVALENT = "equivalent_mutants.yml"
_ERRORS = ("raised", "died", "malformed", "missing", "parameters", "forbidden", "form")
_NO_BEHAVIOUR = ("device", "strict")  # keywords of calls


class Key(BaseModel):
    """What tells a mutant from all others of its assignment, wherever its line moves to."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    function: str = Field(description="a function of the reference, such as LSTMCell.forward")
    operator: str = Field(description="the name of an operator, as the table of survivors shows it")
    line: str = Field(description="the mutated line, without its indentation")
    number: int = Field(
        1, description="which of several such mutants of the function, counted from 1"
    )


class Equivalent(Key):
    """A mutant that is as right as the reference."""

    why: str = Field(min_length=1, description="why no test can tell it from the reference")

    @property
    def key(self) -> Key:
        return Key(**self.model_dump(exclude={"why"}))


class _EquivalentFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    equivalent: list[Equivalent] = Field(description="a list of mutants")


@dataclass(frozen=True)
class Mutant:
    """The reference with one change. Its tests are the hidden ones of `tasks`."""

    key: Key
    tasks: tuple[str, ...]
    place: str
    before: str
    files: dict[str, bytes] = field(repr=False)

    @property
    def diff(self) -> str:
        which = f" number {self.key.number}" if self.key.number > 1 else ""
        return f"{self.place} {self.key.function}, {self.key.operator}{which}: `{self.before}` -> `{self.key.line}`"


@dataclass
class TaskFates:
    """What became of the mutants of one task."""

    task: str
    killed: Counter = field(default_factory=Counter)  # by "value", "error" or "timeout"
    equivalent: int = 0
    survivors: list[Mutant] = field(default_factory=list)

    @property
    def mutants(self) -> int:
        return self.killed.total() + self.equivalent + len(self.survivors)

    @property
    def share(self) -> float:
        """How many of those that are not equivalent were killed."""
        different = self.killed.total() + len(self.survivors)
        return self.killed.total() / different if different else 1.0


@dataclass
class Report:
    """What became of all mutants. `stale` says which entries of EQUIVALENT are wrong."""

    tasks: list[TaskFates]
    stale: list[str]

    @property
    def total(self) -> TaskFates:
        """All tasks together."""
        return TaskFates(
            "all",
            sum((fates.killed for fates in self.tasks), Counter()),
            sum(fates.equivalent for fates in self.tasks),
            [mutant for fates in self.tasks for mutant in fates.survivors],
        )

    @property
    def good(self) -> bool:
        return not self.stale and not self.total.survivors


def mutants_of(grader: Grader, task: str = "") -> list[Mutant]:
    """Every mutant of an assignment, or of one of its tasks.

    Code outside the definitions that tasks ask for is shared: the tests of all tasks of its module try its mutants.
    """
    files = grader.course.reference_files(grader.policy)
    found, counts = [], Counter()
    for path in files:
        module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        tasks = [each for each in grader.policy.tasks.values() if each.module == module]
        if tasks:
            found += _of_module(files, path, tasks, counts)
    order = list(grader.policy.tasks)
    found.sort(key=lambda mutant: order.index(mutant.tasks[0]))
    return [mutant for mutant in found if task in ("", *mutant.tasks)]


def _of_module(
    files: dict[str, bytes],
    path: str,
    tasks: list[TaskPolicy],
    counts: Counter[tuple[str, str, str]],
) -> Iterator[Mutant]:
    """The mutants of one file; `counts` has how many there are so far of each function, operator and line."""
    source = files[path].decode()
    region_of = {line: r for r in find_regions(source, path) for line in range(r.first, r.last + 1)}
    owner_of = {name: task.name for task in tasks for name in task.names}
    seen = {_meaning(source)}
    for operator, line, mutated in sorted(
        mutations(source, region_of), key=lambda mutation: mutation[1]
    ):
        meaning = _meaning(mutated)
        if meaning is None or meaning in seen:
            continue
        seen.add(meaning)
        names = _names(region_of[line])
        before, after = _first_difference(source, mutated)
        same = (".".join(names), operator, after)
        counts[same] += 1
        key = Key(function=same[0], operator=operator, line=after, number=counts[same])
        owner = owner_of.get(names[0])
        owners = (owner,) if owner else tuple(task.name for task in tasks)
        yield Mutant(key, owners, f"{path}:{line}", before, {**files, path: mutated.encode()})


def _names(region: Region) -> list[str]:
    """The definitions around a region, outermost first; the first inside it if there are none."""
    names = [owner.name for owner in region.owners if hasattr(owner, "name")]
    return names or [next((s.name for s in region.statements if hasattr(s, "name")), "module")]


def _first_difference(before: str, after: str) -> tuple[str, str]:
    pairs = itertools.zip_longest(before.splitlines(), after.splitlines(), fillvalue="")
    old, new = next((old, new) for old, new in pairs if old != new)
    return old.strip(), re.sub(
        r"(?<=[(\[]) ", "", " ".join(new.split())
    )  # cosmic-ray puts a space before a number


class _Meaning(ast.NodeTransformer):
    """Brings what means the same into the same form."""

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.exc, ast.Call):
            node.exc.args = []
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        node.keywords = [keyword for keyword in node.keywords if keyword.arg not in _NO_BEHAVIOUR]
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        self.generic_visit(node)
        negations = {ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In}
        negations |= {ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.GtE, ast.GtE: ast.Lt}
        negations |= {ast.Gt: ast.LtE, ast.LtE: ast.Gt}
        match node:
            case ast.UnaryOp(op=ast.Not(), operand=ast.Compare(ops=[operator])):
                node.operand.ops = [negations[type(operator)]()]
                return node.operand
            case ast.UnaryOp(op=ast.Not(), operand=ast.UnaryOp(op=ast.Not(), operand=inner)):
                return inner
        return node


def _meaning(source: str) -> str | None:
    """A text that is the same for programs that mean the same; None if the source does not compile."""
    try:
        compile(source, "mutant", "exec", dont_inherit=True)
    except SyntaxError:
        return None
    return ast.dump(_Meaning().visit(ast.parse(source)))


def equivalents_of(path: Path) -> list[Equivalent]:
    """The mutants that a file lists as equivalent; none if there is no such file."""
    return PolicyFile(path, _EquivalentFile).content.equivalent if path.is_file() else []


def run_mutants(pool: Pool, progress: Callable[[int, int], None], task: str = "") -> Report:
    """Try every mutant; `progress` gets the number of mutants that are done, and the number in all.

    Raises:
        MutationError: the reference does not pass, so that no failure would say anything.
    """
    grader = pool.grader
    mutants = mutants_of(grader, task)
    listed = {
        each.key for each in equivalents_of(grader.course.hidden(grader.policy.name) / EQUIVALENT)
    }
    reference = grader.course.reference_files(grader.policy)
    failed = pool.submit(
        _first_failure, reference, tuple({name for each in mutants for name in each.tasks})
    ).result()
    if failed:
        raise MutationError(
            f"the reference of {grader.policy.name} fails {failed.test.node}: {failed.instructor}"
        )
    count = itertools.count(1)
    futures = []
    for mutant in mutants:
        future = pool.submit(_killed_by, mutant)
        future.add_done_callback(lambda done: progress(next(count), len(mutants)))
        futures.append(future)
    return _report(mutants, [future.result() for future in futures], listed, bool(task))


def _killed_by(grader: Grader, mutant: Mutant) -> str:
    """How the first hidden test that fails noticed: "value", "error" or "timeout"; empty if all pass."""
    failed = _first_failure(grader, mutant.files, mutant.tasks)
    if failed is None or failed.kind == "timeout":
        return failed.kind if failed else ""
    return "error" if failed.kind in _ERRORS else "value"


def _first_failure(
    grader: Grader, files: dict[str, bytes], tasks: tuple[str, ...]
) -> Outcome | None:
    """The first of the tasks' hidden tests to fail on a program. One that could not be used gives no verdict."""
    submission = Submission(files=files, problems=[], name="mutant")
    for test in (
        test for name in tasks for test in grader.suite.task_tests(name) if not test.public
    ):
        [outcome] = grader.outcomes(submission, [test])
        if outcome.status == FAILED and outcome.kind != "suite":
            return outcome
    return None


def _report(mutants: list[Mutant], killed: list[str], listed: set[Key], one_task: bool) -> Report:
    fates: dict[str, TaskFates] = {}
    alive = set()
    for mutant, by in zip(mutants, killed, strict=True):
        label = ", ".join(mutant.tasks)
        of_task = fates.setdefault(label, TaskFates(label))
        if by:
            of_task.killed[by] += 1
            continue
        alive.add(mutant.key)
        if mutant.key in listed:
            of_task.equivalent += 1
        else:
            of_task.survivors.append(mutant)
    known = {mutant.key for mutant in mutants}
    functions = {key.function for key in known}
    stale = [
        f"{key.function}, {key.operator}: `{key.line}` is {'killed' if key in known else 'no mutant any more'}"
        for key in sorted(listed - alive, key=str)
        if key.function in functions or not one_task
    ]
    return Report(list(fates.values()), stale)
