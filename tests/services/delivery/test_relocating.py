"""Tickets come along to another staff chat in portions: here a ticket, or two deliveries."""

from datetime import date

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from database.machinery import Delivery, DeliveryStatus
from database.models import KeptReason, Ticket, TicketStatus
from services import outbox, ticket_service
from services.delivery import doubts, relocating, settling
from services.delivery.outcomes import Delivered, Migrated, Outcome, Unknown
from services.helpdesk import kept_words, lookup, owners, staff_chats, ticket_list
from services.helpdesk.content import Person
from services.invariants import tickets as rules
from services.notices import (
    CardPosted,
    CardRetired,
    Notice,
    QuestionPosted,
    StaffChatMigrated,
    WordsKept,
)
from tests.services import factories
from tests.services.factories import STAFF
from tests.support.times import NOON

type Sessions = async_sessionmaker[AsyncSession]

NEW = -1002
TICKETS = 3


@pytest.fixture(autouse=True)
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relocating, "TICKETS_AT_A_TIME", 1)
    monkeypatch.setattr(relocating, "DELIVERIES_AT_A_TIME", 2)


@pytest.fixture
async def tickets(sessions: Sessions) -> list[int]:
    """Have open tickets, for each of which three questions wait in the staff chat."""
    made = []
    async with sessions.begin() as session:
        for number in range(1, TICKETS + 1):
            user = await factories.user(session, number)
            ticket = await factories.ticket(session, number, user=user)
            for _ in range(3):
                message = await factories.message(session, ticket, factories.content())
                await factories.delivery(session, QuestionPosted(message.id), ticket)
            made.append(ticket.id)
    return made


