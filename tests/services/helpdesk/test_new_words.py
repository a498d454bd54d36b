"""Asking for words: only a reply to the question counts, by whom it asks, while it asks."""

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Delivery
from database.team import Dialogue
from services.helpdesk import dialogues, new_words, settings
from services.helpdesk.new_words import Reply
from services.helpdesk.settings import Words
from services.notices import QuestionWithdrawn, WordsAsked, WordsChanged
from services.problems import NoLongerAsked, NotAsked, PlaceholderUnknown, WordsNotText
from tests.services.factories import HOUR, KATE, STAFF
from tests.support.times import NOON

MENU, QUESTION = 50, 51


async def asked(session: AsyncSession, speaker_id: int = KATE.telegram_id) -> Dialogue:
    """Ask for the closing words in Russian."""
    await new_words.ask(session, STAFF, speaker_id, Words.CLOSING, "ru", menu_id=MENU, now=NOON)
    dialogue = await dialogues.ongoing(session, STAFF, speaker_id)
    assert dialogue is not None
    await dialogues.asked_with(session, dialogue.id, QUESTION)
    await session.refresh(dialogue)
    return dialogue


async def said(session: AsyncSession, dialogue: Dialogue, text: str | None, **how: Any) -> Any:
    defaults = {"message_id": 60, "speaker_id": dialogue.speaker_id}
    now = how.pop("now", NOON)
    reply = Reply(text=text, **defaults | how)
    return await new_words.hear(session, dialogue, reply, by=None, chat_id=STAFF, now=now)


async def posted(session: AsyncSession) -> list[str]:
    await session.flush()
    return list(await session.scalars(select(Delivery.kind).order_by(Delivery.id)))


async def test_a_reply_changes_the_words_and_ends_the_dialogue(session: AsyncSession) -> None:
    dialogue = await asked(session)

    assert await said(session, dialogue, "Bye, {ticket}") is None

    assert await settings.words(session, Words.CLOSING, "ru") == ("Bye, {ticket}", [])
    assert await dialogues.ongoing(session, STAFF, KATE.telegram_id) is None
    assert await posted(session) == [WordsAsked.kind, QuestionWithdrawn.kind, WordsChanged.kind]
    found = await dialogues.of_question(session, STAFF, QUESTION)
    assert found is dialogue
    with pytest.raises(NoLongerAsked):
        await said(session, dialogue, "Something for a customer", message_id=61)


async def test_a_refused_reply_leaves_the_question_open(session: AsyncSession) -> None:
    dialogue = await asked(session)

    with pytest.raises(PlaceholderUnknown):
        await said(session, dialogue, "Bye, {tiket}")
    await said(session, dialogue, "Bye, {ticket}")

    assert await settings.words(session, Words.CLOSING, "ru") == ("Bye, {ticket}", [])


async def test_an_edit_of_the_reply_changes_the_words_again(session: AsyncSession) -> None:
    dialogue = await asked(session)
    await said(session, dialogue, "Bye")

    assert await dialogues.of_answer(session, STAFF, 60) is dialogue
    await said(session, dialogue, "Goodbye", now=NOON + HOUR)

    assert await settings.words(session, Words.CLOSING, "ru") == ("Goodbye", [])


async def test_an_edit_counts_no_more_after_somebody_else_or_half_a_day(
    session: AsyncSession,
) -> None:
    dialogue = await asked(session)
    await said(session, dialogue, "Bye")

    with pytest.raises(NoLongerAsked):
        await said(session, dialogue, "Goodbye", now=NOON + dialogues.LASTS)
    await settings.change(session, Words.CLOSING, "ru", ("Hers", []), by=None, now=NOON)
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


async def test_dialogues_are_forgotten_after_a_week(session: AsyncSession) -> None:
    await asked(session)
    late = NOON + dialogues.KEPT_FOR

    await dialogues.forget_old(session, now=late)
    assert await session.scalar(select(Dialogue.id)) is not None
    await dialogues.forget_old(session, now=late + HOUR)

    assert await session.scalar(select(Dialogue.id)) is None
