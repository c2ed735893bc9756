"""What a class's tests ask is sent ahead; no verdict is another one for it."""

import hashlib
import os

import pytest

from autograder.course.course import Course
from autograder.grading import cases
from autograder.grading.ahead import Script, Scripts
from autograder.grading.starting import with_pool
from autograder.isolation.grader.host import Zygote
from autograder.isolation.wire.frames import Connection, RawFrame
from autograder.submission import Submission
from tests.autograder.minicourse import CELL, HEAD, HIDDEN_SCALE, RIGHT, SCALE, write_course

# A test that asks on with what it was answered, and one that draws for itself.
MORE = """

def test_its_own_result():
    x = expected = torch.tensor([1.1, -2.3])
    for _ in range(3):
        x, expected = scale(x, 1.7) + 0, expected * 1.7
    assert_matches(x, expected)


@given(factor=st.floats(1.5, 9))
def test_a_tensor_of_the_test(factor):
    x = torch.randn(3)
    assert_matches(scale(x, factor), reference(x, factor))
"""
TESTS = "tests/hidden/a0_mini/test_scale.py"
# Right, in other bits than RIGHT: two roundings.
OTHER_BITS = RIGHT.replace("factor * x", "(factor / 3) * x * 3")
# Three calls of this in one test take longer than the limit of one call, 1 s.
SLOW = "import time\n" + RIGHT.replace(
    "return factor * x", "time.sleep(0.4 * (factor == 1.7))\n    return factor * x"
)
AT_CALL = {
    "a wrong value": "x = 2 * x",
    "a wrong value now and then": "x = x if float(x.flatten()[0]) > 0 else 2 * x",
    "no tensor": "return None",
    "an exception": "raise KeyError('mine')",
    "the end of the process": "os._exit(3)",
    "the end of the process now and then": "float(x.flatten()[0]) > 0 or os._exit(3)",
    "an endless loop": "x.shape == (3, 2) and x.flatten()[0] > 0 and time.sleep(1e9)",
    "an edited input": "x.add_(1)",
    "another shape": "x = x[None]",
    "a forbidden call": "x = getattr(torch, 'm' + 'ul')(x, 1)",
    "a wrong value by chance": "x = x if float(torch.rand(())) > 0.1 else 2 * x",
    "a wrong value in every ninth call": "calls.append(1); x = x if len(calls) % 9 else 2 * x",
}
AT_IMPORT = {
    "no module": None,
    "a syntax error": "def scale(",
    "an exception at import": RIGHT + "raise KeyError('mine')\n",
    "the end of the process at import": RIGHT + "import os; os._exit(3)\n",
    "an endless loop at import": RIGHT + "import time; time.sleep(1e9)\n",
    "no function": HEAD + CELL,
    "a cell without weights": HEAD
    + SCALE
    + CELL.replace("nn.Parameter(torch.zeros(size, size))", "3"),
}


def at_call(line: str) -> str:
    """A program that does `line` in every call of `scale`."""
    return (
        "import os, time\ncalls = []\n"
        + HEAD
        + SCALE.replace("    return", f"    {line}\n    return")
        + CELL
    )


PROGRAMS = (
    {"right": RIGHT, "right again": RIGHT + "\n", "other bits": OTHER_BITS, "slow": SLOW}
    | {name: at_call(line) for name, line in AT_CALL.items()}
    | AT_IMPORT
    | {"right in the end": RIGHT + "\n\n", "other bits again": OTHER_BITS + "\n"}
)


