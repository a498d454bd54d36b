"""Reactions: "delivered", "kept" or "done", which do not count against the group's limit."""

from aiogram.methods import SetMessageReaction
from aiogram.types import ReactionTypeEmoji

from bot.wording.calls import Call, at
from bot.wording.context import Desk
from bot.wording.registry import words_for
from core.address import Place
from database.models import Direction
from services.delivery.parcel import Parcel
from services.helpdesk import done_commands
from services.notices import AnswerDelivered, CommandDone, NoteKept


@words_for(AnswerDelivered)
async def delivered(desk: Desk, notice: AnswerDelivered) -> Parcel | None:
    """Mark an answer that has arrived, unless it was taken back: then it is a note."""
    answer = await desk.message(notice.message_id)
    if answer.direction is Direction.NOTE:
        return None
    return await _react(desk, notice.message_id, "👍")


@words_for(NoteKept)
async def noted(desk: Desk, notice: NoteKept) -> Parcel | None:
    """Mark a note; a command under one of its pictures that was carried out has its own mark."""
    note = await desk.message(notice.message_id)
    place = note.chat_id, note.message_id
    if await done_commands.was_done(desk.session, *place, since=note.sent_at):
        return None
    return await _react(desk, notice.message_id, "✍")


@words_for(CommandDone)
async def done(desk: Desk, notice: CommandDone) -> Parcel | None:
    return _reaction(desk, Place(notice.asked_in, notice.message_id), "👌")


async def _react(desk: Desk, message_id: int, emoji: str) -> Parcel | None:
    message = await desk.message(message_id)
    return _reaction(desk, message.place, emoji)


def _reaction(desk: Desk, place: Place, emoji: str) -> Parcel | None:
    """React to a message of staff; not possible after the group has moved."""
    if not desk.address.is_chat_of(place):
        return None
    method = SetMessageReaction(**at(place), reaction=[ReactionTypeEmoji(emoji=emoji)])
    return Parcel(desk.address, Call(method), cost=0)
