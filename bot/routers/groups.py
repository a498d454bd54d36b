"""Groups as such: one that moves, and those that are no staff chats."""

from datetime import datetime

from aiogram import F, Router
from aiogram.types import ChatMemberUpdated, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.reading.content import NotAMessage
from bot.reading.filters import InStaffChat, When
from services import pauses
from services.delivery import relocating
from services.helpdesk import foreign_groups

router = Router(name="groups")

_GROUPS = {"group", "supergroup"}
_IN_GROUP = When(F.chat.type.in_(_GROUPS))
_NOT_PRIVATE = When(F.chat.type != "private")
_JOINED = frozenset({"member", "administrator", "restricted"})


@router.message(When(F.migrate_to_chat_id))
async def moved_away(message: Message, session: AsyncSession, now: datetime) -> None:
    """Said in the old group: it lives on under another id."""
    if message.migrate_to_chat_id is not None:
        await _moved(session, message.chat.id, message.migrate_to_chat_id, now)


@router.message(When(F.migrate_from_chat_id))
async def moved_here(message: Message, session: AsyncSession, now: datetime) -> None:
    """Said in the new group: this is where it came from."""
    if message.migrate_from_chat_id is not None:
        await _moved(session, message.migrate_from_chat_id, message.chat.id, now)


async def _moved(session: AsyncSession, old_id: int, new_id: int, now: datetime) -> None:
    """Follow the group. Where people have their ids none can live: staff's would go to a person."""
    if old_id >= 0 or new_id >= 0:
        raise NotAMessage("a group that has the id of a person")
    await relocating.migrated(session, old_id, new_id, now=now)


@router.my_chat_member(InStaffChat())
async def rights_in_staff_chat(
    event: ChatMemberUpdated, session: AsyncSession, now: datetime
) -> None:
    """What the bot may do in a staff chat shows when it next writes there: at once, if let in."""
    if event.new_chat_member.status in _JOINED:
        await pauses.try_now(session, event.chat.id, now=now)


@router.chat_member()
async def came_or_left(event: ChatMemberUpdated) -> None:
    """Who has a say is known before an update is handled (bot/reading/members.py)."""


@router.my_chat_member(_IN_GROUP, When(F.new_chat_member.status.in_(_JOINED)))
@router.message(_IN_GROUP, ~InStaffChat())
async def foreign_group(
    event: Message | ChatMemberUpdated, session: AsyncSession, now: datetime
) -> None:
    await foreign_groups.tell(session, event.chat.id, now=now)


@router.my_chat_member(_NOT_PRIVATE)
@router.message(~InStaffChat(), _NOT_PRIVATE)
@router.edited_message(~InStaffChat(), _NOT_PRIVATE)
async def elsewhere(event: Message | ChatMemberUpdated) -> None:
    """A group that we left, a channel: nobody there waits for us."""
