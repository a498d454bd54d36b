"""Staff are told of updates that were set aside: at once, and then not more than they can read."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.conditions import PENDING
from database.machinery import Delivery, DeliveryStatus
from services import inbox
from services.helpdesk import staff_chat_changes
from services.helpdesk.set_aside_news import TOLD_EVERY, tell_staff
from tests.services.factories import MINUTE, SECOND, STAFF
from tests.support.duties import passes
from tests.support.times import NOON

LATER = NOON + TOLD_EVERY


async def dies(session: AsyncSession, update_id: int, now: datetime = NOON) -> int:
    """Have an update set aside and staff told."""
    dead = await inbox.set_aside(session, {"update_id": update_id}, "", now=now)
    await tell_staff(session, dead, STAFF, now=now)
    await session.flush()
    return dead.id


async def told(session: AsyncSession) -> list[tuple[datetime, int]]:
    """List when staff are told, and from which number on."""
    posted = await session.scalars(select(Delivery).order_by(Delivery.id))
    return [(one.due_at, one.payload["dead_update_id"]) for one in posted]


async def arrives(session: AsyncSession, at: datetime) -> None:
    """Have all arrive that waits."""
    for one in await session.scalars(select(Delivery).where(PENDING)):
        one.status, one.sent_at = DeliveryStatus.DELIVERED, at


async def test_staff_are_told_of_the_first_update_at_once(session: AsyncSession) -> None:
    first = await dies(session, 1)

    assert await told(session) == [(NOON, first)]


async def test_a_thousand_updates_that_cannot_be_handled_make_two_notices(
    session: AsyncSession,
) -> None:
    numbers = [await dies(session, 1)]
    await arrives(session, NOON)
    numbers += [await dies(session, 2 + n, NOON + n * SECOND) for n in range(200)]
    await passes(session, LATER)

    assert await told(session) == [(NOON, numbers[0]), (LATER, numbers[1])]
    assert await inbox.kept_since(session, numbers[1]) == numbers[1:]


async def test_a_notice_that_is_on_its_way_does_not_stand_for_what_came_since(
    session: AsyncSession,
) -> None:
    first = await dies(session, 1)
    (sent,) = await session.scalars(select(Delivery))
    sent.status = DeliveryStatus.CLAIMED
    second = await dies(session, 2)
    await passes(session, LATER)

    assert await told(session) == [(NOON, first), (LATER, second)]


async def test_a_notice_that_waits_stands_for_what_comes_meanwhile(session: AsyncSession) -> None:
    """An hour in which the staff chat takes nothing ends with one notice."""
    first = await dies(session, 0)
    for minute in range(1, 60):
        await dies(session, minute, NOON + minute * MINUTE)
        await passes(session, NOON + minute * MINUTE)

    assert await told(session) == [(NOON, first)]


async def test_what_a_notice_stood_for_is_not_told_again(session: AsyncSession) -> None:
    await dies(session, 1)
    await dies(session, 2, NOON + SECOND)
    await passes(session, LATER)
    await arrives(session, LATER)
    await passes(session, LATER + TOLD_EVERY)

    assert len(await told(session)) == 1


async def test_while_updates_die_there_is_a_notice_every_five_minutes(
    session: AsyncSession,
) -> None:
    for minute in range(60):
        await dies(session, minute, NOON + minute * MINUTE)
        await arrives(session, NOON + minute * MINUTE)
        await passes(session, NOON + minute * MINUTE)

    times = [at for at, _ in await told(session)]
    assert times == [NOON + n * TOLD_EVERY for n in range(12)]


async def test_after_a_quiet_time_staff_are_told_at_once_again(session: AsyncSession) -> None:
    await dies(session, 1)
    await arrives(session, NOON)
    await passes(session, LATER)
    later = LATER + SECOND
    second = await dies(session, 2, later)

    assert (await told(session))[-1] == (later, second)


async def test_what_is_told_later_goes_to_where_the_staff_chat_is_then(
    session: AsyncSession,
) -> None:
    await dies(session, 1)
    await arrives(session, NOON)
    await dies(session, 2)
    await staff_chat_changes.move(session, STAFF, -1002)
    await passes(session, LATER)

    chats = await session.scalars(select(Delivery.chat_id).order_by(Delivery.id))
    assert chats.all() == [STAFF, -1002]
