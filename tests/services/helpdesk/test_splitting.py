"""From one message on, what a user wrote becomes a ticket of its own."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Delivery, DeliveryStatus
from database.models import (
    Direction,
    KeptReason,
    LinkKind,
    Message,
    MessageLink,
    Ticket,
    TicketStatus,
)
from services.helpdesk import kept_words, merging, messages, owing, resend, splitting
from services.notices import AnswerPosted, CardPosted, CardRedrawn, QuestionPosted
from services.problems import SplitOfAll, SplitUnclear
from tests.services import factories
from tests.services.factories import ANN, STAFF, TODAY
from tests.support.times import NOON

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def written(session: AsyncSession, ticket: Ticket) -> list[Message]:
    """Have three messages of Ann's on #7; the copies of the last two are 51 and 52 in the group."""
    made = [
        await factories.message(session, ticket, factories.content(text, sent_at=NOON + MINUTE))
        for text in ("My order is late", "My invoice is wrong", "It says 40 euros")
    ]
    for number, one in enumerate(made):
        await _shown(session, ticket, one, 50 + number)
    return made


async def _shown(session: AsyncSession, ticket: Ticket, one: Message, at: int) -> None:
    kind = LinkKind.CARD if at == 50 else LinkKind.COPY
    await factories.link(session, ticket, at, copy_of=one.id, kind=kind)


async def split(session: AsyncSession, ticket: Ticket, at: int, **fields: Any) -> Ticket:
    command = factories.content("/split", chat_id=STAFF, reply_to=at, **fields)
    now = NOON + 5 * MINUTE
    made = await splitting.split(session, ticket, command, by=None, day=TODAY, now=now)
    await session.flush()
    return made


async def tickets_of(session: AsyncSession, written: list[Message]) -> list[int]:
    for one in written:
        await session.refresh(one)
    return [one.ticket_id for one in written]


async def test_the_message_and_all_later_ones_go_to_a_new_ticket(
    session: AsyncSession, ticket: Ticket, written: list[Message]
) -> None:
    made = await split(session, ticket, 51)

    assert await tickets_of(session, written) == [ticket.id, made.id, made.id]
    assert (made.status, made.user_id, made.daily_id) == (TicketStatus.NEW, ticket.user_id, 1)
    assert made.opened_at == made.waiting_since == NOON + MINUTE
    assert ("split", None) in await factories.history(session, made)


async def test_staff_see_a_card_and_edits_and_the_user_nothing(
    session: AsyncSession, ticket: Ticket, written: list[Message]
) -> None:
    made = await split(session, ticket, 51)

    waits = (await session.scalars(select(Delivery).order_by(Delivery.id))).all()
    assert [(one.kind, one.lane) for one in waits] == [
        ("question_edited", ticket.id),
        ("question_edited", ticket.id),
        ("card_posted", made.id),
        ("card_redrawn", ticket.id),
    ]
    assert {one.chat_id for one in waits} == {STAFF}
    assert all("moved" in (one.details or {}) for one in written[1:])


@pytest.mark.usefixtures("written")
async def test_answers_go_along_with_what_they_reply_to(
    session: AsyncSession, ticket: Ticket
) -> None:
    answers = []
    for at, direction in [(50, Direction.ANSWER), (51, Direction.ANSWER), (52, Direction.NOTE)]:
        said = factories.content(chat_id=STAFF, reply_to=at, details={"quote": {"text": "My"}})
        said = said if at == 50 else factories.content(chat_id=STAFF, reply_to=at)
        answers.append(await factories.message(session, ticket, said, direction))
    sent = await factories.delivery(session, AnswerPosted(answers[1].id), ticket, chat_id=7)

    made = await split(session, ticket, 51)

    assert await tickets_of(session, answers) == [ticket.id, made.id, made.id]
    assert (sent.ticket_id, sent.lane) == (made.id, made.id)
    assert (made.status, made.waiting_since) == (TicketStatus.OPEN, NOON + 5 * MINUTE)


@pytest.mark.usefixtures("written")
async def test_an_answer_that_failed_can_still_be_sent_again(
    session: AsyncSession, ticket: Ticket
) -> None:
    """The button under the failure names the ticket that it was in."""
    said = factories.content(chat_id=STAFF, reply_to=52)
    answer = await factories.message(session, ticket, said, Direction.ANSWER)
    posted, failed_so = AnswerPosted(answer.id), DeliveryStatus.FAILED
    failed = await factories.delivery(session, posted, ticket, chat_id=7, status=failed_so)
    made = await split(session, ticket, 51)

    await resend.resend(session, ticket, failed.id, now=NOON)

    assert (failed.status, failed.lane) == (DeliveryStatus.WAITING, made.id)