async def migrate(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        await relocating.migrated(session, STAFF, NEW, now=NOON)


async def choose(sessions: Sessions, chat_id: int = NEW) -> None:
    """Have the operator make another group the main staff chat."""
    async with sessions.begin() as session:
        await factories.staff_chat(session, chat_id)


async def portion(sessions: Sessions) -> bool:
    """Have a portion come along, as after a crash: with nothing known but the database."""
    async with sessions.begin() as session:
        return await relocating.go_on(session, now=NOON)


async def portions(sessions: Sessions) -> int:
    """Have all come along; how many transactions that took."""
    number = 1
    while await portion(sessions):
        number += 1
    return number


async def chats_of_tickets(sessions: Sessions) -> list[int]:
    async with sessions() as session:
        return list(await session.scalars(select(Ticket.staff_chat_id).order_by(Ticket.id)))


async def waits(sessions: Sessions, ticket_id: int) -> list[tuple[int, str]]:
    """List what waits for a ticket, in its order: where, and what kind."""
    async with sessions() as session:
        of_ticket = select(Delivery).where(Delivery.ticket_id == ticket_id).order_by(Delivery.id)
        return [(one.chat_id, one.kind) for one in await session.scalars(of_ticket)]


async def held(sessions: Sessions) -> frozenset[int]:
    async with sessions() as session:
        return await relocating.held(session)


async def test_no_transaction_brings_more_than_a_portion(
    sessions: Sessions, tickets: list[int]
) -> None:
    await migrate(sessions)
    assert await chats_of_tickets(sessions) == [STAFF] * TICKETS
    before = await everything(sessions)

    while await portion(sessions):
        after = await everything(sessions)
        moved = {key for key, chat_id in before.items() if after[key] != chat_id}
        assert len(moved) <= relocating.DELIVERIES_AT_A_TIME
        before = after

    assert set(before.values()) == {NEW}
    assert tickets


async def everything(sessions: Sessions) -> dict[tuple[str, int], int]:
    async with sessions() as session:
        rows = (await session.execute(select(Delivery.id, Delivery.chat_id))).all()
        owners = (await session.execute(select(Ticket.id, Ticket.staff_chat_id))).all()
    return {("delivery", one): chat for one, chat in rows} | {
        ("ticket", one): chat for one, chat in owners
    }


async def test_what_waits_stays_in_its_order_and_one_new_card_follows(
    sessions: Sessions, tickets: list[int]
) -> None:
    await migrate(sessions)

    await portions(sessions)

    for ticket_id in tickets:
        kinds = [QuestionPosted.kind] * 3 + [CardPosted.kind, CardRetired.kind]
        assert await waits(sessions, ticket_id) == [(NEW, kind) for kind in kinds]


async def test_nothing_goes_to_either_chat_until_all_have_come_along(
    sessions: Sessions, tickets: list[int]
) -> None:
    await migrate(sessions)
    assert await held(sessions) == {STAFF, NEW}

    while await portion(sessions):
        assert NEW in await held(sessions)

    assert await held(sessions) == frozenset()
    assert tickets


@pytest.mark.parametrize("done", range(9))
async def test_what_is_posted_between_two_portions_goes_right(
    sessions: Sessions, tickets: list[int], done: int
) -> None:
    await migrate(sessions)
    for _ in range(done):
        await portion(sessions)

    async with sessions.begin() as session:
        await ticket_service.receive(
            session,
            Person(TICKETS, "User", None, "en"),
            factories.content("One more thing"),
            staff_chat_id=NEW,
            day=NOON.date(),
            now=NOON,
        )
    await portions(sessions)

    said = await waits(sessions, tickets[-1])
    assert {chat_id for chat_id, _ in said} == {NEW}
    assert [kind for _, kind in said].count(QuestionPosted.kind) == 4
    assert [kind for _, kind in said].count(CardPosted.kind) == 1


@pytest.mark.parametrize("done", range(9))
async def test_staff_can_work_on_a_ticket_that_has_not_come_along(
    sessions: Sessions, tickets: list[int], done: int
) -> None:
    await migrate(sessions)
    for _ in range(done):
        await portion(sessions)

    async with sessions.begin() as session:
        page = await ticket_list.page(session, staff_chat_id=NEW)
        found = await lookup.find_by_number(
            session, str(TICKETS), staff_chat_id=NEW, command="take"
        )
        ticket = await ticket_service.get(session, found, staff_chat_id=NEW)
        await owners.take(session, ticket, by=await factories.kate(session), now=NOON)
    await portions(sessions)

    assert (page.total, found) == (TICKETS, tickets[-1])
    assert {chat for chat, _ in await waits(sessions, found) if chat < 0} == {NEW}
    assert await chats_of_tickets(sessions) == [NEW] * TICKETS


async def test_another_migration_in_the_middle_takes_all_tickets_to_the_newest_chat(
    sessions: Sessions, tickets: list[int]
) -> None:
    await migrate(sessions)
    for _ in range(6):
        await portion(sessions)

    async with sessions.begin() as session:
        await relocating.migrated(session, NEW, NEW - 1, now=NOON)
    await portions(sessions)

    assert await chats_of_tickets(sessions) == [NEW - 1] * TICKETS
    for ticket_id in tickets:
        said = await waits(sessions, ticket_id)
        assert {chat_id for chat_id, _ in said} == {NEW - 1}
        assert [kind for _, kind in said].count(CardPosted.kind) == 1


async def test_closed_tickets_come_along_without_a_card(sessions: Sessions) -> None:
    async with sessions.begin() as session:
        for number in range(1, 5):
            user = await factories.user(session, number)
            await factories.ticket(session, number, user=user, status=TicketStatus.CLOSED)

    await choose(sessions)
    await portions(sessions)

    assert await chats_of_tickets(sessions) == [NEW] * 4
    async with sessions() as session:
        assert (await session.scalars(select(Delivery))).all() == []


async def test_kept_words_are_asked_about_once_when_all_have_come_along(
    sessions: Sessions, tickets: list[int]
) -> None:
    async with sessions.begin() as session:
        ticket = await session.get_one(Ticket, tickets[0])
        row = await kept_words.keep(
            session,
            factories.content(chat_id=STAFF),
            KeptReason.SLIP,
            author=None,
            speaker_id=9,
            now=NOON,
            ticket=ticket,
        )
        outbox.post(session, STAFF, WordsKept(row.mark), now=NOON)
    await migrate(sessions)

    await portions(sessions)
    await portions(sessions)

    async with sessions() as session:
        asked = [one for one in await factories.told(session) if isinstance(one[1], WordsKept)]
    assert asked == [(NEW, WordsKept(row.mark))]


@pytest.mark.parametrize(
    "outcome", [Delivered((77,)), Unknown("Bad Gateway"), Migrated(NEW)], ids=str
)
async def test_a_question_that_is_being_sent_when_the_group_moves_is_asked_there_once(
    sessions: Sessions, tickets: list[int], outcome: Outcome
) -> None:
    async with sessions.begin() as session:
        ticket = await session.get_one(Ticket, tickets[0])
        content = factories.content(chat_id=STAFF)
        slip = KeptReason.SLIP
        row = await kept_words.keep(
            session, content, slip, author=None, speaker_id=9, now=NOON, ticket=ticket
        )
        asked = await factories.claimed(session, WordsKept(row.mark))
        trip = factories.trip_of([asked], factories.parcel(STAFF))
    await migrate(sessions)
    await portions(sessions)

    async with sessions.begin() as session:
        found = await session.get_one(Delivery, asked.id)
        await settling.settle(session, trip, [found], outcome, now=NOON)
    await portions(sessions)

    async with sessions() as session:
        questions = select(Delivery.chat_id, Delivery.status).where(Delivery.kind == WordsKept.kind)
        assert (await session.execute(questions)).all() == [(NEW, DeliveryStatus.WAITING)]


async def test_what_was_refused_for_unknown_reasons_comes_along_in_its_portion(
    sessions: Sessions, tickets: list[int]
) -> None:
    async with sessions.begin() as session:
        ticket = await session.get_one(Ticket, tickets[-1])
        refused = await factories.claimed(session, QuestionPosted(1), ticket)
        await doubts.begin(session, [refused], "Bad Request: who knows", now=NOON)

    await choose(sessions)
    await portions(sessions)

    async with sessions() as session:
        again = await session.get_one(Delivery, refused.id)
        assert (again.status, again.chat_id) == (DeliveryStatus.WAITING, NEW)
        assert await doubts.probe(session, NEW) is None


async def test_what_is_on_its_way_to_the_old_id_comes_along_and_is_not_held_up(
    sessions: Sessions, tickets: list[int]
) -> None:
    """Telegram reports the migration again for sends in flight: that starts nothing again."""
    await migrate(sessions)
    for _ in range(TICKETS):
        await portion(sessions)
    await migrate(sessions)
    await portions(sessions)
    async with sessions.begin() as session:
        late = await factories.delivery(
            session, QuestionPosted(1), await session.get_one(Ticket, tickets[0]), chat_id=STAFF
        )
    await migrate(sessions)

    async with sessions() as session:
        assert (await session.get_one(Delivery, late.id)).chat_id == NEW
        told: list[Notice] = [notice for _, notice in await factories.told(session)]
    assert told.count(StaffChatMigrated(STAFF, NEW)) == 1
    assert [one.kind for one in told].count(CardPosted.kind) == TICKETS


async def test_the_check_takes_no_offence_while_tickets_come_along(
    sessions: Sessions, tickets: list[int]
) -> None:
    (rule,) = [one for one in rules.rules() if one.name == "staff chats"]
    await migrate(sessions)

    while await portion(sessions):
        async with sessions() as session:
            assert (await session.execute(rule.broken)).all() == []
    async with sessions.begin() as session:
        user = await factories.user(session, 99)
        await factories.ticket(session, 99, user=user, opened_on=date(2020, 1, 1))

    async with sessions() as session:
        assert (await session.execute(rule.broken)).scalars().all() == [STAFF]
        assert (await staff_chats.main(session)).next_ticket_id is None
    assert tickets