# A double of the test, of which some programs ask something back, and others only use the tensor that both sides share.
LENT = """

class Double(torch.nn.Module):
    def __init__(self, value):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.tensor([1.1, value]))

    def forward(self):
        return self.weight * 1

    def __rmul__(self, factor):
        return factor * self.weight


@given(factor=st.floats(1.5, 9))
def test_a_double(factor):
    double = Double(factor)
    result = scale(double, 3.7)
    result.square().sum().backward()
    assert_matches(result, reference(double.weight, 3.7))
    assert_matches(double.weight.grad, 2 * 3.7**2 * double.weight.detach())
    assert double.training


def test_a_generator():
    numbers = (float(n) for n in range(1, 4))
    assert_matches(scale(torch.tensor([next(numbers), 2.0]), 2.3), torch.tensor([2.3, 4.6]))
"""
# An object of the submission that all examples of a test share.
SHARED = """

@pytest.fixture
def cell():
    cell = Cell(3)
    cell.load_state_dict({"weight": torch.eye(3)})
    return cell


@given(factor=st.floats(1.5, 9))
def test_an_object_for_all_examples(cell, factor):
    x = torch.linspace(0.2, 1.7, 6).reshape(2, 3)
    assert_matches(scale(cell(x).detach(), factor), reference(torch.tanh(x), factor))
"""
LENDING = {
    name: at_call(f"x = x if isinstance(x, torch.Tensor) else {use}")
    for name, use in {
        "asks nothing back": "x.weight",
        "asks nothing back again": "x.weight + 0",
        "asks back": "x()",
        "asks back an operator": "1 * x",
        "asks back and forgets the gradient": "x().detach()",
        "changes the mode": "x.eval().weight",
        "changes the tensor": "x.weight.data.mul_(2)",
        "asks for what is private": "x._secret",
        "ends when it has asked": "(x(), os._exit(3))",
    }.items()
} | {"right": RIGHT, "asks nothing back in the end": at_call("x = getattr(x, 'weight', x)")}


def graded_with(course: Course, programs: dict) -> dict:
    """{(program, whether asked ahead): (outcomes, requests, judged examples, workers)}, in one class each."""
    found = {}

    def work(pool) -> None:
        for ahead in (True, False):
            pool.grader.scripts = Scripts() if ahead else None
            for name, source in programs.items():
                found[name, ahead] = grade(pool.grader, name, source)

    with_pool(course, "a0_mini", "cpu", 0, 1, work)
    return found


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    changes = {TESTS: HIDDEN_SCALE + MORE}
    return graded_with(Course(write_course(tmp_path_factory.mktemp("course"), changes)), PROGRAMS)


@pytest.fixture(scope="module")
def lent(tmp_path_factory):
    imports = HIDDEN_SCALE.replace("import scale\n", "import Cell, scale\n", 1)
    changes = {TESTS: imports + LENT + SHARED}
    return graded_with(Course(write_course(tmp_path_factory.mktemp("course"), changes)), LENDING)


def grade(grader, name: str, source: str | None):
    files = {} if source is None else {"mini/__init__.py": b"", "mini/ops.py": source.encode()}
    requests, judged, workers = [], [], []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connection, "send", counted(Connection.send, requests))
        patch.setattr(cases, "replay", counted(cases.replay, judged))
        patch.setattr(Zygote, "start_worker", counted(Zygote.start_worker, workers))
        outcomes = grader.outcomes(Submission(files, [], name), grader.suite.tests)
    return outcomes, len(requests), len(judged), len(workers)


def counted(method, calls: list):
    def call(*args, **kwargs):
        calls.append(method.__name__)
        return method(*args, **kwargs)

    return call


def told(outcomes) -> list[tuple]:
    return [(each.test.label, each.status, each.kind, each.student) for each in outcomes]


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_same_is_told_of_every_program(graded, name):
    assert told(graded[name, True][0]) == told(graded[name, False][0])


@pytest.mark.parametrize("name", LENDING)
def test_the_same_is_told_of_every_program_that_is_lent_something(lent, name):
    assert told(lent[name, True][0]) == told(lent[name, False][0])


def test_what_a_program_asks_back_is_not_taken_for_what_another_did_not_ask(lent):
    def passes(name: str) -> bool:
        return {outcome.status for outcome in lent[name, True][0]} == {"passed"}

    assert {name for name in LENDING if passes(name)} == {
        "right", "asks nothing back", "asks nothing back again", "asks back", "asks back an operator",
        "asks nothing back in the end",
    }  # fmt: skip
    _, requests, judged, _ = lent["asks nothing back again", True]
    alike = requests
    _, requests, judged, _ = lent["asks back", True]
    assert requests > alike + 20 and judged > 20


