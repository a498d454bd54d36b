"""Sends whose answer was lost: it is known what a user may have, and staff are told."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import LostSend
from database.models import Direction, Ticket
from services.helpdesk import moving, orphans
from services.notices import (
    AnswerEdited,
    AnswerPosted,
    CardRetired,
    CopyMayRemain,
    Notice,
    QuestionPosted,
)
from tests.services import factories
from tests.services.factories import ANN, STAFF
from tests.support.times import NOON

LATER = NOON + timedelta(seconds=30)
MOVED = -1002


async def lost(session: AsyncSession, notice: Notice, ticket: Ticket) -> None:
    """Lose the answer to a send to Ann, twice."""
    sent = await factories.claimed(session, notice, ticket, chat_id=ANN.telegram_id)
    for _ in range(2):
        await orphans.note(session, [sent], since=NOON, until=LATER)
        await session.flush()


async def told(session: AsyncSession) -> list[Notice]:
    return [one for _, one in await factories.told(session) if isinstance(one, CopyMayRemain)]


async def test_a_lost_answer_may_have_left_a_copy(session: AsyncSession, ticket: Ticket) -> None:
    answer, other = [
        await factories.message(session, ticket, factories.content(chat_id=STAFF), Direction.ANSWER)
        for _ in range(2)
    ]

    await lost(session, AnswerPosted(answer.id), ticket)

    assert await orphans.may_have_copy(session, answer, ANN.telegram_id)
    assert not await orphans.may_have_copy(session, other, ANN.telegram_id)
    assert await told(session) == []


async def test_staff_are_told_once_if_it_was_taken_back_while_it_was_on_its_way(
    session: AsyncSession, ticket: Ticket
) -> None:
    note = await factories.message(
        session, ticket, factories.content(chat_id=STAFF), Direction.NOTE
    )

    await lost(session, AnswerPosted(note.id), ticket)

    assert await told(session) == [CopyMayRemain(note.id)]


@pytest.mark.parametrize("waits", [True, False])
async def test_an_edit_that_had_no_answer_leaves_no_copy(
    session: AsyncSession, ticket: Ticket, *, waits: bool
) -> None:
    direction = Direction.ANSWER if waits else Direction.NOTE
    answer = await factories.message(session, ticket, factories.content(chat_id=STAFF), direction)

    await lost(session, AnswerEdited(answer.id), ticket)

    assert not await orphans.may_have_copy(session, answer, ANN.telegram_id)
    assert await told(session) == []


@pytest.mark.parametrize(("anew", "is_noted"), [(True, True), (None, True), (False, False)])
async def test_an_older_card_that_was_sent_anew_is_an_orphan(
    session: AsyncSession, ticket: Ticket, *, anew: bool | None, is_noted: bool
) -> None:
    sent = await factories.claimed(session, CardRetired(ticket.id), ticket, chat_id=STAFF)

    await orphans.note(session, [sent], since=NOON, until=LATER, anew=anew)
    await session.flush()

    known = await session.scalars(select(LostSend.ticket_id))
    assert known.all() == ([ticket.id] if is_noted else [])


async def test_a_send_that_is_lost_in_a_group_and_in_what_it_became_is_known_in_both(
    session: AsyncSession, ticket: Ticket
) -> None:
    question = await factories.message(session, ticket)
    sent = await factories.claimed(session, QuestionPosted(question.id), ticket, chat_id=STAFF)

    for chat_id in (STAFF, MOVED):
        sent.chat_id = chat_id
        await orphans.note(session, [sent], since=NOON, until=LATER)
        await session.flush()

    for chat_id in (STAFF, MOVED):
        choices = await orphans.choices(session, factories.content(chat_id=chat_id))
        assert len(choices) == 1


async def test_a_reply_to_a_lost_send_is_about_the_tickets_that_its_messages_are_in_now(
    session: AsyncSession, ticket: Ticket
) -> None:
    other = await factories.ticket(session, 8, user=ticket.user, is_current=False)
    stayed, moved = [await factories.message(session, ticket) for _ in range(2)]
    batch = [
        await factories.claimed(session, QuestionPosted(one.id), ticket, chat_id=STAFF)
        for one in (stayed, moved)
    ]
    await orphans.note(session, batch, since=NOON, until=LATER)
    await moving.carry(session, [moved], ticket, other)
    await session.flush()

    choices = await orphans.choices(session, factories.content(chat_id=STAFF))

    assert [one["ticket_id"] for one in choices] == [ticket.id, other.id]


async def test_a_lost_answer_may_have_left_a_copy_also_once_it_was_moved(
    session: AsyncSession, ticket: Ticket
) -> None:
    other = await factories.ticket(session, 8, user=ticket.user, is_current=False)
    answer = await factories.message(
        session, ticket, factories.content(chat_id=STAFF), Direction.ANSWER
    )
    await lost(session, AnswerPosted(answer.id), ticket)

    await moving.carry(session, [answer], ticket, other)

    assert await orphans.may_have_copy(session, answer, ANN.telegram_id)
