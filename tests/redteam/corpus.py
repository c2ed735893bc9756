"""The corpus: attacks from files and from builders, each with a header in its docstring that says what must happen.

Fields of a header, one on each line at the end of the docstring:

    kind       tampering, reading, escaping, exhausting, cheating; mistakes are no attacks, and must be survived too
    attacks    the tasks that it attacks; the other tasks are honest and keep their points
    mentions   what the instructor's result says of an attacked task; " | " between alternatives
    twin       whether `attack()` succeeds in an ordinary process: yes, root (only for root) or no, with the reason
    needs      landlock: holds only where Landlock is in force
    earns      "task points" where an attack legitimately earns a part
"""

import ast
import inspect
import re
from dataclasses import dataclass
from pathlib import Path

from tests.redteam import parcels
from tests.redteam.course import POINTS, completed

FOLDER = Path(__file__).with_name("attacks")
KINDS = ("tampering", "reading", "escaping", "exhausting", "cheating", "mistakes")
_FIELD = re.compile(r"^(kind|attacks|mentions|twin|needs|earns): (.+)$", re.M)


@dataclass(frozen=True)
class Place:
    """Where a run keeps its things; attacks name them by capital letters."""

    root: Path
    seed: int = 0

    @property
    def course(self) -> Path:
        return self.root / "redteam-course"

    @property
    def submissions(self) -> Path:
        return self.root / "submissions"

    @property
    def output(self) -> Path:
        return self.root / "out"

    def fill(self, text: str) -> str:
        """The text with the paths of this run."""
        names = {
            "COURSE": self.course, "SUBMISSIONS": self.submissions, "OUTPUT": self.output,
            "OWNED": self.root / "owned", "SEED": self.seed,
        }  # fmt: skip
        return re.sub(rf"\b({'|'.join(names)})\b", lambda match: str(names[match[0]]), text)


@dataclass(frozen=True)
class Attack:
    """One hostile submission and what must come of it."""

    name: str
    source: str  # of mini/ops.py; empty for one that is built
    fields: dict[str, str]

    @property
    def kind(self) -> str:
        return self.fields["kind"]

    @property
    def attacked(self) -> tuple[str, ...]:
        return tuple(task for task in self.fields["attacks"].split() if task in POINTS)

    @property
    def mentions(self) -> list[str]:
        return self.fields["mentions"].split(" | ") if "mentions" in self.fields else []

    @property
    def twin(self) -> str:
        return self.fields.get("twin", "no").partition(":")[0]

    @property
    def sandboxed(self) -> bool:
        """Whether it is the sandbox that has to stop it."""
        return "twin" in self.fields

    def holds(self, layers: list[str]) -> bool:
        """Whether these layers of isolation promise to stop it."""
        return self.fields.get("needs", "") in ("", *layers)

    def points(self, layers: list[str]) -> dict[str, float]:
        """What each task earns where these layers of isolation are in force."""
        earned = {task: 0.0 if task in self.attacked else most for task, most in POINTS.items()}
        if "earns" in self.fields:
            task, points = self.fields["earns"].split()
            earned[task] = float(points)
        if not self.holds(layers):
            earned |= {task: POINTS[task] for task in self.attacked}
        return earned

    def write(self, place: Place) -> Path:
        """Write the submission; its path."""
        if not self.source:
            return getattr(parcels, self.name)(place)
        return parcels.folder(place, self.name, completed(place.fill(self.source), self.attacked))


def header(docstring: str | None) -> dict[str, str]:
    """The fields of a docstring."""
    return dict(_FIELD.findall(inspect.cleandoc(docstring or "")))


def load() -> dict[str, Attack]:
    """All attacks by name."""
    found = {}
    for path in sorted(FOLDER.glob("*.py")):
        source = path.read_text()
        found[path.stem] = Attack(path.stem, source, header(ast.get_docstring(ast.parse(source))))
    for name, builder in vars(parcels).items():
        fields = header(builder.__doc__) if inspect.isfunction(builder) else {}
        if fields:
            found[name] = Attack(name, "", fields)
    return found
