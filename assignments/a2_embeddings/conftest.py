# Generated together with this assignment: nothing to change here.
"""Ends every run of pytest with your points, task by task, and what to do next.

Run all tests with `pytest`, and those of one task with

    pytest tests/test_co_occurrence.py
    pytest -k co_occurrence

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
PACKAGE = "embeddings"
# The tests import the package, and checks.py, from this folder, wherever pytest was started.
sys.path[:0] = [str(FOLDER), str(FOLDER / "tests")]

# What the whole assignment is worth, hidden tests included.
TOTAL = 100

# Task -> where README.md explains it, what you write, and the points that hidden tests decide.
TASKS = {
    "co_occurrence": [
        "section 1, co_occurrence: counting company",
        "co_occurrence in embeddings/items.py",
        14,
    ],
    "factorization_loss": [
        "section 2, factorization_loss: explaining the counts",
        "factorization_loss in embeddings/items.py",
        17.5,
    ],
    "item_embeddings": [
        "section 3, item_embeddings: the table",
        "ItemEmbeddings in embeddings/items.py",
        10.5,
    ],
    "fit": ["section 4, fit: learning", "fit in embeddings/items.py", 14.0],
    "recommend": [
        "section 5, recommend: what to watch next",
        "recommend in embeddings/items.py",
        14,
    ],
}

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
