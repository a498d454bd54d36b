"""Modes: whether a staff chat's tickets are under cards, or each in a thread of its forum.

Administrators change it at any time. Open tickets follow a few at a time, as far as what else is
sent leaves room, those first that have waited longest. Until then each goes on where it is, and a
reply to what was sent there is understood for ever.

Somebody who read the mode before it changed may open a ticket by that later. So it is looked for
more tickets until all such transactions are over; nobody has to lock what all need to read.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.team import StaffChat, StaffMode
from database import dialect
from database.conditions import NOT_CLOSED
from database.machinery import Precedence
from database.models import Ticket, User
from database.team import SettingChange, StaffChatRow
from services import outbox, timers
from services.helpdesk import cards, staff_chat_changes, staff_chats, team_settings, threads
from services.helpdesk.threads import TRIED_AGAIN_AFTER, TicketsBehind
from services.notices import CardRedrawn, ModeChosen, ThreadWanted
from services.problems import ButtonOutdated
from services.timers import Moment

log = structlog.get_logger(__name__)

# The setting under which changes of it are remembered.
KEY = "staff_mode"

# How many tickets follow at once, and how often the next ones are looked for.
AT_ONCE = 5
LOOKS_EVERY = timedelta(seconds=5)


async def choose(session: AsyncSession, chat: StaffChat, mode: StaffMode, *, now: datetime) -> None:
    """Set where the tickets of a staff chat are; open ones follow."""
    if chat.mode is not mode:
        await staff_chat_changes.change(session, chat, mode=mode, threads_failed_at=None)
        if StaffMode.FORUM in {chat.mode, mode}:
            await timers.set(session, TicketsBehind(chat.id), now, now=now)
        log.info("mode of a staff chat", chat=chat.chat_id, mode=mode.value)


async def choose_hearing(session: AsyncSession, chat: StaffChat, *, everything: bool) -> None:
    """Set whether what staff write in threads goes to users, or only what replies to us does."""
    await staff_chat_changes.change(session, chat, hears_threads=everything)


async def switch(
    session: AsyncSession, chat: StaffChat, mode: StaffMode, *, by: User | None, now: datetime
) -> None:
    """Set where tickets are, as an administrator chose; all of staff are told.

    In new topics, only replies go to users until somebody chooses that, too. What is written in
    topics that are left goes on as their cards say. `by` is None for an anonymous one.
    """
    if chat.mode is not mode:
        await choose(session, chat, mode, now=now)
        everything = chat.hears_threads and mode is not StaffMode.FORUM
        await choose_hearing(session, chat, everything=everything)
        if chat.hears_threads is not everything:
            await _redraw(session, chat, now)
        await _remember(session, chat, mode, everything=everything, by=by, now=now)


async def switch_hearing(
    session: AsyncSession, chat: StaffChat, *, everything: bool, by: User | None, now: datetime
) -> None:
    """Set what goes to users from threads, as an administrator chose; all of staff are told.

    The card in each thread says it. Raises ButtonOutdated where there are no threads.
    """
    if chat.mode is not StaffMode.FORUM:
        raise ButtonOutdated
    if chat.hears_threads is not everything:
        await choose_hearing(session, chat, everything=everything)
        await _redraw(session, chat, now)
        await _remember(session, chat, chat.mode, everything=everything, by=by, now=now)


async def last_change(session: AsyncSession, chat: StaffChat) -> SettingChange | None:
    """Find who made it as it is now; None if no administrator did, or for another staff chat."""
    change = await team_settings.last_change(session, KEY, "")
    is_this = change is not None and change.value == _value(
        chat, chat.mode, everything=chat.hears_threads
    )
    return change if is_this else None


async def _remember(
    session: AsyncSession,
    chat: StaffChat,
    mode: StaffMode,
    *,
    everything: bool,
    by: User | None,
    now: datetime,
) -> None:
    value = _value(chat, mode, everything=everything)
    by_id = team_settings.remember(session, KEY, value, by=by, now=now)
    told = ModeChosen(mode.value, everything, by_id)
    outbox.post(session, chat.chat_id, told, now=now)


def _value(chat: StaffChat, mode: StaffMode | None, *, everything: bool) -> dict[str, Any]:
    return {"staff_chat": chat.id, "mode": mode and mode.value, "everything": everything}


async def _redraw(session: AsyncSession, chat: StaffChat, now: datetime) -> None:
    """Have the cards in threads say what goes to users now."""
    here = (NOT_CLOSED, Ticket.staff_chat_id == chat.chat_id, Ticket.thread_id.is_not(None))
    tickets = await session.scalars(select(Ticket).where(*here).order_by(Ticket.id))
    redrawn = [(ticket, CardRedrawn(ticket.id)) for ticket in tickets]
    await outbox.post_each_once(session, chat.chat_id, redrawn, now=now)


@timers.does(TicketsBehind)
async def bring(session: AsyncSession, due: TicketsBehind, moment: Moment) -> datetime | None:
    """Have the next tickets follow the mode; once all have, there is nothing more to do.

    All have if none is found after the last of those who may have read another mode has committed.
    """
    chat = await staff_chats.by_key(session, due.subject)
    if chat is None:
        return None
    more = await dialect.is_read_by_others(session, StaffChatRow)
    if chat.mode is not StaffMode.FORUM:
        more |= await _to_cards(session, chat, moment.now)
        return moment.now + LOOKS_EVERY if more else None
    more |= await _to_threads(session, chat, moment.now)
    if chat.threads_failed_at is not None:
        return moment.now + TRIED_AGAIN_AFTER
    return moment.now + LOOKS_EVERY if more else None


async def _to_threads(session: AsyncSession, chat: StaffChat, now: datetime) -> bool:
    """Have the tickets that waited longest want threads; one of them, while none can be made."""
    here = (NOT_CLOSED, Ticket.staff_chat_id == chat.chat_id)
    wanted = await session.scalar(select(func.count()).where(*here, Ticket.wants_thread)) or 0
    room = (AT_ONCE if chat.threads_failed_at is None else 1) - wanted
    behind = await _locked(session, *here, Ticket.thread_id.is_(None), ~Ticket.wants_thread, n=room)
    for ticket in behind:
        thread = await threads.free(session, ticket, chat)
        ticket.thread_id = thread.thread_id if thread is not None else None
        ticket.wants_thread = thread is None
        await session.flush()
        await outbox.post_once(
            session, chat.chat_id, ThreadWanted(ticket.id), now=now, ticket=ticket
        )
    return bool(behind or wanted)


async def _to_cards(session: AsyncSession, chat: StaffChat, now: datetime) -> bool:
    """Give the tickets that waited longest a card outside of their threads."""
    in_threads = or_(Ticket.thread_id.is_not(None), Ticket.wants_thread)
    here = (NOT_CLOSED, Ticket.staff_chat_id == chat.chat_id)
    behind = await _locked(session, *here, in_threads, n=AT_ONCE)
    for ticket in behind:
        ticket.thread_id, ticket.wants_thread = None, False
        await cards.post_new(session, ticket, now=now, precedence=Precedence.REDRAW)
    return bool(behind)


async def _locked(session: AsyncSession, *which: ColumnElement[bool], n: int) -> Sequence[Ticket]:
    """Lock the tickets that waited longest, their users first, as everywhere."""
    if n <= 0:
        return ()
    found = select(Ticket.id).where(*which).order_by(Ticket.waiting_since, Ticket.id).limit(n)
    ids = (await session.scalars(found)).all()
    users = select(Ticket.user_id).where(Ticket.id.in_(ids))
    await session.execute(
        select(User.id).where(User.id.in_(users)).order_by(User.id).with_for_update(key_share=True)
    )
    tickets = await session.scalars(
        select(Ticket)
        .where(Ticket.id.in_(ids), *which)
        .order_by(Ticket.waiting_since, Ticket.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    return tickets.all()