@pytest.mark.usefixtures("written")
async def test_what_was_not_sent_yet_goes_behind_the_new_card(
    session: AsyncSession, ticket: Ticket
) -> None:
    later = await factories.message(session, ticket)
    await factories.delivery(session, QuestionPosted(later.id), ticket)

    made = await split(session, ticket, 51)

    mine = select(Delivery.kind).where(Delivery.lane == made.id).order_by(Delivery.id)
    assert (await session.scalars(mine)).all() == ["card_posted", "question_posted"]


@pytest.mark.usefixtures("written")
async def test_a_message_of_next_year_is_not_forgotten(
    session: AsyncSession, ticket: Ticket
) -> None:
    later = await factories.message(session, ticket, factories.content(None, kind="unknown"))
    await factories.delivery(session, QuestionPosted(later.id), ticket)

    await split(session, ticket, 51)

    assert (STAFF, QuestionPosted(later.id)) in await factories.waiting(session)


@pytest.mark.usefixtures("written")
async def test_what_is_being_sent_is_not_sent_twice(session: AsyncSession, ticket: Ticket) -> None:
    later = await factories.message(session, ticket)
    claimed = await factories.claimed(session, QuestionPosted(later.id), ticket)

    made = await split(session, ticket, 51)

    assert (claimed.ticket_id, claimed.lane) == (made.id, ticket.id)
    sends = select(Delivery.id).where(Delivery.kind == QuestionPosted.kind)
    assert (await session.scalars(sends)).all() == [claimed.id]


@pytest.mark.usefixtures("written")
async def test_from_the_message_that_reopened_the_ticket_on(
    session: AsyncSession, ticket: Ticket
) -> None:
    """It was only on a card, which shows what opened the ticket then."""
    reopening = await factories.message(session, ticket)
    card = await factories.link(session, ticket, 60, copy_of=reopening.id)

    made = await split(session, ticket, 60)

    await session.refresh(card)
    assert (card.ticket_id, card.copy_of) == (ticket.id, None)
    waits = await factories.waiting(session)
    assert (STAFF, CardPosted(made.id)) in waits
    assert (STAFF, CardRedrawn(ticket.id)) in waits


@pytest.mark.usefixtures("written")
async def test_an_album_goes_as_a_whole(session: AsyncSession, ticket: Ticket) -> None:
    items = [
        await factories.message(session, ticket, factories.photo(media_group_id="album"))
        for _ in range(2)
    ]
    for number, one in enumerate(items):
        await _shown(session, ticket, one, 70 + number)

    made = await split(session, ticket, 71)

    assert await tickets_of(session, items) == [made.id, made.id]


async def test_what_was_split_off_follows_nothing_any_more(
    session: AsyncSession, ticket: Ticket, written: list[Message]
) -> None:
    await split(session, ticket, 51)

    assert [messages.follows(one) for one in written] == [True, False, True]


@pytest.mark.usefixtures("written")
async def test_the_new_ticket_takes_over_if_the_old_one_was_current(
    session: AsyncSession, ticket: Ticket
) -> None:
    ticket.user.last_joined_id = ticket.id

    made = await split(session, ticket, 51)

    assert (ticket.is_current, made.is_current) == (False, True)
    assert ticket.user.last_joined_id == made.id


@pytest.mark.usefixtures("written")
async def test_five_open_tickets_are_no_bound(session: AsyncSession, ticket: Ticket) -> None:
    for number in range(20, 25):
        await factories.ticket(session, number, user=ticket.user, is_current=False)

    assert (await split(session, ticket, 51)).closed_at is None


@pytest.mark.usefixtures("written")
async def test_of_a_closed_ticket_a_new_question_is_open(
    session: AsyncSession, ticket: Ticket
) -> None:
    ticket.status, ticket.closed_at, ticket.is_current = TicketStatus.CLOSED, NOON, False
    await session.flush()

    made = await split(session, ticket, 51)

    assert (ticket.status, made.is_current) == (TicketStatus.CLOSED, True)


