"""Whatever a submission does, its result has every test with the same maximum, and the grader goes on.

One run of the command grades all of these; each test then looks at one result.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import jsonschema
import psutil
import pytest

from tests.autograder.minicourse import CELL, HEAD, RIGHT, SCALE, write_course, write_submission

ALL, SCALE_ONLY, CELL_ONLY, NOTHING = 30.0, 10.0, 20.0, 0.0


def cell(body: str) -> str:
    """A submission whose scale is right and whose cell does this."""
    return (
        HEAD
        + SCALE
        + "import os, sys, signal\nclass Cell(nn.Module):\n    def __init__(self, size):\n        super().__init__()\n"
        "        self.weight = nn.Parameter(torch.zeros(size, size))\n    def forward(self, x):\n"
        + "".join(f"        {line}\n" for line in body.splitlines())
    )


LIAR = """
class Liar(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        return True
    def __eq__(self, other):
        return True
"""

# Name: (source of mini/ops.py, or None for no such file; other files; score)
SUBMISSIONS = {
    "right": (RIGHT, {}, ALL),
    "syntax_error": ("def scale(x, factor:\n", {}, NOTHING),
    "missing_module": (None, {}, NOTHING),
    "missing_class": (HEAD + SCALE, {}, SCALE_ONLY),
    "exit_at_import": (RIGHT + "import sys; sys.exit(0)\n", {}, NOTHING),
    "os_exit_at_import": (RIGHT + "import os; os._exit(0)\n", {}, NOTHING),
    "loop_at_import": (RIGHT + "while True: pass\n", {}, NOTHING),
    "exit_in_call": (cell("sys.exit(0)"), {}, SCALE_ONLY),
    "os_exit_in_call": (cell("os._exit(0)"), {}, SCALE_ONLY),
    "kill_itself": (cell("os.kill(os.getpid(), 9)"), {}, SCALE_ONLY),
    "masked_loop": (
        cell("signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))\nwhile True: pass"), {}, SCALE_ONLY,
    ),
    "memory_hog": (cell("hoard = []\nwhile True: hoard.append(bytearray(2**24))"), {}, SCALE_ONLY),
    "tensor_hog": (cell("return torch.ones(2**33)"), {}, SCALE_ONLY),
    "stack_overflow": (cell("sys.setrecursionlimit(10**9)\nf = lambda: f()\nreturn f()"), {}, SCALE_ONLY),
    "fork_bomb": (cell("while True: os.fork()"), {}, SCALE_ONLY),
    "much_output": (
        cell("for _ in range(2**11): os.write(1, bytes(2**20)); sys.stderr.write('x' * 2**10)\nreturn x"), {}, SCALE_ONLY,
    ),
    "nan": (cell("return x * float('nan')"), {}, SCALE_ONLY),
    "wrong_dtype": (cell("return (x @ self.weight.T).tanh().half()"), {}, SCALE_ONLY),
    "detached": (cell("return (x @ self.weight.T).tanh().detach()"), {}, None),
    "edits_input": (HEAD + CELL + "def scale(x, factor):\n    return x.mul_(factor)\n", {}, None),
    "lying_subclass": (HEAD + LIAR + SCALE + cell("return torch.zeros(1).as_subclass(Liar)").replace(HEAD + SCALE, ""), {}, SCALE_ONLY),
    "forged_skip": (cell("import pytest\npytest.skip('not today')"), {}, SCALE_ONLY),
    "huge_answer": (cell("return torch.ones(1).expand(2**30)"), {}, SCALE_ONLY),
    "deep_answer": (cell("a = []\nfor _ in range(10**5): a = [a]\nreturn a"), {}, SCALE_ONLY),
    "odd_exception": (
        cell("class E(Exception):\n    def __str__(self): raise SystemExit\nraise E"), {}, SCALE_ONLY,
    ),
    "own_files": (
        RIGHT,
        {
            "conftest.py": "def pytest_runtest_makereport(item, call):\n    call.excinfo = None\n",
            "torch.py": "raise RuntimeError('the wrong torch')\n",
            "results.json": '{"score": 1000}',
            "pytest.py": "raise RuntimeError('the wrong pytest')\n",
        },
        ALL,
    ),
    "writes_results": (
        RIGHT + "try:\n    open('OUTPUT/writes_results/results.json', 'w').write('{}')\nexcept OSError:\n    pass\n", {}, ALL,
    ),
    "tells_inputs": (cell("raise ValueError('LEAK' + str(x.tolist()))"), {}, SCALE_ONLY),
    "tells_inputs_by_type": (cell("raise type('LEAK' + str(x.tolist()), (Exception,), {})"), {}, SCALE_ONLY),
    "misconception": (cell("return (x @ self.weight).tanh()"), {}, None),
    "library_call": (HEAD + CELL + "def scale(x, factor):\n    return torch.mul(x, factor)\n", {}, CELL_ONLY),
}  # fmt: skip


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """Folder -> results.json of every submission, from one run of the command."""
    root = tmp_path_factory.mktemp("hostile")
    course, output = write_course(root / "course"), root / "out"
    paths = []
    for name, (source, more, _) in SUBMISSIONS.items():
        folder = root / "submissions" / name
        if source is None:
            folder.mkdir(parents=True)
            (folder / "notes.txt").write_text("nothing here")
        else:
            write_submission(folder, source.replace("OUTPUT", str(output)), more)
        paths.append(str(folder))
    before = {path for path in root.rglob("*") if output not in path.parents}
    started = time.monotonic()
    command = [
        sys.executable,
        "-m",
        "autograder",
        "--course",
        str(course),
        "grade",
        "a0_mini",
        *paths,
        "-o",
        str(output),
    ]
    found = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert found.returncode == 0, found.stdout[-2000:] + found.stderr[-2000:]
    after = {path for path in root.rglob("*") if output not in path.parents} - {output}
    assert after == before, "a submission left files behind"
    results = {
        name: json.loads((output / name / "results.json").read_text()) for name in SUBMISSIONS
    }
    return results, time.monotonic() - started


@pytest.fixture(scope="module")
def schema() -> dict:
    return json.loads(
        (Path(__file__).parents[1] / "exports" / "gradescope_schema.json").read_text()
    )


@pytest.mark.parametrize("name", SUBMISSIONS)
def test_every_result_has_every_test_with_the_same_maximum(name, graded, schema):
    results, _ = graded
    jsonschema.validate(results[name], schema)
    expected = [
        (test["number"], test["name"], test["max_score"]) for test in results["right"]["tests"]
    ]
    assert [
        (test["number"], test["name"], test["max_score"]) for test in results[name]["tests"]
    ] == expected
    assert sum(test["max_score"] for test in results[name]["tests"]) == pytest.approx(ALL)
    assert results[name]["extra_data"]["max_score"] == ALL
    assert set(results[name]["extra_data"]["tasks"]) == {"scale", "cell"}


@pytest.mark.parametrize(
    "name", [name for name, (_, _, score) in SUBMISSIONS.items() if score is not None]
)
def test_what_is_attacked_earns_nothing_and_the_rest_keeps_its_points(name, graded):
    results, _ = graded
    assert results[name]["score"] == SUBMISSIONS[name][2]


def reasons(result: dict) -> str:
    return "\n".join(test["output"] for test in result["tests"] if test.get("status") == "failed")


def test_a_submission_ends_within_its_limits(graded):
    results, _ = graded
    slowest = max(results.values(), key=lambda result: result["execution_time"])
    assert slowest["execution_time"] < 20 + 1


def test_no_process_is_left(graded):
    left = [
        p
        for p in psutil.process_iter(["cmdline"])
        if "autograder.isolation" in " ".join(p.info["cmdline"] or ())
    ]
    own = [p for p in left if p.ppid() == 1]
    assert not own


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("syntax_error", "SyntaxError"),
        ("missing_module", "nothing to grade"),
        ("missing_class", "does not define Cell"),
        ("os_exit_in_call", "ended its own process (exit code 0)"),
        ("masked_loop", "did not return within 1 s"),
        ("memory_hog", "MemoryError"),
        ("fork_bomb", "PermissionError"),
        ("nan", "nan or infinite values"),
        ("wrong_dtype", "dtype"),
        ("library_call", "mini/ops.py, line 12 uses torch.mul: use the operator *"),
    ],
)
def test_the_reason_is_told(name, text, graded):
    results, _ = graded
    assert text in reasons(results[name])


def test_an_edit_of_the_input_costs_its_own_test_only(graded):
    results, _ = graded
    by_name = {test["name"]: test["status"] for test in results["edits_input"]["tests"]}
    assert by_name["scale (hidden): leaves its input alone"] == "failed"
    assert by_name["scale (public): doubles"] == "passed"
    assert results["edits_input"]["extra_data"]["tasks"]["cell"]["status"] == "passed"


def test_a_detached_result_loses_the_test_of_gradients(graded):
    results, _ = graded
    by_name = {test["name"]: test["status"] for test in results["detached"]["tests"]}
    assert by_name["cell (hidden): values and gradients"] == "failed"


@pytest.mark.parametrize("name", SUBMISSIONS)
def test_hidden_tests_tell_neither_inputs_nor_expected_values_nor_source(name, graded):
    results, _ = graded
    hidden = "\n".join(
        test["output"] for test in results[name]["tests"] if "(hidden)" in test["name"]
    )
    for secret in (
        "LEAK[",
        "tensor(",
        "seed=",
        "test_cell.py",
        "test_scale.py",
        "assert_matches",
        "solutions",
        "reference",
    ):
        assert secret not in hidden


def test_public_tests_tell_everything(graded):
    results, _ = graded
    public = "\n".join(
        test["output"] for test in results["tells_inputs"]["tests"] if "(public)" in test["name"]
    )
    assert "LEAK[[0.5, -1.0]]" in public
    assert "mini/ops.py, line" in public


def test_the_misconception_is_named_with_its_hint(graded):
    results, _ = graded
    text = reasons(results["misconception"])
    assert "Your result equals what you get when the weight is not transposed." in text
    assert "Hint: Write down the shapes on both sides of the product." in text
    assert "misconception" not in reasons(results["nan"])


def test_what_reproduces_the_run_is_recorded(graded):
    results, _ = graded
    facts = results["right"]["extra_data"]
    assert facts["device"] == "cpu"
    assert facts["isolation"]["level"] in "ABCD"
    assert len(facts["suite"]) == len(facts["submission"]) == 64
    assert facts["versions"]["torch"].startswith("2.")
    assert {result["extra_data"]["seed"] for result in results.values()} == {facts["seed"]}
