"""Who hears that nothing comes of it, and how often."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Delivery, DeliveryStatus
from services.helpdesk import refusal_notices
from services.notices import Refusal
from services.problems import KindNotRelayed, NotConfirmed, NotStaff, Problem, RepliesDropped
from tests.services.factories import ANN, STAFF
from tests.support.times import NOON

# As large as Telegram's ids get.
SOMEBODY, ANOTHER = 7_000_000_001, 7_000_000_002


async def refuse(
    session: AsyncSession,
    problem: Problem,
    *asked: int,
    chat_id: int = STAFF,
    person_id: int | None = None,
) -> None:
    """Refuse what was asked by these messages, one after the other."""
    for message_id in asked:
        refusal = Refusal(
            problem.to_json(), message_id, "en", asked_in=chat_id, person_id=person_id
        )
        await refusal_notices.post(session, chat_id, refusal, now=NOON)


async def waiting(session: AsyncSession) -> list[Delivery]:
    rows = select(Delivery).where(Delivery.status == DeliveryStatus.WAITING)
    return list(await session.scalars(rows.order_by(Delivery.id)))


async def replied_to(session: AsyncSession) -> list[int]:
    return [one.payload["reply_to"] for one in await waiting(session)]


async def test_of_all_strangers_in_a_group_the_last_is_told(session: AsyncSession) -> None:
    await refuse(session, NotStaff(), *range(1, 151))

    assert await replied_to(session) == [150]


@pytest.mark.parametrize("status", [DeliveryStatus.CLAIMED, DeliveryStatus.DELIVERED])
async def test_strangers_are_told_again_a_minute_later(
    session: AsyncSession, status: DeliveryStatus
) -> None:
    await refuse(session, NotStaff(), 1)
    (first,) = await waiting(session)
    first.status = status
    first.sent_at = NOON - timedelta(seconds=20) if status is DeliveryStatus.DELIVERED else None
    await session.flush()

    await refuse(session, NotStaff(), 2, 3)

    (second,) = await waiting(session)
    ago = timedelta(seconds=20) if status is DeliveryStatus.DELIVERED else timedelta()
    assert second.payload["reply_to"] == 3
    assert second.due_at == NOON + timedelta(minutes=1) - ago


async def test_strangers_of_another_group_are_told_at_once(session: AsyncSession) -> None:
    await refuse(session, NotStaff(), 1)
    (first,) = await waiting(session)
    first.status = DeliveryStatus.CLAIMED
    await session.flush()

    await refuse(session, NotStaff(), 1, chat_id=STAFF - 1)

    (second,) = await waiting(session)
    assert second.due_at == NOON


async def test_who_may_be_a_colleague_is_told_whoever_else_asks(session: AsyncSession) -> None:
    await refuse(session, NotConfirmed(), 1, person_id=SOMEBODY)
    await refuse(session, NotConfirmed(), 2, person_id=ANOTHER)
    await refuse(session, NotConfirmed(), 3, person_id=SOMEBODY)

    assert await replied_to(session) == [2, 3]


async def test_colleagues_hear_of_each_attempt(session: AsyncSession) -> None:
    await refuse(session, KindNotRelayed("game"), 1, 2)

    assert await replied_to(session) == [1, 2]


async def test_in_private_the_last_of_a_kind_is_told(session: AsyncSession) -> None:
    await refuse(session, KindNotRelayed("game"), 1, 2, chat_id=ANN.telegram_id)
    await refuse(session, NotStaff(), 3, chat_id=ANN.telegram_id)

    assert await replied_to(session) == [2, 3]


async def test_all_whose_replies_are_dropped_are_named_in_one_notice(session: AsyncSession) -> None:
    for number in (1, 2, 1, 3):
        await refuse(session, RepliesDropped([number]), number)

    (told,) = await waiting(session)
    assert told.payload["problem"]["people"] == [1, 2, 3]
    assert told.payload["reply_to"] == 3


async def test_who_was_named_in_a_notice_on_its_way_is_not_named_again(
    session: AsyncSession,
) -> None:
    await refuse(session, RepliesDropped([1]), 1)
    (first,) = await waiting(session)
    first.status = DeliveryStatus.CLAIMED
    await session.flush()

    await refuse(session, RepliesDropped([2]), 2)

    (second,) = await waiting(session)
    assert second.payload["problem"]["people"] == [2]
    assert second.due_at == NOON + timedelta(minutes=1)
