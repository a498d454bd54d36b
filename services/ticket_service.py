"""Tickets: opened by a user's first message, moved by both sides, numbered from 1 each day."""

from datetime import date, datetime

import structlog
from sqlalchemy import bindparam, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import set_committed_value

from database.conditions import NOT_CLOSED
from database.dialect import insert_new
from database.machinery import Precedence
from database.models import (
    ContentKind,
    DailyTicketCounter,
    Direction,
    EventKind,
    Ticket,
    TicketStatus,
    User,
)
from services import outbox, read_ahead
from services.helpdesk import (
    another,
    cards,
    closing,
    current,
    history,
    joining,
    messages,
    owing,
    people,
    staff_chats,
    threads,
    turns,
)
from services.helpdesk.content import Content, Person
from services.helpdesk.messages import Stored
from services.notices import (
    QuestionPosted,
    TicketOpened,
    TicketShown,
)
from services.problems import (
    MoreWasWritten,
    TicketAlreadyClosed,
    TicketNotClosed,
    TicketOfAnotherTeam,
    UserHasMostTickets,
)

log = structlog.get_logger(__name__)

_COUNTER = (
    select(DailyTicketCounter)
    .where(DailyTicketCounter.day == bindparam("day"))
    .with_for_update()
    .execution_options(populate_existing=True)
)


async def get_next_daily_id(session: AsyncSession, day: date) -> int:
    """Give the next number of `day`, from 1. Nobody else gets it; a rollback gives it back.

    1. Lock the day's row. A second transaction waits here until the first has committed.
    2. If there is none yet, make it and lock it; if two insert it at once, one does nothing.
    3. Add one.

    SQLite has no row locks: BEGIN IMMEDIATE (database/session.py) keeps others out there.
    """
    counter: DailyTicketCounter | None = await session.scalar(_COUNTER, {"day": day})
    if counter is None:
        await insert_new(session, DailyTicketCounter, "day", {"day": day, "last_number": 0})
        counter = (await session.scalars(_COUNTER, {"day": day})).one()
    counter.last_number += 1
    await session.flush()
    log.info("number given", day=day.isoformat(), daily_id=counter.last_number)
    return counter.last_number


async def receive(
    session: AsyncSession,
    person: Person,
    content: Content,
    *,
    staff_chat_id: int,
    day: date,
    now: datetime,
    parting: bool = False,
    as_another: bool = False,
) -> Ticket:
    """Take in what a user wrote: it joins a ticket (`joining`), reopens it, or opens a new one.

    A `parting` (thanks, a goodbye) joins a closed ticket and leaves it closed. `as_another` opens
    a ticket beside the open ones, as does what is written after a wish for one (`another`).
    """
    user = await people.remember(session, person, now=now)
    await people.came_back(session, user, now=now)
    if await another.is_opened(session, user, content, asked=as_another, now=now):
        beside = await current.step_down(session, user.id)
        return await _open(session, user, content, staff_chat_id, day, now, beside=beside)
    found = await joining.find(session, user, content, now=now)
    if found is None:
        return await _open(session, user, content, staff_chat_id, day, now)
    ticket = found.ticket
    if ticket.status is TicketStatus.CLOSED and not parting:
        ticket = await _with_room(session, ticket, user, content, now=now)
    if _take_link(session, ticket, user, now=now) and ticket.status is not TicketStatus.CLOSED:
        await outbox.redraw_card(session, ticket, now=now)
    if ticket.status is TicketStatus.CLOSED:  # an open one gets a card there: `relocating`
        ticket.staff_chat_id = (await staff_chats.home(session, ticket.staff_chat_id)).chat_id
    album = await messages.album(session, ticket, content.media_group_id)
    is_told = as_another or found.instead or user.last_joined_id != ticket.id
    begins = not album and (found.is_named or is_told)
    message = await messages.store(
        session, ticket, user, Direction.QUESTION, content, begins=begins
    )
    if found.is_named and ticket.status is not TicketStatus.CLOSED:
        await current.make(session, ticket, now=now)
    our_turn = await owing.asked(session, ticket, now=now)
    # Of an album, the first item decides.
    reopens = ticket.status is TicketStatus.CLOSED and not album and not parting
    if reopens:
        waits = history.waits_from(message.id, known=message.id)
        history.record(session, ticket, user, EventKind.REOPENED, now, **waits)
        await current.make(session, ticket, now=now)
        await _reopen(session, ticket, now=now, message=message)
    if not (found.is_named or as_another):
        await joining.joined(session, user, found._replace(ticket=ticket), message, now=now)
    if not reopens or message.kind != ContentKind.TEXT:  # otherwise the card shows it
        await _post_question(session, ticket, message, our_turn=our_turn, now=now)
    return ticket


