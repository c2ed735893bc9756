# Generated together with this assignment: nothing to change here.
"""Ends every run of pytest with your points, task by task.

Run all tests with `pytest`, those of one task with `pytest tests/test_mse_gradients.py`. A test of
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

# The tests import the package `text_classification` from this folder, wherever pytest was started.
sys.path.insert(0, str(Path(__file__).resolve().parent))

# What the whole assignment is worth, hidden tests included.
TOTAL = 100

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
        "test_at_the_threshold_is_class_one": 0.13,
        "test_empty_text": 0.13,
        "test_evaluation_mode_and_back[True]": 0.13,
        "test_evaluation_mode_and_back[False]": 0.13,
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
