"""Dialogues: somebody is asked for something, a step at a time, and replies to the question.

1. `begin` records who is asked for what; the notice that asks is posted with it.
2. `asked_with` records which message is the question, once it is sent.
3. A reply to that message, and to no other, is the answer: `of_question`.
4. `end` ends it, or else half a day. Late replies are recognised for a week: they get an answer,
   and are never taken for something else.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.address import Place
from database.team import Dialogue
from services import memo
from services.helpdesk import staff_chats

LASTS = timedelta(hours=12)
KEPT_FOR = timedelta(days=7)


async def begin(
    session: AsyncSession,
    chat_id: int,
    speaker_id: int,
    step: str,
    data: Mapping[str, Any],
    *,
    now: datetime,
) -> Dialogue:
    """Ask somebody for something; an earlier dialogue with them in this chat must have ended."""
    made = Dialogue(chat_id=chat_id, speaker_id=speaker_id, step=step, data=dict(data), since=now)
    session.add(made)
    await session.flush()
    return made


async def ongoing(session: AsyncSession, chat_id: int, speaker_id: int) -> Sequence[Dialogue]:
    """List the dialogues with somebody in a staff chat that have not ended, however old they are.

    It is one, and may be another one from before the group got its new id.
    """
    in_chat = await staff_chats.belongs(session, Dialogue.chat_id, chat_id)
    found = await session.scalars(select(Dialogue).where(in_chat, Dialogue.ended_at.is_(None)))
    return [one for one in found if await is_with(session, one, speaker_id)]


async def is_with(session: AsyncSession, dialogue: Dialogue, speaker_id: int) -> bool:
    """Whether it is with this person or group; a group also under an id that it had before."""
    asked = await staff_chats.followed(session, dialogue.speaker_id)
    return asked == await staff_chats.followed(session, speaker_id)


async def of_question(session: AsyncSession, chat_id: int, message_id: int) -> Dialogue | None:
    """Find the dialogue whose question is this message, even if it is over."""
    return (await _questions(session)).get((chat_id, message_id))


async def of_answer(session: AsyncSession, chat_id: int, message_id: int) -> Dialogue | None:
    """Find the dialogue that has this message as its answer."""
    for dialogue in (await _questions(session)).values():
        if place_of(dialogue, "answer") == Place(chat_id, message_id):
            return dialogue
    return None


def place_data(name: str, place: Place) -> dict[str, int]:
    """Make the part of a dialogue's data that says where a message of it is."""
    return {f"{name}_chat_id": place.chat_id, f"{name}_id": place.message_id}


def place_of(dialogue: Dialogue, name: str) -> Place | None:
    """Read where a message of a dialogue is; data of older versions has no chat: the question's."""
    message_id = dialogue.data.get(f"{name}_id")
    chat_id = dialogue.data.get(f"{name}_chat_id", dialogue.chat_id)
    return None if message_id is None else Place(chat_id, message_id)


async def of_chat(session: AsyncSession, chat_id: int) -> Sequence[Dialogue]:
    """List the last week's dialogues in this staff chat, under any id that it had."""
    in_chat = await staff_chats.belongs(session, Dialogue.chat_id, chat_id)
    return (await session.scalars(select(Dialogue).where(in_chat))).all()


async def _questions(session: AsyncSession) -> dict[tuple[int, int], Dialogue]:
    """Read the last week's dialogues whose question was sent, once a transaction; there are few."""
    known = memo.of(session)
    if known.dialogues is None:
        rows = await session.scalars(select(Dialogue).where(Dialogue.question_id.is_not(None)))
        known.dialogues = {(row.chat_id, row.question_id or 0): row for row in rows}
    return known.dialogues


def is_open(dialogue: Dialogue, *, now: datetime) -> bool:
    """Whether a reply is still accepted as the answer."""
    return dialogue.ended_at is None and is_recent(dialogue, now=now)


def is_recent(dialogue: Dialogue, *, now: datetime) -> bool:
    """Whether it began less than LASTS ago; a clock that was set back may put it ahead of now."""
    return abs(now - dialogue.since) < LASTS


async def end(session: AsyncSession, dialogue: Dialogue, *, now: datetime) -> None:
    dialogue.ended_at = dialogue.ended_at or now
    await session.flush()


async def asked_with(session: AsyncSession, dialogue_id: int, message_id: int) -> None:
    """Record which message is the question; if it was sent again, the newest."""
    await session.execute(
        update(Dialogue).where(Dialogue.id == dialogue_id).values(question_id=message_id)
    )


async def forget_old(session: AsyncSession, *, now: datetime) -> None:
    await session.execute(delete(Dialogue).where(Dialogue.since < now - KEPT_FOR))
