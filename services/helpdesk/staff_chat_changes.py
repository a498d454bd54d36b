"""Changes to which groups are staff chats: chosen in the settings, added, or moved to another id.

The settings name the main one. An added one stays a staff chat, with its tickets, whichever is the
main one. Tickets that a change moves to another chat follow later, a portion at a time
(services/delivery/relocating.py).
"""

from datetime import datetime

import structlog
from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.team import StaffChat
from database import team
from database.conditions import NOT_CLOSED
from database.models import Ticket
from services import memo
from services.helpdesk.staff_chats import every, followed, home, main

log = structlog.get_logger(__name__)


async def choose_main(session: AsyncSession, configured: int, *, now: datetime) -> None:
    """Make the group that the settings name the main staff chat, under its current id.

    The former main one stays a staff chat only if it was also added; otherwise its tickets move
    along.
    """
    chat_id = await followed(session, configured)
    chats = await every(session)
    former = next((one for one in chats.values() if one.is_main), None)
    if former is not None and former.chat_id == chat_id:
        return
    if former is not None:
        await _step_down(session, former)
        log.info("another group is the main staff chat", former=former.chat_id, chat=chat_id)
    if chat_id in chats:
        await change(session, chats[chat_id], is_main=True)
    else:
        await _insert(session, chat_id, is_main=True, now=now)
    if former is not None:
        await _begin(session, await main(session))


async def ensure_main(session: AsyncSession, configured: int, *, now: datetime) -> None:
    """Choose the group of the settings unless there is a main staff chat."""
    if not any(one.is_main for one in (await every(session)).values()):
        await choose_main(session, configured, now=now)


async def add(session: AsyncSession, chat_id: int, *, now: datetime) -> None:
    """Make a group a staff chat that remains one, whichever is the main one."""
    chat_id = await followed(session, chat_id)
    known = (await every(session)).get(chat_id)
    if known is not None:
        await change(session, known, by_setting=False)
    else:
        await _insert(session, chat_id, is_main=False, now=now)


async def move(session: AsyncSession, old_id: int, new_id: int) -> StaffChat | None:
    """Give a staff chat the id that its group has now; its tickets then have to move along.

    None if no staff chat has the old id. If one has the new id already, the two become one.
    """
    chats = await every(session)
    moved, there = chats.get(old_id), chats.get(new_id)
    if moved is None or old_id == new_id:
        return None
    if there is None:
        await change(session, moved, chat_id=new_id)
    else:
        await _drop(session, moved)
        await change(
            session,
            there,
            is_main=moved.is_main or there.is_main,
            by_setting=moved.by_setting and there.by_setting,
        )
    await _begin(session, (await every(session))[new_id])
    return (await every(session))[new_id]


async def bring_strays(session: AsyncSession) -> None:
    """Have open tickets of groups that are not staff chats move to where they belong.

    A ticket may be opened in a group at the very moment that it is dropped or gets another id.
    """
    known = list(await every(session))
    groups = select(Ticket.staff_chat_id).distinct()
    strays = groups.where(NOT_CLOSED, Ticket.staff_chat_id.not_in(known))
    for stray in (await session.scalars(strays)).all():
        await _begin(session, await home(session, stray))


async def came_along(session: AsyncSession, chat: StaffChat, *, next_ticket_id: int | None) -> None:
    """Note how far the tickets have moved along, unless the move has been restarted."""
    await session.execute(
        update(team.StaffChatRow)
        .where(
            team.StaffChatRow.id == chat.id,
            team.StaffChatRow.chat_id == chat.chat_id,
            team.StaffChatRow.next_ticket_id == chat.next_ticket_id,
        )
        .values(next_ticket_id=next_ticket_id)
    )
    memo.of(session).staff_chats = None


async def change(session: AsyncSession, chat: StaffChat, **values: object) -> None:
    """Change what is stored of a staff chat; the value given stays as it was."""
    await session.execute(
        update(team.StaffChatRow).where(team.StaffChatRow.id == chat.id).values(**values)
    )
    memo.of(session).staff_chats = None


async def _begin(session: AsyncSession, chat: StaffChat) -> None:
    log.info("moving tickets to the staff chat", chat=chat.chat_id)
    await change(session, chat, next_ticket_id=0)


async def _step_down(session: AsyncSession, former: StaffChat) -> None:
    if former.by_setting:
        await _drop(session, former)
    else:
        await change(session, former, is_main=False)


async def _insert(
    session: AsyncSession,
    chat_id: int,
    *,
    is_main: bool,
    now: datetime,
) -> None:
    row = team.StaffChatRow(
        chat_id=chat_id,
        is_main=is_main,
        by_setting=is_main,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    memo.of(session).staff_chats = None


async def _drop(session: AsyncSession, chat: StaffChat) -> None:
    await session.execute(delete(team.StaffChatRow).where(team.StaffChatRow.id == chat.id))
    memo.of(session).staff_chats = None
