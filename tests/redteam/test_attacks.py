"""Nothing that a submission does may earn, read, stop or stay: the corpus, one test for each attack.

One run of the command grades all of it; each test then looks at one result.
"""

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import jsonschema
import pytest

from tests.redteam import corpus, runner
from tests.redteam.course import ALL, POINTS
from tests.redteam.settings import SETTINGS, available

pytestmark = pytest.mark.skipif(not available(), reason="the sandbox is Linux's")

ATTACKS = corpus.load()
SCHEMA = json.loads(
    (Path(__file__).parents[1] / "autograder/results/gradescope_schema.json").read_text()
)
FIRST = next(iter(available()), None)
OTHERS = [
    name for name in ("user", "container") if name in available()[1:]
]  # `make redteam` tries all
OWN_TEXT = ("  mini/", "nothing to grade: ")  # how lines begin that quote the submission itself
SANDBOXED = {name: attack for name, attack in ATTACKS.items() if attack.sandboxed}


@pytest.fixture(scope="module")
def run():
    with runner.graded(ATTACKS.values(), SETTINGS[FIRST]) as run:
        yield run


def check(run: runner.Run, attack: corpus.Attack) -> None:
    """The promises to one submission: its scores, a valid result with the usual totals, words for the instructor."""
    result = run.result(attack.name)
    jsonschema.validate(result, SCHEMA)
    assert (
        result["extra_data"]["max_score"]
        == sum(test["max_score"] for test in result["tests"])
        == ALL
    )
    assert {
        task: part["max_score"] for task, part in result["extra_data"]["tasks"].items()
    } == POINTS
    layers = run.isolation(attack.name)["layers"]
    assert run.scores(attack.name) == attack.points(layers)
    said = _said(run, attack)
    assert (
        not attack.holds(layers)
        or not attack.mentions
        or any(text in said for text in attack.mentions)
    ), said


def _said(run: runner.Run, attack: corpus.Attack) -> str:
    """What the instructor reads about the tasks that an attack is after."""
    found = run.instructor(attack.name)
    tests = zip(run.result(attack.name)["tests"], found["tests"], strict=True)
    whys = [test["why"] for shown, test in tests if shown["tags"][0] in attack.attacked]
    return "\n".join([*found["problems"], *whys])


def test_the_corpus_is_large_and_every_header_is_complete():
    kinds = {attack.kind for attack in ATTACKS.values()}
    assert kinds == set(corpus.KINDS)
    assert sum(attack.kind != "mistakes" for attack in ATTACKS.values()) >= 60
    for attack in ATTACKS.values():
        assert set(attack.attacked) <= set(POINTS)
        assert attack.kind != "escaping" or attack.mentions
        assert attack.twin in ("yes", "root", "no")


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_earns_nothing_and_honest_tasks_keep_their_points(name, run):
    check(run, ATTACKS[name])


@pytest.mark.parametrize("name", ATTACKS)
def test_students_read_nothing_that_a_submission_took_from_a_hidden_test(name, run):
    lines = "\n".join(
        test["output"] for test in run.result(name)["tests"] if "(hidden)" in test["name"]
    ).splitlines()
    hidden = "\n".join(line for line in lines if not line.startswith(OWN_TEXT))
    assert not re.search(r"LEAK[\[\d]", hidden)
    for secret in (
        "tensor(",
        "seed=",
        "test_cell.py",
        "test_scale.py",
        "assert_matches",
        "solutions",
        "reference",
    ):
        assert secret not in hidden


def _failures(run: runner.Run, name: str, kind: str) -> str:
    """What the student reads about failed tests of one kind, public or hidden."""
    tests = run.result(name)["tests"]
    return "\n".join(
        test["output"]
        for test in tests
        if test["status"] == "failed" and f"({kind})" in test["name"]
    )


def test_public_tests_tell_everything(run):
    public = _failures(run, "inputs_in_the_message", "public")
    assert "LEAK[[0.5, -1.0]]" in public
    assert "mini/ops.py, line" in public


def test_a_misconception_is_named_with_its_hint_and_only_where_it_fits(run):
    hidden = _failures(run, "misconception", "hidden")
    assert "Your result equals what you get when the weight is not transposed." in hidden
    assert "Hint: Write down the shapes on both sides of the product." in hidden
    assert "Hint" not in _failures(run, "nan", "hidden")


def test_an_edit_of_the_input_costs_the_tests_that_look_at_it(run):
    passed = {
        test["name"]
        for test in run.result("edits_its_input")["tests"]
        if test["status"] == "passed"
    }
    assert "scale (public): doubles" in passed
    assert "scale (hidden): leaves its input alone" not in passed


def test_what_reproduces_the_run_is_recorded(run):
    facts = run.instructor("right")["facts"]
    assert facts["device"] == "cpu"
    assert len(facts["suite"]) == len(facts["submission"]) == 64
    assert facts["versions"]["torch"].startswith("2.")
    assert {run.instructor(name)["facts"]["seed"] for name in ATTACKS} == {facts["seed"]}


@pytest.mark.parametrize("name", ATTACKS)
def test_a_submission_ends_within_its_limits(name, run):
    used = [test["used"] for test in run.instructor(name)["tests"]]
    assert max(used) < 3 + 1
    assert sum(used) < 30 + 3 + 1


def test_the_level_is_the_one_of_the_setting(run):
    assert run.isolation("library_call")["level"] == SETTINGS[FIRST].level


def test_no_process_is_left(run):
    assert not run.processes_left


def test_no_file_is_left_or_changed(run):
    assert run.files_after == run.files_before


def test_the_grader_holds_no_more_descriptors_at_the_end(run):
    for samples in _by_process(run):
        middle = len(samples) // 2
        first, second = (
            max(s.descriptors for s in half) for half in (samples[:middle], samples[middle:])
        )
        assert second <= first + 8


def test_the_grader_holds_little_more_memory_at_the_end(run):
    for samples in _by_process(run):
        sizes = [sample.memory for sample in samples[len(samples) // 4 :]]
        assert min(sizes[-20:]) < min(sizes[:20]) + 2**29


def _by_process(run: runner.Run) -> list[list[runner.Sample]]:
    """The samples of each process of the grader that lived long."""
    found = defaultdict(list)
    for sample in run.samples:
        found[sample.pid].append(sample)
    return [samples for samples in found.values() if len(samples) > 60]


@pytest.mark.parametrize(
    "name", [name for name, attack in SANDBOXED.items() if attack.twin != "no"]
)
def test_the_same_code_succeeds_in_an_ordinary_process(name, run, tmp_path):
    attack = ATTACKS[name]
    if attack.twin == "root" and os.geteuid() != 0:
        pytest.skip("only root can do this")
    source = run.place.fill(attack.source) + "\nprint(bool(attack()))\n"
    environment = os.environ | {
        "REDTEAM_TWIN": "1",
        runner.SECRET: "hidden",
        "PYTHONPATH": str(tmp_path),
    }
    found = subprocess.run(
        [sys.executable, "-c", source],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert found.stdout.strip() in ("True", "the attack succeeded"), found.stderr


@pytest.fixture(scope="module", params=OTHERS)
def other_run(request):
    with runner.graded([*SANDBOXED.values(), ATTACKS["right"]], SETTINGS[request.param]) as run:
        yield request.param, run


def test_the_sandbox_holds_in_other_settings(other_run):
    setting, run = other_run
    assert run.isolation("forks")["level"] == SETTINGS[setting].level
    for attack in SANDBOXED.values():
        check(run, attack)
    assert not run.processes_left
    assert run.files_after == run.files_before
