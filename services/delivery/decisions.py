"""Decisions: what becomes of a delivery that might go in this turn.

| decision | what it says | when the next turn is | what waits behind it |
|---|---|---|---|
| Claimed | it goes | when its answer comes | goes after it |
| Later | there is no room for it before a time | at that time | others may take room |
| Room | the same, and its chat's room is kept for it | at that time | nothing goes to its chat |
| Again | it is out of the way for good | at once | goes in the next turn |
| Nothing | something else in flight decides about it | when that answer comes | waits too |

`Claims.make` alone turns a decision into a time, so none can be forgotten.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from database.machinery import Delivery
from services.delivery.parcel import Parcel


@dataclass(frozen=True)
class Claimed:
    """The parcel goes now, and in it these deliveries."""

    batch: Sequence[Delivery]
    parcel: Parcel


@dataclass(frozen=True)
class Later:
    """It may go from this (monotonic) time on."""

    at: float


@dataclass(frozen=True)
class Room:
    """It may go from this time on; until then nothing smaller takes the room of its chat."""

    at: float


@dataclass(frozen=True)
class Again:
    """It is done with, or has moved; what waits behind it has its turn."""


@dataclass(frozen=True)
class Nothing:
    """It waits for something that makes itself heard."""


Decision = Claimed | Later | Room | Again | Nothing
