from itertools import chain
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Delivery, DeliveryStatus, Precedence
from database.models import Ticket
from services import outbox
from services.delivery import lanes
from services.notices import (
    AnswerDelivered,
    AnswerPosted,
    CardPosted,
    CardRedrawn,
    Notice,
    QuestionEdited,
    QuestionPosted,
    StaffChatMigrated,
)
from tests.services import factories
from tests.services.factories import (
    ANN,
    HOUR,
    MINUTE,
    SECOND,
    STAFF,
    claim,
    claimed,
    delivery,
    head_of,
    offered,
)
from tests.support.times import NOON

USER = ANN.telegram_id


async def heads(session: AsyncSession, **how: Any) -> list[int]:
    """List what may go now by its key, class after class."""
    found = await factories.heads(session, **how)
    return [head.id for head in sorted(found, key=lambda head: (head.precedence, head.id))]


def ids(*deliveries: Delivery) -> list[int]:
    return [one.id for one in deliveries]


async def another_ticket(session: AsyncSession, number: int) -> Ticket:
    return await factories.ticket(session, number, user=await factories.user(session, number))


# Order


async def test_the_first_of_each_lane_may_go(session: AsyncSession, ticket: Ticket) -> None:
    other = await another_ticket(session, 8)
    first = await delivery(session, QuestionPosted(1), ticket)
    await delivery(session, QuestionPosted(2), ticket)
    elsewhere = await delivery(session, QuestionPosted(3), other)
    at_users = await delivery(session, AnswerPosted(4), ticket, chat_id=USER)

    assert await heads(session) == ids(at_users, first, elsewhere)


async def test_what_belongs_to_no_ticket_is_a_lane_of_its_own(
    session: AsyncSession, ticket: Ticket
) -> None:
    news = await delivery(session, StaffChatMigrated(1, 2))
    await delivery(session, StaffChatMigrated(1, 3))
    question = await delivery(session, QuestionPosted(1), ticket)

    assert await heads(session) == ids(news, question)


async def test_of_each_it_is_told_whether_its_lane_has_more(
    session: AsyncSession, ticket: Ticket
) -> None:
    others = [await another_ticket(session, number) for number in (8, 9)]
    followed = await delivery(session, QuestionPosted(1), ticket)
    await delivery(session, QuestionPosted(2), ticket)
    elsewhere = await delivery(session, AnswerPosted(3), ticket, chat_id=USER)
    alone = await delivery(session, QuestionPosted(4), others[0])
    decorated = await delivery(session, QuestionPosted(5), others[1])
    await delivery(session, CardRedrawn(6), others[1])

    found = {head.id: head.followed for head in await factories.heads(session)}

    assert found == {elsewhere.id: False, followed.id: True, alone.id: False, decorated.id: True}


async def test_what_is_alone_in_its_lane_is_offered_alone(
    session: AsyncSession, ticket: Ticket
) -> None:
    head = await delivery(session, QuestionPosted(1), ticket)
    await delivery(session, QuestionPosted(2), ticket)

    offers = await lanes.offered(session, [head_of(head, followed=False)], now=NOON)

    assert offers == {head.id: [head]}


async def test_nothing_is_offered_of_a_group_that_has_moved_since(
    session: AsyncSession, ticket: Ticket
) -> None:
    head = await delivery(session, QuestionPosted(1), ticket)
    looked_at = head_of(head)
    head.chat_id = -1002

    await session.flush()

    assert await lanes.offered(session, [looked_at], now=NOON) == {}


async def test_one_is_on_its_way_a_lane(session: AsyncSession, ticket: Ticket) -> None:
    other = await another_ticket(session, 8)
    await claimed(session, QuestionPosted(1), ticket)
    await delivery(session, QuestionPosted(2), ticket)
    free = await delivery(session, QuestionPosted(3), other)

    assert await heads(session) == ids(free)


