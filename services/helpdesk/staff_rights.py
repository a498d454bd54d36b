"""Rights: what the bot may do in a staff chat, as Telegram said last.

It says so when the bot starts, and at each change. A refusal changes nothing of this.
"""

from dataclasses import dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.helpdesk import staff_chat_changes, staff_chats

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Rights:
    """What nothing is tried without, as it is only for the eyes, or for good."""

    may_pin: bool = False
    may_delete: bool = False


async def note(session: AsyncSession, chat_id: int, rights: Rights) -> None:
    """Record what the bot may do."""
    chat = await staff_chats.at(session, chat_id)
    if chat is None or Rights(chat.may_pin, chat.may_delete) == rights:
        return
    await staff_chat_changes.change(
        session, chat, may_pin=rights.may_pin, may_delete=rights.may_delete
    )
    log.info("rights in a staff chat", chat=chat_id, pins=rights.may_pin, deletes=rights.may_delete)
