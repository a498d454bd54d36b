"""Ratios of several rounds, with their spread."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True)
class Figure:
    """A median, and the smallest and largest value of the rounds."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Figure":
        return cls(median(values), min(values), max(values))

    def written(self, unit: str = "") -> str:
        """Write it for a table."""
        spread = f" ({short(self.low)} to {short(self.high)})" if self.low != self.high else ""
        return f"{short(self.median)}{unit}{spread}"


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Figure:
    """Compare round by round: both were measured within the same minute."""
    return Figure.of([a / b for a, b in zip(ours, theirs, strict=True)])


def quantile(ordered: Sequence[float], part: float) -> float:
    """Find the value below which this part of the ordered values is."""
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))]


def short(value: float) -> str:
    """Write a number with three digits, or with all digits before the point."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits
