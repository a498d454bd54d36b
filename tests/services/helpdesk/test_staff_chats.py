import asyncio

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from database.machinery import ChatMigration, ChatPause, Delivery, DeliveryStatus
from database.models import Ticket, TicketStatus
from services import memo, ticket_service
from services.delivery import doubts, relocating
from services.helpdesk import foreign_groups, lookup, staff_chats
from services.notices import (
    CardPosted,
    CardRetired,
    DeliveryFailed,
    GroupIsNotStaff,
    Notice,
    QuestionPosted,
    StaffChatMigrated,
    TicketOpened,
    UpdateSetAside,
)
from tests.services import factories
from tests.services.factories import HOUR, MINUTE, STAFF
from tests.support.times import NOON

NEW = -1002
NEWER = -1003


async def migrations(session: AsyncSession, *moves: tuple[int, int]) -> None:
    session.add_all(ChatMigration(old_id=old, new_id=new, migrated_at=NOON) for old, new in moves)
    await session.flush()
    memo.of(session).migrations = None


async def migrate(session: AsyncSession, old: int = STAFF, new: int = NEW) -> None:
    await relocating.migrated(session, old, new, now=NOON)
    await come_along(session)


async def choose(session: AsyncSession, chat_id: int) -> None:
    """Have the operator make another group the main staff chat, and all come along."""
    await factories.staff_chat(session, chat_id)
    await come_along(session)


async def come_along(session: AsyncSession) -> None:
    more = True
    while more:
        more = await relocating.go_on(session, now=NOON)


async def told(session: AsyncSession) -> list[tuple[int, Notice]]:
    return await factories.told(session)


# Which id it has


@pytest.mark.parametrize(
    ("moves", "expected"),
    [
        pytest.param([], STAFF, id="it never moved"),
        pytest.param([(STAFF, NEW)], NEW, id="it moved"),
        pytest.param([(NEW, NEWER), (STAFF, NEW)], NEWER, id="it moved twice"),
        pytest.param([(-5, -6)], STAFF, id="another group moved"),
    ],
)
async def test_the_staff_chat_is_followed_to_the_id_it_has_now(
    session: AsyncSession, moves: list[tuple[int, int]], expected: int
) -> None:
    await migrations(session, *moves)

    assert await staff_chats.followed(session, STAFF) == expected


async def test_the_newest_id_in_the_settings_needs_no_following(session: AsyncSession) -> None:
    await migrations(session, (STAFF, NEW))

    assert await staff_chats.followed(session, NEW) == NEW


@pytest.mark.parametrize("moves", [[(STAFF, STAFF)], [(STAFF, NEW), (NEW, STAFF)]])
async def test_moves_in_a_circle_hang_nothing(
    session: AsyncSession, moves: list[tuple[int, int]]
) -> None:
    await migrations(session, *moves)

    async with asyncio.timeout(5):
        assert await staff_chats.followed(session, STAFF) in {STAFF, NEW}


# When it moves


async def test_what_waits_and_what_is_on_its_way_goes_to_the_new_id(
    session: AsyncSession, ticket: Ticket
) -> None:
    question = QuestionPosted(1)
    sent = await factories.delivery(session, question, ticket, status=DeliveryStatus.DELIVERED)
    waits = await factories.delivery(session, question, ticket)
    travels = await factories.claimed(session, question, ticket)
    elsewhere = await factories.delivery(session, GroupIsNotStaff(-5), chat_id=-5)

    await migrate(session)

    for delivery, chat_id in ((sent, STAFF), (waits, NEW), (travels, NEW), (elsewhere, -5)):
        await session.refresh(delivery)
        assert delivery.chat_id == chat_id


async def test_the_group_is_told_and_open_tickets_get_new_cards_oldest_first(
    session: AsyncSession, ticket: Ticket
) -> None:
    older = await factories.ticket(
        session, 3, user=await factories.user(session, 8), opened_at=NOON - HOUR
    )
    await factories.ticket(
        session, 4, user=await factories.user(session, 9), status=TicketStatus.CLOSED
    )

    await migrate(session)

    assert await told(session) == [
        (NEW, StaffChatMigrated(STAFF, NEW)),
        (NEW, CardPosted(older.id)),
        (NEW, CardPosted(ticket.id)),
        (NEW, CardRetired(older.id)),
        (NEW, CardRetired(ticket.id)),
    ]


