"""Notes what a notebook draws: imported in its kernel, before the first cell."""

import json
from pathlib import Path

from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text


def record(path: str) -> None:
    """From now on, write what every figure shown holds to `path`, one JSON object on each line."""
    show = plt.show

    def note_and_show():
        with Path(path).open("a") as file:
            for number in plt.get_fignums():
                file.write(json.dumps(describe(plt.figure(number))) + "\n")
        show()

    plt.show = note_and_show


def describe(figure: Figure) -> dict:
    """The smallest letters of a figure, in points, and of each of its axes labels and series."""
    texts = [text for text in figure.findobj(Text) if text.get_visible() and text.get_text()]
    scales = [axes for axes in figure.axes if axes.get_label() == "<colorbar>"]
    return {
        "width": figure.get_size_inches()[0],
        "smallest": min(text.get_fontsize() for text in texts),
        "scales": [axes.get_ylabel() for axes in scales],
        "axes": [
            {
                "title": axes.get_title(),
                "x": _label(axes, "x"),
                "y": _label(axes, "y"),
                "maps": [image.get_cmap().name for image in axes.images],
                "series": _series(axes),
            }
            for axes in figure.axes
            if axes not in scales
        ],
    }


def _label(axes: Axes, which: str) -> str:
    """The label of an axis; in a table of maps or of shared axes it may stand at the margin only."""
    spans = {"x": "colspan", "y": "rowspan"}
    beside = [axes]
    for other in axes.figure.axes:
        spec = other.get_subplotspec()
        if spec and getattr(spec, spans[which]) == getattr(axes.get_subplotspec(), spans[which]):
            shared = getattr(axes, f"get_shared_{which}_axes")().joined(axes, other)
            if shared or (axes.images and other.images):
                beside.append(other)
    return next(filter(None, (getattr(other, f"get_{which}label")() for other in beside)), "")


def _series(axes: Axes) -> list[tuple[str, list]]:
    """What a legend would tell apart: the colour of each, and what else it can be known by."""
    found = []
    for line in axes.get_lines():
        if not line.get_label().startswith("_"):
            found.append((line.get_color(), [line.get_linestyle(), line.get_marker()]))
    for bars in axes.containers:
        found.append((bars.patches[0].get_facecolor(), [bars.patches[0].get_hatch()]))
    for points in axes.collections:
        corners = points.get_paths()[0].vertices.round(3).tolist()
        found.append((points.get_facecolor()[0], corners))
    return [(to_hex(color), look) for color, look in found]
