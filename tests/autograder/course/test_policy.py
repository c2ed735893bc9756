"""Tests of autograder.course.policy: what a grading.yml may say, and how a mistake in it is explained."""

from pathlib import Path

import pytest

from autograder.course.policy import PolicyError, load_policy

GOOD = """\
defaults:
  public_share: 0.3
  limits: {call: 5s, test: 20s, submission: 5min, memory: 1GiB}
  device: any
  visibility: {public: visible, hidden: after_due_date}
  isolation: D
assignments:
  a0_sums:
    title: "Sums"
    package: sums
    isolation: B
    limits: {call: 500ms}
    tasks:
      add:
        points: 12.5
        module: sums.adding
        names: [add, Adder]
        forbidden:
          - names: [torch.add, torch.sum]
            instead: "write a loop"
          - names: [numpy.sum]
            instead: "write a loop too"
      subtract:
        points: 30
        module: sums.other
        names: [subtract]
        public_share: 0.5
        limits: {memory: 256MiB, test: 2min}
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "grading.yml"
    path.write_text(text)
    return path


def load(folder: Path, text: str):
    return load_policy(write(folder, text))


def test_values_and_defaults_meet_in_every_task(tmp_path):
    assignment = load(tmp_path, GOOD).assignments["a0_sums"]
    assert (assignment.name, assignment.title, assignment.package) == ("a0_sums", "Sums", "sums")
    assert (assignment.points, assignment.isolation) == (42.5, "B")
    assert list(assignment.tasks) == ["add", "subtract"]

    add, subtract = assignment.tasks.values()
    assert (add.name, add.points, add.module, add.names) == (
        "add",
        12.5,
        "sums.adding",
        ["add", "Adder"],
    )
    assert add.forbidden == {
        "torch.add": "write a loop",
        "torch.sum": "write a loop",
        "numpy.sum": "write a loop too",
    }
    assert (add.public_share, subtract.public_share) == (0.3, 0.5)
    assert assignment.examples == 25
    assert (add.device, add.visibility.public, add.visibility.hidden) == (
        "any",
        "visible",
        "after_due_date",
    )
    # The innermost value counts: the task's, then the assignment's, then the default.
    assert subtract.limits.model_dump() == {
        "call": 0.5,
        "test": 120.0,
        "submission": 300.0,
        "memory": 256 * 2**20,
    }
    assert add.limits.model_dump() == {
        "call": 0.5,
        "test": 20.0,
        "submission": 300.0,
        "memory": 2**30,
    }
    assert assignment.limits == add.limits
    assert subtract.forbidden == {}


@pytest.mark.parametrize("folder", ["", "/assignments", "/a/b"])
def test_a_course_may_be_published(folder, tmp_path):
    address = f"https://github.com/owner/my.course/tree/main{folder}"
    assert load(tmp_path, f"published: {address}\n{GOOD}").published == address
    assert load(tmp_path, GOOD).published is None


def test_the_course_s_own_file_is_valid():
    policy = load_policy(Path(__file__).parents[3] / "grading.yml")
    for name, assignment in policy.assignments.items():
        assert assignment.name == name
        assert all(task.forbidden or task.points for task in assignment.tasks.values())


# Each case: what to replace in GOOD, by what, then the text whose line must be named, and pieces
# of the message. The twin of all of them is GOOD itself, which loads.
MISTAKES = {
    "unknown key in a task": (
        "        points: 12.5\n",
        "        pionts: 12.5\n",
        "pionts",
        ["unknown key 'pionts'", "assignments.a0_sums.tasks.add", "did you mean 'points'?"],
    ),
    "unknown key at the top": (
        "assignments:\n",
        "asignments: {}\nassignments:\n",
        "asignments:",
        ["unknown key 'asignments' at the top", "allowed: defaults, assignments"],
    ),
    "unknown key in limits": (
        "{call: 500ms}",
        "{calls: 500ms}",
        "{calls",
        ["unknown key 'calls' in assignments.a0_sums.limits", "did you mean 'call'?"],
    ),
    "unknown key in forbidden": (
        'instead: "write a loop too"',
        'insted: "write a loop too"',
        "insted",
        ["unknown key 'insted'", "allowed: names, instead"],
    ),
    "a submission limit for one task": (
        "{memory: 256MiB,",
        "{memory: 256MiB, submission: 5s,",
        "submission: 5s",
        ["unknown key 'submission'", "allowed: call, test, memory"],
    ),
    "missing points": (
        "        points: 12.5\n",
        "",
        "      add:",
        ["'points' is missing in assignments.a0_sums.tasks.add", "number above 0"],
    ),
    "missing default": ("  isolation: D\n", "", "defaults:", ["'isolation' is missing", "A, B, C"]),
    "points as text": ("points: 30", "points: '30'", "'30'", ["points cannot be '30'", "number"]),
    "points as truth": ("points: 30", "points: true", "true", ["points cannot be True"]),
    "no points": ("points: 30", "points: 0", "points: 0", ["points cannot be 0", "above 0"]),
    "endless points": ("points: 30", "points: .inf", ".inf", ["points cannot be inf"]),
    "points left empty": ("points: 30", "points:", "points:\n", ["points cannot be empty"]),
    "too fine points": ("points: 30", "points: 0.125", "0.125", ["two decimals"]),
    "share above 1": ("public_share: 0.5", "public_share: 30", "share: 30", ["from 0 to 1"]),
    "no examples": ("isolation: B", "examples: 0", "examples: 0", ["whole number above 0"]),
    "half an example": ("isolation: B", "examples: 2.5", "2.5", ["whole number above 0"]),
    "duration without a unit": ("{call: 500ms}", "{call: 5}", "call: 5}", ["5 is not a duration"]),
    "duration with another unit": ("500ms", "5 seconds", "5 seconds", ["5s, 5min or 1h"]),
    "duration of nothing": ("500ms", "0s", "call: 0s", ["'0s' is not a duration"]),
    "size in a duration": ("500ms", "1GiB", "{call: 1GiB", ["'1GiB' is not a duration"]),
    "bad size": ("256MiB", "256MB", "256MB", ["'256MB' is not a size", "256MiB"]),
    "unknown level": ("isolation: B", "isolation: F", "isolation: F", ["'F'", "A, B, C, D, E"]),
    "unknown device": ("device: any", "device: gpu", "device: gpu", ["'gpu'", "any, cpu, cuda"]),
    "unknown visibility": (
        "after_due_date",
        "after_due",
        "after_due}",
        ["'after_due'", "did you mean 'after_due_date'?"],
    ),
    "a list for a mapping": ("{call: 500ms}", "[5s]", "[5s]", ["cannot be a list", "mapping"]),
    "a word for a mapping": (
        '    title: "Sums"\n',
        '    title: "Sums"\n    visibility: hidden\n',
        "visibility: hidden",
        ["cannot be 'hidden'", "public, hidden"],
    ),
    "a word for a list": ("[subtract]", "subtract", "names: subtract", ["cannot be 'subtract'"]),
    "an empty list": ("[subtract]", "[]", "names: []", ["an empty list"]),
    "a number in a list": ("[subtract]", "[1]", "names: [1]", ["names.0 cannot be 1"]),
    "no Python name": ("[subtract]", "[sub-tract]", "[sub-tract]", ["'sub-tract' is not a name"]),
    "no Python name as task": (
        "      subtract:",
        "      sub-tract:",
        "sub-tract:",
        ["'sub-tract' is not a name", "letters, digits and _"],
    ),
    "a name twice": ("[subtract]", "[subtract, subtract]", "subtract, subtract", ["listed twice"]),
    "a forbidden name in two groups": ("[numpy.sum]", "[torch.sum]", "forbidden:", ["'torch.sum'"]),
    "a key twice": (
        "        points: 30\n",
        "        points: 30\n        points: 31\n",
        "points: 31",
        ["'points' is there twice", "each key once"],
    ),
    "a task twice": ("subtract:", "add:", "add:\n        points: 30", ["'add' is there twice"]),
    "a module elsewhere": (
        "sums.other",
        "numbers.other",
        "numbers.other",
        ["numbers.other of subtract is outside the package", "sums"],
    ),
    "one name in two tasks": (
        "module: sums.other\n        names: [subtract]",
        "module: sums.adding\n        names: [add]",
        "names: [add]",
        ["belongs to the task add already"],
    ),
    "a call longer than its test": (
        "{call: 500ms}",
        "{call: 1min}",
        "      add:",
        ["contradict each other", "60s", "call at most test"],
    ),
    "published elsewhere": (
        "defaults:\n",
        "published: https://example.org/course\ndefaults:\n",
        "published:",
        ["not the address of a folder on GitHub", "https://github.com/OWNER/NAME/tree/BRANCH"],
    ),
    "published without a branch": (
        "defaults:\n",
        "published: https://github.com/owner/course\ndefaults:\n",
        "published:",
        ["not the address of a folder on GitHub"],
    ),
    "no tasks": (GOOD[GOOD.index("    tasks:") :], "    tasks: {}\n", "tasks: {}", []),
    "not YAML": ("points: 30", "points: [30", "module: sums.other", ["not YAML"]),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_refused_with_its_line_and_what_is_allowed(name, tmp_path):
    old, new, marker, pieces = MISTAKES[name]
    assert GOOD.count(old) == 1
    text = GOOD.replace(old, new)
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, text)
    error = caught.value
    line = text[: text.index(marker)].count("\n") + 1
    assert (error.file, error.line) == (tmp_path / "grading.yml", line), str(error)
    assert str(error).startswith(f"{tmp_path / 'grading.yml'}, line {line}: ")
    for piece in pieces:
        assert piece in str(error)


@pytest.mark.parametrize("text", ["", "- a\n- b\n", "word\n"])
def test_a_file_that_is_no_mapping_is_refused(text, tmp_path):
    with pytest.raises(PolicyError, match="not a mapping"):
        load(tmp_path, text)


def test_a_file_that_cannot_be_read_is_refused(tmp_path):
    with pytest.raises(PolicyError, match="cannot be read"):
        load_policy(tmp_path / "grading.yml")
    (tmp_path / "grading.yml").write_bytes(b"title: \xff\n")
    with pytest.raises(PolicyError, match="not UTF-8"):
        load_policy(tmp_path / "grading.yml")


def test_a_mistake_under_an_anchor_names_a_line(tmp_path):
    text = GOOD.replace("{call: 500ms}", "&limits {call: 5x}")
    with pytest.raises(PolicyError) as caught:
        load(tmp_path, text)
    assert caught.value.line == text[: text.index("&limits")].count("\n") + 1


def test_looking_up_an_unknown_name_says_which_there_are(tmp_path):
    policy = load(tmp_path, GOOD)
    assert policy.assignment("a0_sums").task("add") is policy.assignments["a0_sums"].tasks["add"]
    with pytest.raises(PolicyError, match=r"no assignment named 'a0_sum'.*did you mean 'a0_sums'"):
        policy.assignment("a0_sum")
    with pytest.raises(PolicyError, match=r"no task of a0_sums named 'ad'.*add, subtract"):
        policy.assignment("a0_sums").task("ad")


LATE = GOOD.replace(
    "    package: sums\n", "    package: sums\n    late: {due: @DUE, per_day: @SHARE}\n"
)


def late(folder: Path, due: str = '"2026-11-20T23:59:00+01:00"', share: str = "0.1"):
    return (
        load(folder, LATE.replace("@DUE", due).replace("@SHARE", share)).assignments["a0_sums"].late
    )


@pytest.mark.parametrize(
    "due",
    [
        '"2026-11-20T23:59:00+01:00"',
        "2026-11-20T23:59:00+01:00",
        "2026-11-20 23:59:00 +01:00",
        '"2026-11-20 23:59+01:00"',
        "2026-11-20T22:59:00Z",
    ],
)
def test_a_moment_needs_no_quotes(due, tmp_path):
    moment = late(tmp_path, due=due).due
    assert moment.timestamp() == 1795215540 and moment.tzinfo is not None


@pytest.mark.parametrize(
    ("share", "value"),
    [("10%", 0.1), ('"10 %"', 0.1), ("12.5%", 0.125), ("100%", 1), ("1", 1), ("0", 0)],
)
def test_a_share_may_be_a_percentage(share, value, tmp_path):
    assert late(tmp_path, share=share).per_day == value


@pytest.mark.parametrize(
    ("told", "wrong"),
    [
        ({"share": "10"}, "per_day: 10 is more than the whole, which is 1; if 10 % is meant, write 0.1 or 10%"),
        ({"share": "1.5"}, "per_day: 1.5 is more than the whole, which is 1; if 1.5 % is meant, write 0.015"),
        ({"share": "150%"}, "per_day: '150%' is more than the whole; allowed: a number from 0 to 1, or a percentage"),
        ({"share": "-0.1"}, "per_day cannot be -0.1; allowed: a number from 0 to 1, or a percentage"),
        ({"share": "a tenth"}, "per_day cannot be 'a tenth'; allowed: a number from 0 to 1"),
        (
            {"due": "2026-11-20T23:59:00"},
            "due: '2026-11-20T23:59:00' has no zone; write \"2026-11-20T23:59:00+01:00\", with the zone",
        ),
        ({"due": '"2026-11-20 23:59"'}, "has no zone; write \"2026-11-20T23:59:00+01:00\", with"),
        (
            {"due": "2026-11-20"},
            "due: '2026-11-20' has no time and no zone; write \"2026-11-20T23:59:00+01:00\"",
        ),
        ({"due": "next Friday"}, "due: 'next Friday' is not a moment; allowed: a date and a time with"),
        ({"due": "20261120"}, "due: 20261120 is not a moment; allowed: a date and a time with its zone"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_late_policy_is_told_exactly(told, wrong, tmp_path):
    with pytest.raises(PolicyError) as caught:
        late(tmp_path, **told)
    assert "assignments.a0_sums.late." in str(caught.value)
    assert wrong in str(caught.value)
    assert caught.value.line == 11


def test_an_unknown_key_of_a_late_policy_is_named(tmp_path):
    with pytest.raises(
        PolicyError, match=r"unknown key 'per_week'.*allowed: due, grace, per_day, cap"
    ):
        load(
            tmp_path,
            LATE.replace("@DUE", '"2026-11-20T23:59:00Z"').replace(
                "per_day: @SHARE", "per_week: 0.1"
            ),
        )


@pytest.mark.parametrize(("total", "wrong"), [("42.5", False), ("100", True)])
def test_a_total_names_another_sum(total, wrong, tmp_path):
    for text in (
        GOOD.replace("  isolation: D\n", f"  isolation: D\n  total: {total}\n"),
        GOOD.replace("    isolation: B\n", f"    isolation: B\n    total: {total}\n"),
    ):
        told = load(tmp_path, text).assignments["a0_sums"].wrong_total()
        assert bool(told) == wrong
        if wrong:
            assert "worth 42.5 points together, and should be worth 100" in told
    assert load(tmp_path, GOOD).assignments["a0_sums"].wrong_total() == ""
