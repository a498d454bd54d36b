"""The composer: words notices when they are delivered, in the language of their chat."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot import i18n
from bot.wording import registry
from bot.wording.context import Desk
from core.address import Address
from core.team import Team
from database.machinery import Delivery
from database.models import User
from services import notices, read_ahead
from services.delivery.backlog import Backlog
from services.delivery.parcel import Parcel

_WORDINGS = registry.wordings()


class Composer:
    """Makes parcels of notices; see `services.delivery.parcel.Compose`."""

    def __init__(self, team: Team, clock: Callable[[], datetime]) -> None:
        self._team = team
        self._clock = clock

    async def __call__(
        self, session: AsyncSession, offered: Sequence[Delivery], backlog: Backlog | None = None, /
    ) -> Parcel | None:
        head = offered[0]
        notice = notices.read(head.kind, head.payload)
        now = self._clock()
        team, address = self._team, _address(head, notice)
        desk = Desk(session, address, team.day(now), team.zone, now, offered, backlog)
        with i18n.speaking(await self._language(session, head.chat_id, notice)):
            parcel = await _WORDINGS[type(notice)](desk, notice)
        if parcel is not None and (notice.rings or head.chat_id > 0):
            return replace(parcel, rings=True)
        return parcel

    async def _language(self, session: AsyncSession, chat_id: int, notice: notices.Notice) -> str:
        """Choose the staff's language in groups, and the user's in a private chat."""
        if chat_id < 0:
            return self._team.staff_language
        user = read_ahead.of(session).recipients.get(chat_id)
        if user is None:
            user = await session.scalar(select(User).where(User.telegram_id == chat_id))
        return i18n.choose(user.language if user else getattr(notice, "language", ""))


def _address(head: Delivery, notice: notices.Notice) -> Address:
    """Find where it goes now: a delivery has only its chat, a request the thread it came from."""
    return Address(head.chat_id, getattr(notice, "thread_id", None))
