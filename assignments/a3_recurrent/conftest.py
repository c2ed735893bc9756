# Generated together with this assignment: nothing to change here.
"""Ends every run of pytest with your points, task by task, and what to do next.

Run all tests with `pytest`, and those of one task with

    pytest tests/test_rnn_cell.py
    pytest -k rnn_cell

What you have not begun takes one line; other tests show where they fail.
"""

import json
import os
import re
import sys
import textwrap
import threading
import traceback
from pathlib import Path

import pytest

try:
    from hypothesis import HealthCheck, Phase, settings
except ImportError:  # the tests that need it will say so
    pass
else:
    # The same examples in every run, so that a failure stays until it is mended; as much time as
    # a slow laptop needs; one failure at a time; and no search for what else would fail, which
    # takes seconds each time.
    settings.register_profile(
        "assignment",
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("assignment")

FOLDER = Path(__file__).resolve().parent
PACKAGE = "recurrent"
# The tests import the package, and checks.py, from this folder, wherever pytest was started.
sys.path[:0] = [str(FOLDER), str(FOLDER / "tests")]

# What the whole assignment is worth, hidden tests included.
TOTAL = 100

# Task -> where README.md explains it, what you write, and the points that hidden tests decide.
TASKS = {
    "rnn_cell": ["section 3, rnn_cell: the plain cell", "RNNCell in recurrent/cells.py", 7.0],
    "lstm_cell": [
        "section 4, lstm_cell: long short-term memory",
        "LSTMCell in recurrent/cells.py",
        10.5,
    ],
    "gru_cell": [
        "section 5, gru_cell: the gated recurrent unit",
        "GRUCell in recurrent/cells.py",
        10.5,
    ],
    "unroll": [
        "section 6, unroll: from one step to a sequence",
        "unroll in recurrent/layers.py",
        10.5,
    ],
    "stacked": [
        "section 7, stacked and bidirectional: upwards, and from both sides",
        "Stacked in recurrent/layers.py",
        7,
    ],
    "bidirectional": [
        "section 7, stacked and bidirectional: upwards, and from both sides",
        "Bidirectional in recurrent/layers.py",
        10.5,
    ],
    "clip_gradients": [
        "section 8, clip_gradients: when the gradient explodes",
        "clip_gradients in recurrent/gradients.py",
        7,
    ],
    "gradient_norm_by_step": [
        "section 9, gradient_norm_by_step: when the gradient vanishes",
        "gradient_norm_by_step in recurrent/gradients.py",
        7,
    ],
}

# Task -> the points of each of its public tests.
PUBLIC = {
    "rnn_cell": {
        "test_worked_example": 0.6,
        "test_shape_dtype_and_range": 0.6,
        "test_equals_the_cell_of_the_library": 0.6,
        "test_no_state_means_zeros": 0.6,
        "test_gradient_is_the_slope": 0.6,
    },
    "lstm_cell": {
        "test_worked_example": 0.9,
        "test_shape_dtype_and_range": 0.9,
        "test_equals_the_cell_of_the_library": 0.9,
        "test_no_state_means_zeros": 0.9,
        "test_an_open_forget_gate_keeps_the_cell_state": 0.9,
    },
    "gru_cell": {
        "test_worked_example": 0.9,
        "test_shape_dtype_and_range": 0.9,
        "test_equals_the_cell_of_the_library": 0.9,
        "test_no_state_means_zeros": 0.9,
        "test_the_update_gate_keeps_or_replaces": 0.9,
    },
    "unroll": {
        "test_a_cell_that_adds_up": 0.5,
        "test_without_padding_it_equals_the_library_layer[RNN]": 0.5,
        "test_without_padding_it_equals_the_library_layer[LSTM]": 0.5,
        "test_without_padding_it_equals_the_library_layer[GRU]": 0.5,
        "test_every_sequence_is_treated_as_if_it_were_alone[RNN]": 0.5,
        "test_every_sequence_is_treated_as_if_it_were_alone[LSTM]": 0.5,
        "test_every_sequence_is_treated_as_if_it_were_alone[GRU]": 0.5,
        "test_the_state_that_is_given_comes_first_and_stays_where_nothing_is_read": 0.5,
        "test_gradients_reach_the_real_steps_and_no_padding": 0.5,
    },
    "stacked": {
        "test_it_equals_the_library_with_several_layers[1]": 0.43,
        "test_it_equals_the_library_with_several_layers[2]": 0.43,
        "test_it_equals_the_library_with_several_layers[3]": 0.43,
        "test_every_layer_knows_the_lengths": 0.43,
        "test_every_layer_starts_from_its_own_state": 0.43,
        "test_the_parameters_have_the_names_of_the_docstring_and_the_cells_values": 0.43,
        "test_a_stack_of_nothing_is_refused": 0.42,
    },
    "bidirectional": {
        "test_it_equals_the_library": 1.13,
        "test_the_backward_cell_starts_at_the_last_real_step": 1.13,
        "test_each_direction_starts_from_its_own_state": 1.12,
        "test_gradients_reach_every_real_step_and_no_padding": 1.12,
    },
    "clip_gradients": {
        "test_one_norm_over_all_gradients_by_hand": 0.43,
        "test_small_gradients_stay_as_they_are": 0.43,
        "test_it_equals_the_library": 0.43,
        "test_parameters_without_a_gradient_are_skipped": 0.43,
        "test_the_parameters_may_come_from_a_generator": 0.43,
        "test_no_gradient_at_all_gives_a_norm_of_zero": 0.43,
        "test_the_direction_of_the_step_stays_the_same": 0.42,
    },
    "gradient_norm_by_step": {
        "test_a_cell_that_halves_its_memory": 0.5,
        "test_it_agrees_with_small_changes_of_the_inputs[RNN]": 0.5,
        "test_it_agrees_with_small_changes_of_the_inputs[LSTM]": 0.5,
        "test_it_agrees_with_small_changes_of_the_inputs[GRU]": 0.5,
        "test_repeating_the_batch_changes_nothing": 0.5,
        "test_it_leaves_no_trace": 0.5,
    },
}

SLOW = 30  # seconds after which a test that is still running is talked about
COLOURS = {"done": "green", "failed": "red", "not started": "yellow"}

# (task, test) -> "passed", "failed" or "not started", for the tests of this run.
results = {}
# The tasks whose file of tests could not be loaded, because the import of your module failed, say.
broken = set()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """`-k TASK` means that task, and not every test with its name in it."""
    task = config.option.keyword
    if task in TASKS:
        others = [item for item in items if task_of(item.nodeid) != task]
        items[:] = [item for item in items if task_of(item.nodeid) == task]
        config.hook.pytest_deselected(items=others)


def pytest_collectreport(report):
    task = task_of(report.nodeid)
    if report.failed and task in TASKS:
        broken.add(task)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    watch = threading.Timer(SLOW, say_where, [item, threading.get_ident()])
    watch.daemon = True
    watch.start()
    try:
        return (yield)
    finally:
        watch.cancel()
        watch.join()  # it may be writing just now


def say_where(item, thread):
    """Name a test that does not end, and the line of yours that it is in."""
    stack = traceback.extract_stack(sys._current_frames()[thread])
    yours = [frame for frame in stack if Path(frame.filename).is_relative_to(FOLDER / PACKAGE)]
    place = ""
    if yours:
        path = Path(yours[-1].filename).relative_to(FOLDER).as_posix()
        place = f", now in {path}, line {yours[-1].lineno}"
    plugins = item.config.pluginmanager
    terminal = plugins.get_plugin("terminalreporter")
    with plugins.get_plugin("capturemanager").global_and_fixture_disabled():
        terminal.write_line("")
        terminal.write_line(f"{item.nodeid} has been running for {SLOW} seconds{place}.")
        terminal.write_line("Is there a loop that never ends? Ctrl+C stops the tests.")
        terminal.flush()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    task = task_of(item.nodeid)
    if call.excinfo is not None and call.excinfo.errisinstance(NotImplementedError):
        match = re.fullmatch(r"(\w+): not started", str(call.excinfo.value))
        if match and match[1] in TASKS:
            report.not_started = True
            report.longrepr = match[0]
    if report.failed and task in TASKS and not hasattr(report, "not_started"):
        report.sections.append((f"read about {task}", f"README.md, {TASKS[task][0]}\n\n"))
    return report


def pytest_report_teststatus(report):
    if hasattr(report, "not_started"):
        return "not started", "n", ("NOT STARTED", {"yellow": True})
    return None


def pytest_runtest_logreport(report):
    key = task_of(report.nodeid), report.nodeid.partition("::")[2]
    if key[1] not in PUBLIC.get(key[0], {}):
        return
    if hasattr(report, "not_started"):
        results[key] = "not started"
    elif report.when == "call":
        passed = report.passed and not hasattr(report, "wasxfail")
        results[key] = "passed" if passed else "failed"
    elif not report.passed:
        results[key] = "failed"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session):
    returned = yield
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None and not session.config.option.collectonly:
        write_summary(terminal)
    if "PUBLIC_RESULTS" in os.environ:  # set by make_submission.py and grader.py
        rows = {}
        for task in filter(PUBLIC.get, TASKS):
            state, (passed, points, _) = state_of(task)[0], cells_of(task)
            says = state if state == "not started" else f"{passed}, {points} points"
            rows[task] = {"state": state, "says": says}
        Path(os.environ["PUBLIC_RESULTS"]).write_text(json.dumps(rows), encoding="utf-8")
    return returned