async def _with_room(
    session: AsyncSession, closed: Ticket, user: User, content: Content, *, now: datetime
) -> Ticket:
    """Give the current ticket instead of one that can't be reopened, as its user has the most."""
    if await another.may_open(session, user, content, now=now):
        return closed
    instead = await current.ticket_of(session, user.id)
    if instead is None:
        return closed
    set_committed_value(instead, "user", user)
    return instead


async def receive_unknown(
    session: AsyncSession, person: Person, content: Content, *, now: datetime
) -> None:
    """Take in what may be a service message (`ContentKind.UNKNOWN`): it only joins an open ticket.

    If there is none, the writer is asked for words. It does not change who has to act.
    """
    user = await people.remember(session, person, now=now)
    await people.came_back(session, user, now=now)
    found = await joining.find(session, user, content, now=now)
    ticket = found.ticket if found is not None else None
    if ticket is not None and ticket.status is TicketStatus.CLOSED:
        ticket = await current.ticket_of(session, user.id)
    if ticket is None:
        people.ask_for_words(session, user, content, now=now)
        return
    set_committed_value(ticket, "user", user)
    begins = (found is not None and found.is_named) or user.last_joined_id != ticket.id
    message = await messages.store(
        session, ticket, user, Direction.QUESTION, content, begins=begins
    )
    await _post_question(session, ticket, message, now=now)


async def close(
    session: AsyncSession, ticket: Ticket, *, by: User | None, now: datetime, reason: str = ""
) -> None:
    """Close the ticket; its user is told (`closing`), the reason stays among staff.

    MoreWasWritten if staff have not seen yet what the user wrote last.
    """
    if ticket.status is TicketStatus.CLOSED:
        raise TicketAlreadyClosed.of(ticket)
    if await owing.unseen(session, ticket) is not None:
        raise MoreWasWritten.of(ticket)
    turns.pass_on(ticket, TicketStatus.CLOSED, now=now)
    ticket.closed_at, ticket.menu_opened_at = now, None
    await current.hand_over(session, ticket, now=now)
    details = {"reason": reason} if reason else {}
    history.record(session, ticket, by, EventKind.CLOSED, now, **details)
    await closing.closed(session, ticket, now=now)
    await outbox.redraw_card(session, ticket, now=now)


async def reopen(session: AsyncSession, ticket: Ticket, *, by: User | None, now: datetime) -> None:
    """Open a closed ticket (from `get`) again.

    It is current if no other one is open, or if it was until now for all that its user can know.
    """
    if ticket.status is not TicketStatus.CLOSED:
        raise TicketNotClosed.of(ticket)
    others = await current.number_open(session, ticket.user_id)
    if others >= another.MOST_OPEN:
        raise UserHasMostTickets.of(ticket, most=another.MOST_OPEN)
    if not others or await current.gave_way_lately(session, ticket, now=now):
        await current.make(session, ticket, now=now)
    history.record(session, ticket, by, EventKind.REOPENED, now)
    await _reopen(session, ticket, now=now)


async def show(session: AsyncSession, ticket: Ticket, *, now: datetime) -> None:
    """Lead staff to the ticket's card; asked for again, it is still done once."""
    await outbox.post_once(
        session, ticket.staff_chat_id, TicketShown(ticket.id), now=now, ticket=ticket
    )


async def get(session: AsyncSession, ticket_id: int, *, staff_chat_id: int) -> Ticket:
    """Get a ticket to work on, locked; TicketOfAnotherTeam if it is not of this staff chat.

    If it was merged into another one, it is that. Its user's row is locked first, as in `receive`:
    the same order everywhere avoids deadlocks. No key is changed, so the courier may still link to
    the locked row (`key_share`).
    """
    await session.execute(
        select(User.id)
        .join(Ticket, Ticket.user_id == User.id)
        .where(Ticket.id == ticket_id)
        .with_for_update(of=User, key_share=True)
    )
    locked = (
        select(Ticket)
        .where(Ticket.id == ticket_id)
        .options(selectinload(Ticket.user), selectinload(Ticket.assigned_staff))
        .with_for_update(key_share=True)
    )
    ticket: Ticket | None = await session.scalar(
        locked.where(Ticket.staff_chat_id == staff_chat_id)
    )
    if ticket is None:
        comes_along = await staff_chats.belongs(session, Ticket.staff_chat_id, staff_chat_id)
        ticket = await session.scalar(locked.where(comes_along))
    if ticket is None:
        raise TicketOfAnotherTeam
    if ticket.merged_into_id is not None:
        return await get(session, ticket.merged_into_id, staff_chat_id=staff_chat_id)
    structlog.contextvars.bind_contextvars(ticket=ticket.id)
    return ticket


