"""The results of many runs, as a table and as JSON."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.proofs.simulation.run import Result

_ROWS = (
    ("operations", "operations carried out"),
    ("starts", "starts of the bot"),
    ("deaths", "deaths of its process"),
    ("calls", "calls to Telegram"),
    ("sent", "messages written"),
    ("seen", "seen by the right person"),
    ("told", "not delivered, but reported"),
    ("duplicates", "seen twice, after a death or a lost answer"),
)


@dataclass
class Report:
    """The sum of all results so far."""

    seeds: int = 0
    failed: dict[int, list[str]] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    kinds: Counter[str] = field(default_factory=Counter)
    virtual_seconds: float = 0.0

    def add(self, result: Result) -> None:
        self.seeds += 1
        self.counts.update(result.counts)
        self.virtual_seconds += result.seconds
        if result.findings:
            self.failed[result.seed] = result.findings
            self.kinds.update(finding.partition(":")[0] for finding in result.findings)

    def table(self, seconds: float) -> str:
        """Make the table for people."""
        rows: list[tuple[str, float]] = [("seeds", self.seeds)]
        rows += [(words, self.counts[name]) for name, words in _ROWS]
        rows += [
            (name, number) for name, number in sorted(self.counts.items()) if name[:5] == "fault"
        ]
        rows += [(name, self.kinds[name]) for name in ("lost", "wrong recipient", "out of order")]
        rows += [(name, self.kinds[name]) for name in ("twice", "unannounced")]
        rows += [("failing seeds", len(self.failed))]
        rows += [("virtual hours", round(self.virtual_seconds / 3600, 1))]
        rows += [("seeds a minute", round(60 * self.seeds / max(seconds, 0.001)))]
        width = max(len(name) for name, _ in rows)
        return "\n".join(f"{name:<{width}}  {number:>12,}" for name, number in rows)

    def to_json(self, seconds: float) -> dict[str, Any]:
        """Make the shape for a JSON file."""
        return {
            "seeds": self.seeds,
            "seconds": round(seconds, 1),
            "seeds_a_minute": round(60 * self.seeds / max(seconds, 0.001)),
            "virtual_seconds": round(self.virtual_seconds),
            "counts": dict(self.counts),
            "findings": dict(self.kinds),
            "failed": {str(seed): found for seed, found in self.failed.items()},
        }
