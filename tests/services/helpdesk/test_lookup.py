import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Ticket, TicketStatus
from services.helpdesk import lookup
from services.problems import AnotherTicketNamed, NoSuchTicket, SeveralTickets, TicketNotNamed
from tests.services import factories
from tests.services.factories import DAY, STAFF, TODAY
from tests.support.times import NOON

CLOSED = TicketStatus.CLOSED


async def of_day(
    session: AsyncSession, days_ago: int, daily_id: int = 7, **fields: object
) -> Ticket:
    """Have a ticket that was opened this many days ago, by a user of its own."""
    asker = await factories.user(session, 100_000 + 100 * days_ago + daily_id)
    opened = {"opened_on": TODAY - days_ago * DAY, "opened_at": NOON - days_ago * DAY}
    return await factories.ticket(session, daily_id, user=asker, **opened | fields)


async def find(session: AsyncSession, typed: str) -> int:
    return await lookup.find_by_number(session, typed, staff_chat_id=STAFF, command="close")


# By number


@pytest.mark.parametrize("typed", ["7", "#7", "007", "2026-11-23/7", "7,", "#7.", "7,."])
async def test_staff_name_a_ticket_by_its_number(session: AsyncSession, typed: str) -> None:
    ticket = await of_day(session, 0)
    await of_day(session, 0, daily_id=8)

    assert await find(session, typed) == ticket.id


async def test_a_number_means_the_ticket_that_is_not_closed(session: AsyncSession) -> None:
    await of_day(session, 0, status=CLOSED)
    waiting = await of_day(session, 3)
    await of_day(session, 5, status=CLOSED)

    assert await find(session, "7") == waiting.id


async def test_a_number_means_the_newest_when_all_are_closed(session: AsyncSession) -> None:
    await of_day(session, 5, status=CLOSED)
    newest = await of_day(session, 1, status=CLOSED)
    await of_day(session, 3, status=CLOSED)

    assert await find(session, "#7") == newest.id


async def test_a_number_that_several_have_is_asked_back(session: AsyncSession) -> None:
    older, newer = await of_day(session, 3), await of_day(session, 1)
    await of_day(session, 0, status=CLOSED)

    with pytest.raises(SeveralTickets) as refused:
        await find(session, "7")

    assert refused.value == SeveralTickets(
        "close", [newer.id, older.id], ["2026-11-22/7", "2026-11-20/7"]
    )


async def part_of(session: AsyncSession, survivor: Ticket, daily_id: int = 7) -> Ticket:
    """Have a ticket of today that was merged into this one."""
    return await of_day(
        session, 0, daily_id=daily_id, status=CLOSED, merged_into_id=survivor.id, is_current=False
    )


async def test_a_number_of_a_merged_ticket_means_what_it_is_part_of(session: AsyncSession) -> None:
    survivor, other = await of_day(session, 0, daily_id=8), await of_day(session, 1)
    await part_of(session, survivor)

    with pytest.raises(SeveralTickets) as refused:
        await find(session, "7")

    labels = ["2026-11-23/8", "2026-11-22/7"]
    assert refused.value == SeveralTickets("close", [survivor.id, other.id], labels)
    assert await find(session, "2026-11-23/7") == survivor.id


async def test_a_date_makes_a_number_exact(session: AsyncSession) -> None:
    old = await of_day(session, 1, status=CLOSED)
    await of_day(session, 0)

    assert await find(session, "2026-11-22/7") == old.id


@pytest.mark.parametrize(
    "typed",
    [
        "8",
        "0",
        "-7",
        "##7",
        "7 8",
        "7.0",
        "9999999999",
        "999999999",
        "2026-11-21/7",
        "2026-13-45/7",
        "2026-02-29/7",
        "22-11-2026/7",
        "2026-11-22/",
        "#2026-11-22/7",
        "' OR 1=1 --",
    ],
)
async def test_what_is_no_number_of_a_ticket_is_named_in_the_refusal(
    session: AsyncSession, typed: str
) -> None:
    await of_day(session, 0)

    with pytest.raises(NoSuchTicket) as refused:
        await find(session, typed)

    assert refused.value == NoSuchTicket(typed)


