"""Two staff chats with tickets in each: whatever happens to one, the other goes on as before."""

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Delivery
from database.models import Direction, KeptReason, KeptWords, Ticket, TicketStatus
from database.team import StaffChatRow
from services import ticket_service
from services.delivery import relocating
from services.helpdesk import (
    foreign_groups,
    hearing,
    kept_words,
    lookup,
    staff_chat_changes,
    staff_chats,
    ticket_list,
)
from services.helpdesk.content import Person
from services.invariants import tickets as rules
from services.notices import CardPosted, QuestionPosted, StaffChatMigrated
from services.problems import NoSuchTicket, TicketOfAnotherTeam
from tests.services import factories
from tests.services.factories import STAFF
from tests.support.times import NOON

SECOND, THIRD, MOVED = -2001, -3001, -2002
BOB = Person(8, "Bob", "bob", "en")


@pytest.fixture(autouse=True)
async def second(session: AsyncSession) -> int:
    """Have another staff chat besides the main one."""
    await factories.staff_chat(session, SECOND, main=False)
    return SECOND


@pytest.fixture
async def here(session: AsyncSession) -> Ticket:
    """Have Ann's ticket #7 in the main staff chat."""
    return await factories.ticket(session)


@pytest.fixture
async def there(session: AsyncSession, second: int) -> Ticket:
    """Have Bob's ticket #8 in the second one."""
    user = await factories.user(session, BOB.telegram_id)
    return await factories.ticket(session, 8, user=user, staff_chat_id=second)


async def come_along(session: AsyncSession) -> None:
    more = True
    while more:
        more = await relocating.go_on(session, now=NOON)


async def choose(session: AsyncSession, chat_id: int) -> None:
    await factories.staff_chat(session, chat_id)
    await come_along(session)


async def bob_writes(session: AsyncSession, *, to: int) -> Ticket:
    """Have Bob write; a ticket that this opens is for the staff chat `to`."""
    written = factories.content(chat_id=BOB.telegram_id)
    return await ticket_service.receive(
        session, BOB, written, staff_chat_id=to, day=NOON.date(), now=NOON
    )


async def mains(session: AsyncSession) -> dict[int, bool]:
    """List the staff chats by their ids, and which is the main one."""
    rows = await session.execute(select(StaffChatRow.chat_id, StaffChatRow.is_main))
    return {row.chat_id: row.is_main for row in rows}


async def broken(session: AsyncSession) -> list[int]:
    await session.flush()
    (rule,) = [one for one in rules.rules() if one.name == "staff chats"]
    return list(await session.scalars(rule.broken))


# Each has its own


async def test_a_ticket_of_one_chat_cannot_be_worked_on_from_the_other(
    session: AsyncSession, here: Ticket, there: Ticket
) -> None:
    for ticket, elsewhere in ((here, SECOND), (there, STAFF)):
        with pytest.raises(TicketOfAnotherTeam):
            await ticket_service.get(session, ticket.id, staff_chat_id=elsewhere)

    found = await ticket_service.get(session, there.id, staff_chat_id=SECOND)
    assert found is there


async def test_each_chat_lists_and_finds_its_own_tickets(
    session: AsyncSession, here: Ticket, there: Ticket
) -> None:
    pages = [await ticket_list.page(session, staff_chat_id=one) for one in (STAFF, SECOND)]
    found = await lookup.find_by_number(session, "8", staff_chat_id=SECOND, command="close")

    assert [[one.ticket.id for one in page.lines] for page in pages] == [[here.id], [there.id]]
    assert found == there.id
    with pytest.raises(NoSuchTicket):
        await lookup.find_by_number(session, "8", staff_chat_id=STAFF, command="close")


