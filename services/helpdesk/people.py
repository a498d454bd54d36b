"""The people we know, each with their current name."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.conditions import OPEN_OF_USER
from database.dialect import insert_new
from database.models import Ticket, User
from services import outbox, read_ahead
from services.helpdesk import resend
from services.helpdesk.content import Content, Person
from services.notices import UserReturned, WordsWanted

# Nobody is asked for words twice within this time: Telegram may send many such messages.
ASKED_ONCE_IN = timedelta(days=1)

# What a link carried is kept for this long, for the ticket that its user then writes on.
LINK_COUNTS_FOR = timedelta(days=1)

_OPEN = select(Ticket).where(OPEN_OF_USER).order_by(Ticket.id)
_BY_TELEGRAM_ID = (
    select(User)
    .where(User.telegram_id == bindparam("telegram_id"))
    .with_for_update(key_share=True)
    .execution_options(populate_existing=True)
)


async def remember(session: AsyncSession, person: Person, *, now: datetime) -> User:
    """Find or make the person's row, brought up to date and locked until the commit.

    The lock is what makes two messages of one person, handled at once, take turns.
    """
    user = read_ahead.of(session).writers.get(person.telegram_id) or await _locked(
        session, person, now=now
    )
    known, new = (user.name, user.username), (person.name, person.username)
    if (*known, user.language) != (*new, person.language):  # assigning equal values costs a flush
        user.name, user.username, user.language = person.name, person.username, person.language
    if known != new:
        await _redraw_cards(session, user, now=now)
    return user


async def _locked(session: AsyncSession, person: Person, *, now: datetime) -> User:
    found = await session.scalars(_BY_TELEGRAM_ID, {"telegram_id": person.telegram_id})
    return found.one_or_none() or await _added(session, person, now=now)


async def _added(session: AsyncSession, person: Person, *, now: datetime) -> User:
    """Make the row, or wait for another transaction that is making it."""
    fields = {"telegram_id": person.telegram_id, "name": person.name, "created_at": now}
    fields |= {"username": person.username, "language": person.language}
    added = await insert_new(session, User, "telegram_id", fields)
    read_ahead.of(session).newcomers.update(added)
    made = await session.scalars(_BY_TELEGRAM_ID, {"telegram_id": person.telegram_id})
    return made.one()


def ask_for_words(session: AsyncSession, user: User, content: Content, *, now: datetime) -> None:
    """Ask once for words: this may be a question, or only Telegram's own service message."""
    if user.asked_for_words_at is not None and now - user.asked_for_words_at < ASKED_ONCE_IN:
        return
    user.asked_for_words_at = now
    outbox.post(session, user.chat_id, WordsWanted(content.message_id, user.language), now=now)


async def came_by_link(
    session: AsyncSession, person: Person, payload: str, *, now: datetime
) -> None:
    """Keep what the person's link carried until it goes to a ticket."""
    user = await remember(session, person, now=now)
    user.link_payload, user.linked_at = payload, now


def take_link(user: User, *, now: datetime) -> str | None:
    """Take what the newest link carried, if the person used one lately."""
    payload, linked_at = user.link_payload, user.linked_at
    if payload is None or linked_at is None:
        return None
    user.link_payload = user.linked_at = None
    return payload if now - linked_at <= LINK_COUNTS_FOR else None


async def blocked(
    session: AsyncSession, telegram_id: int, *, now: datetime, since: datetime | None = None
) -> None:
    """Remember that the person blocked the bot; `since` is when a refused send left."""
    since = since or now
    user = await session.scalar(select(User).where(User.telegram_id == telegram_id))
    if user is None:
        return
    if user.blocked_at is None:
        await _redraw_cards(session, user, now=now)
    if user.blocked_at is None or since < user.blocked_at:
        user.blocked_at = since


async def has_returned_since(
    session: AsyncSession, telegram_id: int, left_at: datetime, *, now: datetime
) -> bool:
    """Whether the person came back after a send left: its refusal is about an earlier block."""
    returned_at = await session.scalar(
        select(User.returned_at).where(User.telegram_id == telegram_id)
    )
    return returned_at is not None and left_at < returned_at <= now  # the clock may be set back


async def came_back(session: AsyncSession, user: User, *, now: datetime) -> None:
    """Forget the block: resume taking back answers, and tell staff which ones did not arrive."""
    if user.blocked_at is None:
        return
    since, user.blocked_at, user.returned_at = user.blocked_at, None, now
    await _redraw_cards(session, user, now=now)
    await resend.retract_again(session, user, since=since, now=now)
    for ticket in await resend.tickets_with_missed(session, user, since=since):
        back = UserReturned(ticket.id, int(since.timestamp()))
        outbox.post(session, ticket.staff_chat_id, back, now=now, ticket=ticket)


async def _redraw_cards(session: AsyncSession, user: User, *, now: datetime) -> None:
    """Redraw the cards of the user's open tickets, with what is true of the user now."""
    for ticket in await session.scalars(_OPEN, {"user_id": user.id}):
        await outbox.redraw_card(session, ticket, now=now)
