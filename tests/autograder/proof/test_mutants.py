"""`autograder verify --mutants`: a strong suite kills every mutant, a weak one is told which of them live."""

from concurrent.futures import Future
from types import SimpleNamespace

import pytest

from autograder.course.course import Course
from autograder.course.policy_file import PolicyError
from autograder.proof.mutants import EQUIVALENT, equivalents_of, mutants_of, run_mutants
from autograder.proof.operators import MutationError, mutations
from autograder.results.result import FAILED, PASSED
from tests.autograder.minicourse import HIDDEN_SCALE, REFERENCE, run_command, write_course

# With a loop, so that a mutant can be endless.
LOOP = REFERENCE.replace(
    "    return x * factor\n",
    """\
    total = torch.zeros_like(x)
    step = 0
    while step != 2:
        step += 1
        total = total + x * factor / 2
    return total
""",
)
STRONG = (
    HIDDEN_SCALE
    + """

@pytest.mark.parametrize("factor", [0, 0.5])
def test_small_factors(factor):
    assert_matches(scale(torch.tensor([1.0, 2.0]), factor), torch.tensor([1.0 * factor, 2.0 * factor]))


def test_refuses_a_factor_just_below_zero():
    assert_matches(scale(torch.tensor([1.0, 2.0]), 3.0), torch.tensor([3.0, 6.0]))
    with pytest.raises(ValueError):
        scale(torch.ones(2), -0.5)
"""
)
LISTED = """\
equivalent:
  - function: scale
    operator: ReplaceComparisonOperator_NotEq_Lt
    line: "while step < 2:"
    why: the steps are counted one by one, so they meet 2 before they pass it
"""
STALE = """\
equivalent:
  - function: scale
    operator: ReplaceBinaryOperator_Mul_Div
    line: "return x / factor"
    why: a mistake
  - function: scale
    operator: NumberReplacer
    line: "return x * 17"
    why: the reference had a 16 once
"""
REFERENCE_PATH, LIST_PATH = "solutions/a0_mini/mini/ops.py", f"tests/hidden/a0_mini/{EQUIVALENT}"


def run_verify(course):
    return run_command(course, "verify", "a0_mini", "--mutants")


@pytest.fixture(scope="module")
def strong(tmp_path_factory):
    changes = {
        REFERENCE_PATH: LOOP,
        "tests/hidden/a0_mini/test_scale.py": STRONG,
        LIST_PATH: LISTED,
    }
    return run_verify(write_course(tmp_path_factory.mktemp("strong"), changes))


@pytest.fixture(scope="module")
def weak(tmp_path_factory):
    return run_verify(write_course(tmp_path_factory.mktemp("weak"), {LIST_PATH: STALE}))


def counts(found, task) -> dict[str, int]:
    """One row of the table."""
    [row] = [line for line in found.stdout.splitlines() if line.startswith(f"│ {task} ")]
    names = ("mutants", "value", "error", "timeout", "equivalent", "survivors")
    return dict(zip(names, map(int, row.split("│")[2:8]), strict=True))


def complaints(found, about) -> str:
    return "\n".join(line for line in found.stdout.splitlines() if line.startswith(f"✗ {about}"))


def test_a_strong_suite_kills_all_but_what_is_listed(strong):
    assert strong.returncode == 0, strong.stdout + strong.stderr
    row = counts(strong, "scale")
    assert (row["equivalent"], row["survivors"]) == (1, 0)
    assert row["value"] and row["mutants"] == sum(row.values()) - row["mutants"]
    assert "100.0%" in strong.stdout and "✗" not in strong.stdout


def test_endless_loops_end(strong):
    assert counts(strong, "scale")["timeout"] >= 2