def write_summary(terminal):
    width = terminal.config.get_terminal_writer().fullwidth
    encoding = getattr(sys.__stdout__, "encoding", None) or "ascii"
    rule = "\u2500" if "\u2500".encode(encoding, "ignore") else "-"
    states = {task: state_of(task) for task in TASKS}

    def write(line, state=None):
        colour = {COLOURS[state]: True} if state in COLOURS else {}
        terminal.write_line(line.rstrip().encode(encoding, "replace").decode(encoding), **colour)

    write("")
    left = [task for task, (state, _) in states.items() if state == "not started"]
    for task in left:
        write(f"{task}: not started", "not started")
    if left:
        write("")
    head = ["task", "public tests", "points so far", "hidden tests"]
    rows = [[task, *cells_of(task)] for task in TASKS]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    write("  ".join(f"{cell:{size}}" for cell, size in zip(head, widths, strict=True)))
    write("  ".join(rule * size for size in widths))
    for cells in rows:
        state, following = states[cells[0]]
        line = "  ".join(f"{cell:{size}}" for cell, size in zip(cells, widths, strict=True))
        # What to do next stands beside the rest if there is room, and below it if there is not.
        if len(line) + 2 + len(following) < width:
            write(f"{line}  {following}", state)
            continue
        write(line, state)
        for part in textwrap.wrap(following, width - 5, break_on_hyphens=False):
            write(f"    {part}", state)
    write("")
    for line in textwrap.wrap(bottom_line(), width - 1):
        write(line)


