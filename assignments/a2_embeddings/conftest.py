# Generated together with this assignment: nothing to change here.
"""Ends every run of pytest with your points, task by task, and what to do next.

Run all tests with `pytest`, and those of one task with

    pytest tests/test_co_occurrence.py
    pytest -k co_occurrence

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
PACKAGE = "embeddings"
# The tests import the package, and checks.py, from this folder, wherever pytest was started.
sys.path[:0] = [str(FOLDER), str(FOLDER / "tests")]

import failures  # noqa: E402


# What the whole assignment is worth, hidden tests included.
TOTAL = 100

# Task -> where README.md explains it, what you write, and the points that hidden tests decide.
TASKS = {
    "co_occurrence": [
        "section 1, co_occurrence: counting company",
        "co_occurrence in embeddings/items.py",
        4.2,
    ],
    "factorization_loss": [
        "section 2, factorization_loss: explaining the counts",
        "factorization_loss in embeddings/items.py",
        4.9,
    ],
    "item_embeddings": [
        "section 3, item_embeddings: the table",
        "ItemEmbeddings in embeddings/items.py",
        2.8,
    ],
    "fit": ["section 4, fit: learning", "fit in embeddings/items.py", 3.5],
    "recommend": [
        "section 5, recommend: what to watch next",
        "recommend in embeddings/items.py",
        4.2,
    ],
    "skipgram_pairs": [
        "section 6, skipgram_pairs: every word and its neighbours",
        "draw_windows and skipgram_pairs in embeddings/pairs.py",
        4.2,
    ],
    "cbow_examples": [
        "section 7, cbow_examples: all neighbours at once",
        "cbow_examples in embeddings/pairs.py",
        3.5,
    ],
    "subsample": [
        "section 8, subsample: fewer of the frequent words",
        "subsample_probability and subsample in embeddings/pairs.py",
        3.5,
    ],
    "noise": [
        "section 9, noise: words to compare with",
        "noise_distribution and sample_noise in embeddings/pairs.py",
        3.5,
    ],
    "skip_gram": ["section 10, skip_gram: two tables", "SkipGram in embeddings/word2vec.py", 2.1],
    "cbow": ["section 11, cbow: the mean of the neighbours", "CBOW in embeddings/word2vec.py", 4.2],
    "negative_sampling_loss": [
        "section 12, negative_sampling_loss: a question with two answers",
        "negative_sampling_loss in embeddings/word2vec.py",
        4.2,
    ],
    "train_skipgram": [
        "section 13, train_skipgram: learning in batches",
        "train_skipgram in embeddings/word2vec.py",
        5.6,
    ],
    "parse_vectors": [
        "section 14, parse_vectors: vectors that others have trained",
        "parse_vectors in embeddings/vectors.py",
        4.9,
    ],
    "cosine_similarity": [
        "section 15, cosine_similarity: angles",
        "cosine_similarity in embeddings/vectors.py",
        2.8,
    ],
    "most_similar": [
        "section 16, most_similar: neighbours",
        "most_similar in embeddings/vectors.py",
        2.1,
    ],
    "analogy": [
        "section 17, analogy: man is to king as woman is to ...?",
        "analogy in embeddings/vectors.py",
        2.8,
    ],
    "autoencoder": [
        "section 18, autoencoder: through a narrow place and back",
        "Autoencoder in embeddings/autoencoder.py",
        4.9,
    ],
    "reconstruction_loss": [
        "section 19, reconstruction_loss: the error over what is known",
        "reconstruction_loss in embeddings/autoencoder.py",
        2.1,
    ],
}

# Task -> the points of each of its public tests.
PUBLIC = {
    "co_occurrence": {
        "test_the_example_of_the_handout": 0.2,
        "test_a_repeat_visit_counts_once": 0.2,
        "test_only_ratings_from_min_rating_upwards_count": 0.2,
        "test_items_that_nobody_knows_have_rows_of_zeros": 0.2,
        "test_it_agrees_with_counting_one_pair_at_a_time": 0.2,
        "test_an_item_outside_the_range_is_an_error[-1]": 0.2,
        "test_an_item_outside_the_range_is_an_error[3]": 0.2,
        "test_min_rating_needs_ratings": 0.2,
        "test_arguments_have_the_names_of_the_docstring": 0.2,
    },
    "factorization_loss": {
        "test_the_example_of_the_handout": 0.3,
        "test_it_is_the_mean_over_pairs_of_different_items": 0.3,
        "test_the_diagonal_of_the_counts_is_not_looked_at": 0.3,
        "test_it_is_zero_where_the_inner_products_are_the_counts": 0.3,
        "test_one_item_has_no_pairs": 0.3,
        "test_the_gradient_is_that_of_the_formula": 0.3,
        "test_arguments_have_the_names_of_the_docstring": 0.3,
    },
    "item_embeddings": {
        "test_it_has_one_parameter_named_weight": 0.14,
        "test_its_state_fits_the_library_module": 0.14,
        "test_it_starts_with_different_small_random_vectors": 0.14,
        "test_it_looks_up_the_rows": 0.13,
        "test_ids_may_have_any_shape": 0.13,
        "test_gradients_reach_the_rows_that_were_looked_up": 0.13,
        "test_an_id_outside_the_table_is_an_error[-1]": 0.13,
        "test_an_id_outside_the_table_is_an_error[3]": 0.13,
        "test_arguments_have_the_names_of_the_docstring": 0.13,
    },
    "fit": {
        "test_it_returns_the_loss_before_each_step": 0.22,
        "test_it_trains_the_model_in_place": 0.22,
        "test_many_steps_reach_the_target": 0.22,
        "test_gradients_from_before_do_not_count": 0.21,
        "test_the_counts_are_converted_and_not_changed": 0.21,
        "test_no_steps_leave_the_model_as_it_is": 0.21,
        "test_arguments_have_the_names_of_the_docstring": 0.21,
    },
    "recommend": {
        "test_the_example_of_the_handout": 0.2,
        "test_it_ranks_the_other_items_by_score_then_by_id": 0.2,
        "test_a_liked_item_is_never_recommended": 0.2,
        "test_an_item_liked_twice_counts_once": 0.2,
        "test_it_returns_plain_integers_and_leaves_the_model_alone": 0.2,
        "test_a_liked_item_outside_the_table_is_an_error[liked0]": 0.2,
        "test_a_liked_item_outside_the_table_is_an_error[liked1]": 0.2,
        "test_a_negative_k_is_an_error": 0.2,
        "test_arguments_have_the_names_of_the_docstring": 0.2,
    },
    "skipgram_pairs": {
        "test_the_example_of_the_handout": 0.26,
        "test_arguments_have_the_names_of_the_docstring": 0.26,
        "test_a_word_can_be_its_own_neighbour": 0.26,
        "test_it_agrees_with_asking_every_two_positions": 0.26,
        "test_wrong_windows_are_errors": 0.26,
        "test_windows_are_drawn_evenly": 0.25,
        "test_the_generator_decides": 0.25,
    },
    "cbow_examples": {
        "test_the_example_of_the_handout": 0.22,
        "test_arguments_have_the_names_of_the_docstring": 0.22,
        "test_it_agrees_with_collecting_neighbours_one_by_one": 0.22,
        "test_without_neighbours_there_are_no_examples[words0-2]": 0.21,
        "test_without_neighbours_there_are_no_examples[words1-2]": 0.21,
        "test_without_neighbours_there_are_no_examples[words2-0]": 0.21,
        "test_a_pad_that_is_a_word_and_a_negative_window_are_errors": 0.21,
    },
    "subsample": {
        "test_the_example_of_the_handout": 0.22,
        "test_arguments_have_the_names_of_the_docstring": 0.22,
        "test_the_probabilities_are_those_of_the_formula": 0.22,
        "test_each_occurrence_is_kept_with_its_probability": 0.21,
        "test_what_is_kept_stays_in_order": 0.21,
        "test_the_generator_decides": 0.21,
        "test_wrong_arguments_are_errors": 0.21,
    },
    "noise": {
        "test_the_example_of_the_handout": 0.22,
        "test_arguments_have_the_names_of_the_docstring": 0.22,
        "test_the_distribution_is_that_of_the_formula": 0.22,
        "test_noise_is_drawn_from_the_distribution": 0.21,
        "test_there_may_be_more_noise_than_words_or_none": 0.21,
        "test_the_generator_decides": 0.21,
        "test_without_a_word_that_occurs_there_is_no_distribution": 0.21,
    },
    "skip_gram": {
        "test_the_example_of_the_handout": 0.13,
        "test_arguments_have_the_names_of_the_docstring": 0.13,
        "test_it_has_two_tables_and_nothing_else": 0.13,
        "test_words_start_with_different_random_vectors": 0.13,
        "test_it_equals_products_one_by_one": 0.13,
        "test_an_id_outside_the_table_is_an_error[-1]": 0.13,
        "test_an_id_outside_the_table_is_an_error[3]": 0.12,
    },
    "cbow": {
        "test_the_example_of_the_handout": 0.26,
        "test_arguments_have_the_names_of_the_docstring": 0.26,
        "test_it_has_two_tables_and_nothing_else": 0.26,
        "test_it_averages_the_words_of_each_row": 0.26,
        "test_a_row_of_padding_only_has_logits_and_gradients_of_0": 0.26,
        "test_an_id_outside_the_table_is_an_error[-1]": 0.25,
        "test_an_id_outside_the_table_is_an_error[3]": 0.25,
    },
    "negative_sampling_loss": {
        "test_the_example_of_the_handout": 0.36,
        "test_arguments_have_the_names_of_the_docstring": 0.36,
        "test_it_is_the_formula": 0.36,
        "test_very_sure_and_very_wrong_answers": 0.36,
        "test_gradients_reach_all_three_arguments": 0.36,
    },
    "train_skipgram": {
        "test_epochs_of_one_batch_are_steps_of_adam": 0.3,
        "test_one_optimizer_serves_all_batches": 0.3,
        "test_arguments_have_the_names_of_the_docstring": 0.3,
        "test_every_pair_is_used_once_in_each_epoch": 0.3,
        "test_orders_are_random_and_follow_the_generator": 0.3,
        "test_a_short_batch_weighs_less": 0.3,
        "test_no_epochs_no_pairs_and_no_batches": 0.3,
        "test_gradients_from_before_do_not_count": 0.3,
    },
    "parse_vectors": {
        "test_the_example_of_the_handout": 0.11,
        "test_arguments_have_the_names_of_the_docstring": 0.11,
        "test_a_header_is_no_vector": 0.11,
        "test_only_the_plain_space_parts_fields[\\xa0]": 0.11,
        "test_only_the_plain_space_parts_fields[\\t]": 0.11,
        "test_only_the_plain_space_parts_fields[\\u3000]": 0.11,
        "test_only_the_plain_space_parts_fields[\\u2028]": 0.11,
        "test_words_and_rows_stay_together": 0.11,
        "test_max_words_stops_reading": 0.11,
        "test_a_malformed_line_is_named[lines0-2]": 0.11,
        "test_a_malformed_line_is_named[lines1-3]": 0.1,
        "test_a_malformed_line_is_named[lines2-2]": 0.1,
        "test_a_malformed_line_is_named[lines3-2]": 0.1,
        "test_a_malformed_line_is_named[lines4-2]": 0.1,
        "test_a_malformed_line_is_named[lines5-3]": 0.1,
        "test_a_malformed_line_is_named[lines6-1]": 0.1,
        "test_a_malformed_line_is_named[lines7-1]": 0.1,
        "test_a_malformed_line_is_named[lines8-1]": 0.1,
        "test_a_malformed_line_is_named[lines9-1]": 0.1,
        "test_no_lines_are_an_error": 0.1,
    },
    "cosine_similarity": {
        "test_the_example_of_the_handout": 0.2,
        "test_arguments_have_the_names_of_the_docstring": 0.2,
        "test_leading_axes_are_broadcast": 0.2,
        "test_lengths_do_not_matter": 0.2,
        "test_zero_vectors_have_cosine_0_and_finite_gradients": 0.2,
        "test_the_gradient_turns_and_does_not_stretch": 0.2,
    },
    "most_similar": {
        "test_the_example_of_the_handout": 0.12,
        "test_arguments_have_the_names_of_the_docstring": 0.12,
        "test_equal_cosines_come_by_the_lower_row": 0.11,
        "test_excluded_rows_make_room_for_others": 0.11,
        "test_the_last_row_may_be_excluded": 0.11,
        "test_it_ranks_by_angle": 0.11,
        "test_results_are_plain_numbers": 0.11,
        "test_wrong_arguments_are_errors": 0.11,
    },
    "analogy": {
        "test_the_example_of_the_handout": 0.2,
        "test_arguments_have_the_names_of_the_docstring": 0.2,
        "test_it_excludes_the_three_words_and_passes_k_on": 0.2,
        "test_long_words_do_not_outshout_short_ones": 0.2,
        "test_a_row_of_zeros_stays_zeros": 0.2,
        "test_a_row_outside_the_table_is_an_error": 0.2,
    },
    "autoencoder": {
        "test_the_example_of_the_handout": 0.3,
        "test_arguments_have_the_names_of_the_docstring": 0.3,
        "test_names_and_shapes_of_the_parameters": 0.3,
        "test_it_equals_layers_of_the_library": 0.3,
        "test_tied_weights_stay_tied": 0.3,
        "test_both_uses_of_a_tied_weight_have_gradients": 0.3,
        "test_one_size_is_an_error": 0.3,
    },
    "reconstruction_loss": {
        "test_the_example_of_the_handout": 0.18,
        "test_arguments_have_the_names_of_the_docstring": 0.18,
        "test_it_is_the_mean_over_known_elements": 0.18,
        "test_unknown_targets_may_hold_anything": 0.18,
        "test_nothing_known_is_a_loss_of_0": 0.18,
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
