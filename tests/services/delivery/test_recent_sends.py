"""What a restart has to know: each message that Telegram may have counted."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Delivery, DeliveryStatus
from database.models import Ticket
from services import outbox
from services.delivery import recent_sends
from services.notices import (
    AnswerDelivered,
    AnswerPosted,
    CommandDone,
    GroupIsNotStaff,
    NoteKept,
    Notice,
    QuestionPosted,
)
from tests.services import factories
from tests.services.factories import ANN, MINUTE, SECOND, STAFF, claimed, delivery
from tests.support.times import NOON

USER = ANN.telegram_id
WAITING, CLAIMED, DELIVERED, FAILED = DeliveryStatus


async def since_a_minute(session: AsyncSession) -> list[tuple[datetime, int]]:
    return await recent_sends.since(session, NOON - MINUTE, now=NOON)


async def counted(session: AsyncSession) -> int:
    return len(await since_a_minute(session))


async def took(
    session: AsyncSession, notice: Notice, ticket: Ticket | None, **changes: Any
) -> Delivery:
    """Have what Telegram took a second ago."""
    fields = {"status": DELIVERED, "sent_at": NOON - SECOND} | changes
    return await claimed(session, notice, ticket, **fields)


async def question(session: AsyncSession, ticket: Ticket, **fields: Any) -> QuestionPosted:
    written = factories.content(**fields)
    return QuestionPosted((await factories.message(session, ticket, written)).id)


async def test_what_was_sent_lately_is_listed_oldest_first(
    session: AsyncSession, ticket: Ticket
) -> None:
    await took(session, QuestionPosted(1), ticket)
    await took(session, AnswerPosted(2), ticket, chat_id=USER, sent_at=NOON - 2 * SECOND)
    await took(session, QuestionPosted(3), ticket, sent_at=NOON - MINUTE)
    await delivery(session, QuestionPosted(4), ticket)

    assert await since_a_minute(session) == [(NOON - 2 * SECOND, USER), (NOON - SECOND, STAFF)]


async def test_texts_that_travelled_as_one_message_count_once(
    session: AsyncSession, ticket: Ticket
) -> None:
    head = await took(session, await question(session, ticket), ticket)
    await took(session, await question(session, ticket), ticket, batch_id=head.id)

    assert await counted(session) == 1


async def test_what_was_sent_before_a_message_counts_while_it_waits_too(
    session: AsyncSession, ticket: Ticket
) -> None:
    await took(session, QuestionPosted(1), ticket, prepared=2)
    await took(session, QuestionPosted(2), ticket, prepared=1, status=WAITING, attempts=0)

    assert await counted(session) == 4


@pytest.mark.parametrize("media_group_id", [None, "album"])
async def test_an_album_counts_as_its_items(
    session: AsyncSession, ticket: Ticket, media_group_id: str | None
) -> None:
    photo = {"kind": "photo", "file_id": "1"}
    of_album = {"media_group_id": media_group_id}
    head = await took(session, await question(session, ticket, **photo), ticket, **of_album)
    of_album["batch_id"] = head.id  # type: ignore[assignment]
    await took(session, await question(session, ticket, **photo), ticket, **of_album)

    assert await counted(session) == 2


@pytest.mark.parametrize(
    ("status", "part", "calls"),
    [
        pytest.param(DELIVERED, 2, 3, id="all three parts"),
        pytest.param(WAITING, 2, 2, id="two, and the third waits"),
        pytest.param(FAILED, 2, 2, id="two, and the third failed"),
        pytest.param(CLAIMED, 2, 3, id="two, and the third is on its way"),
    ],
)
async def test_each_part_of_a_long_message_counts(
    session: AsyncSession, ticket: Ticket, status: DeliveryStatus, part: int, calls: int
) -> None:
    attempts = {CLAIMED: 1, WAITING: 0}.get(status, 1)
    await took(session, QuestionPosted(1), ticket, status=status, part=part, attempts=attempts)

    assert await counted(session) == calls


async def test_what_was_on_its_way_counts_from_now(session: AsyncSession, ticket: Ticket) -> None:
    """When Telegram took it, if it did, nobody knows."""
    await claimed(session, QuestionPosted(1), ticket, first_tried_at=NOON - 9 * MINUTE)

    assert await since_a_minute(session) == [(NOON, STAFF)]


async def test_what_was_tried_without_an_answer_counts_from_now(
    session: AsyncSession, ticket: Ticket
) -> None:
    fields = {"status": WAITING, "batch_id": 1}
    await claimed(session, QuestionPosted(1), ticket, due_at=NOON - 59 * SECOND, **fields)
    await claimed(session, QuestionPosted(2), ticket, due_at=NOON + MINUTE, **fields)
    await claimed(session, QuestionPosted(3), ticket, due_at=NOON - MINUTE, **fields)

    assert await since_a_minute(session) == [(NOON, STAFF)] * 2


async def test_what_telegram_refused_as_one_does_not_count(
    session: AsyncSession, ticket: Ticket
) -> None:
    await delivery(session, QuestionPosted(1), ticket, attempts=1)

    assert await counted(session) == 0


@pytest.mark.parametrize("reaction", [AnswerDelivered(1), NoteKept(1), CommandDone(1, 1)])
async def test_reactions_do_not_count(
    session: AsyncSession, ticket: Ticket, reaction: Notice
) -> None:
    await took(session, reaction, ticket)
    await claimed(session, reaction, ticket)

    assert await counted(session) == 0


async def test_a_message_of_no_importance_counts_like_any_other(session: AsyncSession) -> None:
    await took(session, GroupIsNotStaff(-5), None, chat_id=-5)

    assert await since_a_minute(session) == [(NOON - SECOND, -5)]


async def test_an_aside_counts_until_it_has_surely_left(session: AsyncSession) -> None:
    asked = NOON - MINUTE - timedelta(seconds=20)
    outbox.count_aside(session, STAFF, now=asked)
    outbox.count_aside(session, STAFF, now=NOON - SECOND)
    outbox.count_aside(session, STAFF, now=NOON - 2 * MINUTE)

    assert await since_a_minute(session) == [(asked + outbox.ASIDES_LAST, STAFF), (NOON, STAFF)]
    assert await factories.waiting(session) == []


async def test_each_try_of_what_was_sent_again_after_a_death_counts(
    session: AsyncSession, ticket: Ticket
) -> None:
    await took(session, QuestionPosted(1), ticket, attempts=2)
    await claimed(session, QuestionPosted(2), ticket, attempts=3)

    assert await counted(session) == 5
