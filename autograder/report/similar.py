"""Pairs of submissions that are more alike than the task makes them, by copydetect's winnowing of token k-grams.

Schleimer, Wilkerson and Aiken, "Winnowing: local algorithms for document fingerprinting", 2003. What students were given
counts as boilerplate and is left out.
"""

import io
import itertools
import json
from dataclasses import dataclass
from pathlib import Path

import copydetect
import numpy as np

from autograder.course.course import Course
from autograder.release.folder import build_stubs
from autograder.results.folder import ROSTER
from autograder.submission import read_submission

_K, _WINDOW = (
    25,
    1,
)  # copydetect's noise and guarantee thresholds in tokens; short copies are chance in small tasks
ALIKE = 0.8
MOST = 200_000  # characters of a submission that are compared, small files first; each million takes seven seconds


@dataclass(frozen=True)
class Pair:
    """Two submissions, and the larger share of one's own code that is in the other's, from 0 to 1."""

    first: str
    second: str
    share: float


def similar(sources: dict[str, dict[str, bytes]], given: dict[str, bytes]) -> list[Pair]:
    """The pairs that are alike, the most alike first.

    Args:
        sources: files of each submission, path -> source.
        given: the files that students started from.
    """
    boilerplate = _fingerprint("given", given).hashes
    boilerplate = np.array(sorted(boilerplate), dtype=np.int64)
    prints = {key: _fingerprint(key, files, boilerplate) for key, files in sources.items()}
    prints = {key: found for key, found in prints.items() if found.token_coverage > _K}
    pairs = []
    for (first, a), (second, b) in itertools.combinations(prints.items(), 2):
        _, shares, _ = copydetect.compare_files(a, b)
        if max(shares) >= ALIKE:
            pairs.append(Pair(first, second, float(max(shares))))
    return sorted(pairs, key=lambda pair: -pair.share)


def similar_in(folder: Path, course: Course, assignment: str) -> list[Pair]:
    """The same for a folder of results, as far as the submissions are still where they were."""
    policy = course.policy.assignment(assignment)
    roster = json.loads((folder / ROSTER).read_text())["submissions"]
    paths = {key: Path(entry["path"]) for key, entry in roster.items()}
    sources = {
        key: read_submission(path, policy).files for key, path in paths.items() if path.exists()
    }
    given = build_stubs(course, policy)
    return similar({key: files for key, files in sources.items() if files}, given)


def _fingerprint(
    name: str, files: dict[str, bytes], boilerplate=None
) -> copydetect.CodeFingerprint:
    parts = sorted(files.items(), key=lambda item: (len(item[1]), item[0]))
    text = "\n".join(source.decode("utf-8", "replace") for _, source in parts)[:MOST]
    return copydetect.CodeFingerprint(
        f"{name}.py",
        _K,
        _WINDOW,
        [] if boilerplate is None else boilerplate,
        True,
        "python",
        io.StringIO(text),
    )
