"""Groups: those that move to a new id, and those that are no staff chats."""

from datetime import datetime

from aiogram import F, Router
from aiogram.methods import SetMyCommands
from aiogram.types import ChatMemberUpdated, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot import i18n, menus
from bot.reading.content import NotAMessage
from bot.reading.filters import InStaffChat, When
from bot.reading.own_rights import rights_of
from services import pauses
from services.delivery import relocating
from services.helpdesk import boards, foreign_groups, staff_chats, staff_rights, threads

router = Router(name="groups")

_GROUPS = {"group", "supergroup"}
_IN_GROUP = When(F.chat.type.in_(_GROUPS))
_NOT_PRIVATE = When(F.chat.type != "private")
_JOINED = frozenset({"member", "administrator", "restricted"})


@router.message(When(F.migrate_to_chat_id))
async def moved_away(message: Message, session: AsyncSession, now: datetime) -> None:
    """Follow the message in the old group, which names the new id."""
    if message.migrate_to_chat_id is not None:
        await _follow(session, message.chat.id, message.migrate_to_chat_id, now)


@router.message(When(F.migrate_from_chat_id))
async def moved_here(
    message: Message, session: AsyncSession, now: datetime
) -> SetMyCommands | None:
    """Follow the message in the new group, which names the old id; its menu is still empty."""
    if message.migrate_from_chat_id is not None:
        await _follow(session, message.migrate_from_chat_id, message.chat.id, now)
    here = await staff_chats.at(session, message.chat.id)
    return None if here is None else menus.of_staff(here, i18n.spoken())


async def _follow(session: AsyncSession, old_id: int, new_id: int, now: datetime) -> None:
    """Follow the group. An id of a person can't be a group's: staff's messages would go there."""
    if old_id >= 0 or new_id >= 0:
        raise NotAMessage("a group that has the id of a person")
    await relocating.migrated(session, old_id, new_id, now=now)


@router.my_chat_member(InStaffChat())
async def rights_in_staff_chat(
    event: ChatMemberUpdated, session: AsyncSession, now: datetime
) -> None:
    """Try to write, to pin and to make threads at once: the bot was let in, or got a right."""
    await staff_rights.note(session, event.chat.id, rights_of(event.new_chat_member))
    if event.new_chat_member.status in _JOINED:
        await pauses.try_now(session, event.chat.id, now=now)
        await boards.pin_if_needed(session, event.chat.id, now=now)
    if getattr(event.new_chat_member, "can_manage_topics", False):
        await threads.try_now(session, event.chat.id, now=now)


@router.chat_member()
async def came_or_left(event: ChatMemberUpdated) -> None:
    """Ignore it: who has a say was noted before the update got here (bot/reading/members.py)."""


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
    """Ignore a group that we left, and a channel: nobody there waits for us."""