@pytest.mark.parametrize("on_its_way", [CardRedrawn(1), AnswerDelivered(1)])
async def test_a_redraw_on_its_way_keeps_content_waiting(
    session: AsyncSession, ticket: Ticket, on_its_way: Notice
) -> None:
    await delivery(session, QuestionPosted(1), ticket)
    await claimed(session, on_its_way, ticket)

    assert await heads(session) == []


@pytest.mark.parametrize("decoration", [CardRedrawn(1), AnswerDelivered(1)])
async def test_a_redraw_or_a_reaction_lets_content_pass(
    session: AsyncSession, ticket: Ticket, decoration: Notice
) -> None:
    await delivery(session, decoration, ticket)
    question = await delivery(session, QuestionPosted(1), ticket)

    assert await heads(session) == ids(question)


async def test_decoration_goes_when_no_content_waits(session: AsyncSession, ticket: Ticket) -> None:
    redraw = await delivery(session, CardRedrawn(ticket.id), ticket)
    reaction = await delivery(session, AnswerDelivered(1), ticket)

    assert await heads(session) == ids(redraw, reaction)


async def test_the_line_about_the_backlog_passes_the_content_of_its_lane(
    session: AsyncSession, ticket: Ticket
) -> None:
    question = await delivery(session, QuestionPosted(1), ticket)
    sign = await delivery(session, CardRedrawn(ticket.id), ticket, precedence=Precedence.SIGN)
    more = await delivery(session, QuestionPosted(2), ticket)

    assert await heads(session) == ids(question, sign)
    assert await offered(session, sign, now=NOON) == [sign]
    assert await offered(session, question, now=NOON) == [question, more]


async def test_a_line_about_the_backlog_that_is_postponed_lets_content_pass(
    session: AsyncSession, ticket: Ticket
) -> None:
    question = await delivery(session, QuestionPosted(1), ticket)
    later: dict[str, Any] = {"precedence": Precedence.SIGN, "due_at": NOON + SECOND}
    await delivery(session, CardRedrawn(ticket.id), ticket, **later)

    assert await heads(session) == ids(question)


async def test_what_was_posted_first_goes_first_whatever_its_precedence(
    session: AsyncSession, ticket: Ticket
) -> None:
    question = await delivery(session, QuestionPosted(1), ticket)
    await delivery(session, CardPosted(ticket.id), ticket)

    assert await heads(session) == ids(question)


@pytest.mark.parametrize("status", [DeliveryStatus.DELIVERED, DeliveryStatus.FAILED])
async def test_what_is_done_with_keeps_nobody_waiting(
    session: AsyncSession, ticket: Ticket, status: DeliveryStatus
) -> None:
    await delivery(session, QuestionPosted(1), ticket, status=status)
    next_one = await delivery(session, QuestionPosted(2), ticket)

    assert await heads(session) == ids(next_one)


async def test_chats_can_be_left_out(session: AsyncSession, ticket: Ticket) -> None:
    await delivery(session, QuestionPosted(1), ticket)
    answer = await delivery(session, AnswerPosted(2), ticket, chat_id=USER)

    assert await heads(session, without={STAFF}) == ids(answer)


# Due times


async def test_a_postponed_delivery_blocks_its_lane_and_no_other(
    session: AsyncSession, ticket: Ticket
) -> None:
    other = await another_ticket(session, 8)
    await delivery(session, QuestionPosted(1), ticket, due_at=NOON + SECOND)
    await delivery(session, QuestionPosted(2), ticket)
    free = await delivery(session, QuestionPosted(3), other)

    assert await heads(session) == ids(free)


async def test_a_postponed_redraw_lets_content_pass_too(
    session: AsyncSession, ticket: Ticket
) -> None:
    await delivery(session, CardRedrawn(ticket.id), ticket, due_at=NOON + SECOND)
    question = await delivery(session, QuestionPosted(1), ticket)

    assert await heads(session) == ids(question)


