"""Which edits give other cases, which make a kept result stale, and which do neither.

Three numbers answer it: the seed and the hash of the suite decide the cases, the verdict hash of the policy decides with
them whether a kept result still holds.
"""

import copy
import io
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from autograder.course.course import Course
from tests.autograder.minicourse import FILES, write_course

NAME = "a0_mini"
PLAIN = YAML(typ="safe").load(FILES["grading.yml"])


def dump(policy: dict) -> str:
    stream = io.StringIO()
    YAML(typ="safe").dump(policy, stream)
    return stream.getvalue()


def identity(root) -> tuple[tuple, str]:
    """What decides the cases of the assignment, and what of the policy decides its verdicts."""
    course = Course(root)
    cases = course.seed(NAME), course.suite_hash(NAME)
    return cases, course.policy.assignment(NAME).verdict_hash()


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_course(tmp_path_factory.mktemp("identity"))


@pytest.fixture(scope="module")
def before(root):
    return identity(root)


def after(root, text: str) -> tuple[tuple, str]:
    file = root / "grading.yml"
    file.write_text(text)
    try:
        return identity(root)
    finally:
        file.write_text(FILES["grading.yml"])


def at(policy: dict, *keys: str) -> dict:
    for key in keys:
        policy = policy.setdefault(key, {})
    return policy


def put(*path_and_value):
    """An edit of grading.yml: the last argument is written at the keys before it."""
    *keys, last, value = path_and_value

    def edit(policy: dict) -> None:
        at(policy, *keys)[last] = value

    return edit


MINI = ("assignments", NAME)
SCALE_TASK = (*MINI, "tasks", "scale")
DUE = "2026-11-20T23:59:00+00:00"


def other_assignment(policy: dict) -> None:
    policy["assignments"]["a1_more"] = {
        "title": "More",
        "package": "more",
        "tasks": {"add": {"points": 5, "module": "more.ops", "names": ["add"]}},
    }


def reordered(policy: dict) -> None:
    tasks = policy["assignments"][NAME]["tasks"]
    policy["assignments"][NAME]["tasks"] = dict(reversed(tasks.items()))


def said_in_the_assignment(policy: dict) -> None:
    own = at(policy, *MINI, "limits")
    policy["assignments"][NAME]["limits"] = {**policy["defaults"]["limits"], **own}


# Nothing that was graded changes by them: no case, no verdict, no feedback.
NEUTRAL = {
    "a title": put(*MINI, "title", "Tiny tasks"),
    "a late policy": put(*MINI, "late", {"due": DUE, "per_day": 0.1}),
    "another late policy": put(*MINI, "late", {"due": DUE, "per_day": 0.1, "cap": 0.6}),
    "visibility": put("defaults", "visibility", "hidden", "after_published"),
    "visibility of a task": put(*SCALE_TASK, "visibility", {"public": "hidden"}),
    "the total": put("defaults", "total", 30),
    "points": put(*SCALE_TASK, "points", 12.5),
    "the public share": put("defaults", "public_share", 0.1),
    "the lowest level": put("defaults", "isolation", "E"),
    "where it is published": put("published", "https://github.com/owner/course/tree/main"),
    "another assignment": other_assignment,
    "the order of tasks": reordered,
    "a default said again": said_in_the_assignment,
    "a default that no task has": put("defaults", "examples", 25),
}
# Verdicts or feedback may change by them, but no case is drawn anew.
DECIDING = {
    "the limit of a call": put("defaults", "limits", "call", "2s"),
    "the limit of a test": put(*SCALE_TASK, "limits", {"test": "5s"}),
    "the limit of a submission": put(*MINI, "limits", {"submission": "1min"}),
    "memory": put(*SCALE_TASK, "limits", {"memory": "512MiB"}),
    "a device": put(*SCALE_TASK, "device", "cpu"),
    "forbidden names": put(*SCALE_TASK, "forbidden", [{"names": ["torch.add"], "instead": "no"}]),
    "nothing forbidden": put(*SCALE_TASK, "forbidden", []),
    "what to use instead": put(
        *SCALE_TASK, "forbidden", [{"names": ["torch.mul"], "instead": "use * instead"}]
    ),
    "the names to define": put(*SCALE_TASK, "names", ["scale", "scaled"]),
    "the number of examples": put(*MINI, "examples", 30),
    "an exam": put(*MINI, "exam", True),
}


def edited(*edits) -> str:
    policy = copy.deepcopy(PLAIN)
    for edit in edits:
        edit(policy)
    return dump(policy)


@pytest.mark.parametrize("edit", NEUTRAL.values(), ids=NEUTRAL)
def test_what_decides_nothing_changes_nothing(edit, root, before):
    text = edited(edit)
    assert YAML(typ="safe").load(text) != PLAIN or edit is reordered
    assert after(root, text) == before


@pytest.mark.parametrize("edit", DECIDING.values(), ids=DECIDING)
def test_what_decides_verdicts_makes_results_stale_and_draws_no_new_cases(edit, root, before):
    cases, verdicts = after(root, edited(edit))
    assert cases == before[0] and verdicts != before[1]


@given(
    neutral=st.lists(st.sampled_from(sorted(NEUTRAL)), max_size=6),
    deciding=st.lists(st.sampled_from(sorted(DECIDING)), max_size=2, unique=True),
    order=st.integers(0, 99),
    comment=st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zl", "Zp"])),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_number_of_edits_counts_for_what_decides(
    neutral, deciding, order, comment, root, before
):
    """Beside deciding edits, neutral ones, comments and the order of keys make no difference."""

    def shuffled(policy: dict) -> None:
        for mapping in (policy, *mappings(policy)):
            items = list(mapping.items())
            random.Random(order).shuffle(items)
            mapping.clear()
            mapping.update(items)

    told = [DECIDING[name] for name in deciding]
    alone = after(root, edited(*told))
    text = edited(*told, *(NEUTRAL[name] for name in neutral if name not in deciding), shuffled)
    lines = [part for line in text.splitlines() for part in (f"# {comment}", line)]
    everything = after(root, "\n".join(lines) + "\n")
    assert everything == alone
    assert (everything == before) == (not deciding)


def mappings(policy: dict):
    """The mappings whose order a person may change."""
    yield policy["assignments"]
    for assignment in policy["assignments"].values():
        yield assignment
        yield assignment["tasks"]
        yield from assignment["tasks"].values()


@pytest.mark.parametrize(
    ("path", "counts"),
    [
        ("tests/hidden/a0_mini/test_scale.py", True),
        ("tests/hidden/a0_mini/misconceptions.py", True),
        ("tests/hidden/a0_mini/helpers.py", True),
        ("solutions/a0_mini/tests/test_cell.py", True),
        ("solutions/a0_mini/mini/ops.py", True),
        ("tests/hidden/a0_mini/variants.py", False),
        ("tests/hidden/a0_mini/variants_cells.py", False),
        ("solutions/a0_mini/README.md", False),
        ("solutions/a0_mini/notebook.py", False),
        ("solutions/a1_more/more/ops.py", False),
        ("tests/hidden/a1_more/test_add.py", False),
        ("README.md", False),
    ],
)
def test_the_suite_is_what_decides_a_verdict(path, counts, before, tmp_path):
    changed = FILES.get(path, "") + "# another line\n"
    cases, verdicts = identity(write_course(tmp_path / "course", {path: changed}))
    assert (cases != before[0]) == counts and verdicts == before[1]
    assert (cases[0] != before[0][0]) == counts  # the seed follows
