import pytest
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Delivery, DeliveryStatus, Precedence
from database.models import Ticket
from services import outbox
from services.notices import (
    AnswerPosted,
    CardRedrawn,
    CommandAnswered,
    Notice,
    QuestionPosted,
    Refusal,
    TicketOpened,
)
from services.pauses import ALL_CHATS
from services.problems import NotForYou
from tests.services import factories
from tests.services.factories import ANN, SECOND, STAFF
from tests.support.times import NOON


async def due(session: AsyncSession) -> list[object]:
    return list(await session.scalars(select(Delivery.due_at).order_by(Delivery.id)))


async def test_what_is_posted_is_a_row_that_is_due_at_once(
    session: AsyncSession, ticket: Ticket
) -> None:
    outbox.post(session, ANN.telegram_id, TicketOpened(ticket.id), now=NOON, ticket=ticket)

    posted = await factories.newest_delivery(session)
    assert (posted.chat_id, posted.ticket_id) == (ANN.telegram_id, ticket.id)
    assert (posted.kind, posted.payload) == ("ticket_opened", {"ticket_id": ticket.id})
    assert posted.precedence == Precedence.CONFIRMATION
    assert (posted.status, posted.attempts, posted.part) == (DeliveryStatus.WAITING, 0, 0)
    assert posted.created_at == posted.due_at == NOON


async def test_what_belongs_to_no_ticket_is_posted_too(session: AsyncSession) -> None:
    refusal = Refusal(NotForYou().to_json(), reply_to=5, language="en")

    outbox.post(session, ANN.telegram_id, refusal, now=NOON)

    assert await factories.waiting(session) == [(ANN.telegram_id, refusal)]


async def test_nothing_is_posted_to_the_id_that_means_all_chats(session: AsyncSession) -> None:
    with pytest.raises(ValueError, match="no chat"):
        outbox.post(session, ALL_CHATS, TicketOpened(1), now=NOON)


async def test_at_most_one_redraw_of_a_card_waits(session: AsyncSession, ticket: Ticket) -> None:
    for _ in range(3):
        await outbox.redraw_card(session, ticket, now=NOON)

    assert await factories.waiting(session) == [(STAFF, CardRedrawn(ticket.id))]


async def test_a_redraw_that_is_on_its_way_shows_the_past_so_another_one_waits(
    session: AsyncSession, ticket: Ticket
) -> None:
    await outbox.redraw_card(session, ticket, now=NOON)
    await session.flush()
    await session.execute(update(Delivery).values(status=DeliveryStatus.CLAIMED))

    await outbox.redraw_card(session, ticket, now=NOON)

    assert await factories.waiting(session) == [(STAFF, CardRedrawn(ticket.id))]


async def test_a_redraw_that_is_half_done_does_not_cover_a_new_one(
    session: AsyncSession, ticket: Ticket
) -> None:
    notice = CardRedrawn(ticket.id)
    await factories.delivery(session, notice, ticket, part=1)

    await outbox.post_once(session, STAFF, notice, now=NOON, ticket=ticket)

    assert await factories.waiting(session) == [(STAFF, notice), (STAFF, notice)]


async def test_redraws_of_different_cards_wait_beside_each_other(
    session: AsyncSession, ticket: Ticket
) -> None:
    other = await factories.ticket(session, 8, user=await factories.user(session, 8))

    for one in (ticket, other, ticket):
        await outbox.redraw_card(session, one, now=NOON)

    assert await factories.waiting(session) == [
        (STAFF, CardRedrawn(ticket.id)),
        (STAFF, CardRedrawn(other.id)),
    ]


async def test_the_same_kind_about_another_message_is_posted_as_well(
    session: AsyncSession, ticket: Ticket
) -> None:
    for message_id in (1, 2, 1):
        notice = QuestionPosted(message_id)
        await outbox.post_once(session, STAFF, notice, now=NOON, ticket=ticket)

    assert await factories.waiting(session) == [
        (STAFF, QuestionPosted(1)),
        (STAFF, QuestionPosted(2)),
    ]


async def test_content_without_an_album_is_due_at_once(
    session: AsyncSession, ticket: Ticket
) -> None:
    notice = QuestionPosted(1)

    await outbox.post_content(session, STAFF, notice, None, now=NOON, ticket=ticket)

    assert await due(session) == [NOON]


async def test_an_album_is_due_a_second_after_its_last_item(
    session: AsyncSession, ticket: Ticket
) -> None:
    for item in range(3):
        now, notice = NOON + item * SECOND / 2, QuestionPosted(item)
        await outbox.post_content(session, STAFF, notice, "album", now=now, ticket=ticket)

    assert await due(session) == [NOON + 2 * SECOND] * 3


async def test_an_item_that_comes_too_late_leaves_what_is_on_its_way_alone(
    session: AsyncSession, ticket: Ticket
) -> None:
    await factories.claimed(session, QuestionPosted(1), ticket, media_group_id="album")

    late, notice = NOON + 9 * SECOND, QuestionPosted(2)
    await outbox.post_content(session, STAFF, notice, "album", now=late, ticket=ticket)

    assert await due(session) == [NOON, late + SECOND]


async def test_albums_wait_for_their_own_items_only(session: AsyncSession, ticket: Ticket) -> None:
    chats = [(STAFF, "one"), (STAFF, "two"), (ANN.telegram_id, "one")]

    for number, (chat_id, album) in enumerate(chats):
        now, notice = NOON + number * SECOND, AnswerPosted(number)
        await outbox.post_content(session, chat_id, notice, album, now=now, ticket=ticket)

    assert await due(session) == [NOON + number * SECOND for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("notice", "status", "forgotten"),
    [
        (Refusal(NotForYou().to_json(), None, "en"), DeliveryStatus.DELIVERED, True),
        (CommandAnswered("All tickets are closed."), DeliveryStatus.DELIVERED, True),
        (CommandAnswered("All tickets are closed."), DeliveryStatus.FAILED, True),
        (CommandAnswered("All tickets are closed."), DeliveryStatus.WAITING, False),
        (TicketOpened(1), DeliveryStatus.DELIVERED, False),
    ],
)
async def test_what_was_only_for_the_eyes_is_forgotten_once_it_was_seen(
    session: AsyncSession, notice: Notice, status: DeliveryStatus, *, forgotten: bool
) -> None:
    await factories.delivery(session, notice, status=status)

    assert not await outbox.forget_asides(session, now=NOON + outbox.ASIDES_KEPT + SECOND)

    assert (await session.scalar(select(Delivery.id)) is None) is forgotten


async def test_answers_of_the_same_words_to_two_people_both_wait(session: AsyncSession) -> None:
    for person_id in (5, 6, 6):
        menu = CommandAnswered("These buttons are for Kate.", {}, person_id)
        await outbox.post_latest(session, STAFF, menu, now=NOON)

    waiting = [notice for _, notice in await factories.waiting(session)]
    assert [one.person_id for one in waiting if isinstance(one, CommandAnswered)] == [5, 6]


async def test_a_thread_may_have_any_number_that_telegram_may_send(session: AsyncSession) -> None:
    for thread_id in (2**40, None, 7):
        told = CommandAnswered("All tickets are closed.", thread_id=thread_id)
        for _ in range(2):
            await outbox.post_latest(session, STAFF, told, now=NOON)

    waiting = [one for _, one in await factories.waiting(session)]
    threads = [one.thread_id for one in waiting if isinstance(one, CommandAnswered)]
    assert threads == [2**40, None, 7]