async def test_a_due_time_counts_from_its_very_moment(
    session: AsyncSession, ticket: Ticket
) -> None:
    postponed = await delivery(session, QuestionPosted(1), ticket, due_at=NOON + SECOND)

    assert await heads(session, now=NOON + SECOND) == ids(postponed)


async def test_a_clock_that_steps_back_stalls_nothing(
    session: AsyncSession, ticket: Ticket
) -> None:
    waits = await delivery(session, QuestionPosted(1), ticket, now=NOON + HOUR)

    assert await heads(session) == ids(waits)


async def test_the_longest_backoff_is_still_waited_for(
    session: AsyncSession, ticket: Ticket
) -> None:
    due_at = NOON + outbox.LONGEST_BACKOFF
    await delivery(session, QuestionPosted(1), ticket, due_at=due_at)

    assert await heads(session) == []


# What can travel together


async def test_follow_ups_that_wait_are_offered_together(
    session: AsyncSession, ticket: Ticket
) -> None:
    together = [await delivery(session, QuestionPosted(n), ticket) for n in range(3)]

    assert await offered(session, together[0], now=NOON) == together


async def test_another_ticket_and_another_chat_stay_apart(
    session: AsyncSession, ticket: Ticket
) -> None:
    other = await another_ticket(session, 8)
    head = await delivery(session, QuestionPosted(1), ticket)
    await delivery(session, QuestionPosted(2), other)
    await delivery(session, QuestionPosted(3), ticket, chat_id=-1002)

    assert await offered(session, head, now=NOON) == [head]


@pytest.mark.parametrize(
    ("notice", "changes"),
    [
        pytest.param(QuestionEdited(2), {}, id="another kind"),
        pytest.param(QuestionPosted(2), {"media_group_id": "album"}, id="an album"),
        pytest.param(QuestionPosted(2), {"due_at": NOON + SECOND}, id="not due yet"),
        pytest.param(QuestionPosted(2), {"batch_id": 5}, id="of an earlier composition"),
        pytest.param(QuestionPosted(2), {"attempts": 1}, id="refused in company"),
    ],
)
async def test_what_does_not_fit_ends_the_offer(
    session: AsyncSession, ticket: Ticket, notice: Notice, changes: dict[str, Any]
) -> None:
    head = await delivery(session, QuestionPosted(1), ticket)
    await delivery(session, notice, ticket, **changes)
    await delivery(session, QuestionPosted(3), ticket)

    assert await offered(session, head, now=NOON) == [head]


async def test_a_waiting_redraw_does_not_part_follow_ups(
    session: AsyncSession, ticket: Ticket
) -> None:
    head = await delivery(session, QuestionPosted(1), ticket)
    await delivery(session, CardRedrawn(ticket.id), ticket)
    behind = await delivery(session, QuestionPosted(2), ticket)

    assert await offered(session, head, now=NOON) == [head, behind]


async def test_the_items_of_an_album_are_offered_together(
    session: AsyncSession, ticket: Ticket
) -> None:
    album = [
        await delivery(session, QuestionPosted(n), ticket, media_group_id="album") for n in range(3)
    ]
    await delivery(session, QuestionPosted(9), ticket, media_group_id="another")

    assert await offered(session, album[0], now=NOON) == album


async def test_what_belongs_to_no_ticket_travels_alone(session: AsyncSession) -> None:
    head = await delivery(session, StaffChatMigrated(1, 2))
    await delivery(session, StaffChatMigrated(1, 3))

    assert await offered(session, head, now=NOON) == [head]


async def test_the_next_piece_of_a_long_message_travels_alone(
    session: AsyncSession, ticket: Ticket
) -> None:
    head = await delivery(session, QuestionPosted(1), ticket, part=1)
    await delivery(session, QuestionPosted(2), ticket)

    assert await offered(session, head, now=NOON) == [head]


