# Generated together with this assignment: nothing to change here.
"""Ends every run of pytest with your points, task by task.

Run all tests with `pytest`, those of one task with `pytest tests/test_greedy_decode.py`. A test of
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

# The tests import the package `seq2seq` from this folder, wherever pytest was started.
sys.path.insert(0, str(Path(__file__).resolve().parent))

# What the whole assignment is worth, hidden tests included.
TOTAL = 100

# Task -> the points of each of its public tests.
PUBLIC = {
    "greedy_decode": {
        "test_the_example_of_the_handout": 1,
        "test_it_stops_at_max_length": 1,
        "test_with_max_length_0_there_is_no_call": 1,
        "test_each_token_is_the_most_probable_after_those_before": 1,
        "test_it_ends_where_every_token_is_impossible": 1,
        "test_a_negative_max_length_is_an_error": 1,
    },
    "sample_decode": {
        "test_it_draws_with_the_probabilities_of_the_model": 0.7,
        "test_the_temperature_sharpens_or_flattens[0.6]": 0.7,
        "test_the_temperature_sharpens_or_flattens[4.0]": 0.7,
        "test_top_k_draws_among_the_k_most_probable": 0.69,
        "test_temperature_0_and_top_k_1_are_greedy[options0]": 0.69,
        "test_temperature_0_and_top_k_1_are_greedy[options1]": 0.69,
        "test_temperature_0_and_top_k_1_are_greedy[options2]": 0.69,
        "test_the_generator_decides": 0.69,
        "test_it_stops_at_eos_or_at_max_length": 0.69,
        "test_it_ends_where_every_token_is_impossible": 0.69,
        "test_arguments_out_of_range_are_errors[wrong0]": 0.69,
        "test_arguments_out_of_range_are_errors[wrong1]": 0.69,
        "test_arguments_out_of_range_are_errors[wrong2]": 0.69,
    },
    "beam_search": {
        "test_the_example_of_the_handout": 1.37,
        "test_the_length_penalty_of_the_handout": 1.37,
        "test_a_wide_beam_finds_everything[True]": 1.37,
        "test_a_wide_beam_finds_everything[False]": 1.37,
        "test_width_1_is_greedy": 1.36,
        "test_a_narrow_beam_asks_for_no_more_than_it_may": 1.36,
        "test_impossible_tokens_are_never_chosen": 1.36,
        "test_with_max_length_0_there_is_only_the_empty_hypothesis": 1.36,
        "test_arguments_out_of_range_are_errors[0-3]": 1.36,
        "test_arguments_out_of_range_are_errors[-1-3]": 1.36,
        "test_arguments_out_of_range_are_errors[2--1]": 1.36,
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