async def test_tickets_of_one_moment_get_their_cards_in_the_order_they_came(
    session: AsyncSession,
) -> None:
    """In whatever order a database keeps them: what was changed last comes last there."""
    tickets = [
        await factories.ticket(session, number, user=await factories.user(session, number))
        for number in range(3, 9)
    ]
    for one in reversed(tickets):
        one.status = TicketStatus.OPEN
        await session.flush()

    await migrate(session)

    cards = [notice for _, notice in await told(session) if isinstance(notice, CardPosted)]
    assert cards == [CardPosted(one.id) for one in tickets]


async def test_closed_tickets_move_as_well(session: AsyncSession) -> None:
    closed = await factories.ticket(session, status=TicketStatus.CLOSED)

    await migrate(session)

    await session.refresh(closed)
    assert closed.staff_chat_id == NEW


async def test_links_and_messages_keep_the_id_of_the_chat_that_they_are_in(
    session: AsyncSession, ticket: Ticket
) -> None:
    link = await factories.link(session, ticket, 77)
    answer = await factories.message(session, ticket, factories.content(chat_id=STAFF))

    await migrate(session)

    await session.refresh(link)
    await session.refresh(answer)
    assert (link.chat_id, answer.chat_id) == (STAFF, STAFF)


async def test_the_operator_is_told_with_one_error_line_however_often_telegram_says_it(
    session: AsyncSession,
) -> None:
    with capture_logs() as logs:
        for _ in range(3):
            await migrate(session)

    assert [entry["new_id"] for entry in logs if entry["log_level"] == "error"] == [NEW]
    assert [notice for _, notice in await told(session)].count(StaffChatMigrated(STAFF, NEW)) == 1


async def test_what_is_addressed_to_the_old_id_later_moves_too(
    session: AsyncSession, ticket: Ticket
) -> None:
    await migrate(session)
    late = await factories.delivery(session, QuestionPosted(1), ticket, chat_id=STAFF)

    await migrate(session)

    await session.refresh(late)
    assert late.chat_id == NEW


async def test_a_pause_of_the_old_id_is_forgotten(session: AsyncSession) -> None:
    session.add(ChatPause(chat_id=STAFF, since=NOON, until=NOON + MINUTE, held_because="gone"))

    await migrate(session)

    assert (await session.scalars(select(ChatPause))).all() == []


async def test_another_group_moves_without_a_word(session: AsyncSession, ticket: Ticket) -> None:
    await migrate(session, -5, -6)

    assert await told(session) == []
    assert ticket.staff_chat_id == STAFF
    assert await staff_chats.followed(session, STAFF) == STAFF


# Groups that are not the staff chat


async def test_a_foreign_group_is_told_its_id_once_for_ever(session: AsyncSession) -> None:
    for now in (NOON, NOON + 1000 * HOUR):
        await foreign_groups.tell(session, -5, now=now)
    await foreign_groups.tell(session, -6, now=NOON)

    assert await told(session) == [(-5, GroupIsNotStaff(-5)), (-6, GroupIsNotStaff(-6))]


async def test_a_former_staff_chat_is_told_again_a_day_later(
    session: AsyncSession, ticket: Ticket
) -> None:
    await factories.link(session, ticket, 77)

    for hours in (0, 1, 24, 25, 49):
        await foreign_groups.tell(session, STAFF, now=NOON + hours * HOUR)

    assert await told(session) == [(STAFF, GroupIsNotStaff(STAFF))] * 3


async def test_what_a_foreign_group_is_told_belongs_to_no_ticket(session: AsyncSession) -> None:
    await foreign_groups.tell(session, -5, now=NOON)

    assert (await session.scalars(select(Delivery.ticket_id))).all() == [None]


# Another group


async def test_open_tickets_come_along_when_the_operator_chooses_another_group(
    session: AsyncSession,
) -> None:
    opened = await factories.ticket(session)
    bob = await factories.user(session, 8)
    closed = await factories.ticket(session, 2, user=bob, status=TicketStatus.CLOSED)

    await choose(session, NEW)

    await session.refresh(closed)
    assert (opened.staff_chat_id, closed.staff_chat_id) == (NEW, NEW)
    cards = [one for one in await told(session) if isinstance(one[1], CardPosted)]
    assert cards == [(NEW, CardPosted(opened.id))]
    assert await staff_chats.followed(session, STAFF) == STAFF


