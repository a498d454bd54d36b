"""The methods of the Bot API: each a function with its parameters declared beside it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sandbox.params import Params
from sandbox.world import World

Handler = Callable[[World, Params], object]
Cost = Callable[[Params], int]

# Known to Telegram and accepted, without effect in the sandbox: recorded as such in the log.
QUIET = (
    "business_connection_id direct_messages_topic_id allow_paid_broadcast message_effect_id "
    "suggested_post_parameters"
)


@dataclass(slots=True, frozen=True)
class Method:
    """A method: its name, the parameters it honours and those it ignores, and its cost."""

    name: str
    handler: Handler
    params: frozenset[str]
    ignored: frozenset[str]
    cost: Cost | None = None


METHODS: dict[str, Method] = {}


def one(_params: Params) -> int:
    """A send or an edit counts as one message."""
    return 1


def method(
    name: str, params: str = "", *, ignored: str = "", cost: Cost | None = None
) -> Callable[[Handler], Handler]:
    """Register a function as the Bot API's method `name` (names are case-insensitive)."""

    def register(handler: Handler) -> Handler:
        METHODS[name.lower()] = Method(
            name, handler, frozenset(params.split()), frozenset(ignored.split()), cost
        )
        return handler

    return register


Answer = object | Awaitable[object]
