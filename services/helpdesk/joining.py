"""Which ticket a user's message joins.

1. An item of an album joins the ticket of the items before it.
2. A reply joins the ticket of the message that it replies to, if that is open or closed lately.
3. Anything else joins the current ticket; if none is open, the one closed last, if that was lately.
   One that was current until now counts as current while its user can't know that it is closed.

The user is told which ticket it joined by rule 3, if that is another one than

- the last time;
- the one that their chat was about since then: it was closed or opened again, or an answer came on
  it though it is closed;
- the one that they replied to, which was closed too long ago.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from core.address import Place
from database.conditions import stands_at
from database.models import Message, Ticket, User
from services import links, outbox, read_ahead
from services.helpdesk import closing, current
from services.helpdesk.content import Content
from services.helpdesk.messages import Stored
from services.notices import TicketJoined

# A message within this time after the close reopens the ticket.
REOPENS_WITHIN = timedelta(days=7)

# The messages of an album stand this close together in its chat.
_ALBUM_SPANS = 20

_LAST_CLOSED_OF = (
    select(Ticket)
    .where(
        Ticket.user_id == bindparam("user_id"),
        Ticket.closed_at >= bindparam("since"),
        Ticket.merged_into_id.is_(None),
    )
    .order_by(Ticket.closed_at.desc(), Ticket.id.desc())
    .limit(1)
    .with_for_update(key_share=True)
)
_NAMED = (
    select(Ticket)
    .where(Ticket.id == bindparam("id"), Ticket.user_id == bindparam("user_id"))
    .with_for_update(key_share=True)
)


class Found(NamedTuple):
    """The ticket that a message joins, and whether the message says which: rules 1 and 2.

    It is joined `instead` if the message replies to one of a ticket that was closed too long ago.
    """

    ticket: Ticket
    is_named: bool
    instead: bool


async def find(
    session: AsyncSession, user: User, content: Content, *, now: datetime
) -> Found | None:
    """Find the ticket that a message of `user` joins, locked; None if it opens a new one."""
    if user.telegram_id in read_ahead.of(session).newcomers:
        return None
    ticket_id = await _ticket_id(session, content)
    named = await _named(session, user, ticket_id, now=now)
    ticket = named or await _unnamed(session, user, now=now)
    if ticket is None:
        return None
    set_committed_value(ticket, "user", user)  # known already, which saves a query
    structlog.contextvars.bind_contextvars(ticket=ticket.id)
    return Found(ticket, named is not None, ticket_id is not None and named is None)


async def joined(
    session: AsyncSession, user: User, found: Found, message: Stored, *, now: datetime
) -> None:
    """Note that a message joined the ticket by rule 3; tell its writer, if need be.

    If it reopened the ticket, that is done: whoever hears of that need not be told.
    """
    ticket, before = found.ticket, user.last_joined_id
    if before == ticket.id and not found.instead:
        return
    user.last_joined_id = ticket.id
    if ticket.closed_at is not None:
        return
    if found.instead or before is not None or await current.number_open(session, user.id) > 1:
        told = TicketJoined(message.id)
        outbox.post(session, user.chat_id, told, now=now, ticket=ticket)


async def _unnamed(session: AsyncSession, user: User, *, now: datetime) -> Ticket | None:
    """Find the ticket for words that name none (rule 3)."""
    ticket = await current.ticket_of(session, user.id)
    if ticket is None:
        return await _closed_last(session, user, since=now - REOPENS_WITHIN)
    if not current.took_over_lately(ticket, now=now):
        return ticket
    untold = await _closed_last(session, user, since=now - closing.TOLD_AFTER)
    is_its_close = untold is not None and untold.current_since == ticket.current_since
    return untold if is_its_close else ticket


async def _closed_last(session: AsyncSession, user: User, *, since: datetime) -> Ticket | None:
    lately = {"user_id": user.id, "since": since}
    found: Ticket | None = await session.scalar(_LAST_CLOSED_OF, lately)
    return found


async def _named(
    session: AsyncSession, user: User, ticket_id: int | None, *, now: datetime
) -> Ticket | None:
    if ticket_id is None:
        return None
    found: Ticket | None = await session.scalar(_NAMED, {"id": ticket_id, "user_id": user.id})
    if found is None or (found.closed_at and now - found.closed_at > REOPENS_WITHIN):
        return None
    return found


async def _ticket_id(session: AsyncSession, content: Content) -> int | None:
    """Find the ticket of the album that this is an item of, or of what it replies to."""
    beside = await album_of(session, content)
    if beside is not None:
        return beside
    if content.reply_to is None:
        return None
    replied = content.place._replace(message_id=content.reply_to)
    own = await _of_own(session, replied)
    return own if own is not None else await links.ticket_id_of(session, replied)


async def album_of(session: AsyncSession, content: Content) -> int | None:
    """Find the ticket that has other items of the same album."""
    if content.media_group_id is None:
        return None
    near = content.message_id - _ALBUM_SPANS, content.message_id + _ALBUM_SPANS
    found: int | None = await session.scalar(
        select(Message.ticket_id)
        .where(
            Message.chat_id == content.chat_id,
            Message.message_id.between(*near),
            Message.account == content.account,
            Message.media_group_id == content.media_group_id,
        )
        .limit(1)
    )
    return found


async def _of_own(session: AsyncSession, place: Place) -> int | None:
    found: int | None = await session.scalar(
        select(Message.ticket_id).where(stands_at(Message, place))
    )
    return found