async def concerned(session: AsyncSession, chat_id: int | None, *, now: datetime) -> int:
    """Find the staff chat that what happened in a chat concerns; the main one if there is no other.

    It is the chat itself, or for a private one that of the ticket which a message there would join.
    """
    if chat_id is not None and chat_id > 0:
        chat_id = await _staff_chat_of(session, chat_id, now=now)
    home = staff_chats.home(session, chat_id) if chat_id else staff_chats.main(session)
    return (await home).chat_id


async def _staff_chat_of(session: AsyncSession, telegram_id: int, *, now: datetime) -> int | None:
    """Find the staff chat of a user's current ticket, without locking anything."""
    chat_id: int | None = await session.scalar(
        select(Ticket.staff_chat_id)
        .join(User, User.id == Ticket.user_id)
        .where(
            User.telegram_id == telegram_id,
            or_(NOT_CLOSED, Ticket.closed_at >= now - joining.REOPENS_WITHIN),
        )
        .order_by(Ticket.is_current.desc(), Ticket.closed_at.desc(), Ticket.id.desc())
        .limit(1)
    )
    return chat_id


async def _open(
    session: AsyncSession,
    user: User,
    content: Content,
    staff_chat_id: int,
    day: date,
    now: datetime,
    *,
    beside: bool = False,
) -> Ticket:
    """Open a ticket. One that is `beside` others takes no share of the first messages.

    Its card names the message, as does that of a ticket which the message reopened.
    """
    ticket = Ticket(
        daily_id=await get_next_daily_id(session, day),
        opened_on=day,
        user=user,
        staff_chat_id=staff_chat_id,
        thread_id=None,
        status=TicketStatus.NEW,
        is_current=True,
        current_since=now,
        opened_at=now,
    )
    session.add(ticket)
    await session.flush()
    read_ahead.of(session).newcomers.discard(user.telegram_id)
    user.last_joined_id = ticket.id
    _take_link(session, ticket, user, now=now)
    structlog.contextvars.bind_contextvars(ticket=ticket.id)
    message = await messages.store(session, ticket, user, Direction.QUESTION, content, begins=True)
    history.record(session, ticket, user, EventKind.OPENED, now)
    outbox.post(session, user.chat_id, TicketOpened(ticket.id), now=now, ticket=ticket)
    await cards.post_first(
        session,
        ticket,
        now=now,
        message_id=message.id if beside else None,
        precedence=Precedence.FOLLOW_UP if beside else None,
    )
    if message.kind != ContentKind.TEXT:
        await _post_question(session, ticket, message, now=now)
    return ticket


def _take_link(session: AsyncSession, ticket: Ticket, user: User, *, now: datetime) -> bool:
    """Note what the link carried by which the user came lately; return whether there was one.

    The card shows the newest link, the history has all.
    """
    payload = people.take_link(user, now=now)
    if payload is not None:
        ticket.link_payload = payload
        history.record(session, ticket, user, EventKind.CAME_BY_LINK, now, payload=payload)
    return payload is not None


async def _reopen(
    session: AsyncSession, ticket: Ticket, *, now: datetime, message: Stored | None = None
) -> None:
    """Open the ticket again, retire its card, and post one that shows what the user wrote."""
    await threads.give(session, ticket)  # before it is open: its own may be another one's now
    turns.pass_on(ticket, TicketStatus.OPEN, now=now)
    ticket.closed_at = None
    await closing.reopened(session, ticket, now=now)
    shown = message.id if message is not None else None
    await cards.post_new(session, ticket, now=now, message_id=shown)


async def _post_question(
    session: AsyncSession,
    ticket: Ticket,
    message: Stored,
    *,
    now: datetime,
    our_turn: bool = False,
) -> None:
    notice, album = QuestionPosted(message.id, our_turn), message.media_group_id
    await outbox.post_content(session, ticket.staff_chat_id, notice, album, now=now, ticket=ticket)