def cells_of(task):
    """The row of a task in the table: public tests passed, points so far, hidden points."""
    hidden = f"{show(TASKS[task][2])} points"
    if not PUBLIC[task]:
        return ["none", "", hidden]
    outcomes = outcomes_of(task)
    passed = "not run"
    if outcomes or task in broken:
        passed = f"{list(outcomes.values()).count('passed')} of {len(PUBLIC[task])} passed"
    won = sum(PUBLIC[task][name] for name in outcomes if outcomes[name] == "passed")
    return [passed, f"{show(won)} of {show(sum(PUBLIC[task].values()))}", hidden]


def state_of(task):
    """How a task stands, and what to do next."""
    where, write, _ = TASKS[task]
    section, outcomes = where.partition(", ")[0], outcomes_of(task)
    begin = f"read {section} of README.md, then write {write}"
    left = len(PUBLIC[task]) - len(outcomes)
    failed = [name for name, outcome in outcomes.items() if outcome == "failed"]
    if task in broken:
        return "failed", f"tests/test_{task}.py could not be loaded: mend the error shown above"
    if not PUBLIC[task]:
        return "no public tests", begin
    if not outcomes:
        return "not run", ""
    if set(outcomes.values()) == {"not started"}:
        return "not started", begin
    if failed:
        return "failed", f"look at {failed[0]} above, and at {section} of README.md"
    if "not started" in outcomes.values():
        return "begun", f"a part is not started: {begin}"
    if left:
        return "not all run", f"{left} not run: pytest tests/test_{task}.py"
    return "done", "done so far"


def outcomes_of(task):
    """Test -> outcome, for the tests of a task in this run."""
    return {name: results[task, name] for name in PUBLIC[task] if (task, name) in results}


def bottom_line():
    won, in_run, public = 0, 0, 0
    for task, tests in PUBLIC.items():
        for name, value in tests.items():
            public += value
            in_run += value if task in broken or (task, name) in results else 0
            won += value if results.get((task, name)) == "passed" else 0
    line = f"public tests: {show(won)} of {show(public)} points"
    if show(in_run) != show(public):
        line = f"public tests of this run: {show(won)} of {show(in_run)} points"
        line += f", of {show(public)} in all"
    hidden = show(TOTAL - public)
    return line if hidden == "0" else f"{line}; hidden tests decide the other {hidden}"


def task_of(nodeid):
    """The task that a file of tests is for: tests/test_TASK.py."""
    file = nodeid.partition("::")[0].rpartition("/")[2]
    return file[len("test_") : -len(".py")] if file.startswith("test_") else ""


def show(points):
    return f"{round(points, 2) + 0:.2f}".rstrip("0").rstrip(".")  # + 0: no "-0"
