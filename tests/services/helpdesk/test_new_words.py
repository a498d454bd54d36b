"""Asking for words: only a reply to the question counts, by whom it asks, while it asks."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.address import Address, Place
from database.machinery import Delivery
from database.team import Dialogue
from services.delivery import relocating
from services.helpdesk import dialogues, new_words, team_settings
from services.helpdesk.new_words import Reply
from services.helpdesk.team_settings import Words
from services.notices import CommandDone, QuestionWithdrawn, WordsAsked, WordsChanged
from services.problems import NoLongerAsked, NotAsked, PlaceholderUnknown, WordsNotText
from tests.services.factories import HOUR, KATE, STAFF, waiting
from tests.support.times import NOON

QUESTION = 51
MOVED = -1002


async def asked(
    session: AsyncSession, speaker_id: int = KATE.telegram_id, chat_id: int = STAFF
) -> Dialogue:
    """Ask for the closing words in Russian."""
    await new_words.ask(session, Address(chat_id), speaker_id, Words.CLOSING, "ru", now=NOON)
    (dialogue,) = await dialogues.ongoing(session, chat_id, speaker_id)
    await dialogues.asked_with(session, dialogue.id, QUESTION)
    await session.refresh(dialogue)
    return dialogue


async def said(
    session: AsyncSession,
    dialogue: Dialogue,
    text: str | None,
    message_id: int = 60,
    *,
    chat_id: int = STAFF,
    now: datetime = NOON,
    **how: Any,
) -> Any:
    defaults = {"speaker_id": dialogue.speaker_id}
    reply = Reply(Place(chat_id, message_id), text=text, **defaults | how)
    return await new_words.hear(session, dialogue, reply, by=None, chat_id=STAFF, now=now)


async def moves(session: AsyncSession) -> None:
    """Have the staff chat get another id, as a group that becomes a supergroup does."""
    await relocating.migrated(session, STAFF, MOVED, now=NOON)


async def posted(session: AsyncSession) -> list[str]:
    await session.flush()
    return list(await session.scalars(select(Delivery.kind).order_by(Delivery.id)))


async def test_a_reply_changes_the_words_and_ends_the_dialogue(session: AsyncSession) -> None:
    dialogue = await asked(session)

    assert await said(session, dialogue, "Bye, {ticket}") is None

    assert await team_settings.words(session, Words.CLOSING, "ru") == ("Bye, {ticket}", [])
    assert await dialogues.ongoing(session, STAFF, KATE.telegram_id) == []
    after = [CommandDone.kind, QuestionWithdrawn.kind, WordsChanged.kind]
    assert await posted(session) == [WordsAsked.kind, *after]
    found = await dialogues.of_question(session, STAFF, QUESTION)
    assert found is dialogue
    with pytest.raises(NoLongerAsked):
        await said(session, dialogue, "Something for a user", message_id=61)


async def test_a_refused_reply_leaves_the_question_open(session: AsyncSession) -> None:
    dialogue = await asked(session)

    with pytest.raises(PlaceholderUnknown):
        await said(session, dialogue, "Bye, {tiket}")
    await said(session, dialogue, "Bye, {ticket}")

    assert await team_settings.words(session, Words.CLOSING, "ru") == ("Bye, {ticket}", [])


async def test_an_edit_of_the_reply_changes_the_words_again(session: AsyncSession) -> None:
    dialogue = await asked(session)
    await said(session, dialogue, "Bye")

    assert await dialogues.of_answer(session, STAFF, 60) is dialogue
    await said(session, dialogue, "Goodbye", now=NOON + HOUR)

    assert await team_settings.words(session, Words.CLOSING, "ru") == ("Goodbye", [])


async def test_an_edit_counts_no_more_after_somebody_else_or_half_a_day(
    session: AsyncSession,
) -> None:
    dialogue = await asked(session)
    await said(session, dialogue, "Bye")

    with pytest.raises(NoLongerAsked):
        await said(session, dialogue, "Goodbye", now=NOON + dialogues.LASTS)
    await team_settings.change(session, Words.CLOSING, "ru", ("Hers", []), by=None, now=NOON)
    with pytest.raises(NoLongerAsked):
        await said(session, dialogue, "Goodbye")


async def test_nobody_else_can_answer(session: AsyncSession) -> None:
    dialogue = await asked(session)

    with pytest.raises(NotAsked):
        await said(session, dialogue, "Bye", speaker_id=5)


async def test_a_question_of_yesterday_takes_no_reply(session: AsyncSession) -> None:
    dialogue = await asked(session)

    with pytest.raises(NoLongerAsked):
        await said(session, dialogue, "Bye", now=NOON + dialogues.LASTS)


async def test_what_is_no_text_is_refused_and_an_album_once(session: AsyncSession) -> None:
    dialogue = await asked(session)

    told = [await said(session, dialogue, None, message_id=n, album="a") for n in (60, 61)]
    told.append(await said(session, dialogue, None, message_id=62))

    assert told == [WordsNotText(), None, WordsNotText()]


async def test_two_are_asked_at_once_and_asking_again_takes_the_first_question_back(
    session: AsyncSession,
) -> None:
    first, other = await asked(session), await asked(session, speaker_id=5)
    second = await asked(session)

    assert first.ended_at == NOON
    assert (other.ended_at, second.ended_at) == (None, None)
    assert await posted(session) == [
        WordsAsked.kind,
        WordsAsked.kind,
        QuestionWithdrawn.kind,
        WordsAsked.kind,
    ]


async def test_an_anonymous_administrator_is_known_by_both_ids_of_the_group(
    session: AsyncSession,
) -> None:
    """A reply from before the group moved may be handled afterwards."""
    dialogue = await asked(session, speaker_id=STAFF)
    await moves(session)

    assert await said(session, dialogue, "Bye", speaker_id=STAFF) is None
    assert await said(session, dialogue, "Goodbye", speaker_id=MOVED) is None

    assert await team_settings.words(session, Words.CLOSING, "ru") == ("Goodbye", [])


@pytest.mark.parametrize("speaker_id", [KATE.telegram_id, STAFF])
async def test_asking_in_the_group_that_it_became_takes_the_question_back(
    session: AsyncSession, speaker_id: int
) -> None:
    first = await asked(session, speaker_id)
    await moves(session)
    asks_again = MOVED if speaker_id == STAFF else speaker_id
    await new_words.ask(session, Address(MOVED), asks_again, Words.CLOSING, "ru", now=NOON)

    with pytest.raises(NoLongerAsked):
        await said(session, first, "Bye")


async def test_only_the_one_who_was_asked_cancels_and_only_once(session: AsyncSession) -> None:
    dialogue, kate = await asked(session), KATE.telegram_id

    with pytest.raises(NotAsked):
        await new_words.cancel(session, dialogue, kate + 1, chat_id=STAFF, now=NOON)
    assert dialogue.ended_at is None
    await new_words.cancel(session, dialogue, kate, chat_id=STAFF, now=NOON)
    assert dialogue.ended_at == NOON
    assert (STAFF, QuestionWithdrawn(dialogue.id)) in await waiting(session)

    with pytest.raises(NoLongerAsked):
        await new_words.cancel(session, dialogue, kate, chat_id=STAFF, now=NOON)


async def test_cancelling_in_the_group_that_it_became_is_the_same(session: AsyncSession) -> None:
    dialogue = await asked(session, STAFF)
    await moves(session)

    await new_words.cancel(session, dialogue, MOVED, chat_id=MOVED, now=NOON)

    assert dialogue.ended_at == NOON


async def test_a_message_of_the_same_number_in_another_chat_is_not_the_answer(
    session: AsyncSession,
) -> None:
    dialogue = await asked(session)
    await said(session, dialogue, "Bye")

    assert await dialogues.of_answer(session, MOVED, 60) is None
    with pytest.raises(NoLongerAsked):
        await said(session, dialogue, "Something for a user", chat_id=MOVED)


async def test_what_was_noted_without_a_chat_is_of_the_chat_of_the_question(
    session: AsyncSession,
) -> None:
    dialogue = await asked(session)
    dialogue.data = dialogue.data | {"answer_id": 60}

    assert await dialogues.of_answer(session, STAFF, 60) is dialogue


async def test_dialogues_are_forgotten_after_a_week(session: AsyncSession) -> None:
    await asked(session)
    late = NOON + dialogues.KEPT_FOR

    await dialogues.forget_old(session, now=late)
    assert await session.scalar(select(Dialogue.id)) is not None
    await dialogues.forget_old(session, now=late + HOUR)

    assert await session.scalar(select(Dialogue.id)) is None
