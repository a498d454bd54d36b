"""The composer: words notices when they are delivered, in the language of their chat."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import i18n
from bot.wording import context, registry
from bot.wording import threads as wording_of_threads
from bot.wording.context import Desk
from bot.wording.thread_icons import ThreadIcons
from core.address import Address
from core.team import Team
from database.machinery import Delivery
from database.models import Ticket, User
from database.team import Thread
from services import notices, read_ahead
from services.delivery.backlog import Backlog
from services.delivery.parcel import Parcel
from services.helpdesk import threads

_WORDINGS = registry.wordings()


class Composer:
    """Makes parcels of notices; see `services.delivery.parcel.Compose`."""

    def __init__(
        self, team: Team, clock: Callable[[], datetime], icons: ThreadIcons | None = None
    ) -> None:
        self._team = team
        self._clock = clock
        self._icons = icons or ThreadIcons()

    async def __call__(
        self, session: AsyncSession, offered: Sequence[Delivery], backlog: Backlog | None = None, /
    ) -> Parcel | None:
        head = offered[0]
        notice = notices.read(head.kind, head.payload)
        now = self._clock()
        ticket = await _in_thread(session, head)
        thread = await threads.of_ticket(session, ticket) if ticket is not None else None
        team, address = self._team, _address(head, notice, thread)
        day, zone, icons = team.day(now), team.zone, self._icons
        desk = Desk(session, address, day, zone, now, offered, backlog, thread, icons)
        with i18n.speaking(await self._language(session, head.chat_id, notice)):
            before = await wording_of_threads.first(desk, ticket, notice) if ticket else None
            parcel = before or await _WORDINGS[type(notice)](desk, notice)
        if parcel is None:
            return None
        rings = parcel.rings or (before is None and (notice.rings or head.chat_id > 0))
        return replace(parcel, rings=rings, in_thread=thread is not None)

    async def _language(self, session: AsyncSession, chat_id: int, notice: notices.Notice) -> str:
        """Choose the staff's language in groups, and the user's in a private chat."""
        if chat_id < 0:
            return self._team.staff_language
        user = read_ahead.of(session).recipients.get(chat_id)
        if user is None:
            user = await session.scalar(select(User).where(User.telegram_id == chat_id))
        return i18n.choose(user.language if user else getattr(notice, "language", ""))


async def _in_thread(session: AsyncSession, head: Delivery) -> Ticket | None:
    """Get the ticket of what goes to staff, if it goes on in a thread, is to, or did."""
    if head.ticket_id is None or head.chat_id > 0:
        return None
    ticket = await context.ticket(session, head.ticket_id)
    if ticket.staff_chat_id != head.chat_id:
        return None
    card = read_ahead.of(session).cards.get(ticket.id)
    was_in_one = card is not None and card.thread_id is not None
    return ticket if ticket.thread_id or ticket.wants_thread or was_in_one else None


def _address(head: Delivery, notice: notices.Notice, thread: Thread | None) -> Address:
    """Find where it goes now: a delivery has only its chat, a request the thread it came from."""
    thread_id = thread.thread_id if thread is not None else getattr(notice, "thread_id", None)
    return Address(head.chat_id, thread_id)
