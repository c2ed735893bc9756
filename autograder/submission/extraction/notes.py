"""What people should know about what a notebook's modules lack: each cause once, with what it costs."""

from dataclasses import dataclass

from .keeping import KEPT, bound_by, is_consequence
from .statements import IMPORTS, Statement

_SHOWN = 60  # characters of a statement
_MOST = 6  # names in a list


@dataclass
class Users:
    """A name that a task asks for, and the names that it needs, itself among them."""

    name: str
    needed: set[str]


def notes(
    statements: list[Statement], kept: list[Statement], users: list[Users], package: str
) -> list[str]:
    """Of statements that do not count, those that somebody needs, then the names that nobody defines.

    Args:
        kept: what some module keeps.
    """
    bound = set().union(*(statement.binds for statement in kept if statement.kind in KEPT))
    imported = set().union(
        *(statement.binds for statement in statements if statement.kind == "own import")
    )
    imported -= bound
    found = left_out(statements, users, bound)
    missing = [user.name for user in users if user.name not in bound_by(kept)]
    everything = missing == [user.name for user in users]
    if everything and any(statement.kind == "own import" for statement in statements):
        return [
            *found,
            f"it holds none of the work: it imports {package}, which is not handed in with it. "
            f"Hand in the folder {package}/ (make_submission.py packs it).",
        ]
    wanted = sorted(imported & set().union(*(user.needed for user in users)))
    if wanted:
        found.append(
            f"it imports {some(wanted)} from {package}, which is not handed in with it"
            f"{costing(users, wanted)}. Define what you need in a cell, or hand in the folder "
            f"{package}/."
        )
    lost = set().union(*(s.binds for s in statements if s.kind == "other"))
    missing = [name for name in missing if name not in wanted and name not in lost]
    if missing:
        found.append(
            f"no code cell defines {some(missing)}. Define each at the top level of a code cell."
        )
    return found


def left_out(statements: list[Statement], users: list[Users], bound: set[str]) -> list[str]:
    """A text for each statement that is left out though somebody needs it."""
    needed = set().union(*(user.needed for user in users))
    found = []
    for statement in statements:
        if statement.kind != "other" or is_consequence(statement):
            continue
        lost = (statement.binds | statement.changes) & needed
        if statement.why.startswith(IMPORTS):  # harmless where a cell defines the name
            lost -= bound
        lost = sorted(lost)
        if lost:
            text = statement.text
            text = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
            found.append(
                f"cell {statement.cell}, line {statement.line} is left out, because "
                f"{statement.why}: {text} It sets {some(lost)}{costing(users, lost)}. Move it into "
                "the function or class that uses it."
            )
    return found


def costing(users: list[Users], lost: list[str]) -> str:
    """Whom the loss of some names costs points."""
    names = [user.name for user in users if user.needed.intersection(lost)]
    others = [name for name in names if name not in lost]
    return f", without which {some(others)} cannot work" if others else ""


def some(names: list[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more
