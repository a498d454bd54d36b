from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Delivery
from database.models import Ticket, TicketStatus
from services import ticket_service as tickets
from services.delivery import failures
from services.helpdesk import answers, question_edits
from services.notices import AnswerPosted, EditedAfterAnswer, QuestionEdited, QuestionPosted
from tests.services import factories
from tests.services.factories import MINUTE, STAFF, content
from tests.support.times import NOON


async def test_an_edit_of_a_question_follows_it_to_staff(
    session: AsyncSession, ticket: Ticket
) -> None:
    message = await factories.message(session, ticket)

    await question_edits.edit(session, message, content("Hello there"), now=NOON)

    assert (message.text, message.revision) == ("Hello there", 1)
    assert await factories.waiting(session) == [(STAFF, QuestionEdited(message.id))]


async def test_several_edits_of_a_question_wait_as_one(
    session: AsyncSession, ticket: Ticket
) -> None:
    message = await factories.message(session, ticket)

    for text in ("Hello there", "Hello all"):
        await question_edits.edit(session, message, content(text), now=NOON)

    assert message.revision == 2
    assert await factories.waiting(session) == [(STAFF, QuestionEdited(message.id))]


async def test_an_edit_that_changes_nothing_is_ignored(
    session: AsyncSession, ticket: Ticket
) -> None:
    message = await factories.message(session, ticket)

    await question_edits.edit(session, message, content(), now=NOON)

    assert await factories.waiting(session) == []


async def test_a_message_may_begin_with_slashes_and_stay_a_question(
    session: AsyncSession, ticket: Ticket
) -> None:
    message = await factories.message(session, ticket)

    await question_edits.edit(session, message, content("// not a note"), now=NOON)

    assert await factories.waiting(session) == [(STAFF, QuestionEdited(message.id))]


async def test_a_first_text_that_becomes_a_photo_is_shown_under_its_card(
    session: AsyncSession, ticket: Ticket
) -> None:
    """A card holds text only: a file that replaces it was seen by nobody."""
    first = await factories.message(session, ticket)
    later = await factories.message(session, ticket)

    await question_edits.edit(session, first, factories.photo("Hello"), now=NOON)
    await question_edits.edit(session, later, factories.photo("Hello"), now=NOON)

    assert await factories.waiting(session) == [
        (STAFF, QuestionEdited(first.id)),
        (STAFF, QuestionPosted(first.id)),
        (STAFF, QuestionEdited(later.id)),
    ]


# After an answer


async def reply(session: AsyncSession, ticket: Ticket, *, now: datetime = NOON) -> None:
    await answers.write(session, ticket, content("It is late", chat_id=STAFF), by=None, now=now)


async def edits_told(session: AsyncSession) -> Sequence[object]:
    waiting = await factories.waiting(session)
    return [notice for _, notice in waiting if isinstance(notice, EditedAfterAnswer)]


async def test_staff_hear_once_of_edits_of_what_they_answered_and_the_ticket_stays_answered(
    session: AsyncSession, ticket: Ticket
) -> None:
    message = await factories.message(session, ticket)
    await reply(session, ticket)

    for text in ("Hello there", "Hello all"):
        await question_edits.edit(session, message, content(text), now=NOON)

    assert await edits_told(session) == [EditedAfterAnswer(message.id)]
    assert ticket.status is TicketStatus.PENDING


async def test_staff_hear_of_the_next_edit_once_they_answered_again(
    session: AsyncSession, ticket: Ticket
) -> None:
    message = await factories.message(session, ticket)
    for minutes, text in enumerate(("Hello there", "Hello all")):
        await reply(session, ticket, now=NOON + minutes * MINUTE)
        await question_edits.edit(session, message, content(text), now=NOON + minutes * MINUTE)

    assert await edits_told(session) == [EditedAfterAnswer(message.id)] * 2


async def test_edits_of_what_nobody_answered_are_shown_and_no_more(
    session: AsyncSession, ticket: Ticket
) -> None:
    await reply(session, ticket)
    later = await factories.message(session, ticket)

    await question_edits.edit(session, later, content("Hello there"), now=NOON)

    assert await edits_told(session) == []


async def test_an_answer_that_did_not_arrive_makes_no_edit_late(
    session: AsyncSession, ticket: Ticket
) -> None:
    message = await factories.message(session, ticket)
    await reply(session, ticket)
    sends = await session.scalars(select(Delivery).where(Delivery.kind == AnswerPosted.kind))
    await failures.fail(session, sends.all(), "no", now=NOON)

    await question_edits.edit(session, message, content("Hello there"), now=NOON)

    assert await edits_told(session) == []


async def test_of_a_closed_ticket_the_edit_after_the_close_is_told_alone(
    session: AsyncSession, ticket: Ticket
) -> None:
    message = await factories.message(session, ticket)
    await reply(session, ticket)
    await tickets.close(session, ticket, by=None, now=NOON)

    for text in ("Hello there", "Hello all"):
        await question_edits.edit(session, message, content(text), now=NOON)

    assert await edits_told(session) == []
