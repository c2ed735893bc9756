# Generated together with this assignment: nothing to change here.
"""Ends every run of pytest with your points, task by task, and what to do next.

Run all tests with `pytest`, and those of one task with

    pytest tests/test_mse_gradients.py
    pytest -k mse_gradients

What fails is told in the order of the handout, one cause once. A run of all tests tells only as much
as fits on a page; a run of one task tells everything, and `pytest --tb=long` tells it in pytest's
own way.
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
PACKAGE = "text_classification"
# The tests import the package, and checks.py, from this folder, wherever pytest was started.
sys.path[:0] = [str(FOLDER), str(FOLDER / "tests")]

import failures  # noqa: E402


# What the whole assignment is worth, hidden tests included.
TOTAL = 100

# Task -> where README.md explains it, what you write, and the points that hidden tests decide.
TASKS = {
    "mse_gradients": [
        "section 1, mse_gradients, linear_regression: one gradient, by hand",
        "mse_gradients in text_classification/regression.py",
        5.6,
    ],
    "linear_regression": [
        "section 1, mse_gradients, linear_regression: one gradient, by hand",
        "LinearRegression in text_classification/regression.py",
        4.2,
    ],
    "train_step": [
        "section 2, train_step: five moves",
        "train_step in text_classification/regression.py",
        5.6,
    ],
    "tokenize": [
        "section 3, tokenize, remove_stop_words: tokens",
        "tokenize in text_classification/preprocess.py",
        2.8,
    ],
    "remove_stop_words": [
        "section 3, tokenize, remove_stop_words: tokens",
        "remove_stop_words in text_classification/preprocess.py",
        1.4,
    ],
    "mask_rare_words": [
        "section 4, mask_rare_words, prepare: words that are too rare",
        "mask_rare_words in text_classification/preprocess.py",
        4.2,
    ],
    "prepare": [
        "section 4, mask_rare_words, prepare: words that are too rare",
        "prepare in text_classification/preprocess.py",
        2.8,
    ],
    "vocabulary": [
        "section 5, vocabulary: from tokens to ids",
        "Vocabulary in text_classification/preprocess.py",
        8.4,
    ],
    "one_hot": [
        "section 6, one_hot, bag_of_words, review_dataset: a bag of words",
        "one_hot in text_classification/bag_of_words.py",
        3.5,
    ],
    "bag_of_words": [
        "section 6, one_hot, bag_of_words, review_dataset: a bag of words",
        "bag_of_words in text_classification/bag_of_words.py",
        3.5,
    ],
    "review_dataset": [
        "section 6, one_hot, bag_of_words, review_dataset: a bag of words",
        "ReviewDataset in text_classification/bag_of_words.py",
        7,
    ],
    "feed_forward_classifier": [
        "section 7, feed_forward_classifier: the network",
        "FeedForwardClassifier in text_classification/classifier.py",
        7,
    ],
    "train_epoch": [
        "section 8, train_epoch, evaluate, predict_sentiment: training and measuring",
        "train_epoch in text_classification/classifier.py",
        5.6,
    ],
    "evaluate": [
        "section 8, train_epoch, evaluate, predict_sentiment: training and measuring",
        "evaluate in text_classification/classifier.py",
        4.9,
    ],
    "predict_sentiment": [
        "section 8, train_epoch, evaluate, predict_sentiment: training and measuring",
        "predict_sentiment in text_classification/classifier.py",
        3.5,
    ],
}

# Task -> the points of each of its public tests.
PUBLIC = {
    "mse_gradients": {
        "test_worked_example": 0.8,
        "test_two_features": 0.8,
        "test_equals_autograd": 0.8,
    },
    "linear_regression": {
        "test_worked_example": 0.45,
        "test_parameters_are_named_and_shaped_as_in_the_library": 0.45,
        "test_equals_the_library_with_gradients": 0.45,
        "test_two_models_start_differently_and_small": 0.45,
    },
    "train_step": {
        "test_worked_example": 0.48,
        "test_second_step_starts_afresh": 0.48,
        "test_uses_the_loss_and_the_optimizer_that_it_gets": 0.48,
        "test_returns_a_plain_number": 0.48,
        "test_finds_the_line": 0.48,
    },
    "tokenize": {
        "test_examples[Don't stop, DON'T!-tokens0]": 0.11,
        "test_examples[A good film.A bad one?-tokens1]": 0.11,
        "test_examples[10/10 in 1994-tokens2]": 0.11,
        "test_examples[well-made-tokens3]": 0.11,
        "test_examples['quoted' words' end-tokens4]": 0.11,
        "test_examples[rock'n'roll-tokens5]": 0.11,
        "test_examples[tabs\\tand\\nlines-tokens6]": 0.11,
        "test_examples[snake_case-tokens7]": 0.11,
        "test_no_token_at_all": 0.11,
        "test_finds_words_between_anything": 0.11,
        "test_tokens_have_their_form": 0.1,
    },
    "remove_stop_words": {
        "test_example": 0.12,
        "test_whole_words_only": 0.12,
        "test_nothing_to_remove": 0.12,
        "test_everything_removed": 0.12,
        "test_two_removals_are_one": 0.12,
    },
    "mask_rare_words": {
        "test_handout_example": 0.23,
        "test_longest_suffix_in_any_order[suffixes0]": 0.23,
        "test_longest_suffix_in_any_order[suffixes1]": 0.23,
        "test_longest_suffix_in_any_order[suffixes2]": 0.23,
        "test_token_equal_to_a_suffix": 0.22,
        "test_only_the_end_counts": 0.22,
        "test_no_suffixes": 0.22,
        "test_one_token_in_one_token_out": 0.22,
    },
    "prepare": {
        "test_example": 0.4,
        "test_stop_words_leave_no_mask_behind": 0.4,
        "test_each_step_is_the_one_given": 0.4,
    },
    "vocabulary": {
        "test_handout_example": 0.36,
        "test_unknown_tokens": 0.36,
        "test_contains": 0.36,
        "test_min_count_is_inclusive": 0.36,
        "test_max_size_counts_the_specials": 0.36,
        "test_specials_are_yours_to_choose": 0.36,
        "test_special_among_the_tokens": 0.36,
        "test_decode_refuses_what_is_no_id": 0.36,
        "test_nothing_to_count": 0.36,
        "test_decoding_undoes_encoding": 0.36,
    },
    "one_hot": {
        "test_example": 0.38,
        "test_no_ids": 0.38,
        "test_ids_outside_the_vocabulary": 0.37,
        "test_equals_the_library": 0.37,
    },
    "bag_of_words": {
        "test_handout_example": 0.3,
        "test_no_ids": 0.3,
        "test_ids_outside_the_vocabulary": 0.3,
        "test_counts_every_occurrence": 0.3,
        "test_order_means_nothing": 0.3,
    },
    "review_dataset": {
        "test_items": 0.5,
        "test_indices_are_those_of_a_list": 0.5,
        "test_iteration_ends": 0.5,
        "test_as_many_labels_as_reviews": 0.5,
        "test_items_are_independent": 0.5,
        "test_in_a_shuffling_loader": 0.5,
    },
    "feed_forward_classifier": {
        "test_worked_example": 0.75,
        "test_default_layers": 0.75,
        "test_equals_library_layers_with_gradients": 0.75,
        "test_dropout_only_while_training": 0.75,
    },
    "train_epoch": {
        "test_three_steps_by_hand": 0.48,
        "test_short_last_batch_weighs_little": 0.48,
        "test_clipping_bounds_the_step": 0.48,
        "test_training_mode": 0.48,
        "test_loss_falls": 0.48,
    },
    "evaluate": {
        "test_worked_example": 0.21,
        "test_batches_do_not_matter[cuts0]": 0.21,
        "test_batches_do_not_matter[cuts1]": 0.21,
        "test_batches_do_not_matter[cuts2]": 0.21,
        "test_batches_do_not_matter[cuts3]": 0.21,
        "test_batches_do_not_matter[cuts4]": 0.21,
        "test_logit_of_zero_is_class_zero": 0.21,
        "test_evaluation_mode_and_back[True]": 0.21,
        "test_evaluation_mode_and_back[False]": 0.21,
        "test_changes_nothing": 0.21,
    },
    "predict_sentiment": {
        "test_examples[Good good popcorn-2-1]": 0.14,
        "test_examples[good bad--1-0]": 0.14,
        "test_examples[BAD--2-0]": 0.14,
        "test_threshold[0.7-1]": 0.14,
        "test_threshold[0.75-0]": 0.14,
        "test_threshold[0.0-1]": 0.14,
        "test_threshold[1.0-0]": 0.14,
        "test_at_the_threshold_is_class_zero": 0.13,
        "test_empty_text": 0.13,
        "test_evaluation_mode_and_back[True]": 0.13,
        "test_evaluation_mode_and_back[False]": 0.13,
    },
}

SLOW = 30  # seconds after which a test that is still running is talked about
PAGE = 60  # lines that a run of several tasks prints at most
COLOURS = {"done": "green", "failed": "red", "not started": "yellow"}

# (task, test) -> "passed", "failed" or "not started", for the tests of this run.
results = {}
# (task, test) -> what there is to say, for the tests that failed; a task of "" for tests of yours.
notes = {}
# The tasks whose file of tests could not be loaded, because the import of your module failed, say.
broken = set()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config, items):
    """The tasks in the order of the handout; `-k TASK` means that task, and not every test with its
    name in it."""
    items.sort(key=lambda item: place_of(task_of(item.nodeid)))
    task = config.option.keyword
    if task in TASKS:
        others = [item for item in items if task_of(item.nodeid) != task]
        items[:] = [item for item in items if task_of(item.nodeid) == task]
        config.hook.pytest_deselected(items=others)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    if report.failed:
        error = report.call.excinfo.value
        report.note = failures.note_of(error.__cause__ or error, FOLDER, PACKAGE)
    return report


def pytest_collectreport(report):
    if report.failed:
        note_failure(report)
        if task_of(report.nodeid) in TASKS:
            broken.add(task_of(report.nodeid))


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
    # Otherwise Hypothesis offers a patch of the tests, with which nobody can do anything here.
    vars(item).pop("_hypothesis_failing_examples", None)
    report = yield
    if not report.failed or call.excinfo is None:
        return report
    report.note = failures.note_of(call.excinfo.value, FOLDER, PACKAGE, report.capstdout)
    stub = report.note["stub"]
    if stub in TASKS and stub == task_of(item.nodeid):
        report.not_started = True
        report.longrepr = f"{stub}: not started"
    elif stub in TASKS:
        report.note["text"] = [f"Your code uses {stub}, which is not started."]
    return report


def pytest_report_teststatus(report):
    if hasattr(report, "not_started"):
        return "not started", "n", ("NOT STARTED", {"yellow": True})
    return None


def pytest_runtest_logreport(report):
    key = task_of(report.nodeid), report.nodeid.partition("::")[2]
    if report.failed and not hasattr(report, "not_started"):
        note_failure(report)
    if key[1] not in PUBLIC.get(key[0], {}):
        return
    if hasattr(report, "not_started"):
        results[key] = "not started"
    elif report.when == "call":
        passed = report.passed and not hasattr(report, "wasxfail")
        results[key] = "passed" if passed else "failed"
    elif not report.passed:
        results[key] = "failed"


def note_failure(report):
    task, test = task_of(report.nodeid), report.nodeid.partition("::")[2]
    key = (task, test) if task in TASKS else ("", report.nodeid)
    if hasattr(report, "note"):
        notes.setdefault(key, report.note)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session):
    returned = yield
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None and not session.config.option.collectonly:
        write_summary(terminal)
    if "PUBLIC_RESULTS" in os.environ:  # set by make_submission.py and grader.py
        rows = {}
        for task in filter(PUBLIC.get, TASKS):
            state, (passed, points, _, _) = state_of(task), cells_of(task)
            says = state if state == "not started" else f"{passed} passed, {points} points"
            told = failures.tell(notes_of(task), sections(), 100)
            rows[task] = {"state": state, "says": says, "told": told}
        Path(os.environ["PUBLIC_RESULTS"]).write_text(json.dumps(rows), encoding="utf-8")
    return returned


def write_summary(terminal):
    width = terminal.config.get_terminal_writer().fullwidth
    encoding = getattr(sys.__stdout__, "encoding", None) or "ascii"
    rule = "\u2500" if "\u2500".encode(encoding, "ignore") else "-"

    def write(line="", state=None):
        colour = {COLOURS[state]: True} if state in COLOURS else {}
        terminal.write_line(line.rstrip().encode(encoding, "replace").decode(encoding), **colour)

    ran = [task for task in TASKS if state_of(task) != "not run"] or list(TASKS)
    last = [line for text in closing(ran) for line in textwrap.wrap(text, width - 1)]
    if terminal.config.option.tbstyle == "no":  # else pytest itself has told everything
        # Above and below it stand the progress of the tests, the table, and empty lines.
        room = PAGE - len(ran) - len(last) - 12 if len(ran) > 1 else None
        for line in failures.tell(notes_of(*TASKS, ""), sections(), width, room):
            write(line, "failed" if line and not line.startswith(" ") else None)
    write()
    head = ["task", "public tests", "points", "hidden", "README.md"]
    rows = [[task, *cells_of(task)] for task in ran]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    write("  ".join(f"{cell:{size}}" for cell, size in zip(head, widths, strict=True)))
    write("  ".join(rule * size for size in widths))
    for cells in rows:
        line = "  ".join(f"{cell:{size}}" for cell, size in zip(cells, widths, strict=True))
        write(line, state_of(cells[0]))
    write()
    for line in last:
        write(line)


def cells_of(task):
    """The row of a task in the table, after its name."""
    hidden, section = f"{show(TASKS[task][2])} points", sections()[task]
    if not PUBLIC[task]:
        return ["none", "", hidden, section]
    outcomes, state = outcomes_of(task), state_of(task)
    passed = f"{list(outcomes.values()).count('passed')} of {len(PUBLIC[task])}"
    if state in ("not run", "not started"):
        passed = state
    won = sum(PUBLIC[task][name] for name in outcomes if outcomes[name] == "passed")
    return [passed, f"{show(won)} of {show(sum(PUBLIC[task].values()))}", hidden, section]


def state_of(task):
    """How a task stands."""
    outcomes = outcomes_of(task)
    if not PUBLIC[task]:
        return "no public tests"
    if task in broken or "failed" in outcomes.values():
        return "failed"
    if not outcomes:
        return "not run"
    if "not started" in outcomes.values():
        begun = set(outcomes.values()) != {"not started"}
        return "begun" if begun else "not started"
    return "done" if len(outcomes) == len(PUBLIC[task]) else "not all run"


def closing(ran):
    """What to do next, and the points."""
    # What was begun comes before what was not.
    left = sorted(ran, key=lambda task: state_of(task) not in ("failed", "begun"))
    following = next(filter(None, map(what_to_do, left)), None)
    return [f"next: {following}"] * bool(following) + [bottom_line()]


def what_to_do(task):
    """What is to be done about a task, or None."""
    state, (where, write, _) = state_of(task), TASKS[task]
    if task in broken:
        return f"mend the error above, so that tests/test_{task}.py can be loaded"
    if state == "failed":
        failed = next(test for test, outcome in outcomes_of(task).items() if outcome == "failed")
        return f"{task}: look at {failed} above, and read {sections()[task]} of README.md"
    if state in ("not started", "begun"):
        part = "a part is not started; " if state == "begun" else ""
        return f"{task}: {part}read {sections()[task]} of README.md, then write {write}"
    if state == "not all run":
        left = len(PUBLIC[task]) - len(outcomes_of(task))
        return f"{task}: {left} of its tests did not run: pytest tests/test_{task}.py"
    return None


def sections():
    """Task -> the section of README.md on it, by its number if it has one."""
    return {task: where.partition(", ")[0] for task, (where, _, _) in TASKS.items()}


def notes_of(*tasks):
    """What there is to say of some tasks, in their order."""
    return {key: notes[key] for task in tasks for key in notes if key[0] == task}


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


def place_of(task):
    """Where a task stands in the handout; what is no task comes last."""
    return [*TASKS, task].index(task)


def task_of(nodeid):
    """The task that a file of tests is for: tests/test_TASK.py."""
    file = nodeid.partition("::")[0].rpartition("/")[2]
    return file[len("test_") : -len(".py")] if file.startswith("test_") else ""


def show(points):
    return f"{round(points, 2) + 0:.2f}".rstrip("0").rstrip(".")  # + 0: no "-0"
