"""Staff are told of updates that were set aside: at once, and then not more than they can read."""

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.conditions import PENDING
from database.machinery import DeadUpdate, Delivery, DeliveryStatus
from database.models import TicketStatus
from services import timers, update_records
from services.delivery import relocating
from services.helpdesk import staff_chat_changes
from services.helpdesk.joining import REOPENS_WITHIN
from services.helpdesk.set_aside_news import (
    TOLD_EVERY,
    StaffToldAgain,
    kept_since,
    tell_staff,
)
from services.ticket_service import concerned
from tests.services import factories
from tests.services.factories import ANN, MINUTE, SECOND, STAFF
from tests.support.duties import passes
from tests.support.times import NOON

LATER = NOON + TOLD_EVERY
OTHER_TEAM = -1002


async def dies(
    session: AsyncSession, update_id: int, now: datetime = NOON, *, chat_id: int | None = STAFF
) -> int:
    """Have an update from a chat set aside and staff told."""
    staff_chat_id = await concerned(session, chat_id, now=now)
    dead = await update_records.set_aside(
        session, {"update_id": update_id}, "", staff_chat_id=staff_chat_id, now=now
    )
    await tell_staff(session, dead, now=now)
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
    assert await kept_since(session, numbers[1], STAFF) == numbers[1:]


async def test_a_notice_in_flight_does_not_cover_what_came_since(
    session: AsyncSession,
) -> None:
    first = await dies(session, 1)
    (sent,) = await session.scalars(select(Delivery))
    sent.status = DeliveryStatus.CLAIMED
    second = await dies(session, 2)
    await passes(session, LATER)

    assert await told(session) == [(NOON, first), (LATER, second)]


async def test_a_notice_that_waits_covers_what_comes_meanwhile(session: AsyncSession) -> None:
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


async def test_what_was_replayed_is_told_no_more(session: AsyncSession) -> None:
    first, second = await dies(session, 1), await dies(session, 2)
    (await session.get_one(DeadUpdate, first)).replayed_at = NOON

    assert await kept_since(session, first, STAFF) == [second]


async def test_each_staff_chat_is_told_of_its_own(session: AsyncSession) -> None:
    await factories.staff_chat(session, OTHER_TEAM, main=False)
    here = [await dies(session, 1)]
    there = [await dies(session, 2, chat_id=OTHER_TEAM)]
    here.append(await dies(session, 3, NOON + SECOND))
    there.append(await dies(session, 4, NOON + SECOND, chat_id=OTHER_TEAM))
    await arrives(session, NOON)
    await passes(session, LATER)

    posted = await session.execute(
        select(Delivery.chat_id, Delivery.payload["dead_update_id"].as_integer())
    )
    assert sorted((row[0], row[1]) for row in posted) == sorted(
        [*((STAFF, one) for one in here), *((OTHER_TEAM, one) for one in there)]
    )
    assert await kept_since(session, here[0], STAFF) == here
    assert await kept_since(session, here[0], OTHER_TEAM) == there


async def test_a_staff_chat_that_moved_is_told_of_its_own_under_the_new_id(
    session: AsyncSession,
) -> None:
    await factories.staff_chat(session, OTHER_TEAM, main=False)
    first = await dies(session, 1, chat_id=OTHER_TEAM)
    second = await dies(session, 2, chat_id=OTHER_TEAM)
    await arrives(session, NOON)
    await relocating.migrated(session, OTHER_TEAM, -1003, now=NOON)
    await passes(session, LATER)

    newest = await factories.newest_delivery(session)
    assert (newest.chat_id, newest.payload["dead_update_id"]) == (-1003, second)
    assert await kept_since(session, first, -1003) == [first, second]
    assert await kept_since(session, first, STAFF) == []


@pytest.mark.parametrize(
    ("ticket", "told"),
    [
        ({"staff_chat_id": OTHER_TEAM}, OTHER_TEAM),
        ({"staff_chat_id": OTHER_TEAM, "status": TicketStatus.CLOSED}, OTHER_TEAM),
        (
            {
                "staff_chat_id": OTHER_TEAM,
                "status": TicketStatus.CLOSED,
                "closed_at": NOON - REOPENS_WITHIN - SECOND,
            },
            STAFF,
        ),
        ({"staff_chat_id": -1099}, STAFF),
    ],
)
async def test_what_a_user_wrote_is_told_to_the_team_of_the_ticket(
    session: AsyncSession, ticket: dict[str, Any], told: int
) -> None:
    await factories.staff_chat(session, OTHER_TEAM, main=False)
    await factories.ticket(session, **ticket)

    assert await concerned(session, ANN.telegram_id, now=NOON) == told


@pytest.mark.parametrize("chat_id", [None, ANN.telegram_id, -1099])
async def test_what_concerns_no_team_is_told_to_the_main_one(
    session: AsyncSession, chat_id: int | None
) -> None:
    await factories.staff_chat(session, OTHER_TEAM, main=False)

    assert await concerned(session, chat_id, now=NOON) == STAFF


async def test_a_timer_from_before_there_were_several_staff_chats_is_of_the_main_one(
    session: AsyncSession,
) -> None:
    first = await dies(session, 1)
    await arrives(session, NOON)
    await timers.set(session, StaffToldAgain(first=first), NOON, now=NOON)
    await passes(session, NOON)

    assert await told(session) == [(NOON, first), (NOON, first)]