async def test_a_ticket_opens_in_the_chat_it_is_for_and_its_user_goes_on_there(
    session: AsyncSession, second: int
) -> None:
    ticket = await bob_writes(session, to=second)
    await ticket_service.close(session, ticket, by=None, now=NOON)

    again = await bob_writes(session, to=STAFF)

    assert again is ticket
    assert (ticket.status, ticket.staff_chat_id) == (TicketStatus.OPEN, second)
    assert {chat for chat, _ in await factories.told(session) if chat < 0} == {second}


async def test_whoever_has_a_say_in_one_chat_has_none_by_that_in_the_other(
    session: AsyncSession, here: Ticket, there: Ticket
) -> None:
    for ticket in (here, there):
        await kept_words.keep(
            session,
            factories.content(chat_id=ticket.staff_chat_id),
            KeptReason.UNCONFIRMED,
            author=None,
            speaker_id=9,
            now=NOON,
            ticket=ticket,
        )

    await hearing.confirm(session, 9, staff_chat_id=SECOND, now=NOON)

    assert list(await session.scalars(select(KeptWords.chat_id))) == [STAFF]
    assert [row.chat_id for row in await kept_words.unconfirmed_in(session, STAFF)] == [STAFF]
    assert await kept_words.unconfirmed_in(session, SECOND) == []
    answers = await factories.told(session)
    assert here.user.chat_id not in {chat for chat, _ in answers}


async def test_only_one_is_the_main_one(session: AsyncSession) -> None:
    session.add(
        StaffChatRow(
            chat_id=THIRD, is_main=True, by_setting=True, next_ticket_id=None, created_at=NOON
        )
    )

    with pytest.raises(IntegrityError):
        await session.flush()


# One moves


async def test_when_the_second_chat_moves_its_tickets_follow_and_the_others_stay(
    session: AsyncSession, here: Ticket, there: Ticket
) -> None:
    waits = await factories.delivery(session, QuestionPosted(1), there, chat_id=SECOND)

    await relocating.migrated(session, SECOND, MOVED, now=NOON)
    assert await relocating.held(session) == {SECOND, MOVED}
    await come_along(session)

    for row in (here, there, waits):
        await session.refresh(row)
    assert (here.staff_chat_id, there.staff_chat_id, waits.chat_id) == (STAFF, MOVED, MOVED)
    told = await factories.told(session, waits)
    assert told[0] == (MOVED, StaffChatMigrated(SECOND, MOVED, is_main=False))
    assert {chat for chat, _ in told} == {MOVED}
    assert (MOVED, CardPosted(there.id)) in told
    assert await mains(session) == {STAFF: True, MOVED: False}
    assert await broken(session) == []


async def test_while_the_main_chat_moves_the_second_goes_on(
    session: AsyncSession, here: Ticket, there: Ticket
) -> None:
    await factories.delivery(session, QuestionPosted(1), here)
    await factories.delivery(session, QuestionPosted(2), there, chat_id=SECOND)

    await relocating.migrated(session, STAFF, -1002, now=NOON)

    assert await relocating.held(session) == {STAFF, -1002}
    page = await ticket_list.page(session, staff_chat_id=-1002)
    assert [one.ticket.id for one in page.lines] == [here.id]
    assert await broken(session) == []
    await come_along(session)
    assert (here.staff_chat_id, there.staff_chat_id) == (-1002, SECOND)
    assert {
        chat for chat, notice in await factories.told(session) if notice == QuestionPosted(2)
    } == {SECOND}


async def test_what_was_written_in_a_staff_chat_before_it_moved_counts_as_written_there(
    session: AsyncSession,
) -> None:
    await relocating.migrated(session, SECOND, MOVED, now=NOON)

    found = await staff_chats.at(session, SECOND)
    main = await staff_chats.home(session, THIRD)

    assert (found and found.chat_id, main.chat_id) == (MOVED, STAFF)
    assert await staff_chats.at(session, THIRD) is None


