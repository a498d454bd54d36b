"""The log of API calls: what a bot did, and what it was told."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from sandbox.model import Json


@dataclass(slots=True)
class Call:
    """One call. `unknown` parameters are not Telegram's (it ignores them, and so do we).

    `ignored` ones are Telegram's, but have no effect in the sandbox. `fault` names what was
    injected, if anything; `answer` is None when the connection was cut. `injected` are the ids of
    raw updates in an answer of getUpdates: their form is not checked. `took` is in seconds;
    a method that the sandbox lacks is not `known`.
    """

    number: int
    method: str
    params: dict[str, str]
    at: float
    files: list[str] = field(default_factory=list)
    chat_id: int | None = None
    status: int = 0
    answer: Json | None = None
    processed: bool = False
    done: bool = False
    took: float = 0.0
    known: bool = True
    fault: str | None = None
    unknown: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    injected: list[int] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether the bot was told that the call succeeded."""
        return bool(self.answer and self.answer.get("ok"))

    def brief(self) -> Json:
        """One line of the log."""
        told = self.answer or {}
        return {
            "number": self.number,
            "method": self.method,
            "chat_id": self.chat_id,
            "at": self.at,
            "took": self.took,
            "status": self.status,
            "processed": self.processed,
            "fault": self.fault,
            "known": self.known,
            "unknown": self.unknown,
            "description": told.get("description", ""),
        }

    def json(self) -> Json:
        """As the control API shows it."""
        return asdict(self)
