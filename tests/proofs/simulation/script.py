"""What a run is made of, as data: it can be written down, replayed, and made smaller."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Operation:
    """One thing that happens at a time; `how` is what its kind needs."""

    at: float
    do: str
    how: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """All that a run is made of."""

    seed: int
    users: int
    staff: int
    limits: bool
    zone: str
    start: str
    operations: tuple[Operation, ...]

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """Read a plan that was written down."""
        fields = json.loads(text)
        operations = tuple(Operation(**one) for one in fields.pop("operations"))
        return cls(operations=operations, **fields)
