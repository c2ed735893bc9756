# Generated together with this assignment: nothing to change here.
"""Ends every run of pytest with your points, task by task.

Run all tests with `pytest`, those of one task with `pytest tests/test_rnn_cell.py`. A test of
something that you have not begun takes one line; the others show where they failed.
"""

import re
import sys
from pathlib import Path

import pytest

try:
    from hypothesis import HealthCheck, Phase, settings
except ImportError:  # the tests that need it will say so
    pass
else:
    # The same examples in every run, so that a failure stays until it is mended; as much time as
    # a slow laptop needs; and no search for what else would fail, which takes seconds each time.
    settings.register_profile(
        "assignment",
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("assignment")

# The tests import the package `recurrent` from this folder, wherever pytest was started.
sys.path.insert(0, str(Path(__file__).resolve().parent))

# What the whole assignment is worth, hidden tests included.
TOTAL = 100

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

# (task, test) -> "passed", "failed" or "not started", for the tests of this run.
results = {}
# The tasks whose file of tests could not be loaded, because the import of your module failed, say.
broken = set()


def pytest_collectreport(report):
    task = task_of(report.nodeid)
    if report.failed and task in PUBLIC:
        broken.add(task)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    if call.excinfo is not None and call.excinfo.errisinstance(NotImplementedError):
        match = re.fullmatch(r"(\w+): not started", str(call.excinfo.value))
        if match and match[1] in PUBLIC:
            report.not_started = True
            report.longrepr = match[0]
    return report


def pytest_report_teststatus(report):
    if getattr(report, "not_started", False):
        return "not started", "n", "NOT STARTED"
    return None


def pytest_runtest_logreport(report):
    key = task_of(report.nodeid), report.nodeid.partition("::")[2]
    if key[1] not in PUBLIC.get(key[0], {}):
        return
    if getattr(report, "not_started", False):
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
    return returned


def write_summary(terminal):
    if terminal.verbosity <= 0:  # with -v, pytest has said so already
        for report in terminal.stats.get("not started", []):
            terminal.write_line(f"NOT STARTED {report.nodeid}")
    rows = [(task, status_of(task), points_of(task)) for task in PUBLIC]
    widths = [max(len(row[column]) for row in rows) for column in range(2)]
    terminal.write_line("")
    for task, status, points in rows:
        terminal.write_line(f"{task:{widths[0]}}  {status:{widths[1]}}  {points}")
    terminal.write_line("")
    terminal.write_line(bottom_line())


def status_of(task):
    outcomes = [results[task, name] for name in PUBLIC[task] if (task, name) in results]
    left = len(PUBLIC[task]) - len(outcomes)
    if task in broken:
        return "could not be loaded"
    if not PUBLIC[task]:
        return "no public tests"
    if not outcomes:
        return "not run"
    if set(outcomes) == {"not started"}:
        status = "not started"
    else:
        status = f"{outcomes.count('passed')} of {len(PUBLIC[task])} passed"
    return f"{status}, {left} not run" if left else status


def points_of(task):
    won = [value for name, value in PUBLIC[task].items() if results.get((task, name)) == "passed"]
    return f"{show(sum(won))} of {show(sum(PUBLIC[task].values()))} points"


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
