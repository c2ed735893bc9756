"""Gradebooks and differences, from folders of results as `autograder grade -o` writes them."""

import csv
import io
import json
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner

from autograder.cli.main import main
from autograder.course.course import Course
from autograder.course.policy import Late
from autograder.results.gradebook import Grade, GradebookError, as_csv, penalty, read_grades
from tests.autograder.minicourse import GRADING, write_course

DUE = "2026-11-20T23:59:00+01:00"
POLICY = f'{{due: "{DUE}", grace: 15min, per_day: 0.1, cap: 0.25}}'
LATE = Late(due=DUE, grace="15min", per_day=0.1, cap=0.25)
CLASS = {
    "ann": (
        {"name": "Ann", "sid": "7", "email": "ann@example.org"},
        "2026-11-20T22:00:00+00:00",
        30.0,
    ),
    "bea": ({"name": "=Bea", "sid": "8"}, "2026-11-22T00:00:00+00:00", 20.0),
}


def write_results(folder, scores: dict[str, float], finished: bool = True):
    roster = {
        key: {"path": key, "people": [person], "submitted": submitted, "late": False}
        for key, (person, submitted, _) in CLASS.items()
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "roster.json").write_text(
        json.dumps({"assignment": "a0_mini", "submissions": roster})
    )
    for key, score in scores.items():
        extra = {
            "max_score": 30.0,
            "finished": finished,
            "tasks": {"scale": {"score": score, "max_score": 30.0}},
        }
        tests = [{"name": "scale (hidden): halves", "score": score, "max_score": 30.0}]
        (folder / key).mkdir(exist_ok=True)
        (folder / key / "results.json").write_text(
            json.dumps({"score": score, "extra_data": extra, "tests": tests})
        )
    return folder


@pytest.fixture
def course(tmp_path):
    with_late = GRADING.replace("    package: mini\n", f"    package: mini\n    late: {POLICY}\n")
    return write_course(tmp_path / "course", {"grading.yml": with_late})


@pytest.fixture
def results(tmp_path):
    return write_results(tmp_path / "out", {key: score for key, (_, _, score) in CLASS.items()})


@pytest.mark.parametrize(
    ("after", "lost"),
    [("-1h", 0), ("15min", 0), ("16min", 2), ("24h", 2), ("24h1s", 4), ("49h", 5), ("900h", 5)],
)
def test_each_day_begun_after_the_grace_time_costs_its_share_up_to_the_cap(after, lost):
    parts = {
        "-1h": -3600,
        "15min": 900,
        "16min": 960,
        "24h": 86400,
        "24h1s": 86401,
        "49h": 49 * 3600,
        "900h": 9e5,
    }
    submitted = datetime.fromisoformat(DUE) + timedelta(seconds=parts[after])
    assert penalty(LATE, submitted, 20.0) == lost


def test_nothing_is_lost_without_a_policy_or_a_time():
    late = datetime.fromisoformat("2027-01-01T00:00:00+00:00")
    assert penalty(LATE, late, 20.0) > 0
    assert penalty(None, late, 20.0) == penalty(LATE, None, 20.0) == 0


def test_the_plain_gradebook_shows_the_penalty_as_its_own_column(course, results):
    text = as_csv("plain", *read_grades(results, Course(course).policy))
    ann, bea = csv.DictReader(io.StringIO(text))
    assert (ann["earned"], ann["late penalty"], ann["score"], ann["late"]) == ("30", "", "30", "")
    assert (bea["earned"], bea["late penalty"], bea["score"], bea["late"]) == (
        "20",
        "-4",
        "16",
        "yes",
    )
    assert (ann["of"], ann["scale"], ann["email"]) == ("30", "30", "ann@example.org")


def test_names_are_no_formulas(course, results):
    assert "=Bea" in as_csv("plain", *read_grades(results, Course(course).policy))
    for form in ("plain", "canvas", "gradescope"):
        text = as_csv(form, *read_grades(results, Course(course).policy))
        assert all(
            not cell.startswith("=") for row in csv.reader(io.StringIO(text)) for cell in row
        )


@pytest.mark.parametrize(
    ("name", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+1", "'+1"),
        ("@sum(1)", "'@sum(1)"),
        ("-1+1", "'-1+1"),
        ("\t=1", "'\t=1"),
        ("\n =1", "'\n =1"),
        ("\uff1d1", "'\uff1d1"),
        ("-1", "-1"),
        ("Ann = Bea", "Ann = Bea"),
    ],
)
def test_what_a_spreadsheet_could_compute_is_text(name, cell):
    grade = Grade("x", [{"name": name}], None, False, 30.0, 30.0, 0.0, {})
    for form, column in (("plain", 1), ("canvas", 0), ("gradescope", 0)):
        rows = list(csv.reader(io.StringIO(as_csv(form, "a0_mini", [grade]))))
        assert rows[-1][column] == cell


def test_canvas_has_the_points_possible_in_its_second_line(course, results):
    rows = list(
        csv.reader(io.StringIO(as_csv("canvas", *read_grades(results, Course(course).policy))))
    )
    assert rows[0][0] == "Student" and rows[0][5] == "a0_mini"
    assert rows[1] == ["    Points Possible", "", "", "", "", "30"]
    assert rows[2] == ["Ann", "7", "", "ann@example.org", "", "30"]


def test_results_that_are_missing_are_named(course, tmp_path):
    folder = write_results(tmp_path / "half", {"ann": 30.0})
    with pytest.raises(GradebookError, match=r"1 of 2 have no result yet \(bea\)"):
        read_grades(folder, Course(course).policy)
    write_results(folder, {"bea": 0.0}, finished=False)
    with pytest.raises(GradebookError, match="bea"):
        read_grades(folder, Course(course).policy)
    with pytest.raises(GradebookError, match=r"has no roster\.json"):
        read_grades(tmp_path, Course(course).policy)


@pytest.mark.parametrize(
    ("late", "says"),
    [
        (POLICY.replace("+01:00", ""), "has no zone"),
        (POLICY.replace("0.1", "1.5"), "per_day"),
        ("{due: 3}", "due"),
    ],
)
def test_a_wrong_late_policy_is_refused(tmp_path, late, says):
    changes = {
        "grading.yml": GRADING.replace(
            "    package: mini\n", f"    package: mini\n    late: {late}\n"
        )
    }
    found = CliRunner().invoke(
        main, ["--course", str(write_course(tmp_path / "wrong", changes)), "export", str(tmp_path)]
    )
    assert found.exit_code == 1 and says in found.output and "grading.yml, line" in found.output


def test_the_commands_write_and_compare(course, results, tmp_path):
    target = tmp_path / "grades.csv"
    found = CliRunner().invoke(
        main, ["--course", str(course), "export", str(results), "-o", str(target)]
    )
    assert found.exit_code == 0, found.output
    assert target.read_text().startswith("submission,name,")

    other = write_results(tmp_path / "other", {"ann": 25.0, "bea": 20.0})
    found = CliRunner().invoke(main, ["diff", str(results), str(other)])
    assert found.exit_code == 1
    assert (
        "ann" in found.output
        and "30 of 30 -> 25 of 30" in found.output.replace("\n", " ")
        and "bea" not in found.output
    )
    found = CliRunner().invoke(main, ["diff", str(results), str(results)])
    assert (found.exit_code, found.output.strip()) == (0, "no score differs")
    assert CliRunner().invoke(main, ["diff", str(results), str(tmp_path / "course")]).exit_code == 1
