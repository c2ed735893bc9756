"""grading.yml as typed, validated objects: the only place where points and limits are decided.

`load_policy` reads the file, fills the defaults into every task, and refuses whatever it does not
know. The classes whose names start with `_Written` are what the file may say; `Policy` and those
below it are what the program reads.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from autograder.course.policy_file import PolicyError, PolicyFile, choice, refuse

__all__ = [
    "AssignmentPolicy",
    "Late",
    "Limits",
    "Policy",
    "PolicyError",
    "TaskPolicy",
    "Visibility",
    "load_policy",
]

# What decides no verdict and no feedback. A setting that is not named here does, so that a new one is on the safe side.
# The limits of an assignment are in those of its tasks.
_NO_VERDICT = {
    "file": True,
    "title": True,
    "isolation": True,
    "late": True,
    "total": True,
    "limits": True,
    "tasks": {"__all__": {"points", "public_share", "visibility"}},
}

_GITHUB_FOLDER = re.compile(r"https://github\.com(/[\w.-]+){2}/tree(/[\w.-]+)+")
_SECONDS = {"ms": 0.001, "s": 1, "min": 60, "h": 3600}
_BYTES = {"KiB": 2**10, "MiB": 2**20, "GiB": 2**30}


def _measure(value: object, units: Mapping[str, float], what: str) -> float:
    """A number above zero with one of the units, in the unit that counts 1."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?([A-Za-z]+)", value) if isinstance(value, str) else None
    if not match or match[2] not in units or float(match[1]) == 0:
        raise refuse(f"{value!r} is not a {what}")
    return float(match[1]) * units[match[2]]


def _moment(value: object) -> datetime:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        found = None
    if found is None:
        raise refuse(f"{value!r} is not a moment")
    if found.tzinfo is None:
        day = found.date().isoformat()
        if not re.search(r"\d[T ]\d", value):
            raise refuse(f'{value!r} has no time and no zone; write "{day}T23:59:00+01:00"')
        written = f"{day}T{found.time().isoformat()}+01:00"
        raise refuse(f'{value!r} has no zone; write "{written}", with the zone that counts')
    return found


def _share(value: object) -> object:
    """A share as it is written, also as a percentage."""
    percent = re.fullmatch(r"(\d+(?:\.\d+)?) ?%", value) if isinstance(value, str) else None
    if percent and float(percent[1]) > 100:
        raise refuse(f"{value!r} is more than the whole")
    if percent:
        return round(float(percent[1]) / 100, 10)
    if isinstance(value, int | float) and 1 < value <= 100:
        raise refuse(
            f"{value:g} is more than the whole, which is 1; if {value:g} % is meant, write "
            f"{value / 100:g} or {value:g}%"
        )
    return value


def _hundredths(points: float) -> float:
    if round(points, 2) != points:
        raise refuse(f"{points!r} has more than two decimals")
    return points


def _dotted(name: str) -> str:
    if not all(part.isidentifier() for part in name.split(".")):
        raise refuse(f"{name!r} is not a name in Python, with or without dots")
    return name


def _github_folder(address: str) -> str:
    if not _GITHUB_FOLDER.fullmatch(address):
        raise refuse(f"{address!r} is not the address of a folder on GitHub")
    return address


def _identifier(name: str) -> str:
    if not name.isidentifier():
        raise refuse(f"{name!r} is not a name in Python")
    return name


def _unique(names: list[str]) -> list[str]:
    for name in names:
        if names.count(name) > 1:
            raise refuse(f"{name!r} is listed twice")
    return names


_DURATION = "a number above 0 with a unit, as in 500ms, 5s, 5min or 1h"
_SIZE = "a number above 0 with a unit, as in 512KiB, 256MiB or 1GiB"
_SHARE = "a number from 0 to 1, or a percentage, as in 0.1 or 10%"
_TOTAL = (
    "a number above 0 with at most two decimals: what the tasks of an assignment are worth together"
)
_EXAMPLES = "a whole number above 0"
_ADDRESS = (
    "an address as in https://github.com/OWNER/NAME/tree/BRANCH/FOLDER, FOLDER only if needed"
)
_MOMENT = 'a date and a time with its zone, as in "2026-11-20T23:59:00+01:00"'

