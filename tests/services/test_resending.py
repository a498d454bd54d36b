import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Delivery, DeliveryStatus, Ticket
from services import resending
from services.notices import AnswerPosted, QuestionPosted
from services.problems import NotForYou, NothingToResend
from tests.services import factories
from tests.services.factories import ANN, HOUR, STAFF
from tests.times import NOON

FAILED, WAITING = DeliveryStatus.FAILED, DeliveryStatus.WAITING


async def resend(session: AsyncSession, delivery: Delivery, staff_chat_id: int = STAFF) -> None:
    await resending.resend(session, delivery.id, staff_chat_id=staff_chat_id, now=NOON + HOUR)


async def failed(session: AsyncSession, ticket: Ticket, **changes: object) -> Delivery:
    fields = {"status": FAILED, "error": "no", "chat_id": ANN.telegram_id} | changes
    return await factories.claimed(session, AnswerPosted(1), ticket, **fields)


async def test_what_failed_is_sent_again_as_if_for_the_first_time(
    session: AsyncSession, ticket: Ticket
) -> None:
    answer = await failed(session, ticket)

    await resend(session, answer)

    assert (answer.status, answer.due_at) == (WAITING, NOON + HOUR)
    assert (answer.attempts, answer.first_tried_at, answer.error) == (0, None, None)


async def test_what_had_arrived_of_it_is_not_sent_again(
    session: AsyncSession, ticket: Ticket
) -> None:
    long = await failed(session, ticket, part=2)

    await resend(session, long)

    assert long.part == 2


async def test_all_that_travelled_with_it_is_sent_again(
    session: AsyncSession, ticket: Ticket
) -> None:
    batch = [await factories.claimed(session, QuestionPosted(n), ticket) for n in range(2)]
    for one in batch:
        one.status, one.batch_id = FAILED, batch[0].id
    other = await failed(session, ticket)

    await resend(session, batch[0])

    assert [one.status for one in (*batch, other)] == [WAITING, WAITING, FAILED]


async def test_what_could_never_be_sent_is_sent_again_by_itself(
    session: AsyncSession, ticket: Ticket
) -> None:
    never_claimed = [
        await factories.delivery(session, AnswerPosted(n), ticket, status=FAILED) for n in range(2)
    ]

    await resend(session, never_claimed[1])

    assert [one.status for one in never_claimed] == [FAILED, WAITING]


@pytest.mark.parametrize("status", [WAITING, DeliveryStatus.CLAIMED, DeliveryStatus.DELIVERED])
async def test_what_has_not_failed_is_not_sent_again(
    session: AsyncSession, ticket: Ticket, status: DeliveryStatus
) -> None:
    answer = await failed(session, ticket, status=status)

    with pytest.raises(NothingToResend):
        await resend(session, answer)

    assert answer.status is status


async def test_what_belongs_to_another_staff_chat_is_not_for_you(
    session: AsyncSession, ticket: Ticket
) -> None:
    answer = await failed(session, ticket)

    with pytest.raises(NotForYou):
        await resend(session, answer, staff_chat_id=-5)

    assert answer.status is FAILED


async def test_what_does_not_exist_is_not_for_you(session: AsyncSession) -> None:
    with pytest.raises(NotForYou):
        await resending.resend(session, 10**15, staff_chat_id=STAFF, now=NOON)