async def test_what_was_refused_in_company_travels_alone(
    session: AsyncSession, ticket: Ticket
) -> None:
    head = await delivery(session, QuestionPosted(1), ticket, attempts=1)
    await delivery(session, QuestionPosted(2), ticket)

    assert await offered(session, head, now=NOON) == [head]


async def test_what_was_claimed_before_is_offered_in_the_same_composition(
    session: AsyncSession, ticket: Ticket
) -> None:
    head, second = [await delivery(session, QuestionPosted(n), ticket) for n in range(2)]
    await claim(session, head, second)
    for one in (head, second):
        one.status = DeliveryStatus.WAITING
    await delivery(session, QuestionPosted(3), ticket)

    assert await offered(session, head, now=NOON) == [head, second]


async def test_an_album_does_not_wait_out_a_clock_that_was_set_back_a_little(
    session: AsyncSession, ticket: Ticket
) -> None:
    album = [
        await delivery(session, QuestionPosted(n), ticket, media_group_id="1", due_at=NOON + MINUTE)
        for n in range(2)
    ]

    assert await heads(session) == ids(album[0])
    assert await offered(session, album[0], now=NOON) == album


async def test_an_album_that_was_tried_waits_for_its_next_try(
    session: AsyncSession, ticket: Ticket
) -> None:
    await delivery(
        session, QuestionPosted(1), ticket, media_group_id="1", attempts=3, due_at=NOON + 8 * SECOND
    )

    assert await heads(session) == []


async def test_a_due_time_that_a_clock_set_back_made_absurd_parts_nothing(
    session: AsyncSession, ticket: Ticket
) -> None:
    together = [
        await delivery(session, QuestionPosted(n), ticket, due_at=NOON + HOUR) for n in range(2)
    ]

    assert await offered(session, together[0], now=NOON) == together


# Claims


async def test_a_claim_says_what_is_sent_when_and_with_what(
    session: AsyncSession, ticket: Ticket
) -> None:
    batch = [await delivery(session, QuestionPosted(n), ticket) for n in range(2)]

    await claim(session, *batch, now=NOON + SECOND)

    for one in batch:
        assert one.status is DeliveryStatus.CLAIMED
        assert (one.batch_id, one.attempts) == (batch[0].id, 1)
        assert one.first_tried_at == NOON + SECOND


@pytest.mark.parametrize("sizes", [[1, 1, 1], [1, 3], [2, 1]])
async def test_claims_are_written_over_what_was_changed_before_whatever_their_order(
    session: AsyncSession, ticket: Ticket, sizes: list[int]
) -> None:
    batches = [
        [await delivery(session, QuestionPosted(n), ticket) for n in range(size)] for size in sizes
    ]
    for one in chain(*batches):
        one.status, one.attempts = DeliveryStatus.WAITING, 4

    await lanes.claim(session, batches[::-1], now=NOON)

    for batch in batches:
        for one in batch:
            await session.refresh(one)
            assert (one.status, one.attempts) == (DeliveryStatus.CLAIMED, 5)
            assert (one.batch_id, one.first_tried_at) == (batch[0].id, NOON)


async def test_a_second_claim_keeps_the_time_of_the_first_try(
    session: AsyncSession, ticket: Ticket
) -> None:
    one = await delivery(session, QuestionPosted(1), ticket, attempts=1, first_tried_at=NOON)

    await claim(session, one, now=NOON + HOUR)

    assert (one.attempts, one.first_tried_at) == (2, NOON)


async def test_what_was_claimed_when_we_died_waits_again_and_is_named(
    session: AsyncSession, ticket: Ticket
) -> None:
    batch = [await claimed(session, QuestionPosted(n), ticket) for n in range(2)]
    await delivery(session, QuestionPosted(9), ticket)

    assert await lanes.in_doubt(session) == batch
    assert [one.status for one in batch] == [DeliveryStatus.WAITING] * 2
    assert [one.batch_id for one in batch] == [one.id for one in batch]
