# Generated together with this assignment: nothing to change here.
"""Ends every run of pytest with your points, task by task.

Run all tests with `pytest`, those of one task with `pytest tests/test_co_occurrence.py`. A test of
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

# The tests import the package `embeddings` from this folder, wherever pytest was started.
sys.path.insert(0, str(Path(__file__).resolve().parent))

# What the whole assignment is worth, hidden tests included.
TOTAL = 100

# Task -> the points of each of its public tests.
PUBLIC = {
    "co_occurrence": {
        "test_the_example_of_the_handout": 0.75,
        "test_a_repeat_visit_counts_once": 0.75,
        "test_only_ratings_from_min_rating_upwards_count": 0.75,
        "test_items_that_nobody_knows_have_rows_of_zeros": 0.75,
        "test_it_agrees_with_counting_one_pair_at_a_time": 0.75,
        "test_an_item_outside_the_range_is_an_error[-1]": 0.75,
        "test_an_item_outside_the_range_is_an_error[3]": 0.75,
        "test_min_rating_needs_ratings": 0.75,
    },
    "factorization_loss": {
        "test_the_example_of_the_handout": 1.25,
        "test_it_is_the_mean_over_pairs_of_different_items": 1.25,
        "test_the_diagonal_of_the_counts_is_not_looked_at": 1.25,
        "test_it_is_zero_where_the_inner_products_are_the_counts": 1.25,
        "test_one_item_has_no_pairs": 1.25,
        "test_the_gradient_is_that_of_the_formula": 1.25,
    },
    "item_embeddings": {
        "test_it_has_one_parameter_named_weight": 0.57,
        "test_its_state_fits_the_library_module": 0.57,
        "test_it_starts_with_different_small_random_vectors": 0.56,
        "test_it_looks_up_the_rows": 0.56,
        "test_ids_may_have_any_shape": 0.56,
        "test_gradients_reach_the_rows_that_were_looked_up": 0.56,
        "test_an_id_outside_the_table_is_an_error[-1]": 0.56,
        "test_an_id_outside_the_table_is_an_error[3]": 0.56,
    },
    "fit": {
        "test_it_returns_the_loss_before_each_step": 1,
        "test_it_trains_the_model_in_place": 1,
        "test_many_steps_reach_the_target": 1,
        "test_gradients_from_before_do_not_count": 1,
        "test_the_counts_are_converted_and_not_changed": 1,
        "test_no_steps_leave_the_model_as_it_is": 1,
    },
    "recommend": {
        "test_the_example_of_the_handout": 0.75,
        "test_it_ranks_the_other_items_by_score_then_by_id": 0.75,
        "test_a_liked_item_is_never_recommended": 0.75,
        "test_an_item_liked_twice_counts_once": 0.75,
        "test_it_returns_plain_integers_and_leaves_the_model_alone": 0.75,
        "test_a_liked_item_outside_the_table_is_an_error[liked0]": 0.75,
        "test_a_liked_item_outside_the_table_is_an_error[liked1]": 0.75,
        "test_a_negative_k_is_an_error": 0.75,
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
