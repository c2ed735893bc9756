"""Start the grader that lies in a bundle. Imports nothing heavy: a platform's own process loads it."""

import json
import os
from pathlib import Path

from autograder.submission.text import clean

_NAME_LENGTH = 200


def module_command(python: str, module: str, *arguments: str | Path) -> list[str]:
    """A command that runs a module of a bundle's package; needs the `environment` of that package.

    Neither the current folder nor a user's own packages are looked into.
    """
    return [python, "-s", "-P", "-m", module, *map(str, arguments)]


def environment(package: Path) -> dict[str, str]:
    """The variables for a Python that takes autograder from the folder `package`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"}


def handed_in(folder: Path) -> Path:
    """What to grade where a platform puts a submission: the only file there, or else the folder."""
    entries = list(os.scandir(folder))
    if len(entries) == 1 and entries[0].is_file(follow_symlinks=False):
        return folder / entries[0].name
    return folder


def student_names(metadata: object) -> str | None:
    """Who handed in, from what submission_metadata.json holds; None if it does not say."""
    users = metadata.get("users") if isinstance(metadata, dict) else None
    names = [user.get("name") for user in users or () if isinstance(user, dict)]
    known = [name for name in names if isinstance(name, str) and name.strip()]
    return clean(", ".join(known), _NAME_LENGTH) or None


def read_metadata(path: Path) -> object:
    """The content of submission_metadata.json; None if there is none, or if it is not JSON."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
