"""Asking an administrator for words that users are to read: one question, one reply.

1. `ask` begins a dialogue and posts the question, which is to be replied to.
2. `hear` takes the reply of whom it asked, checks it and changes the setting. A reply that can't be
   taken is refused, and another one, or an edit of it, is heard as well.
3. An edit of the reply that was taken changes the setting again, unless somebody else has since.
4. `stop` takes the question back.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from database.models import User
from database.team import Dialogue
from services import outbox
from services.helpdesk import dialogues, settings, staff_chats
from services.helpdesk.settings import Words
from services.notices import QuestionWithdrawn, WordsAsked, WordsChanged
from services.problems import NoLongerAsked, NotAsked, Problem, WordsNotText

STEP = "words"


@dataclass(frozen=True)
class Reply:
    """What somebody wrote in reply to the question; `text` is None if it is not text.

    `speaker_id` is of the person, or of the group in whose name an administrator wrote.
    """

    message_id: int
    speaker_id: int
    text: str | None
    entities: list[dict[str, Any]] = field(default_factory=list)
    album: str | None = None


async def ask(
    session: AsyncSession,
    chat_id: int,
    speaker_id: int,
    which: Words,
    language: str,
    *,
    menu_id: int,
    now: datetime,
) -> None:
    """Ask somebody for new words; what was asked here before is taken back."""
    await stop(session, chat_id, speaker_id, now=now)
    data = {"key": which.value, "language": language, "menu_id": menu_id}
    dialogue = await dialogues.begin(session, chat_id, speaker_id, STEP, data, now=now)
    outbox.post(session, chat_id, WordsAsked(dialogue.id), now=now)


async def stop(
    session: AsyncSession,
    chat_id: int,
    speaker_id: int,
    *,
    menu_id: int | None = None,
    now: datetime,
) -> None:
    """Ask somebody for nothing any more; with `menu_id`, take back only what that menu asked."""
    going_on = await dialogues.going_on(session, chat_id, speaker_id)
    if going_on is not None and menu_id in {None, going_on.data["menu_id"]}:
        await dialogues.end(session, going_on, now=now)
        outbox.post(session, chat_id, QuestionWithdrawn(going_on.id), now=now)


async def hear(
    session: AsyncSession,
    dialogue: Dialogue,
    reply: Reply,
    *,
    by: User | None,
    chat_id: int,
    now: datetime,
) -> Problem | None:
    """Take a reply to the question, or an edit of it; show in `chat_id` what users read now.

    Return the refusal of what isn't text; raises NotAsked, NoLongerAsked and what `checked` raises.
    """
    if await staff_chats.followed(session, dialogue.speaker_id) != reply.speaker_id:
        raise NotAsked
    which, language = Words(dialogue.data["key"]), str(dialogue.data["language"])
    if not await _counts(session, dialogue, reply, now=now):
        raise NoLongerAsked
    if reply.text is None:
        return await _not_text(session, dialogue, reply)
    piece = settings.checked(which, reply.text, reply.entities)
    await settings.change(session, which, language, piece, by=by, now=now)
    newest = await settings.last_change(session, which, language)
    taken = {"answer_id": reply.message_id, "change_id": newest.id if newest else None}
    dialogue.data = dialogue.data | taken
    await _answered(session, dialogue, chat_id, now=now)
    return None


async def _counts(
    session: AsyncSession, dialogue: Dialogue, reply: Reply, *, now: datetime
) -> bool:
    """Whether this is still asked for, or is an edit of what was taken last."""
    if dialogue.data.get("answer_id") != reply.message_id:
        return dialogues.is_open(dialogue, now=now)
    which, language = Words(dialogue.data["key"]), str(dialogue.data["language"])
    newest = await settings.last_change(session, which, language)
    is_newest = newest is not None and newest.id == dialogue.data["change_id"]
    return is_newest and dialogues.is_recent(dialogue, now=now)


async def _not_text(session: AsyncSession, dialogue: Dialogue, reply: Reply) -> Problem | None:
    """Refuse it; of an album, once."""
    if reply.album is not None and dialogue.data.get("album") == reply.album:
        return None
    dialogue.data = dialogue.data | {"album": reply.album}
    await session.flush()
    return WordsNotText()


async def _answered(
    session: AsyncSession, dialogue: Dialogue, chat_id: int, *, now: datetime
) -> None:
    """End the dialogue, if this is its end, and show the words."""
    data = dialogue.data
    if dialogue.ended_at is None:
        await dialogues.end(session, dialogue, now=now)
        withdrawn = QuestionWithdrawn(dialogue.id, data["menu_id"])
        outbox.post(session, dialogue.chat_id, withdrawn, now=now)
    speaker_id = await staff_chats.followed(session, dialogue.speaker_id)
    changed = WordsChanged(speaker_id, data["key"], data["language"])
    outbox.post(session, chat_id, changed, now=now)
    await session.flush()
