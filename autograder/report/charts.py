"""The report's figures, as SVG text. Each stands beside a table with the same numbers."""

import io

import matplotlib
from matplotlib.figure import Figure

_COLOUR, _EDGE = "#0072b2", "#003a5c"  # the blue of Okabe and Ito's colour-blind safe palette
_WARNING = "#d55e00"
_SETTINGS = {
    "svg.fonttype": "none",
    "font.size": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
}
_BINS = 10


def histogram(scores: list[float], maximum: float) -> str:
    """How many students have how many points."""
    with matplotlib.rc_context(_SETTINGS):
        figure = Figure(figsize=(7, 3), layout="constrained")
        axes = figure.subplots()
        axes.hist(scores, bins=_BINS, range=(0, maximum or 1), color=_COLOUR, edgecolor="white")
        axes.set(xlabel="points", ylabel="students", xlim=(0, maximum or 1))
        axes.yaxis.get_major_locator().set_params(integer=True)
        return _svg(figure, "Histogram: students by points")


def bars(shares: dict[str, float], label: str) -> str:
    """A horizontal bar for each name, from 0 to 100 %."""
    with matplotlib.rc_context(_SETTINGS):
        figure = Figure(figsize=(7, 0.7 + 0.35 * len(shares)), layout="constrained")
        axes = figure.subplots()
        names = list(shares)[::-1]
        found = axes.barh(names, [100 * shares[name] for name in names], color=_COLOUR)
        axes.bar_label(found, fmt="%.0f %%", padding=3)
        axes.set(xlabel=label, xlim=(0, 112))
        axes.set_xticks(range(0, 101, 20))
        return _svg(figure, f"Bar chart: {label}")


def difficulty(tests: list) -> str:
    """Each test by how many pass it and how well it tells the strong from the weak; suspect ones stand out."""
    with matplotlib.rc_context(_SETTINGS):
        figure = Figure(figsize=(7, 3.6), layout="constrained")
        axes = figure.subplots()
        for suspect, colour, marker, label in (
            (False, _COLOUR, "o", "tests"),
            (True, _WARNING, "X", "suspect tests"),
        ):
            chosen = [test for test in tests if bool(test.suspicion) is suspect]
            points = [(100 * test.passed, test.discrimination or 0.0) for test in chosen]
            if points:
                axes.scatter(
                    *zip(*points, strict=True),
                    c=colour,
                    marker=marker,
                    edgecolors=_EDGE,
                    label=label,
                    alpha=0.8,
                )
        axes.axhline(0, color="grey", linewidth=1)
        axes.set(
            xlabel="students who pass (%)",
            ylabel="discrimination",
            xlim=(-3, 103),
            ylim=(-1.05, 1.05),
        )
        if tests:
            axes.legend(loc="lower left")
        return _svg(figure, "Scatter plot: tests by pass rate and discrimination")


def _svg(figure: Figure, title: str) -> str:
    """The figure as an SVG element with a title that screen readers read, the same bytes each time."""
    out = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": title}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    text = out.getvalue()
    return text[text.index("<svg") :].replace("<svg ", f'<svg role="img" aria-label="{title}" ', 1)
