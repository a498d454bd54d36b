"""Parcels: one call to Telegram, ready to go, and what is true once it has arrived.

A notice is stored as a delivery (a row); deliveries of one lane are packed into a parcel (a call);
a parcel that left is a trip; a trip comes back with an outcome.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Delivery
from database.models import LinkKind
from services.delivery.backlog import Backlog
from services.delivery.outcomes import Outcome


@dataclass(frozen=True)
class Shown:
    """What a new message of the bot will show: becomes its link."""

    copy_of: int | None = None
    kind: LinkKind = LinkKind.NOTICE
    part: int = 0
    revision: int = 0


@dataclass(frozen=True)
class Rewritten:
    """What a link says once its message was edited, or replaced by a new one."""

    link_id: int
    shown: Shown


@dataclass(frozen=True)
class Parcel:
    """One call. `call` means something to the sender only.

    `cost` is how many messages Telegram counts it as. `shows` lists, for each message that the
    call makes, all that is in it. `rewrites` and `drops` name the links of messages that are
    edited and deleted. `carries`: how many of the offered deliveries are in it. `more`: another
    part of the same deliveries follows. `asks`: its message is the question of this dialogue, to be
    replied to.
    """

    chat_id: int
    call: object
    cost: int = 1
    shows: Sequence[Sequence[Shown]] = ()
    rewrites: Sequence[Rewritten] = ()
    drops: Sequence[int] = ()
    carries: int = 1
    more: bool = False
    asks: int | None = None


@dataclass(frozen=True, eq=False)
class Trip:
    """A parcel on its way, and the deliveries in it, of one `kind`; it left at `left_at`."""

    parcel: Parcel
    delivery_ids: Sequence[int]
    ticket_id: int | None
    kind: str
    part: int
    left_at: datetime


class Compose(Protocol):
    """Puts deliveries of one lane into a parcel, as many from the front as fit into one message.

    None if there is nothing left to say. `backlog` is what a card also has to say. Only reads.
    """

    async def __call__(
        self, session: AsyncSession, offered: Sequence[Delivery], backlog: Backlog | None = None, /
    ) -> Parcel | None: ...


# Makes the call. Never raises for what Telegram or the network does.
Send = Callable[[Parcel], Awaitable[Outcome]]