@pytest.mark.parametrize("name", ["right", "right again", "other bits", "slow", "right in the end"])
def test_what_is_right_passes(graded, name):
    assert {outcome.status for outcome in graded[name, True][0]} == {"passed"}


def test_a_program_alike_is_asked_at_once_and_its_answers_are_not_judged_again(graded):
    _, requests, judged, workers = graded["right again", True]
    # To load it for each task, and the static check.
    assert (requests, judged, workers) == (3, 0, 2)
    _, requests, judged, workers = graded["right again", False]
    assert requests > 100 and judged > 50 and workers == 2


def test_other_answers_are_judged(graded):
    _, requests, judged, workers = graded["other bits", True]
    assert judged > 20 and requests < 20
    # One test asks on with what was answered: it is judged twice, the second time in a worker of its own.
    _, requests, judged, workers = graded["other bits again", True]
    assert judged == 2 and workers == 3


@pytest.mark.parametrize("name", [*AT_IMPORT, "the end of the process", "an endless loop"])
def test_what_hangs_or_ends_does_not_cost_its_limit_and_a_worker_twice(graded, name):
    assert graded[name, True][3] == graded[name, False][3]


def test_a_script_is_cut_where_submissions_differ():
    script = Script((0, "test", 0), [b"a", b"b", b"c"])
    before = script.name([])
    script.compare([b"a", b"b", b"c"])
    script.compare([b"a", b"b", b"x"])
    assert (script.cut, len(script.asked)) == (False, 3)  # as many follow it
    script.compare([b"a", b"y", b"c"])
    assert (script.cut, script.asked) == (True, [b"a"])
    assert script.name([]) != before
    script.compare([b"a", b"z"])
    script.compare([b"a"])
    script.compare([])
    script.compare([b"x"])
    assert script.asked == [b"a"]


def test_a_script_that_nobody_follows_asks_nothing():
    script = Script((0, "test", 0), [b"a"])
    for _ in range(2):
        script.compare([b"b"])
    assert script.asked == []


def frame(*parts: bytes) -> RawFrame:
    return RawFrame(*map(bytearray, parts))


def test_answers_pass_under_the_name_of_what_was_asked():
    """Premise 1: the same answers to other questions are others."""
    answers = [frame(b"head", b"text", b"buffer")]
    names = {
        Script((seed, test, number), asked).name(answers)
        for seed, test, number, asked in (
            (0, "test", 0, [b"ask"]),
            (1, "test", 0, [b"ask"]),
            (0, "other", 0, [b"ask"]),
            (0, "test", 1, [b"ask"]),
            (0, "test", 0, [b"asked"]),
            (0, "test", 0, [b"ask", b"ask"]),
        )
    }
    assert len(names) == 6


@pytest.mark.parametrize("part", range(3))
def test_every_bit_of_the_answers_counts(part):
    """Premise 2."""
    script = Script((0, "test", 0), [b"ask", b"ask again"])
    parts = [b"head", b"text", b"buffer"]
    right = script.name([frame(*parts), frame(*parts)])
    assert script.name([frame(*parts), frame(*parts)]) == right
    for bit in range(8 * len(parts[part])):
        changed = bytearray(parts[part])
        changed[bit // 8] ^= 1 << bit % 8
        other = frame(*[*parts[:part], changed, *parts[part + 1 :]])
        assert script.name([frame(*parts), other]) != right
        assert script.name([other, frame(*parts)]) != right
    assert script.name([frame(*parts)]) != right


def test_processes_tell_each_other_what_passed():
    scripts = Scripts()
    names = [hashlib.sha256(bytes([number])).digest() for number in range(5)]
    scripts.passed(names[0])
    for number in (1, 2):
        child = os.fork()
        if child == 0:
            scripts.passed(names[number])
            os._exit(0)
        os.waitpid(child, 0)
    scripts.passed(names[3])
    assert [scripts.passes(name) for name in names] == [True, False, False, True, False]
    scripts.listen()
    assert [scripts.passes(name) for name in names] == [True, True, True, True, False]