@pytest.mark.parametrize("typed", ["#", "seven", "\x00", "", "sent"])
async def test_a_word_names_no_ticket(session: AsyncSession, typed: str) -> None:
    with pytest.raises(TicketNotNamed):
        await find(session, typed)


async def test_a_ticket_of_another_staff_chat_is_not_found(session: AsyncSession) -> None:
    await of_day(session, 0, staff_chat_id=-5)

    with pytest.raises(NoSuchTicket):
        await find(session, "7")


@pytest.mark.parametrize(
    ("typed", "expected"),
    [("7", True), ("#7", True), ("2026-11-22/7", True), ("spam", False), ("#7x", False)],
)
def test_a_number_can_be_told_from_a_reason(typed: str, expected: bool) -> None:
    assert lookup.is_number(typed) is expected


# Besides a reply


async def besides(session: AsyncSession, ticket: Ticket, said: str) -> str:
    return await lookup.rest_of_command(session, ticket, said, command="close")


@pytest.mark.parametrize(
    ("said", "rest"),
    [
        ("", ""),
        ("spam again", "spam again"),
        ("7", ""),
        ("#7", ""),
        ("#7 spam", "spam"),
        ("2026-11-23/7 spam", "spam"),
        ("7 spam", "spam"),
        ("7, spam", "spam"),
        ("8 times spam", "8 times spam"),
        ("9 times spam", "9 times spam"),
    ],
)
async def test_the_number_of_the_ticket_itself_is_not_part_of_a_reason(
    session: AsyncSession, said: str, rest: str
) -> None:
    ticket = await of_day(session, 0)
    await of_day(session, 0, daily_id=8, status=CLOSED)

    assert await besides(session, ticket, said) == rest


@pytest.mark.parametrize("said", ["404", "404, he has it", "404: he has it", "#404 he has it"])
async def test_a_number_that_can_be_nothing_else_and_names_no_ticket_is_refused(
    session: AsyncSession, said: str
) -> None:
    ticket = await of_day(session, 0)

    with pytest.raises(NoSuchTicket):
        await besides(session, ticket, said)


@pytest.mark.parametrize("said", ["8", "8 spam", "8, spam", "#8", "#8 spam", "2026-11-23/8"])
async def test_naming_another_ticket_in_a_reply_is_refused(
    session: AsyncSession, said: str
) -> None:
    ticket, other = await of_day(session, 0), await of_day(session, 0, daily_id=8)

    with pytest.raises(AnotherTicketNamed) as refused:
        await besides(session, ticket, said)

    labels = ["2026-11-23/7", "2026-11-23/8"]
    rest = said.partition(" ")[2]
    assert refused.value == AnotherTicketNamed("close", [ticket.id, other.id], labels, rest)


async def test_the_same_number_of_another_day_is_another_ticket(session: AsyncSession) -> None:
    ticket, other = await of_day(session, 0), await of_day(session, 1)

    with pytest.raises(AnotherTicketNamed) as refused:
        await besides(session, ticket, "2026-11-22/7")

    assert refused.value.ticket_ids == [ticket.id, other.id]


async def test_the_number_of_a_merged_ticket_names_what_it_is_part_of(
    session: AsyncSession,
) -> None:
    ticket, survivor = await of_day(session, 0, daily_id=9), await of_day(session, 0, daily_id=8)
    await part_of(session, survivor)

    with pytest.raises(AnotherTicketNamed) as refused:
        await besides(session, ticket, "7 sent twice")

    assert refused.value.ticket_ids == [ticket.id, survivor.id]
    assert await besides(session, survivor, "7 sent twice") == "sent twice"


async def test_a_ticket_named_exactly_in_a_reply_has_to_exist(session: AsyncSession) -> None:
    with pytest.raises(NoSuchTicket):
        await besides(session, await of_day(session, 0), "#9 spam")