def test_a_weak_suite_shows_each_survivor(weak):
    assert weak.returncode == 1
    survivors = complaints(weak, "survives")
    place = f"mini/ops.py:{REFERENCE[: REFERENCE.index('if factor')].count(chr(10)) + 1} scale"
    assert (
        f"{place}, ReplaceComparisonOperator_Lt_LtE: `if factor < 0:` -> `if factor <= 0:`"
        in survivors
    )
    assert "`if factor < 1:`" in survivors
    assert (
        counts(weak, "scale")["survivors"]
        == len(survivors.splitlines())
        == counts(weak, "all")["survivors"]
    )


def test_what_is_listed_wrongly_is_stale(weak):
    stale = complaints(weak, "not equivalent")
    assert "`return x / factor` is killed" in stale
    assert "`return x * 17` is no mutant any more" in stale
    assert counts(weak, "scale")["equivalent"] == 0


def grader_of(root, changes=None) -> SimpleNamespace:
    """As much of a grader as making mutants needs."""
    course = Course(write_course(root, changes))
    return SimpleNamespace(course=course, policy=course.policy.assignment("a0_mini"))


def keys(root, source, task="") -> list:
    return [mutant.key for mutant in mutants_of(grader_of(root, {REFERENCE_PATH: source}), task)]


def test_only_the_solution_is_mutated(tmp_path):
    given = REFERENCE.replace("        self.weight", "        size = size + 0\n        self.weight")
    assert keys(tmp_path, given) == keys(tmp_path, REFERENCE)
    everywhere = range(given.count("\n"))
    assert any("size = size - 0" in mutated for _, _, mutated in mutations(given, everywhere))


def test_keys_do_not_depend_on_where_a_line_is(tmp_path):
    moved = REFERENCE.replace(
        "    # BEGIN SOLUTION\n", "    # BEGIN SOLUTION\n    # A comment.\n\n"
    )
    assert keys(tmp_path, moved) == keys(tmp_path, REFERENCE)
    found = mutants_of(grader_of(tmp_path, {REFERENCE_PATH: moved}))
    assert [mutant.place for mutant in found] != [
        mutant.place for mutant in mutants_of(grader_of(tmp_path))
    ]


def test_equal_changes_of_equal_lines_are_told_apart(tmp_path):
    doubled = REFERENCE.replace(
        "    return x * factor", "    x = x * 1\n    x = x * 1\n    return x * factor"
    )
    found = mutants_of(grader_of(tmp_path, {REFERENCE_PATH: doubled}), "scale")
    assert len({mutant.key for mutant in found}) == len(found)
    first, second = (mutant for mutant in found if mutant.key.line == "x = x / 1")
    assert (first.key.number, second.key.number) == (1, 2)
    assert (
        "BinaryOperator_Mul_Div:" in first.diff
        and "BinaryOperator_Mul_Div number 2:" in second.diff
    )


def test_a_mutant_differs_from_the_reference_and_all_others(tmp_path):
    sources = [mutant.files["mini/ops.py"] for mutant in mutants_of(grader_of(tmp_path))]
    assert len({*sources, REFERENCE.encode()}) == len(sources) + 1
    lines = [mutant.key.line for mutant in mutants_of(grader_of(tmp_path))]
    assert "if factor >= 0:" in lines and "if not factor < 0:" not in lines, "the two are one"


def test_texts_of_errors_and_devices_are_no_behaviour(tmp_path):
    told = REFERENCE.replace('"factor is negative"', 'f"{factor + 1} is negative"')
    moved = told.replace("x * factor", "x * torch.tensor(factor, device=x.device)")
    lines = [key.line for key in keys(tmp_path, moved, "scale")]
    assert "return x / torch.tensor(factor, device=x.device)" in lines
    assert "return x * torch.tensor(factor)" not in lines
    assert not any("is negative" in line for line in lines)
    everything = "".join(mutated for _, _, mutated in mutations(moved, range(moved.count("\n"))))
    assert "torch.tensor(factor)" in everything and "{factor - 1} is negative" in everything


