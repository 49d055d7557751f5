"""The frontiers that the report on playout draws: what each knob buys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

INK = "#22303c"
COLOURS = {
    "oracle": "#9aa7b2",
    "constant": "#22303c",
    "fixed": "#22303c",
    "hostmode": "#c4553b",
    "NetEq-style": "#3b7ea1",
    "Ramjee": "#7a8b3c",
    "RTC player": "#8a63a8",
}
# The same bytes for the same figures; letters stay letters.
STYLE = {
    "font.size": 8,
    "svg.hashsalt": "hostmode",
    "svg.fonttype": "none",
    "axes.spines.top": False,
    "axes.spines.right": False,
}

# (x, y) by name: a line where there are several.
Curves = dict[str, list[tuple[float, float]]]


def draw_streams(panels: dict[str, Curves], path: Path) -> None:
    """Write an SVG of start against stalls."""
    draw(panels, path, "utterances with an underrun, %", "mean start, ms", most_x=15, most_y=1000)


def draw_packets(panels: dict[str, Curves], path: Path) -> None:
    """Write an SVG of delay against late frames."""
    draw(panels, path, "frames that come too late, %", "mean delay, ms", most_x=4, most_y=200)


def draw(panels: dict[str, Curves], path: Path, x: str, y: str, *, most_x: float, most_y: float) -> None:
    """Write an SVG with one panel a family."""
    with mpl.rc_context(STYLE):
        columns = 4
        figure = Figure(figsize=(11, 2.6 * -(-len(panels) // columns)), layout="constrained")
        grid = figure.subplots(-(-len(panels) // columns), columns, squeeze=False)
        for axes, (title, curves) in zip(grid.flat, panels.items(), strict=False):
            fill(axes, curves)
            axes.set_title(title, color=INK)
            axes.set_xlim(0, most_x)
            axes.set_ylim(0, most_y)
        for axes in grid.flat[len(panels) :]:
            axes.set_axis_off()
        figure.supxlabel(x, fontsize=8)
        figure.supylabel(y, fontsize=8)
        handles, labels = grid.flat[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=len(labels), frameon=False)
        figure.savefig(path, metadata={"Date": None})


def fill(axes: Axes, curves: Curves) -> None:
    """Draw one family."""
    for name, points in curves.items():
        xs, ys = zip(*sorted(points), strict=True)
        mark = "o" if name == "hostmode" or len(points) == 1 else ""
        axes.plot(xs, ys, label=name, color=COLOURS[name], marker=mark, markersize=3, linewidth=1.2)
