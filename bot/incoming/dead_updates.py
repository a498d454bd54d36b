"""Dead updates: what could not be handled is kept for an operator, and those concerned are told."""

import traceback
from collections.abc import Callable
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from bot.incoming.alerts import Alerts
from bot.reading.update_json import origin
from bot.texts import to_users
from services import outbox, ticket_service, update_records
from services.helpdesk import set_aside_news, staff_chats
from services.notices import UpdateFailed

log = structlog.get_logger(__name__)


class DeadUpdates:
    """Has its own transactions, one an update."""

    def __init__(
        self,
        sessions: async_sessionmaker[AsyncSession],
        alerts: Alerts,
        clock: Callable[[], datetime],
    ) -> None:
        self._sessions = sessions
        self._alerts = alerts
        self._clock = clock

    async def keep_failed(self, raw: dict[str, Any], error: Exception) -> None:
        """Keep an update whose handling raised `error`, which may quote what somebody wrote."""
        place = traceback.extract_tb(error.__traceback__)[-1]
        log.error(
            "update set aside",
            error=type(error).__name__,
            place=f"{place.filename}:{place.lineno}",
        )
        await self._keep(raw, "".join(traceback.format_exception(error)))

    async def keep_unreadable(self, update_id: int, body: str) -> None:
        """Keep what Telegram answered with instead of an update that can be read."""
        log.error("unreadable update set aside", update_id=update_id)
        await self._keep({"update_id": update_id, "unreadable": body}, "The JSON can't be read")

    async def _keep(self, raw: dict[str, Any], why: str) -> None:
        """Keep it, tell staff and whoever sent it; a press is answered after the commit."""
        now, source = self._clock(), origin(raw)
        async with self._sessions.begin() as session:
            await update_records.new_among(session, [raw["update_id"]], now=now)
            concerned = await ticket_service.concerned(session, source.chat_id, now=now)
            dead = await update_records.set_aside(
                session, raw, why, staff_chat_id=concerned, now=now
            )
            await set_aside_news.tell_staff(session, dead, now=now)
            to_staff = await staff_chats.is_one(session, source.chat_id)
            if source.private and source.chat_id is not None and not source.is_program:
                failed = UpdateFailed(source.message_id, source.language)
                outbox.post(session, source.chat_id, failed, now=now)
        self._alerts.show(source, to_users.update_failed, to_staff=to_staff)
