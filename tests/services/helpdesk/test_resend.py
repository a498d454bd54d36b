import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Delivery, DeliveryStatus
from database.models import Direction, Ticket
from services.helpdesk import failure_notices
from services.helpdesk import resend as resending
from services.notices import AnswerPosted, AnswerRetracted, QuestionPosted, SentAgain
from services.problems import AnswerIsNote, ButtonOutdated, NothingToResend
from tests.services import factories
from tests.services.factories import ANN, HOUR, MINUTE, STAFF
from tests.support.times import NOON

FAILED, WAITING = DeliveryStatus.FAILED, DeliveryStatus.WAITING


async def resend(session: AsyncSession, ticket: Ticket, delivery: Delivery) -> None:
    await resending.resend(session, ticket, delivery.id, now=NOON + HOUR)


async def failed(session: AsyncSession, ticket: Ticket, **changes: object) -> Delivery:
    fields = {"status": FAILED, "error": "no", "chat_id": ANN.telegram_id} | changes
    written = factories.content(chat_id=STAFF)
    answer = await factories.message(session, ticket, written, Direction.ANSWER)
    return await factories.claimed(session, AnswerPosted(answer.id), ticket, **fields)


async def test_what_failed_is_sent_again_as_if_for_the_first_time(
    session: AsyncSession, ticket: Ticket
) -> None:
    answer = await failed(session, ticket)

    await resend(session, ticket, answer)

    assert (answer.status, answer.due_at) == (WAITING, NOON + HOUR)
    assert (answer.attempts, answer.first_tried_at, answer.error) == (0, None, None)


async def test_the_notice_of_the_failure_comes_to_show_what_became_of_it(
    session: AsyncSession, ticket: Ticket
) -> None:
    answer = await failed(session, ticket)

    await resending.resend(session, ticket, answer.id, notice_id=5, now=NOON + HOUR)

    (told,) = await session.scalars(select(Delivery).where(Delivery.kind == SentAgain.kind))
    assert told.payload == SentAgain(ticket.id, answer.id, STAFF, 5).to_json()
    assert (told.chat_id, told.due_at) == (STAFF, NOON + HOUR + failure_notices.USUALLY_TAKES)


async def test_what_had_arrived_of_it_is_not_sent_again(
    session: AsyncSession, ticket: Ticket
) -> None:
    long = await failed(session, ticket, part=2)

    await resend(session, ticket, long)

    assert long.part == 2


async def test_all_that_travelled_with_it_is_sent_again(
    session: AsyncSession, ticket: Ticket
) -> None:
    batch = [await factories.claimed(session, QuestionPosted(n), ticket) for n in range(2)]
    for one in batch:
        one.status, one.batch_id = FAILED, batch[0].id
    other = await failed(session, ticket)

    await resend(session, ticket, batch[0])

    assert [one.status for one in (*batch, other)] == [WAITING, WAITING, FAILED]


async def test_what_could_never_be_sent_is_sent_again_by_itself(
    session: AsyncSession, ticket: Ticket
) -> None:
    never_claimed = [
        await failed(session, ticket, batch_id=None, attempts=0, first_tried_at=None)
        for _ in range(2)
    ]
    for one in never_claimed:
        one.batch_id = None

    await resend(session, ticket, never_claimed[1])

    assert [one.status for one in never_claimed] == [FAILED, WAITING]


@pytest.mark.parametrize("status", [WAITING, DeliveryStatus.CLAIMED, DeliveryStatus.DELIVERED])
async def test_what_has_not_failed_is_not_sent_again(
    session: AsyncSession, ticket: Ticket, status: DeliveryStatus
) -> None:
    answer = await failed(session, ticket, status=status)

    with pytest.raises(NothingToResend):
        await resend(session, ticket, answer)

    assert answer.status is status


async def test_an_answer_that_became_a_note_is_not_sent_again(
    session: AsyncSession, ticket: Ticket
) -> None:
    note = await factories.message(session, ticket, direction=Direction.NOTE)
    answer = await factories.claimed(session, AnswerPosted(note.id), ticket, status=FAILED)
    retraction = await factories.claimed(session, AnswerRetracted(note.id), ticket, status=FAILED)

    with pytest.raises(AnswerIsNote):
        await resend(session, ticket, answer)
    await resend(session, ticket, retraction)

    assert (answer.status, retraction.status) == (FAILED, WAITING)


async def test_what_is_of_another_ticket_is_not_sent_again(
    session: AsyncSession, ticket: Ticket
) -> None:
    other = await factories.ticket(session, 8, user=await factories.user(session, 8))
    answer = await failed(session, other)

    with pytest.raises(ButtonOutdated):
        await resend(session, ticket, answer)

    assert answer.status is FAILED


async def test_what_does_not_exist_is_not_sent_again(session: AsyncSession, ticket: Ticket) -> None:
    with pytest.raises(ButtonOutdated):
        await resending.resend(session, ticket, 10**15, now=NOON)


async def test_what_has_the_key_of_a_lost_delivery_is_not_sent_again(
    session: AsyncSession, ticket: Ticket
) -> None:
    """After a restore the key was given again, to another delivery of the same ticket."""
    answer = await failed(session, ticket)
    lost = int((NOON - MINUTE).timestamp())

    with pytest.raises(ButtonOutdated):
        await resending.resend(session, ticket, answer.id, posted_at=lost, now=NOON + HOUR)

    assert answer.status is FAILED


async def test_what_failed_in_a_former_staff_chat_goes_to_the_one_of_today(
    session: AsyncSession, ticket: Ticket
) -> None:
    question = await failed(session, ticket, chat_id=-5, part=2)

    await resend(session, ticket, question)

    assert (question.chat_id, question.part) == (STAFF, 0)
