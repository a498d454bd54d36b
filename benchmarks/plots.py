"""The README's two pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pygal  # type: ignore[import-untyped]
from pygal.style import Style  # type: ignore[import-untyped]

from benchmarks.figures import Figure, quantile
from benchmarks.rounds import Measured

# Visible on a light page and on a dark one.
_STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="#768390",
    foreground_strong="#768390",
    foreground_subtle="#768390",
    value_colors=("#768390",),
    colors=("#8c959f", "#2f81f7", "#2da44e"),
    font_family="system-ui, sans-serif",
)
_COMMON: dict[str, Any] = {
    "style": _STYLE,
    "js": [],  # a picture asks no other server for a script
    "width": 760,
    "height": 340,
    "disable_xml_declaration": True,
    "legend_at_bottom": True,
    "y_labels_major_count": 5,
    "show_minor_y_labels": False,
}


def throughput_and_latency(measured: Mapping[str, Measured], file: Path) -> None:
    """Draw each subject's figures as multiples of the first one's."""
    chart = pygal.Bar(**_COMMON, print_values=True, print_values_position="top", range=(0, None))
    chart.title = "Times the bot that stores nothing"
    chart.x_labels = ["throughput: loop", "throughput: flood", "latency, 50 ms away"]
    first = next(iter(measured.values()))
    for name, one in measured.items():
        ratios = [mine / theirs for mine, theirs in zip(_bars(one), _bars(first), strict=True)]
        chart.add(name, [round(value, 2) for value in ratios])
    chart.render_to_file(str(file))


def _bars(one: Measured) -> list[float]:
    return [
        Figure.of([load.rate for load in one.loads["loop"]]).median,
        Figure.of([load.rate for load in one.loads["flood"]]).median,
        Figure.of([quantile(load.latencies, 0.5) for load in one.loads["far"]]).median,
    ]


def backlog(
    waiting: Sequence[tuple[float, int]], sends: Sequence[tuple[float, int]], file: Path
) -> None:
    """Draw the messages that wait for staff and the sends so far, over time in seconds."""
    chart = pygal.XY(**_COMMON, dots_size=1, x_title="seconds", range=(0, None))
    chart.title = "Under Telegram's limits: messages waiting, and sends used"
    chart.add("messages that wait", _each_second(waiting))
    chart.add("sends", _each_second(sends))
    chart.render_to_file(str(file))


def _each_second(curve: Sequence[tuple[float, int]]) -> list[tuple[float, int]]:
    """Keep the first and the last change of each second: a step stays a step."""
    first = {int(at): (at, value) for at, value in reversed(curve)}
    last = {int(at): (at, value) for at, value in curve}
    return sorted({*first.values(), *last.values()})
