"""Messages change tickets with all that is stored about them, also while they are on their way."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.address import Place
from database.machinery import Delivery, DeliveryStatus
from database.models import Direction, LinkKind, Message, MessageLink, Ticket, TicketStatus
from services.delivery import arrivals
from services.delivery.outcomes import Delivered
from services.delivery.parcel import Shown, links_of
from services.helpdesk import moving, owing, question_edits, rejoining
from services.notices import (
    AnswerPosted,
    CardPosted,
    CardRedrawn,
    DeliveryFailed,
    EditedAfterAnswer,
    QuestionEdited,
    QuestionPosted,
)
from services.problems import ButtonOutdated
from tests.services import factories
from tests.services.factories import ANN, STAFF
from tests.support.times import NOON

WAITING, CLAIMED = DeliveryStatus.WAITING, DeliveryStatus.CLAIMED
TOLD_AT = Place(ANN.telegram_id, 900)


@pytest.fixture
async def source(session: AsyncSession) -> Ticket:
    """Have Ann's current ticket, with the message that opened it."""
    ticket = await factories.ticket(session, 1)
    await factories.message(session, ticket)
    return ticket


@pytest.fixture
async def target(session: AsyncSession, source: Ticket) -> Ticket:
    """Have another one."""
    ticket = await factories.ticket(session, 2, user=source.user, is_current=False)
    await factories.message(session, ticket)
    return ticket


@pytest.fixture
async def question(session: AsyncSession, source: Ticket) -> Message:
    """Have what is moved."""
    return await factories.message(session, source, factories.content("My invoice is wrong"))


async def press(session: AsyncSession, question: Message, target: Ticket) -> Ticket:
    at, key, mark = question.message_id, target.id, target.mark
    moved = await rejoining.move(session, ANN, at, key, mark, told_at=TOLD_AT, now=NOON)
    await session.flush()
    return moved


async def posted(session: AsyncSession, ticket: Ticket) -> list[tuple[str, int, int]]:
    """List what waits about the ticket, besides redraws: its kind, chat and lane."""
    waits = select(Delivery).where(Delivery.ticket_id == ticket.id, Delivery.status == WAITING)
    content = waits.where(Delivery.kind != CardRedrawn.kind).order_by(Delivery.id)
    return [(one.kind, one.chat_id, one.lane) for one in await session.scalars(content)]


