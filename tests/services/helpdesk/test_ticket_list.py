"""The list of tickets: which are on it, in what order, and what it takes to read it."""

from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from core.address import Place
from database.models import Direction, LinkKind, Message, Ticket, TicketStatus, User
from services import ticket_service as tickets
from services.helpdesk import answers, messages, rejoining, ticket_list
from services.helpdesk.ticket_list import Filter, Page
from tests.services import factories
from tests.services.factories import DAY, HOUR, MINUTE, STAFF, TODAY, content
from tests.support.times import NOON

NEW, OPEN, PENDING, ON_HOLD, CLOSED = TicketStatus


async def waits(session: AsyncSession, daily_id: int, minutes: int = 0, **fields: Any) -> Ticket:
    """Have a ticket of a user of its own that waits since this many minutes after noon."""
    asker = await factories.user(session, 100_000 + daily_id)
    since = {"waiting_since": NOON + minutes * MINUTE}
    return await factories.ticket(session, daily_id, user=asker, **since | fields)


async def listed(
    session: AsyncSession, which: Filter = Filter.OURS, number: int = 0, owner: User | None = None
) -> list[int]:
    page = await ticket_list.page(session, which, number, staff_chat_id=STAFF, owner=owner)
    return numbers(page)


def numbers(page: Page) -> list[int]:
    return [line.ticket.daily_id for line in page.lines]


@pytest.fixture
async def kate(session: AsyncSession) -> User:
    """Have Kate, and tickets of each kind: their numbers say how long they wait."""
    kate = await factories.kate(session)
    await waits(session, 6, minutes=6, status=NEW)
    await waits(session, 3, minutes=3, status=OPEN, assigned_staff=kate)
    await waits(session, 5, minutes=5, status=OPEN, opened_on=TODAY - 9 * DAY)
    await waits(session, 1, minutes=1, status=PENDING, assigned_staff=kate)
    await waits(session, 4, minutes=4, status=ON_HOLD)
    await waits(session, 2, minutes=2, status=CLOSED, closed_at=NOON, assigned_staff=kate)
    await waits(session, 9, minutes=0, status=NEW, staff_chat_id=-5)
    return kate


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (Filter.OURS, [3, 5, 6]),
        (Filter.MINE, [3, 1]),
        (Filter.NOBODYS, [5, 6]),
        (Filter.USERS, [1, 4]),
        (Filter.ALL, [3, 5, 6, 1, 4]),
    ],
)
async def test_what_waits_longest_for_us_comes_first(
    session: AsyncSession, kate: User, which: Filter, expected: list[int]
) -> None:
    assert await listed(session, which, owner=kate) == expected


async def test_each_list_says_how_much_is_on_the_others(session: AsyncSession, kate: User) -> None:
    page = await ticket_list.page(session, staff_chat_id=STAFF, owner=kate)

    assert list(page.totals.values()) == [3, 2, 2, 2, 5]
    assert page.total == 3


async def test_an_empty_list_has_one_empty_page(session: AsyncSession) -> None:
    page = await ticket_list.page(session, staff_chat_id=STAFF)

    assert (page.lines, page.number, page.pages, page.total) == ([], 0, 1, 0)


@pytest.mark.parametrize(
    ("asked", "number", "shown"),
    [
        (0, 0, [1, 2, 3, 4, 5, 6]),
        (1, 1, [7, 8, 9, 10, 11, 12]),
        (2, 2, [13]),
        (3, 2, [13]),
        (10**30, 2, [13]),
        (-1, 0, [1, 2, 3, 4, 5, 6]),
    ],
)
async def test_a_long_list_has_pages(
    session: AsyncSession, asked: int, number: int, shown: list[int]
) -> None:
    """The third of them begins to list what waits for its user."""
    for daily_id in range(1, 14):
        status = OPEN if daily_id < 10 else PENDING
        await waits(session, daily_id, minutes=daily_id % 10 + daily_id, status=status)

    page = await ticket_list.page(session, Filter.ALL, asked, staff_chat_id=STAFF)

    assert (page.number, page.pages, page.total) == (number, 3, 13)
    assert numbers(page) == shown


async def says(session: AsyncSession, ticket: Ticket, text: str, of: Direction) -> Message:
    return await factories.message(session, ticket, content(text, chat_id=STAFF), of)


@pytest.mark.parametrize(
    ("talk", "first"),
    [
        ("Q:order", "order"),
        ("Q:order Q:hello?", "order"),
        ("Q:order A:which? Q:7 Q:hello?", "7"),
        ("Q:order N:who? Q:hello?", "order"),
        ("Q:order Q:hello? A:which?", "hello?"),
    ],
)
async def test_a_line_says_what_waits(session: AsyncSession, talk: str, first: str) -> None:
    ticket = await waits(session, 1)
    ways = {"Q": Direction.QUESTION, "A": Direction.ANSWER, "N": Direction.NOTE}
    for way, _, text in (said.partition(":") for said in talk.split()):
        await says(session, ticket, text, ways[way])

    (line,) = (await ticket_list.page(session, staff_chat_id=STAFF)).lines

    assert line.said is not None
    assert line.said.text == first


