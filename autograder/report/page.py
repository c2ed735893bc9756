"""The report as one HTML page: styles, script and figures inside, nothing loaded from anywhere."""

import statistics
from pathlib import Path

import jinja2

from autograder.report import charts
from autograder.report.gather import ClassReport
from autograder.report.similar import Pair

_TEMPLATES = Path(__file__).with_name("templates")


def page(report: ClassReport, pairs: list[Pair], title: str) -> str:
    """The text of the file. Whatever students wrote is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    scores = report.scores
    numbers = {
        "submissions": len(scores),
        "mean": f"{statistics.mean(scores):.1f}",
        "median": f"{statistics.median(scores):.1f}",
        "standard deviation": f"{statistics.pstdev(scores):.1f}",
        "points at most": f"{report.max_score:g}",
    }
    figures = {
        "scores": charts.histogram(scores, report.max_score),
        "tasks": charts.bars(report.tasks, "mean share of the points (%)"),
        "tests": charts.difficulty(report.tests),
    }
    return environment.get_template("report.html.j2").render(
        report=report, pairs=pairs, title=title, numbers=numbers, figures=figures
    )
