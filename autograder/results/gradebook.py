"""The gradebook of a graded class: scores with what lateness costs, as the CSV files that platforms import."""

import csv
import io
import json
import math
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from autograder.course.policy import Late, Policy
from autograder.errors import AutograderError
from autograder.results.folder import RESULTS, ROSTER, finished

_DAY = 24 * 3600


class GradebookError(AutograderError):
    """A folder does not hold the results of a class."""


@dataclass(frozen=True)
class Grade:
    """One hand-in: what it earned, and what lateness takes away. `tasks` maps a task to its points."""

    key: str
    people: list[dict[str, str]]
    submitted: datetime | None
    late: bool
    earned: float
    max_score: float
    penalty: float
    tasks: dict[str, float]

    @property
    def score(self) -> float:
        return round(self.earned - self.penalty, 2)


def read_grades(folder: Path, policy: Policy) -> tuple[str, list[Grade]]:
    """The assignment's name and every finished result in a folder that `autograder grade` has written.

    Raises:
        GradebookError: it is no such folder, or a result is missing.
    """
    try:
        roster = json.loads((folder / ROSTER).read_text())
    except (OSError, ValueError):
        raise GradebookError(
            f"{folder} has no {ROSTER}: give the folder that `autograder grade ... -o` wrote for a class"
        ) from None
    late = policy.assignment(roster["assignment"]).late
    grades, missing = [], []
    for key, entry in roster["submissions"].items():
        content = finished(folder / key / RESULTS)
        if content is None:
            missing.append(key)
            continue
        submitted = datetime.fromisoformat(entry["submitted"]) if entry["submitted"] else None
        extra = content["extra_data"]
        grades.append(
            Grade(
                key=key,
                people=entry["people"],
                submitted=submitted,
                late=entry["late"],
                earned=content["score"],
                max_score=extra["max_score"],
                penalty=penalty(late, submitted, content["score"]),
                tasks={name: task["score"] for name, task in extra["tasks"].items()},
            )
        )
    if missing:
        names = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
        raise GradebookError(
            f"{len(missing)} of {len(roster['submissions'])} have no result yet ({names}); run the same `autograder grade` again"
        )
    return roster["assignment"], grades


def penalty(late: Late | None, submitted: datetime | None, earned: float) -> float:
    """The points that lateness takes away: a share for each day begun after the grace time, up to the cap."""
    if late is None or submitted is None:
        return 0.0
    over = (submitted - late.due).total_seconds()
    if over <= (late.grace or 0):
        return 0.0
    return round(earned * min(late.cap, late.per_day * math.ceil(over / _DAY)), 2)


def as_csv(form: str, assignment: str, grades: list[Grade]) -> str:
    """The text of a CSV file: `plain` has everything, the others what the platform's import reads."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([[_inert(cell) for cell in row] for row in _FORMS[form](assignment, grades)])
    return out.getvalue()


def _plain(assignment: str, grades: list[Grade]) -> list[list]:
    tasks = list(grades[0].tasks) if grades else []
    head = [
        "submission",
        "name",
        "sid",
        "email",
        "submitted",
        "late",
        "earned",
        "late penalty",
        "score",
        "of",
    ]
    return [[*head, *tasks]] + [
        [
            grade.key,
            *(
                "; ".join(person.get(part, "") for person in grade.people)
                for part in ("name", "sid", "email")
            ),
            grade.submitted.isoformat() if grade.submitted else "",
            "yes" if grade.late or grade.penalty else "",
            f"{grade.earned:g}",
            f"{-grade.penalty:g}" if grade.penalty else "",
            f"{grade.score:g}",
            f"{grade.max_score:g}",
            *(f"{grade.tasks[task]:g}" for task in tasks),
        ]
        for grade in grades
    ]


def _canvas(assignment: str, grades: list[Grade]) -> list[list]:
    """Canvas, "Import grades": one line for each person, and the points possible in the second line."""
    maximum = f"{grades[0].max_score:g}" if grades else ""
    rows = [["Student", "ID", "SIS User ID", "SIS Login ID", "Section", assignment]]
    rows.append(["    Points Possible", "", "", "", "", maximum])
    return rows + [
        [
            person.get("name", ""),
            person.get("sid", ""),
            "",
            person.get("email", ""),
            "",
            f"{grade.score:g}",
        ]
        for grade in grades
        for person in _people(grade)
    ]


def _gradescope(assignment: str, grades: list[Grade]) -> list[list]:
    """The columns of Gradescope's own "Download Grades", one line for each person."""
    rows = [["Name", "SID", "Email", "Total Score", "Max Points", "Submission Time"]]
    return rows + [
        [
            person.get("name", ""),
            person.get("sid", ""),
            person.get("email", ""),
            f"{grade.score:g}",
            f"{grade.max_score:g}",
            grade.submitted.isoformat() if grade.submitted else "",
        ]
        for grade in grades
        for person in _people(grade)
    ]


def _people(grade: Grade) -> list[dict[str, str]]:
    return grade.people or [{"name": grade.key}]


def _inert(cell: str) -> str:
    """The cell such that no spreadsheet takes it for a formula: names come from outside, with spaces or wide signs."""
    first = unicodedata.normalize("NFKC", cell).lstrip()[:1]
    formula = first in ("=", "+", "@") or (first == "-" and not _is_number(cell))
    return "'" + cell if formula else cell


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


_FORMS = {"plain": _plain, "canvas": _canvas, "gradescope": _gradescope}
FORMS = tuple(_FORMS)
