"""The table of results, as text and as JSON."""

import json
from collections.abc import Sequence
from typing import Any

from tests.proofs.torture.run import Row

COLUMNS = (
    ("scenario", 18),
    ("database", 10),
    ("form", 5),
    ("sent", 6),
    ("seen", 6),
    ("lost", 4),
    ("wrong recipient", 15),
    ("out of order", 12),
    ("duplicates", 10),
    ("unannounced", 11),
    ("seconds", 7),
)


def heading() -> str:
    """Make the line with the columns' names."""
    return _line([name for name, _ in COLUMNS], "remarks")


def line(row: Row) -> str:
    """Make the line of a run, and below it its broken promises."""
    figures = as_json(row)
    cells = [str(figures[name]) for name, _ in COLUMNS]
    counts = [f"{name} {number}" for name, number in row.counts.items() if number]
    first = _line(cells, " · ".join(row.remarks + counts))
    return "\n".join([first, *(f"    BROKEN {promise}" for promise in row.broken)])


def as_json(row: Row) -> dict[str, Any]:
    """Give the values of a row by the names of the columns."""
    found = row.tally
    return {
        "scenario": row.scenario,
        "database": row.database,
        "form": row.form,
        "sent": found.sent,
        "seen": found.seen,
        "lost": len(found.lost),
        "wrong recipient": len(found.wrong),
        "out of order": len(found.out_of_order),
        "duplicates": found.duplicates.total(),
        "unannounced": found.unannounced.total(),
        "seconds": round(row.seconds, 1),
        **row.counts,
        "remarks": row.remarks,
        "broken": row.broken,
    }


def dump(rows: Sequence[Row]) -> str:
    """Write all rows as JSON."""
    return json.dumps([as_json(row) for row in rows], indent=2) + "\n"


def _line(cells: Sequence[str], last: str) -> str:
    padded = [
        cell.ljust(width) if number < 3 else cell.rjust(width)
        for number, (cell, (_, width)) in enumerate(zip(cells, COLUMNS, strict=True))
    ]
    return "  ".join([*padded, last]).rstrip()
