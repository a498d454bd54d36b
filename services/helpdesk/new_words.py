"""Asks an administrator for the words that users are to read: one question, one reply.

1. `ask` begins a dialogue and posts the question.
2. `hear` takes the reply of the person asked, checks it and changes the setting. A reply that
   can't be used is refused; an edit of it, or another reply, is heard too.
3. An edit of the reply that was used changes the setting again, unless somebody else has since.
4. `cancel` withdraws the question, as a reply to it asks.

Question and result are for all to see: what waits for somebody's words must not get lost.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from core.address import Address, Place
from database.models import User
from database.team import Dialogue
from services import outbox
from services.helpdesk import dialogues, team_settings
from services.helpdesk.team_settings import Words
from services.notices import CommandDone, QuestionWithdrawn, WordsAsked, WordsChanged
from services.problems import NoLongerAsked, NotAsked, Problem, WordsNotText

STEP = "words"


@dataclass(frozen=True)
class Reply:
    """What somebody wrote in reply to the question; `text` is None if it is not text.

    `speaker_id` is the person's, or that of the group in whose name an administrator wrote.
    """

    place: Place
    speaker_id: int
    text: str | None
    entities: list[dict[str, Any]] = field(default_factory=list)
    album: str | None = None


async def ask(
    session: AsyncSession,
    address: Address,
    speaker_id: int,
    which: Words,
    language: str,
    *,
    now: datetime,
) -> None:
    """Ask somebody for new words; an earlier question to them in this chat is withdrawn."""
    chat_id = address.chat_id
    for earlier in await dialogues.ongoing(session, chat_id, speaker_id):
        await _withdraw(session, earlier, chat_id, now=now)
    data = {"key": which.value, "language": language, "thread_id": address.thread_id}
    dialogue = await dialogues.begin(session, chat_id, speaker_id, STEP, data, now=now)
    outbox.post(session, chat_id, WordsAsked(dialogue.id, address.thread_id), now=now)


async def cancel(
    session: AsyncSession, dialogue: Dialogue, speaker_id: int, *, chat_id: int, now: datetime
) -> None:
    """Withdraw the question for the one who was asked; NotAsked, NoLongerAsked."""
    if not await dialogues.is_with(session, dialogue, speaker_id):
        raise NotAsked
    if not dialogues.is_open(dialogue, now=now):
        raise NoLongerAsked
    await _withdraw(session, dialogue, chat_id, now=now)


def asked_for(dialogue: Dialogue) -> tuple[Words, str]:
    """Tell which words a dialogue asks for, and in which language."""
    return Words(dialogue.data["key"]), str(dialogue.data["language"])


async def hear(
    session: AsyncSession,
    dialogue: Dialogue,
    reply: Reply,
    *,
    by: User | None,
    chat_id: int,
    now: datetime,
) -> Problem | None:
    """Take a reply to the question, or an edit of it, and show in `chat_id` what users read now.

    Returns the refusal of a reply that isn't text. Raises NotAsked, NoLongerAsked, and what
    `team_settings.checked` raises.
    """
    if not await dialogues.is_with(session, dialogue, reply.speaker_id):
        raise NotAsked
    which, language = asked_for(dialogue)
    if not await _is_expected(session, dialogue, reply, now=now):
        raise NoLongerAsked
    if reply.text is None:
        return await _not_text(session, dialogue, reply)
    piece = team_settings.checked(which, reply.text, reply.entities)
    await team_settings.change(session, which, language, piece, by=by, now=now)
    newest = await team_settings.last_change(session, which, language)
    used = dialogues.place_data("answer", reply.place)
    dialogue.data = dialogue.data | used | {"change_id": newest.id if newest else None}
    if dialogue.ended_at is None:
        done = CommandDone(reply.place.chat_id, reply.place.message_id)
        outbox.post(session, chat_id, done, now=now)
    await _finish(session, dialogue, chat_id, now=now)
    return None


async def _is_expected(
    session: AsyncSession, dialogue: Dialogue, reply: Reply, *, now: datetime
) -> bool:
    """Whether the question is still open, or this is an edit of the reply that was used last."""
    if dialogues.place_of(dialogue, "answer") != reply.place:
        return dialogues.is_open(dialogue, now=now)
    which, language = asked_for(dialogue)
    newest = await team_settings.last_change(session, which, language)
    is_newest = newest is not None and newest.id == dialogue.data["change_id"]
    return is_newest and dialogues.is_recent(dialogue, now=now)


async def _not_text(session: AsyncSession, dialogue: Dialogue, reply: Reply) -> Problem | None:
    """Refuse a reply that isn't text; an album only once."""
    if reply.album is not None and dialogue.data.get("album") == reply.album:
        return None
    dialogue.data = dialogue.data | {"album": reply.album}
    await session.flush()
    return WordsNotText()


async def _finish(
    session: AsyncSession, dialogue: Dialogue, chat_id: int, *, now: datetime
) -> None:
    """End the dialogue if it has not ended yet, and show the new words."""
    if dialogue.ended_at is None:
        await _withdraw(session, dialogue, chat_id, now=now)
    which, language = asked_for(dialogue)
    changed = WordsChanged(which.value, language, dialogue.data.get("thread_id"))
    outbox.post(session, chat_id, changed, now=now)
    await session.flush()


async def _withdraw(
    session: AsyncSession, dialogue: Dialogue, chat_id: int, *, now: datetime
) -> None:
    await dialogues.end(session, dialogue, now=now)
    outbox.post(session, chat_id, QuestionWithdrawn(dialogue.id), now=now)
