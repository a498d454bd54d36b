"""Parcels: one call to Telegram, ready to go, and what is true once it has arrived.

A notice is stored as a delivery (a row); deliveries of one lane are packed into a parcel (a call);
a parcel that left is a trip; a trip comes back with an outcome.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from core.address import Address
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
class LinkMade:
    """A message that the call makes gets a link; `place` is its place among them, from 0."""

    shown: Shown
    place: int = 0


@dataclass(frozen=True)
class LinkRewritten:
    """The message of a link was edited, or replaced by a new one, and shows this now.

    `stays`: it can't be edited, and what the call makes is no new one but stands below it.
    """

    link_id: int
    shown: Shown
    stays: bool = False


@dataclass(frozen=True)
class LinkDropped:
    """The message of a link was deleted."""

    link_id: int


@dataclass(frozen=True)
class AnswerArrived:
    """An answer has reached its user, with all its parts."""

    message_id: int


@dataclass(frozen=True)
class DialogueAsked:
    """The message that the call makes is the question of a dialogue, to be replied to."""

    dialogue_id: int


@dataclass(frozen=True)
class BoardStands:
    """A message shows what a board has to show (`shown`, a digest); `edited` is its id, if known.

    The id of a new message is in the outcome.
    """

    board_id: int
    shown: str
    edited: int | None


@dataclass(frozen=True)
class BoardHangs:
    """This message, which is a board, is pinned."""

    board_id: int
    message_id: int


@dataclass(frozen=True)
class ThreadMade:
    """A thread was made for a ticket; its id is in the outcome."""

    ticket_id: int
    name: str
    icon: str | None


@dataclass(frozen=True)
class ThreadChanged:
    """A thread (by its key) looks like this now."""

    thread_key: int
    name: str
    icon: str | None


@dataclass(frozen=True)
class ThreadTurned:
    """We closed a thread (by its key), or opened it."""

    thread_key: int
    is_closed: bool


@dataclass(frozen=True)
class CardStands:
    """A ticket's card was sent to this thread."""

    thread_key: int
    ticket_id: int


@dataclass(frozen=True)
class CardHangs:
    """This message, a card, is pinned in this thread."""

    thread_key: int
    message_id: int


# What is true once Telegram took a parcel; services/delivery/arrivals.py records it.
type Effect = (
    LinkMade
    | LinkRewritten
    | LinkDropped
    | AnswerArrived
    | DialogueAsked
    | BoardStands
    | BoardHangs
    | ThreadMade
    | ThreadChanged
    | ThreadTurned
    | CardStands
    | CardHangs
)


def links_of(*messages: Iterable[Shown]) -> tuple[LinkMade, ...]:
    """Link the messages that a call makes, each with all that it shows."""
    return tuple(
        LinkMade(shown, place) for place, all_shown in enumerate(messages) for shown in all_shown
    )


@dataclass(frozen=True)
class Parcel:
    """One call. `call` means something to the sender only.

    `cost` is how many messages Telegram counts it as. `effects` are true once it has arrived.
    `carries`: how many of the offered deliveries are in it. `more`: another part of the same
    deliveries follows. `rings`: its message makes a sound. `prepares`: the deliveries themselves
    are sent after it. `in_thread`: it must go to the thread of its address and nowhere else.
    """

    address: Address
    call: object
    cost: int = 1
    effects: Sequence[Effect] = ()
    carries: int = 1
    more: bool = False
    rings: bool = False
    prepares: bool = False
    in_thread: bool = False


@dataclass(frozen=True, eq=False)
class Trip:
    """A parcel on its way, and the deliveries in it, of one `kind`; it left at `left_at`.

    `part` and `prepared` are the delivery's, and tell its trips apart.
    """

    parcel: Parcel
    delivery_ids: Sequence[int]
    ticket_id: int | None
    kind: str
    part: int
    prepared: int
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