Duration = Annotated[float, BeforeValidator(lambda value: _measure(value, _SECONDS, "duration"))]
Size = Annotated[int, BeforeValidator(lambda value: int(_measure(value, _BYTES, "size")))]
Points = Annotated[float, Field(gt=0, allow_inf_nan=False), AfterValidator(_hundredths)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Share = Annotated[float, Field(ge=0, le=1), BeforeValidator(_share)]
Examples = Annotated[int, Field(ge=1)]
Text = Annotated[str, Field(min_length=1)]
Identifier = Annotated[str, AfterValidator(_identifier)]
DottedName = Annotated[str, AfterValidator(_dotted)]
GitHubFolder = Annotated[str, AfterValidator(_github_folder)]
Device = Literal["any", "cpu", "cuda"]
Shown = Literal["visible", "hidden", "after_due_date", "after_published"]
Level = Literal["A", "B", "C", "D", "E"]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Limits(_Strict):
    """How long, in seconds, and how large, in bytes."""

    call: Duration = Field(description=_DURATION)
    test: Duration = Field(description=_DURATION)
    submission: Duration = Field(description=_DURATION)
    memory: Size = Field(description=_SIZE)


class Late(_Strict):
    """What late work costs, in shares of the points that it earned.

    Attributes:
        due: when work is due, with its time zone.
        grace: seconds after that which cost nothing.
        per_day: the share that each day begun after that costs.
        cap: the largest share that lateness costs.
    """

    due: Moment = Field(description=_MOMENT)
    grace: Duration | None = Field(None, description=_DURATION)
    per_day: Share = Field(description=_SHARE)
    cap: Share = Field(1.0, description=_SHARE)


class Visibility(_Strict):
    """When a platform shows the public and the hidden tests to students, in Gradescope's words."""

    public: Shown = Field(description=", ".join(get_args(Shown)))
    hidden: Shown = Field(description=", ".join(get_args(Shown)))


class TaskPolicy(BaseModel):
    """One task, with every default filled in.

    Attributes:
        name: the task's name, which its test files carry.
        points: what it is worth, in hundredths at the finest.
        module: where the student writes it, with dots.
        names: what the student defines there.
        public_share: the share of `points` that the public tests decide, 0 to 1.
        forbidden: library name -> what to use instead.
        limits: for one call, one test, the submission, and memory.
        device: "any" (whatever the run asks for), "cpu" or "cuda".
        visibility: of public and hidden tests.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    points: float
    module: str
    names: list[str]
    public_share: float
    forbidden: dict[str, str]
    limits: Limits
    device: Device
    visibility: Visibility


class AssignmentPolicy(BaseModel):
    """One assignment.

    Attributes:
        name: the name of its folders.
        title: for people.
        package: what students fill in, such as recurrent.
        isolation: the lowest level, A to E, at which it may be graded.
        examples: how many examples Hypothesis draws for a test that does not say.
        exam: whether students get no tests, and hidden tests decide every point.
        total: what its tasks should be worth together; None if any sum is right.
        limits: what its tasks have unless they say otherwise.
        late: what late work costs; None if nothing.
        tasks: by name, in the order of the file.
        file: the policy file, for messages.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    title: str
    package: str
    isolation: Level
    examples: int
    exam: bool
    total: float | None
    limits: Limits
    late: Late | None
    tasks: dict[str, TaskPolicy]
    file: Path

    @property
    def points(self) -> float:
        """The sum over the tasks."""
        return round(sum(task.points for task in self.tasks.values()), 2)

    def wrong_total(self) -> str:
        """What to say where its tasks are not worth together what they should be; or ''."""
        if self.total in (None, self.points):
            return ""
        return (
            f"the tasks of {self.name} are worth {self.points:g} points together, and should be worth "
            f"{self.total:g} (total in {self.file.name})"
        )

    def verdict_hash(self) -> str:
        """A hash of what decides verdicts and feedback: with another one, a result that was kept is stale.

        Titles, the late policy, visibility, points and the lowest level of isolation do not count: what they change, a
        kept result can be told anew without a test (its own level is among a result's facts). Nor does the order of tasks.
        """
        content = self.model_dump(mode="json", exclude=_NO_VERDICT)
        for task in content["tasks"].values():
            task["names"].sort()
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def task(self, name: str) -> TaskPolicy:
        """The task of that name; a PolicyError that names all tasks if there is none."""
        return _look_up(self.tasks, name, f"task of {self.name}", self.file)


class Policy(BaseModel):
    """All of grading.yml.

    Attributes:
        assignments: by name, in the order of the file.
        published: the folder on GitHub that holds what is in assignments/, for all to read; or None.
        file: the policy file, for messages.
    """

    model_config = ConfigDict(frozen=True)

    assignments: dict[str, AssignmentPolicy]
    published: str | None
    file: Path

    def assignment(self, name: str) -> AssignmentPolicy:
        """The assignment of that name; a PolicyError that names all of them if there is none."""
        return _look_up(self.assignments, name, "assignment", self.file)


_Found = TypeVar("_Found")


def _look_up(found: Mapping[str, _Found], name: str, what: str, path: Path) -> _Found:
    if name not in found:
        raise PolicyError(path, None, f"there is no {what} named {name!r}", choice(name, found))
    return found[name]


# What the file may say. A setting left out is None and the next one outwards counts.


class _WrittenTaskLimits(_Strict):
    call: Duration | None = Field(None, description=_DURATION)
    test: Duration | None = Field(None, description=_DURATION)
    memory: Size | None = Field(None, description=_SIZE)


class _WrittenLimits(_WrittenTaskLimits):
    submission: Duration | None = Field(None, description=_DURATION)


class _WrittenVisibility(_Strict):
    public: Shown | None = Field(None, description=", ".join(get_args(Shown)))
    hidden: Shown | None = Field(None, description=", ".join(get_args(Shown)))


class _WrittenForbidden(_Strict):
    names: Annotated[list[DottedName], Field(min_length=1), AfterValidator(_unique)] = Field(
        description="a list of library names, as in torch.nn.LSTM, each once"
    )
    instead: Text = Field(description="a sentence that says what to use instead")


def _in_one_group(groups: list[_WrittenForbidden]) -> list[_WrittenForbidden]:
    _unique([name for group in groups for name in group.names])
    return groups


class _WrittenSettings(_Strict):
    public_share: Share | None = Field(None, description=_SHARE)
    device: Device | None = Field(None, description=", ".join(get_args(Device)))
    visibility: _WrittenVisibility = Field(
        _WrittenVisibility(), description="a mapping with the keys public, hidden"
    )


class _WrittenTask(_WrittenSettings):
    points: Points = Field(description="a number above 0 with at most two decimals")
    module: DottedName = Field(description="a module of the package, as in recurrent.cells")
    names: Annotated[list[Identifier], Field(min_length=1), AfterValidator(_unique)] = Field(
        description="a list of what the student defines in the module, each once"
    )
    forbidden: Annotated[list[_WrittenForbidden], AfterValidator(_in_one_group)] = Field(
        [], description="a list of mappings with the keys names, instead; no name in two of them"
    )
    limits: _WrittenTaskLimits = Field(
        _WrittenTaskLimits(), description="a mapping with the keys call, test, memory"
    )


class _WrittenAssignment(_WrittenSettings):
    title: Text = Field(description="the title that people read")
    package: Identifier = Field(description="the name of the package that students fill in")
    isolation: Level | None = Field(None, description=", ".join(get_args(Level)))
    examples: Examples | None = Field(None, description=_EXAMPLES)
    exam: bool = Field(False, description="true, false")
    total: Points | None = Field(None, description=_TOTAL)
    limits: _WrittenLimits = Field(
        _WrittenLimits(), description="a mapping with the keys call, test, submission, memory"
    )
    late: Late | None = Field(None, description="a mapping with the keys due, grace, per_day, cap")
    tasks: Annotated[dict[Identifier, _WrittenTask], Field(min_length=1)] = Field(
        description="a mapping from the name of each task to its points, module and names"
    )


class _WrittenDefaults(_Strict):
    public_share: Share = Field(description=_SHARE)
    device: Device = Field(description=", ".join(get_args(Device)))
    visibility: Visibility = Field(description="a mapping with the keys public, hidden")
    limits: Limits = Field(description="a mapping with the keys call, test, submission, memory")
    isolation: Level = Field(description=", ".join(get_args(Level)))
    examples: Examples = Field(25, description=_EXAMPLES)
    total: Points | None = Field(None, description=_TOTAL)


class _WrittenPolicy(_Strict):
    defaults: _WrittenDefaults = Field(description="a mapping with a value for every setting")
    assignments: Annotated[dict[Identifier, _WrittenAssignment], Field(min_length=1)] = Field(
        description="a mapping from the name of each assignment to its title, package and tasks"
    )
    published: GitHubFolder | None = Field(None, description=_ADDRESS)


def load_policy(path: str | Path) -> Policy:
    """Read and check a grading.yml.

    Args:
        path: the file.

    Returns:
        The policy; every task has all its values.

    Raises:
        PolicyError: the file is missing, is not YAML, or says something that is not allowed.
    """
    file = PolicyFile(Path(path), _WrittenPolicy)
    assignments = {}
    for name, written in file.content.assignments.items():
        if written.exam:
            _refuse_public_points(file, name, written)
        assignments[name] = _with_defaults(file.path, name, written, file.content.defaults)
        _check(file, assignments[name])
    return Policy(assignments=assignments, published=file.content.published, file=file.path)


def _with_defaults(
    path: Path, name: str, written: _WrittenAssignment, defaults: _WrittenDefaults
) -> AssignmentPolicy:
    limits = _updated(defaults.limits, written.limits)
    usual_share = 0.0 if written.exam else defaults.public_share
    visibility = _updated(defaults.visibility, written.visibility)
    tasks = {
        task_name: TaskPolicy(
            name=task_name,
            points=task.points,
            module=task.module,
            names=task.names,
            public_share=_first(task.public_share, written.public_share, usual_share),
            forbidden={name: group.instead for group in task.forbidden for name in group.names},
            limits=_updated(limits, task.limits),
            device=_first(task.device, written.device, defaults.device),
            visibility=_updated(visibility, task.visibility),
        )
        for task_name, task in written.tasks.items()
    }
    return AssignmentPolicy(
        name=name,
        title=written.title,
        package=written.package,
        isolation=_first(written.isolation, defaults.isolation),
        examples=_first(written.examples, defaults.examples),
        exam=written.exam,
        total=_first(written.total, defaults.total),
        limits=limits,
        late=written.late,
        tasks=tasks,
        file=path,
    )


def _refuse_public_points(file: PolicyFile, name: str, written: _WrittenAssignment) -> None:
    """An exam cannot ask for points that its public tests decide: it has none."""
    at = ("assignments", name)
    places = {at: written, **{(*at, "tasks", task): told for task, told in written.tasks.items()}}
    for place, settings in places.items():
        if settings.public_share:
            raise file.error(
                (*place, "public_share"),
                f"{name} is an exam, whose public tests decide no points, but public_share is "
                f"{settings.public_share:g}",
                "no public_share in an exam",
            )


def _first(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _updated(outer: Any, inner: BaseModel) -> Any:
    return outer.model_copy(update=inner.model_dump(exclude_none=True))


def _check(file: PolicyFile, assignment: AssignmentPolicy) -> None:
    """Refuse what shows only when values stand side by side, defaults included."""
    owners: dict[tuple[str, str], str] = {}
    for task in assignment.tasks.values():
        at = ("assignments", assignment.name, "tasks", task.name)
        if task.module.split(".")[0] != assignment.package:
            raise file.error(
                (*at, "module"),
                f"the module {task.module} of {task.name} is outside the package",
                f"{assignment.package} or a module in it, as in {assignment.package}.NAME",
            )
        for name in task.names:
            owner = owners.setdefault((task.module, name), task.name)
            if owner != task.name:
                raise file.error(
                    (*at, "names"),
                    f"{name} in {task.module} belongs to the task {owner} already",
                    "each name in one task",
                )
        limits = task.limits
        if not limits.call <= limits.test <= limits.submission:
            raise file.error(
                (*at, "limits"),
                f"the limits of {task.name} contradict each other: a call may take "
                f"{limits.call:g}s, a test {limits.test:g}s, a submission {limits.submission:g}s",
                "call at most test, test at most submission",
            )
