# Generated together with this assignment: nothing to change here.
"""Ends every run of pytest with your points, task by task, and what to do next.

Run all tests with `pytest`, and those of one task with

    pytest tests/test_greedy_decode.py
    pytest -k greedy_decode

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
PACKAGE = "seq2seq"
# The tests import the package, and checks.py, from this folder, wherever pytest was started.
sys.path[:0] = [str(FOLDER), str(FOLDER / "tests")]

import failures  # noqa: E402


# What the whole assignment is worth, hidden tests included.
TOTAL = 100

# Task -> where README.md explains it, what you write, and the points that hidden tests decide.
TASKS = {
    "greedy_decode": [
        "section 2, greedy_decode: the next best thing",
        "greedy_decode in seq2seq/decoding.py",
        6.3,
    ],
    "sample_decode": [
        "section 3, sample_decode: rolling dice",
        "sample_decode in seq2seq/decoding.py",
        9.8,
    ],
    "beam_search": [
        "section 4, beam_search: several hypotheses at once",
        "beam_search in seq2seq/decoding.py",
        15.4,
    ],
    "parallel_dataset": [
        "section 5, parallel_dataset: where a sentence begins and ends",
        "add_special_tokens and ParallelDataset in seq2seq/batching.py",
        3.5,
    ],
    "pad_batch": [
        "section 6, pad_batch: one tensor for sentences of all lengths",
        "pad_batch in seq2seq/batching.py",
        2.8,
    ],
    "masked_cross_entropy": [
        "section 7, masked_cross_entropy: what counts, and what does not",
        "masked_cross_entropy in seq2seq/batching.py",
        5.6,
    ],
    "corpus_bleu": [
        "section 8, corpus_bleu: how near is it to what people wrote?",
        "corpus_bleu in seq2seq/bleu.py",
        6.3,
    ],
    "additive_attention": [
        "section 9, additive_attention: where to look",
        "AdditiveAttention in seq2seq/attention.py",
        5.6,
    ],
    "luong_attention": [
        "section 10, luong_attention: a product is enough",
        "LuongAttention in seq2seq/attention.py",
        4.9,
    ],
    "encoder": ["section 11, encoder: reading", "Encoder in seq2seq/model.py", 5.6],
    "decoder": ["section 12, decoder: writing one word", "Decoder in seq2seq/model.py", 4.2],
}

# Task -> the points of each of its public tests.
PUBLIC = {
    "greedy_decode": {
        "test_the_example_of_the_handout": 0.45,
        "test_names_of_parameters": 0.45,
        "test_it_stops_at_max_length": 0.45,
        "test_each_token_is_the_most_probable_after_those_before": 0.45,
        "test_it_ends_where_every_token_is_impossible": 0.45,
        "test_a_negative_max_length_is_an_error": 0.45,
    },
    "sample_decode": {
        "test_it_draws_with_the_probabilities_of_the_model": 0.42,
        "test_names_of_parameters": 0.42,
        "test_the_temperature_sharpens_or_flattens[0.6]": 0.42,
        "test_the_temperature_sharpens_or_flattens[4.0]": 0.42,
        "test_top_k_draws_among_the_k_most_probable": 0.42,
        "test_temperature_0_and_top_k_1_are_greedy": 0.42,
        "test_the_generator_decides": 0.42,
        "test_it_stops_at_eos_or_at_max_length": 0.42,
        "test_it_ends_where_every_token_is_impossible": 0.42,
        "test_arguments_out_of_range_are_errors": 0.42,
    },
    "beam_search": {
        "test_the_example_of_the_handout": 0.66,
        "test_names_of_parameters": 0.66,
        "test_the_length_penalty_of_the_handout": 0.66,
        "test_a_wide_beam_finds_everything[True]": 0.66,
        "test_a_wide_beam_finds_everything[False]": 0.66,
        "test_width_1_is_greedy": 0.66,
        "test_a_narrow_beam_asks_for_no_more_than_it_may": 0.66,
        "test_impossible_tokens_are_never_chosen": 0.66,
        "test_max_length_0_and_1": 0.66,
        "test_arguments_out_of_range_are_errors": 0.66,
    },
    "parallel_dataset": {
        "test_the_example_of_the_handout": 0.22,
        "test_arguments_have_the_names_of_the_docstring": 0.22,
        "test_none_leaves_one_out_and_0_does_not": 0.22,
        "test_a_special_token_among_the_ids_is_an_error": 0.21,
        "test_indices_are_those_of_a_list": 0.21,
        "test_as_many_targets_as_sources": 0.21,
        "test_items_are_independent": 0.21,
    },
    "pad_batch": {
        "test_the_example_of_the_handout": 0.24,
        "test_arguments_have_the_names_of_the_docstring": 0.24,
        "test_rows_stay_in_order_and_padding_comes_last": 0.24,
        "test_an_id_that_is_also_pad_counts": 0.24,
        "test_no_sentences_are_an_error": 0.24,
    },
    "masked_cross_entropy": {
        "test_the_example_of_the_handout": 0.4,
        "test_arguments_have_the_names_of_the_docstring": 0.4,
        "test_it_equals_the_mean_over_all_tokens": 0.4,
        "test_further_padding_changes_nothing": 0.4,
        "test_a_model_that_never_writes_padding": 0.4,
        "test_without_tokens_the_loss_is_0": 0.4,
    },
    "corpus_bleu": {
        "test_the_example_of_the_handout": 0.39,
        "test_arguments_have_the_names_of_the_docstring": 0.39,
        "test_the_references_themselves_have_100_points": 0.39,
        "test_a_word_counts_as_often_as_one_reference_has_it": 0.39,
        "test_the_closest_reference_says_how_long_it_should_be": 0.38,
        "test_no_matches_and_no_sentences": 0.38,
        "test_errors": 0.38,
    },
    "additive_attention": {
        "test_the_example_of_the_handout": 0.4,
        "test_arguments_have_the_names_of_the_docstring": 0.4,
        "test_names_and_shapes_of_the_parameters": 0.4,
        "test_each_sentence_attends_to_its_own_places": 0.4,
        "test_without_a_mask_all_places_take_part": 0.4,
        "test_a_sentence_without_places": 0.4,
    },
    "luong_attention": {
        "test_the_examples_of_the_handout": 0.35,
        "test_arguments_have_the_names_of_the_docstring": 0.35,
        "test_names_and_shapes_of_the_parameters": 0.35,
        "test_it_equals_the_library": 0.35,
        "test_a_sentence_without_places": 0.35,
        "test_errors": 0.35,
    },
    "encoder": {
        "test_the_example_of_the_handout": 0.6,
        "test_arguments_have_the_names_of_the_docstring": 0.6,
        "test_the_size_of_the_outputs": 0.6,
        "test_a_batch_gives_what_its_sentences_give_alone": 0.6,
    },
    "decoder": {
        "test_the_example_of_the_handout": 0.45,
        "test_arguments_have_the_names_of_the_docstring": 0.45,
        "test_it_equals_the_equations": 0.45,
        "test_attention_that_is_a_module_is_trained_with_it": 0.45,
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