async def lives(session: AsyncSession, *steps: str) -> str | None:
    """Give what a ticket's line says after all this; what is asked is seen by staff at once.

    `said` is asked, and `unseen:said` is, but is still on its way; `=said` answers, `!` takes the
    last answer back, `x` closes, `o` reopens.
    """
    ticket, written = None, content()
    for hours, step in enumerate(steps):
        now = NOON + hours * HOUR
        if step[0] not in "xo=!":
            said = content(step.removeprefix("unseen:"))
            ticket = await tickets.receive(
                session, factories.ANN, said, staff_chat_id=STAFF, day=TODAY, now=now
            )
            if not step.startswith("unseen:"):
                await factories.all_arrives(session)
            continue
        assert ticket is not None
        if step in {"x", "o"}:
            act = tickets.close if step == "x" else tickets.reopen
            await act(session, ticket, by=None, now=now)
        elif step == "!":
            answer = await messages.find(session, written.place)
            assert answer is not None
            note = content("// no", chat_id=STAFF, message_id=written.message_id)
            await answers.edit(session, ticket, answer, note, now=now)
        else:
            written = content(step[1:], chat_id=STAFF)
            await answers.write(session, ticket, written, by=None, now=now)
    await session.flush()
    (line,) = (await ticket_list.page(session, Filter.ALL, staff_chat_id=STAFF)).lines
    return line.said.text if line.said is not None else None


@pytest.mark.parametrize(
    ("life", "first"),
    [
        ("ask x back", "back"),
        ("ask x back hello?", "back"),
        ("ask x back x o", "back"),
        ("ask x o", "ask"),
        ("ask =which? x back hello?", "back"),
        ("ask x back =which? 7 hello?", "7"),
        ("ask x back hello? =which?", "hello?"),
        ("ask x back =which? !", "back"),
        ("ask x back x again", "again"),
        ("ask unseen:hurry unseen:hello? =which?", "hurry"),
        ("ask unseen:hurry =which? =what? 7", "hurry"),
        ("ask unseen:hurry =which? there =what? 7", "7"),
    ],
)
async def test_a_line_says_the_words_since_which_the_ticket_waits(
    session: AsyncSession, life: str, first: str
) -> None:
    assert await lives(session, *life.split()) == first


async def test_words_that_were_moved_to_an_answered_ticket_are_those_that_wait(
    session: AsyncSession,
) -> None:
    user = await factories.user(session)
    source = await factories.ticket(session, 1, user=user)
    target = await factories.ticket(session, 2, user=user, status=PENDING, is_current=False)
    await factories.message(session, source, content("order"))
    await factories.message(session, target, content("parcel"))
    moved = await factories.message(session, source, content("it is blue"))
    await factories.message(session, target, content("small"))
    await says(session, target, "which?", Direction.ANSWER)
    told = Place(user.chat_id, 5)

    mark = (await session.get_one(Ticket, target.id)).mark
    await rejoining.move(
        session, factories.ANN, moved.message_id, target.id, mark, told_at=told, now=NOON
    )

    lines = (await ticket_list.page(session, staff_chat_id=STAFF)).lines
    assert [line.said and line.said.text for line in lines] == ["order", "it is blue"]


async def test_a_line_leads_to_the_newest_card_in_the_current_chat(session: AsyncSession) -> None:
    ticket, bare = await waits(session, 1), await waits(session, 2)
    cards = [
        await factories.link(session, ticket, number, kind=LinkKind.CARD, chat_id=chat_id)
        for number, chat_id in ((71, STAFF), (73, STAFF), (75, -5))
    ]

    lines = (await ticket_list.page(session, staff_chat_id=STAFF)).lines

    assert [(line.ticket.id, line.card) for line in lines] == [
        (ticket.id, cards[1]),
        (bare.id, None),
    ]


async def test_a_page_costs_the_same_with_many_tickets(session: AsyncSession, kate: User) -> None:
    statements: list[str] = []
    connection = (await session.connection()).sync_connection
    assert connection is not None
    event.listen(connection, "before_cursor_execute", lambda *call: statements.append(call[2]))

    few = await cost(session, statements)
    for daily_id in range(10, 40):
        await waits(session, daily_id, minutes=daily_id, assigned_staff=kate)
    many = await cost(session, statements)

    assert many <= few < 12


async def cost(session: AsyncSession, statements: list[str]) -> int:
    """Count the statements that a page takes."""
    await session.flush()
    session.expunge_all()
    statements.clear()
    await ticket_list.page(session, Filter.ALL, staff_chat_id=STAFF)
    return len(statements)


async def test_of_a_ticket_that_was_merged_there_is_the_line_of_the_other(
    session: AsyncSession,
) -> None:
    survivor = await waits(session, 5)
    merged = await waits(session, 7, status=CLOSED, closed_at=NOON, merged_into_id=survivor.id)

    assert (await ticket_list.of_ticket(session, merged.id)).ticket is survivor
