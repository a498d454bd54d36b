"""A plan as data, so that it can be saved, replayed, and shrunk."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Operation:
    """Something that happens at a time; `how` has the arguments for `do`."""

    at: float
    do: str
    how: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Plan:
    """Everything that decides what happens in a run."""

    seed: int
    users: int
    staff: int
    limits: bool
    zone: str
    start: str
    operations: tuple[Operation, ...]
    # How long follow-ups are gathered, in seconds.
    gathers: float = 0

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """Read a saved plan."""
        fields = json.loads(text)
        operations = tuple(Operation(**one) for one in fields.pop("operations"))
        return cls(operations=operations, **fields)