async def test_a_closed_ticket_can_be_reopened_by_its_number_in_the_newly_chosen_group(
    session: AsyncSession,
) -> None:
    closed = await factories.ticket(session, 7, status=TicketStatus.CLOSED)
    await choose(session, NEW)

    found = await lookup.find_by_number(session, "7", staff_chat_id=NEW, command="reopen")
    ticket = await ticket_service.get(session, found, staff_chat_id=NEW)
    await ticket_service.reopen(session, ticket, by=None, now=NOON)

    assert ticket.id == closed.id
    assert (NEW, CardPosted(closed.id)) in await told(session)


async def test_a_closed_ticket_comes_along_when_its_user_writes_again(
    session: AsyncSession,
) -> None:
    closed = await factories.ticket(session, status=TicketStatus.CLOSED)
    await choose(session, NEW)

    await ticket_service.receive(
        session,
        factories.ANN,
        factories.content("One more thing"),
        staff_chat_id=NEW,
        day=NOON.date(),
        now=NOON,
    )

    assert closed.status is TicketStatus.OPEN
    assert {chat_id for chat_id, _ in await told(session) if chat_id < 0} == {NEW}


async def test_what_waits_for_the_former_group_goes_to_the_newly_chosen_one_from_its_beginning(
    session: AsyncSession,
) -> None:
    ticket = await factories.ticket(session)
    closed = await factories.ticket(
        session, 2, user=await factories.user(session, 8), status=TicketStatus.CLOSED
    )
    waiting = [
        await factories.delivery(session, CardPosted(ticket.id), ticket, part=1),
        await factories.delivery(session, QuestionPosted(1), closed),
        await factories.delivery(session, UpdateSetAside(1)),
    ]
    to_ann = await factories.delivery(
        session, TicketOpened(ticket.id), ticket, chat_id=factories.ANN.telegram_id
    )
    to_group = await factories.delivery(session, GroupIsNotStaff(-5), chat_id=-5)

    await factories.staff_chat(session, NEW)
    assert await relocating.held(session) == {STAFF, NEW}
    await come_along(session)

    for one in (*waiting, to_ann, to_group):
        await session.refresh(one)
    assert [(one.chat_id, one.part) for one in waiting] == [(NEW, 0)] * 3
    assert [to_ann.chat_id, to_group.chat_id] == [factories.ANN.telegram_id, -5]
    assert (await told(session)).count((NEW, CardPosted(ticket.id))) == 1
    assert await relocating.held(session) == frozenset()


async def test_an_open_ticket_whose_user_writes_before_all_came_along_gets_a_card_there(
    session: AsyncSession,
) -> None:
    opened = await factories.ticket(session)

    await ticket_service.receive(
        session,
        factories.ANN,
        factories.content("Still there?"),
        staff_chat_id=NEW,
        day=NOON.date(),
        now=NOON,
    )
    await choose(session, NEW)

    kinds = [(chat_id, notice.kind) for chat_id, notice in await told(session)]
    assert (NEW, CardPosted.kind) in kinds
    assert (NEW, QuestionPosted.kind) in kinds
    await session.refresh(opened)
    assert opened.staff_chat_id == NEW


async def test_nothing_comes_along_to_the_group_where_all_is(session: AsyncSession) -> None:
    await factories.ticket(session)

    await choose(session, STAFF)

    assert await told(session) == []


async def test_what_the_former_group_refused_in_unknown_words_waits_in_the_newly_chosen_one(
    session: AsyncSession, ticket: Ticket
) -> None:
    refused = await factories.claimed(session, QuestionPosted(1), ticket)
    await doubts.begin(session, [refused], "Bad Request: who knows", now=NOON)

    await choose(session, NEW)

    await session.refresh(refused)
    assert (refused.status, refused.chat_id) == (DeliveryStatus.WAITING, NEW)
    assert not any(isinstance(notice, DeliveryFailed) for _, notice in await told(session))
    assert (await session.scalars(select(ChatPause))).all() == []


async def test_what_the_chosen_group_itself_refused_goes_on_being_found_out(
    session: AsyncSession, ticket: Ticket
) -> None:
    refused = await factories.claimed(session, QuestionPosted(1), ticket)
    await doubts.begin(session, [refused], "Bad Request: who knows", now=NOON)

    await choose(session, STAFF)

    assert refused.status is DeliveryStatus.FAILED
    assert await doubts.probe(session, STAFF) is not None