async def test_the_old_ticket_waits_for_its_user_if_the_rest_was_answered(
    session: AsyncSession, ticket: Ticket
) -> None:
    await factories.message(session, ticket)
    said = factories.content(chat_id=STAFF)
    answer = await factories.message(session, ticket, said, Direction.ANSWER)
    await owing.answered(session, ticket, answer.id, by=None, now=NOON)
    later = await factories.message(session, ticket)
    await _shown(session, ticket, later, 51)
    await owing.asked(session, ticket, now=NOON + MINUTE)

    await split(session, ticket, 51)

    assert (ticket.status, ticket.waiting_since) == (TicketStatus.PENDING, NOON)


async def _answers(session: AsyncSession, ticket: Ticket, at: int | None, when: datetime) -> None:
    said = factories.content(chat_id=STAFF, reply_to=at)
    answer = await factories.message(session, ticket, said, Direction.ANSWER)
    await owing.answered(session, ticket, answer.id, by=None, now=when)


@pytest.mark.usefixtures("written")
async def test_the_old_ticket_waits_for_staff_if_the_only_answer_goes_along(
    session: AsyncSession, ticket: Ticket
) -> None:
    asked_at = ticket.waiting_since
    await _answers(session, ticket, 51, NOON + MINUTE)

    await split(session, ticket, 51)

    assert (ticket.status, ticket.waiting_since) == (TicketStatus.NEW, asked_at)


@pytest.mark.parametrize("at", [50, None])
async def test_the_old_ticket_waits_for_its_user_if_what_is_left_was_answered_before(
    session: AsyncSession, ticket: Ticket, at: int | None
) -> None:
    """A later answer goes along with the question that it replies to."""
    first = await factories.message(session, ticket)
    await _shown(session, ticket, first, 50)
    await _answers(session, ticket, at, NOON)
    later = await factories.message(session, ticket)
    await _shown(session, ticket, later, 51)
    await owing.asked(session, ticket, now=NOON + MINUTE)
    await _answers(session, ticket, 51, NOON + 2 * MINUTE)

    await split(session, ticket, 51)

    assert (ticket.status, ticket.waiting_since) == (TicketStatus.PENDING, NOON)


@pytest.mark.usefixtures("written")
async def test_words_kept_in_reply_to_a_copy_go_along(
    session: AsyncSession, ticket: Ticket
) -> None:
    rows = []
    for at in (50, 52):
        said = factories.content("/ hm", chat_id=STAFF, reply_to=at)
        row = await kept_words.keep(
            session, said, KeptReason.SLIP, author=None, speaker_id=1, now=NOON, ticket=ticket
        )
        rows.append(row)

    made = await split(session, ticket, 51)

    assert [row.ticket_id for row in rows] == [ticket.id, made.id]


async def test_of_a_merged_copy_the_quoted_text_is_where_it_begins(
    session: AsyncSession, ticket: Ticket, written: list[Message]
) -> None:
    for one in written[1:]:
        await _shown(session, ticket, one, 80)

    quoted = {"text": "It says", "is_manual": True}
    made = await split(session, ticket, 80, details={"quote": quoted})

    assert await tickets_of(session, written) == [ticket.id, ticket.id, made.id]


@pytest.mark.usefixtures("written")
async def test_nothing_is_split_off_where_nothing_is_left_or_said(
    session: AsyncSession, ticket: Ticket
) -> None:
    await factories.link(session, ticket, 90, kind=LinkKind.NOTICE)
    copied = factories.content(chat_id=ANN.telegram_id)
    await factories.message(session, ticket, copied)

    with pytest.raises(SplitOfAll):
        await split(session, ticket, 50)
    with pytest.raises(SplitUnclear):
        await split(session, ticket, 90)


async def test_a_split_that_is_undone_by_a_merge_leaves_nothing_moved(
    session: AsyncSession, ticket: Ticket, written: list[Message]
) -> None:
    made = await split(session, ticket, 51)

    await merging.merge(session, ticket.id, made.id, staff_chat_id=STAFF, by=None, now=NOON)

    assert await tickets_of(session, written) == [ticket.id] * 3
    assert not any("moved" in (one.details or {}) for one in written)
    copies = await session.execute(
        select(MessageLink.revision, Message.revision).join(
            Message, Message.id == MessageLink.copy_of
        )
    )
    assert all(shown == newest for shown, newest in copies)  # nothing has to be edited
