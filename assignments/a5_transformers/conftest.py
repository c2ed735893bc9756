# Generated together with this assignment: nothing to change here.
"""Ends every run of pytest with your points, task by task.

Run all tests with `pytest`, those of one task with `pytest tests/test_scaled_dot_product_attention.py`. A test of
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

# The tests import the package `attention_models` from this folder, wherever pytest was started.
sys.path.insert(0, str(Path(__file__).resolve().parent))

# What the whole assignment is worth, hidden tests included.
TOTAL = 100

# Task -> the points of each of its public tests.
PUBLIC = {
    "scaled_dot_product_attention": {
        "test_the_worked_example_of_the_handout": 0.75,
        "test_the_worked_example_without_a_view_of_the_future": 0.75,
        "test_it_equals_the_library[no mask-no batch]": 0.75,
        "test_it_equals_the_library[no mask-batch]": 0.75,
        "test_it_equals_the_library[no mask-batch and heads]": 0.75,
        "test_it_equals_the_library[mask-no batch]": 0.75,
        "test_it_equals_the_library[mask-batch]": 0.75,
        "test_it_equals_the_library[mask-batch and heads]": 0.75,
        "test_weights_are_zero_where_forbidden_and_sum_to_one": 0.75,
        "test_masks_broadcast[shape0]": 0.75,
        "test_masks_broadcast[shape1]": 0.75,
        "test_masks_broadcast[shape2]": 0.75,
        "test_masks_broadcast[shape3]": 0.75,
        "test_a_query_with_nothing_to_look_at_gives_zeros_and_harms_no_gradient": 0.75,
        "test_half_precision": 0.75,
        "test_the_scale_keeps_scores_of_random_vectors_near_one": 0.75,
    },
    "multi_head_attention": {
        "test_it_equals_the_library": 1.1,
        "test_self_attention_in_single_precision": 1.09,
        "test_masks_of_every_shape[(3, 5)]": 1.09,
        "test_masks_of_every_shape[(2, 3, 5)]": 1.09,
        "test_masks_of_every_shape[(2, 1, 5)]": 1.09,
        "test_masks_of_every_shape[(2, 4, 3, 5)]": 1.09,
        "test_masks_of_every_shape[(2, 1, 1, 5)]": 1.09,
        "test_gradients_equal_the_librarys": 1.09,
        "test_dropout_acts_on_the_weights_and_only_in_training": 1.09,
        "test_heads_must_divide_the_features": 1.09,
        "test_a_new_module_starts_with_small_random_weights_and_no_bias": 1.09,
    },
    "causal_mask": {
        "test_three_positions": 1.5,
        "test_every_position_sees_itself_and_what_came_before": 1.5,
    },
    "padding_mask": {
        "test_three_sequences": 0.75,
        "test_a_row_has_as_many_true_as_its_length_and_all_of_them_first": 0.75,
        "test_any_integers[dtype0]": 0.75,
        "test_any_integers[dtype1]": 0.75,
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
