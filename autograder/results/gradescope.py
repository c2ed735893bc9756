"""results.json as Gradescope's autograder specification defines it ("Autograder Output Format")."""

import hashlib
from dataclasses import replace

from autograder.results.result import FAILED, NOT_RUN, PASSED, Outcome, Result, points_text

_STATUS = {PASSED: "passed", FAILED: "failed"}


def results_json(result: Result) -> dict:
    """The content of results.json for one submission. Everything in it may be seen by the student."""
    return {
        "score": result.score,
        "execution_time": round(result.seconds, 3),
        "output": _summary(result),
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "extra_data": {
            "assignment": result.assignment,
            "max_score": result.max_score,
            "finished": result.finished,
            "tasks": {
                name: {"score": task.score, "max_score": task.max_score, "status": task.status}
                for name, task in result.tasks.items()
            },
            **_public_facts(result.facts),
        },
        "tests": [_entry(outcome) for outcome in result.outcomes],
    }


def _entry(outcome: Outcome) -> dict:
    entry = {
        "number": outcome.test.number,
        "name": outcome.test.label,
        "score": outcome.score,
        "max_score": outcome.test.max_score,
        "output": outcome.student,
        "output_format": "text",
        "visibility": outcome.test.visibility,
        "tags": [outcome.test.task],
    }
    if outcome.status in _STATUS:
        entry["status"] = _STATUS[outcome.status]
    return entry


def _public_facts(facts: dict) -> dict:
    """The facts without the seed, and without the suite's hash, which it may follow from: a hash of that."""
    facts = {name: value for name, value in facts.items() if name != "seed"}
    if "suite" in facts:
        facts["suite"] = hashlib.sha256(facts["suite"].encode()).hexdigest()
    return facts


def _summary(result: Result) -> str:
    """Scores by task. A platform shows this text at once, so only tests that it shows at once count here."""
    shown = [outcome for outcome in result.outcomes if outcome.test.visibility == "visible"]
    seen = replace(result, outcomes=shown)
    lines = [
        f"{seen.assignment}: {points_text(seen.score)} of {points_text(seen.max_score)} points"
    ]
    if len(shown) < len(result.outcomes):
        later = f"{points_text(round(result.max_score - seen.max_score, 2))} points by tests that are not shown now"
        lines[0] = f"{lines[0]}, and {later}" if shown else f"{result.assignment}: {later}"
    for name, task in seen.tasks.items():
        unsure = " (not run)" if task.status == NOT_RUN else ""
        lines.append(
            f"  {name}: {points_text(task.score)} of {points_text(task.max_score)}{unsure}"
        )
    lines += [f"note: {problem}" for problem in result.problems]
    return "\n".join(lines)


def instructor_json(result: Result) -> dict:
    """What only the instructor sees: the full reason of every test that did not pass."""
    return {
        "assignment": result.assignment,
        "submission": result.submission,
        "facts": result.facts,
        "problems": result.problems,
        "tests": [
            {
                "number": outcome.test.number,
                "node": outcome.test.node,
                "status": outcome.status,
                "kind": outcome.kind,
                "seconds": round(outcome.seconds, 4),
                "used": round(outcome.used, 4),
                "why": outcome.instructor,
            }
            for outcome in result.outcomes
        ],
    }
