"""Tests of autograder.release.failures: what students read about tests that fail, and how much of it."""

import importlib.util
import textwrap

import pytest

from autograder.release.failures import note_of, tell

PACKAGE = "sums"


@pytest.fixture
def note(tmp_path):
    """A function: modules of a folder -> the note of what calling `run` in tests/test_it.py raises."""

    def note(printed: str = "", **modules: str):
        for name, text in modules.items():
            folder = tmp_path / ("tests" if name.startswith("test_") else PACKAGE)
            folder.mkdir(exist_ok=True)
            (folder / f"{name}.py").write_text(textwrap.dedent(text))
        loaded = {}
        with pytest.raises(BaseException) as caught:
            for name in sorted(modules):
                [path] = tmp_path.glob(f"*/{name}.py")
                spec = importlib.util.spec_from_file_location(name, path)
                loaded[name] = importlib.util.module_from_spec(spec)
                vars(loaded[name]).update(loaded)
                spec.loader.exec_module(loaded[name])
            loaded["test_it"].run()
        return note_of(caught.value, tmp_path, PACKAGE, printed)

    return note


def told(*notes, width=80, room=None, tasks=("total",), tests=None):
    """The lines about these notes, of one test each."""
    keys = [(tasks[n % len(tasks)], f"test_{n}") for n in range(len(notes))]
    sections = {task: f"section {n}" for n, task in enumerate(tasks, start=1)}
    found = dict(zip(tests or keys, notes, strict=True))
    order = sorted(found, key=lambda key: tasks.index(key[0]))
    return tell({key: found[key] for key in order}, sections, width, room)


IN_CODE = {
    "adding": "def total(x):\n    return x + 'a'\n",
    "test_it": "def run():\n    assert adding.total(1) == 1\n",
}
IN_TEST = {
    "adding": "def total(x):\n    return x + 1\n",
    "test_it": "def run():\n    raise AssertionError('the sum of 1: expected 1, got 2')\n",
}


def test_where_an_error_came_from_and_where_the_test_is(note):
    assert told(note(**IN_CODE)) == [
        "",
        "total: test_0 (README.md, section 1)",
        "    TypeError: unsupported operand type(s) for +: 'int' and 'str'",
        "    tests/test_it.py:2: assert adding.total(1) == 1",
        "    sums/adding.py:2: return x + 'a'",
    ]


def test_the_same_line_of_the_student_is_told_once_over_all_tasks(note):
    same = note(**IN_CODE)
    lines = told(*[same] * 6, tasks=("total", "counter"))
    assert lines.count("    sums/adding.py:2: return x + 'a'") == 1
    assert lines[-1] == "    and 5 more tests fail in the same line"
    # Its twin: the same words from six lines are six causes.
    others = [{**same, "yours": [*same["yours"][:1], n, "", ""], "in": ["x", n]} for n in range(6)]
    assert sum(line.startswith(("total", "counter")) for line in told(*others)) == 6


def test_one_assertion_of_a_test_with_parameters_is_told_once(note):
    same = note(**IN_TEST)
    tests = [("total", f"test_sizes[{n}]") for n in range(3)] + [("total", "test_other")]
    heads = [line for line in told(*[same] * 4, tests=tests) if line.startswith("total")]
    assert [head.split()[1] for head in heads] == ["test_sizes[0]", "test_other"]
    assert "    and 2 more tests fail in the same way" in told(*[same] * 4, tests=tests)


def test_no_traceback_line_comes_twice(note):
    lines = told(
        note(
            adding="def total(x):\n    return [f() for f in x]\n",
            test_it="""\
                def run():
                    def given():
                        def run():
                            adding.total([lambda: [1 / n for n in [0]]])
                        run()
                    given()
                """,
        )
    )
    assert len(set(lines)) == len(lines)
    assert sum(line.startswith("    sums/adding.py") for line in lines) == 1


def test_a_recursion_is_told_by_its_lines(note):
    adding = "def total(x):\n    return more(x)\n\n\ndef more(x):\n    return total(x)\n"
    lines = told(note(adding=adding, test_it="def run():\n    adding.total(1)\n"))
    assert lines[2].startswith("    RecursionError: maximum recursion depth exceeded")
    assert sorted(lines[3:]) == [
        "    sums/adding.py:2: return more(x)",
        "    sums/adding.py:6: return total(x)",
        "    tests/test_it.py:2: adding.total(1)",
    ]


def test_what_pytest_and_hypothesis_add_is_read_or_left_out(note):
    found = note(**IN_TEST)
    error = AssertionError(
        "assert [1, 2] == [1]\n  \n  Left contains one more item: 2\n  Use -v to get more diff"
    )
    error.add_note("Failing test case: test_it(\n    batch=1,\n    seed=0,\n)")
    lines = told({**found, **{key: note_of(error, "/", "x")[key] for key in ("text", "example")}})
    assert lines[2:5] == [
        "    assert [1, 2] == [1]",
        "        Left contains one more item: 2",
        "    with batch=1, seed=0",
    ]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("the mean\nassert 0.5 == 0.4 ± 1e-6", ["the mean", "assert 0.5 == 0.4 ± 1e-6"]),
        ("the mean\nassert tensor(0.5) == 0.4", ["the mean"]),
        ("is a float\nassert False\n +  where False = isinstance(1, float)", ["is a float"]),
        ("assert 4 == 6\n +  where 4 = len(<V object at 0x7f>)", ["assert 4 == 6"]),
        ("assert <V object at 0x7f> == 1", ["This is not so:"]),
        ("", ["AssertionError"]),
    ],
)
def test_an_assertion_in_the_words_of_its_test(message, text):
    assert note_of(AssertionError(message), "/", "x")["text"] == text


def test_what_a_test_prints_is_shown_where_one_task_is_told_of(note):
    printing = note(printed="h is 3\n", **IN_TEST)
    assert told(printing)[-2:] == ["    printed:", "        h is 3"]
    assert not any(
        "printed" in line for line in told(printing, printing, room=40, tasks=("a", "b"))
    )


@pytest.mark.parametrize("count", [1, 2, 9])
@pytest.mark.parametrize("width", [60, 80, 200])
def test_several_tasks_take_no_more_lines_than_there_is_room_for(note, count, width):
    words = f"{' '.join(['expected 1, got 2;'] * 20)}\n" * 30
    long = note(adding="", test_it=f"def run():\n    raise AssertionError({words!r})\n")
    tasks = [f"task{n}" for n in range(count)]
    lines = told(*[long] * 4 * count, width=width, room=30, tasks=tasks)
    assert len(lines) <= 30 + 3
    assert max(map(len, lines)) <= width
    assert "task0" in lines[1]  # in the order of the handout, and the first one always
    last = "There is more" if count == 1 else "more task"
    assert last in " ".join(lines[-2:]) or sum("README.md" in line for line in lines) == count
    # The twin: a task by itself is told in full.
    assert len(told(*[long] * 4, width=width)) > 30