async def test_a_group_that_moves_to_the_id_of_a_staff_chat_becomes_one_with_it(
    session: AsyncSession, there: Ticket
) -> None:
    """Its team may have given us the new id before Telegram told us of the move."""
    await factories.staff_chat(session, MOVED, main=False)

    await relocating.migrated(session, SECOND, MOVED, now=NOON)
    await come_along(session)

    assert there.staff_chat_id == MOVED
    assert await mains(session) == {STAFF: True, MOVED: False}


# Another is the main one


async def test_the_tickets_of_the_second_chat_stay_when_another_main_one_is_chosen(
    session: AsyncSession, here: Ticket, there: Ticket
) -> None:
    await choose(session, THIRD)

    assert (here.staff_chat_id, there.staff_chat_id) == (THIRD, SECOND)
    assert {chat for chat, _ in await factories.told(session)} == {THIRD}
    assert await mains(session) == {SECOND: False, THIRD: True}
    assert await broken(session) == []


async def test_the_second_chat_keeps_its_tickets_as_the_main_one_and_after_it_again(
    session: AsyncSession, here: Ticket, there: Ticket
) -> None:
    await choose(session, SECOND)
    assert (here.staff_chat_id, there.staff_chat_id) == (SECOND, SECOND)
    assert await mains(session) == {SECOND: True}

    await choose(session, STAFF)

    assert (here.staff_chat_id, there.staff_chat_id) == (SECOND, SECOND)
    assert await mains(session) == {SECOND: False, STAFF: True}
    cards = [one for one in await factories.told(session) if isinstance(one[1], CardPosted)]
    assert cards == [(SECOND, CardPosted(here.id))]
    assert await broken(session) == []


async def test_of_kept_words_only_those_of_the_chat_that_moved_are_asked_about_again(
    session: AsyncSession, here: Ticket, there: Ticket
) -> None:
    rows = [
        await kept_words.keep(
            session,
            factories.content(chat_id=ticket.staff_chat_id),
            KeptReason.SLIP,
            author=None,
            speaker_id=9,
            now=NOON,
            ticket=ticket,
        )
        for ticket in (here, there)
    ]

    await relocating.migrated(session, SECOND, MOVED, now=NOON)
    await come_along(session)

    found = await session.scalars(select(Delivery.payload).where(Delivery.kind == "words_kept"))
    assert [payload["mark"] for payload in found] == [rows[1].mark]


async def test_a_ticket_that_was_opened_in_a_group_just_given_up_comes_along_at_the_next_start(
    session: AsyncSession, there: Ticket
) -> None:
    await choose(session, THIRD)
    user = await factories.user(session, 99)
    late = await factories.ticket(session, 9, user=user)
    assert await broken(session) == [STAFF]

    await staff_chat_changes.bring_strays(session)
    await come_along(session)

    await session.refresh(late)
    assert (late.staff_chat_id, there.staff_chat_id) == (THIRD, SECOND)
    assert await broken(session) == []


async def test_a_staff_chat_is_no_foreign_group_and_a_former_one_is(
    session: AsyncSession,
) -> None:
    await choose(session, THIRD)

    assert await staff_chats.at(session, STAFF) is None
    await foreign_groups.tell(session, STAFF, now=NOON)

    assert STAFF in {chat for chat, _ in await factories.told(session)}


async def test_an_answer_is_heard_in_its_own_chat_alone(
    session: AsyncSession, there: Ticket
) -> None:
    written = await factories.message(
        session, there, factories.content(chat_id=SECOND), Direction.ANSWER
    )

    with pytest.raises(TicketOfAnotherTeam):
        await ticket_service.get(session, written.ticket_id, staff_chat_id=STAFF)


async def test_a_ticket_is_reopened_beside_one_of_another_team(
    session: AsyncSession, here: Ticket, second: int
) -> None:
    await ticket_service.close(session, here, by=None, now=NOON)
    await factories.ticket(session, 9, user=here.user, staff_chat_id=second)

    await ticket_service.reopen(session, here, by=None, now=NOON)

    assert here.status is TicketStatus.OPEN