def test_code_that_tasks_share_is_tried_by_all_of_them(tmp_path):
    helper = "# BEGIN SOLUTION\ndef double(x):\n    return x + x\n\n\n# END SOLUTION\n\n\ndef scale"
    shared = REFERENCE.replace("def scale", helper, 1)
    found = mutants_of(grader_of(tmp_path, {REFERENCE_PATH: shared}))
    assert {mutant.tasks for mutant in found if mutant.key.function == "double"} == {
        ("scale", "cell")
    }
    assert {mutant.tasks for mutant in found if mutant.key.function == "scale"} == {("scale",)}
    assert {key.function for key in keys(tmp_path, shared, "cell")} == {"double", "Cell.forward"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("model.train()", "pass # model.train()"),
        ("a += b", "pass # a += b"),
        ("a += b", "a = b"),
        ("a = é.T.f(b)", "a = é.T"),
        ("a = torch.tanh(é)", "a = é"),
        ("a = self.layer(b)", "a = b"),
        ("a = b.sum(dim=0, out=é)", "a = b.sum(out=é)"),
        ("a = f(b, c, d=e)", "a = f(c, b, d=e)"),
        ("a = b in c", "a = b not in c"),
        ("a = b not in c", "a = b in c"),
        ("a = b[:c]", "a = b"),
        ("a = b < c", "a = b <= c"),
        ("a = 3 + b", "a = 4 + b"),
    ],
)
def test_operators(before, after):
    source = f"import torch\n{before}\n"
    found = [" ".join(mutated.splitlines()[1].split()) for _, _, mutated in mutations(source, {2})]
    assert after in found
    assert [" ".join(line.split()) for _, _, line in mutations(source, {1})] == []


@pytest.mark.parametrize(
    "statement", ["a = len(b)", "a = range(b)", "a = f('b')", "model.train()", 'a = f"{b.c(d)}"']
)
def test_calls_that_only_break_are_not_dropped(statement):
    assert not [name for name, _, _ in mutations(statement, {1}) if name == "DropCall"]


class FakePool:
    """Runs in this process; every test passes or fails as told."""

    def __init__(self, grader, status):
        test = SimpleNamespace(public=False, node="test_scale.py::test_values")
        grader.suite = SimpleNamespace(task_tests=lambda task: [test])
        grader.outcomes = lambda submission, tests: [
            SimpleNamespace(status=status, kind="value", test=test, instructor="3 is not 4")
        ]
        self.grader = grader

    def submit(self, function, *arguments):
        future = Future()
        future.set_result(function(self.grader, *arguments))
        return future


def test_nothing_is_judged_by_tests_that_the_reference_fails(tmp_path):
    with pytest.raises(
        MutationError, match=r"a0_mini fails test_scale\.py::test_values: 3 is not 4"
    ):
        run_mutants(FakePool(grader_of(tmp_path), FAILED), print)
    report = run_mutants(FakePool(grader_of(tmp_path), PASSED), lambda done, total: None)
    assert not report.good and len(report.total.survivors) == report.total.mutants


def test_progress_counts_every_mutant(tmp_path):
    seen = []
    run_mutants(
        FakePool(grader_of(tmp_path), PASSED), lambda done, total: seen.append((done, total))
    )
    assert seen == [(number, len(seen)) for number in range(1, len(seen) + 1)] and seen


def test_a_list_of_one_task_leaves_the_others_alone(tmp_path):
    grader = grader_of(tmp_path, {LIST_PATH: STALE})
    assert not run_mutants(FakePool(grader, PASSED), lambda done, total: None, "cell").stale
    assert len(run_mutants(FakePool(grader, PASSED), lambda done, total: None, "scale").stale) == 1


def test_a_list_that_says_no_reason_is_refused(tmp_path):
    path = tmp_path / EQUIVALENT
    path.write_text(LISTED)
    assert [each.key.line for each in equivalents_of(path)] == ["while step < 2:"]
    path.write_text("".join(LISTED.splitlines(keepends=True)[:-1]))
    with pytest.raises(PolicyError, match="why"):
        equivalents_of(path)
    assert equivalents_of(tmp_path / "none.yml") == []