async def test_a_message_that_was_sent_is_shown_again_and_its_copy_is_edited(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    copy = await factories.link(session, source, 50, kind=LinkKind.COPY, copy_of=question.id)
    sent = QuestionPosted(question.id)
    delivered = await factories.delivery(session, sent, source, status=DeliveryStatus.DELIVERED)

    assert await press(session, question, target) is target

    await session.refresh(copy)
    assert {question.ticket_id, copy.ticket_id, delivered.ticket_id} == {target.id}
    assert question.details == {
        "moved": {
            "from": {"daily_id": 1, "opened_on": source.opened_on.isoformat()},
            "to": {"daily_id": 2, "opened_on": target.opened_on.isoformat()},
            "revision": 1,
        }
    }
    assert await posted(session, target) == [
        ("question_edited", STAFF, source.id),
        ("question_posted", STAFF, target.id),
    ]
    assert (source.is_current, target.is_current) == (False, True)
    assert source.user.last_joined_id == target.id


async def test_what_was_never_sent_is_sent_once_in_its_new_lane(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    waits = await factories.delivery(session, QuestionPosted(question.id), source)

    await press(session, question, target)

    assert (waits.ticket_id, waits.lane) == (target.id, target.id)
    assert [kind for kind, _, _ in await posted(session, target)].count("question_posted") == 1


async def test_what_may_have_been_sent_keeps_its_place_and_its_companions(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    asked = select(Message).where(Message.ticket_id == source.id).order_by(Message.id)
    first = (await session.scalars(asked)).first()
    assert first is not None
    tried = [
        await factories.delivery(session, QuestionPosted(one.id), source, attempts=1)
        for one in (first, question)
    ]
    for one in tried:
        one.batch_id = tried[0].id

    await press(session, question, target)

    assert [(one.ticket_id, one.lane) for one in tried] == [
        (source.id, source.id),
        (target.id, source.id),
    ]
    assert [kind for kind, _, _ in await posted(session, target)].count("question_posted") == 1


@pytest.mark.parametrize("plain", [True, False])
async def test_what_arrives_after_the_move_gets_links_of_the_tickets_that_it_shows(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message, *, plain: bool
) -> None:
    """A claim may be older than the move; the copy then still says the old number."""
    stays = await factories.message(session, source)
    batch = [
        await factories.claimed(session, QuestionPosted(one.id), source)
        for one in (stays, question)
    ]
    shown = [Shown(one.id, LinkKind.COPY) for one in (stays, question)]
    trip = factories.trip_of(batch, factories.parcel(effects=links_of(shown), carries=2))

    await press(session, question, target)
    if plain:
        await arrivals.note_plain(session, [(trip, [60])], now=NOON)
    else:
        await arrivals.note(session, trip, batch, Delivered((60,)), now=NOON)
    await session.flush()

    links = await session.scalars(select(MessageLink).where(MessageLink.message_id == 60))
    assert {one.copy_of: one.ticket_id for one in links} == {
        stays.id: source.id,
        question.id: target.id,
    }


async def test_replies_across_two_tickets_are_none_any_more(
    session: AsyncSession, source: Ticket, target: Ticket
) -> None:
    first = await factories.message(session, source)
    asked = factories.content("And this", reply_to=first.message_id)
    question = await factories.message(session, source, asked)
    asked = factories.content("I mean the price", reply_to=question.message_id)
    later = await factories.message(session, source, asked)
    assert (question.reply_to_id, later.reply_to_id) == (first.id, question.id)

    await press(session, question, target)

    await session.refresh(later)
    assert (question.reply_to_id, later.reply_to_id) == (None, None)


async def test_an_album_moves_as_a_whole_with_what_waits_of_it(
    session: AsyncSession, source: Ticket, target: Ticket
) -> None:
    items = [
        await factories.message(session, source, factories.photo(media_group_id="album"))
        for _ in range(2)
    ]
    sent = [
        await factories.delivery(session, QuestionPosted(one.id), source, media_group_id="album")
        for one in items
    ]

    await press(session, items[1], target)

    assert {one.ticket_id for one in items} == {target.id}
    assert {one.lane for one in sent} == {target.id}
    assert ["moved" in (one.details or {}) for one in items] == [True, False]


async def test_a_ticket_that_waited_for_its_user_waits_for_staff_with_the_message(
    session: AsyncSession, target: Ticket, question: Message
) -> None:
    target.status = TicketStatus.PENDING

    await press(session, question, target)

    assert target.status is TicketStatus.OPEN
    waits = await factories.waiting(session)
    assert (STAFF, QuestionPosted(question.id, our_turn=True)) in waits
    assert (STAFF, CardRedrawn(target.id)) in waits


async def test_the_ticket_that_it_leaves_waits_for_its_user_as_before(
    session: AsyncSession, source: Ticket, target: Ticket
) -> None:
    written = factories.content("Tomorrow", chat_id=STAFF)
    answer = await factories.message(session, source, written, Direction.ANSWER)
    await owing.answered(session, source, answer.id, by=None, now=NOON)
    later = NOON + timedelta(minutes=1)
    question = await factories.message(session, source)
    await owing.asked(session, source, now=later)

    await press(session, question, target)

    assert (source.status, source.waiting_since) == (TicketStatus.PENDING, NOON)


async def test_the_ticket_that_it_leaves_stays_ours_if_more_waits_there(
    session: AsyncSession, source: Ticket, target: Ticket
) -> None:
    written = factories.content("Tomorrow", chat_id=STAFF)
    answer = await factories.message(session, source, written, Direction.ANSWER)
    await owing.answered(session, source, answer.id, by=None, now=NOON)
    await factories.message(session, source)
    question = await factories.message(session, source)
    await owing.asked(session, source, now=NOON)

    await press(session, question, target)

    assert source.status is TicketStatus.OPEN


async def test_a_failure_moves_with_what_failed(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    asked = QuestionPosted(question.id)
    failed = await factories.delivery(session, asked, source, status=DeliveryStatus.FAILED)
    told = await factories.delivery(session, DeliveryFailed(source.id, failed.id, "no"), source)

    await press(session, question, target)

    assert (failed.ticket_id, told.ticket_id, told.payload["ticket_id"]) == (target.id,) * 3
    assert [kind for kind, _, _ in await posted(session, target)] == [
        "delivery_failed",
        "question_edited",
        "question_posted",
    ]


async def test_a_later_edit_is_about_the_new_ticket(
    session: AsyncSession, target: Ticket, question: Message
) -> None:
    await press(session, question, target)

    edit = factories.content("My invoice is right", edited_at=NOON)
    await question_edits.edit(session, question, edit, now=NOON)

    assert question.details is not None
    assert "moved" in question.details
    newest = await factories.newest_delivery(session)
    assert (newest.kind, newest.lane) == (QuestionEdited.kind, target.id)


async def test_the_card_of_the_ticket_that_it_leaves_shows_it_no_more(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    """It had reopened the ticket."""
    card = await factories.link(session, source, 50, copy_of=question.id)
    waits = await factories.delivery(session, CardPosted(source.id, question.id), source)

    await press(session, question, target)

    await session.refresh(card)
    assert (card.ticket_id, card.copy_of) == (source.id, None)
    assert (waits.ticket_id, waits.payload["message_id"]) == (source.id, None)
    assert ("question_posted", STAFF, target.id) in await posted(session, target)


async def test_a_reply_to_the_notice_follows(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    told = await factories.link(
        session, source, TOLD_AT.message_id, chat_id=TOLD_AT.chat_id, kind=LinkKind.NOTICE
    )

    await press(session, question, target)

    await session.refresh(told)
    assert told.ticket_id == target.id


async def test_it_is_recorded_who_moved_it(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    await press(session, question, target)

    assert ("moved", source.user_id) in await factories.history(session, target)


async def test_what_staff_were_told_of_its_edits_moves_too(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    told = await factories.delivery(session, EditedAfterAnswer(question.id), source)

    await press(session, question, target)

    assert (told.ticket_id, told.lane) == (target.id, target.id)


async def test_another_staff_chat_gets_it_too(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    second = -1002
    await factories.staff_chat(session, second, main=False)
    target.staff_chat_id = second
    await factories.link(session, source, 50, kind=LinkKind.COPY, copy_of=question.id)

    await press(session, question, target)

    assert await posted(session, target) == [
        ("question_edited", STAFF, source.id),
        ("question_posted", second, target.id),
    ]


async def test_the_only_message_of_a_ticket_stays(
    session: AsyncSession, source: Ticket, target: Ticket
) -> None:
    first = (await session.scalars(select(Message).where(Message.ticket_id == source.id))).one()

    with pytest.raises(ButtonOutdated):
        await press(session, first, target)


@pytest.mark.parametrize("case", ["closed", "mark", "stranger", "same", "answer", "unknown"])
async def test_a_press_that_fits_nothing_changes_nothing(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message, case: str
) -> None:
    at, key, mark = question.message_id, target.id, target.mark
    if case == "closed":
        target.status, target.closed_at = TicketStatus.CLOSED, NOON
    elif case == "stranger":
        bob = await factories.user(session, 8)
        other = await factories.ticket(session, 3, user=bob)
        key, mark = other.id, other.mark
    elif case == "same":
        key, mark = source.id, source.mark
    elif case == "answer":
        written = factories.content(chat_id=STAFF, message_id=77_000)
        at = (await factories.message(session, source, written, Direction.ANSWER)).message_id
    mark = "other" if case == "mark" else mark
    at = 1 if case == "unknown" else at

    with pytest.raises(ButtonOutdated):
        await rejoining.move(session, ANN, at, key, mark, told_at=TOLD_AT, now=NOON)

    assert question.ticket_id == source.id


async def test_an_answer_to_a_message_that_left_does_not_count_for_it(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    written = factories.content("Yes", chat_id=STAFF, reply_to=50)
    await factories.link(session, source, 50, kind=LinkKind.COPY, copy_of=question.id)
    answer = await factories.message(session, source, written, Direction.ANSWER)
    sent = await factories.delivery(session, AnswerPosted(answer.id), source, chat_id=7)
    assert answer.reply_to_id == question.id

    await press(session, question, target)

    await session.refresh(answer)
    assert answer.reply_to_id is None
    assert sent.ticket_id == source.id


async def test_a_message_moves_while_it_arrives(sessions: async_sessionmaker[AsyncSession]) -> None:
    """Whichever is first, its link is the new ticket's: the row of the delivery is the lock."""
    async with sessions.begin() as session:
        source = await factories.ticket(session, 1)
        target = await factories.ticket(session, 2, user=source.user, is_current=False)
        moved = await factories.message(session, source)
        sent = await factories.claimed(session, QuestionPosted(moved.id), source)
        effects = links_of([Shown(moved.id, LinkKind.COPY)])
        trip = factories.trip_of([sent], factories.parcel(effects=effects))
    async with sessions.begin() as session:
        found = await session.get_one(Message, moved.id)
        await moving.carry(session, [found], source, target)
    async with sessions.begin() as session:
        await arrivals.note_plain(session, [(trip, [60])], now=NOON)
        link = (await session.scalars(select(MessageLink))).one()
        assert link.ticket_id == target.id


async def test_what_opened_a_ticket_moves_if_more_is_left(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    asked = select(Message).where(Message.ticket_id == source.id).order_by(Message.id)
    first = (await session.scalars(asked)).first()
    assert first is not None
    card = await factories.link(session, source, 50, copy_of=first.id)

    await press(session, first, target)

    await session.refresh(card)
    assert (first.ticket_id, question.ticket_id) == (target.id, source.id)
    assert card.copy_of is None
    assert (STAFF, CardRedrawn(source.id)) in await factories.waiting(session)
