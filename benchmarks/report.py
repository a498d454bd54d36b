"""The figures as a table for people and as JSON for machines."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, quantile, ratio, short
from benchmarks.loads import Load
from benchmarks.rounds import Measured

MILLISECOND = 1000
MEGABYTE = 1_000_000
BEGIN, END = "<!-- benchmarks -->", "<!-- /benchmarks -->"


@dataclass
class Report:
    """Lines of the table: what, then a cell for each column."""

    machine: Mapping[str, str]
    columns: list[str]
    lines: list[tuple[str, list[str]]] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)

    def compare(self, measured: Mapping[str, Measured]) -> None:
        """Add the loads: the first subject in figures, the others as ratios to it."""
        reference = measured[self.columns[0]]
        rate = ("messages a second, 50 users who each wait for their last", "loop")
        self._line(*rate, reference, measured, lambda load: load.rate, "/s")
        self._line(
            "messages a second, a flood of 1,000",
            "flood",
            reference,
            measured,
            lambda load: load.rate,
            "/s",
        )
        self._order(measured)
        for part, name in ((0.5, "median"), (0.95, "95th percentile"), (0.99, "99th percentile")):
            self._line(
                f"one message alone, Telegram 50 ms away, {name}",
                "far",
                reference,
                measured,
                lambda load, part=part: quantile(load.latencies, part) * MILLISECOND,
                " ms",
            )
        self._line(
            "one message alone, on loopback, median",
            "near",
            reference,
            measured,
            lambda load: quantile(load.latencies, 0.5) * MILLISECOND,
            " ms",
        )
        self._line(
            "CPU a message, 50 users",
            "loop",
            reference,
            measured,
            lambda load: load.cpu * MILLISECOND,
            " ms",
        )
        memory = [Figure.of(one.memory).median / MEGABYTE for one in measured.values()]
        self.lines.append(("memory at rest", [f"{held:.0f} MB" for held in memory]))

    def add(self, what: str, figure: str, **json_figures: Any) -> None:
        """Add a figure that was measured only for our bot on SQLite."""
        self.lines.append((what, ["", figure, ""][: len(self.columns)]))
        self.figures |= json_figures

    def _order(self, measured: Mapping[str, Measured]) -> None:
        late = [sum(load.out_of_order for load in one.loads["flood"]) for one in measured.values()]
        self.lines.append(("out of order in the floods", [str(number) for number in late]))

    def _line(
        self,
        what: str,
        load: str,
        reference: Measured,
        measured: Mapping[str, Measured],
        value: Any,
        unit: str,
    ) -> None:
        def values(one: Measured) -> list[float]:
            loads: list[Load] = one.loads[load]
            return [value(each) for each in loads]

        cells = [Figure.of(values(reference)).written(unit)]
        for name in self.columns[1:]:
            figure = ratio(values(measured[name]), values(reference))
            own = Figure.of(values(measured[name]))
            cells.append(f"{figure.written(' ×')}, {short(own.median)}{unit}")
            self.figures[f"{what}, {name}"] = asdict(figure)
        self.lines.append((what, cells))

    def markdown(self) -> str:
        """Write the table, and below it the machine that it was measured on."""
        head = ["", *self.columns]
        rows = [head, ["---"] * len(head), *([what, *cells] for what, cells in self.lines)]
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        machine = ", ".join(
            value if name in {"processor", "system"} else f"{name} {value}"
            for name, value in self.machine.items()
        )
        return f"{table}\n\nMeasured on {machine}.\n"

    def save(self, file: Path) -> None:
        whole = {"machine": dict(self.machine), "table": dict(self.lines), "ratios": self.figures}
        file.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n")


def put_into(page: Path, table: str) -> None:
    """Replace the text between the two marks of a page."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{table}{END}{after}")
