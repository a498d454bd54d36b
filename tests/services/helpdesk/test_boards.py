"""The board: when it is sent and edited, and what becomes of former ones."""

from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.address import Place
from database.machinery import Delivery, DeliveryStatus
from database.models import LinkKind, Ticket, TicketStatus
from database.team import Board
from services import ticket_service as tickets
from services.delivery import relocating
from services.helpdesk import boards
from services.notices import BoardPinned, BoardRetired, BoardShown, BoardUnpinned, Notice, PinUntold
from tests.services import factories
from tests.services.factories import ANN, DAY, MINUTE, SECOND, STAFF, TODAY
from tests.support.duties import TEAM, passes
from tests.support.times import NOON

LOOK = boards.EDITED_EVERY
HERE = Place(STAFF, 50)
NEW_STAFF = -1002


async def sent(session: AsyncSession) -> list[Notice]:
    """List what was posted for boards, all as if of number 1, and have it arrived, or refused."""
    await session.flush()
    found = [one for _, one in await factories.waiting(session) if one.kind in _KINDS]
    ours = update(Delivery).where(Delivery.kind.in_(_KINDS))
    await session.execute(ours.values(status=DeliveryStatus.DELIVERED))
    return [
        replace(one, board_id=1) if isinstance(one, BoardShown | BoardPinned) else one
        for one in found
    ]


_KINDS = [one.kind for one in (BoardShown, BoardPinned, BoardUnpinned, BoardRetired, PinUntold)]


async def stands(
    session: AsyncSession,
    board: Board,
    place: Place = HERE,
    *,
    edited: int | None = None,
    now: datetime = NOON,
) -> None:
    """Have what was sent last arrive, as it is then."""
    shown = boards.digest(await boards.shows(session, STAFF), TEAM.day(now))
    await boards.stands(session, board.id, place, shown, edited=edited, now=now)


@pytest.fixture
async def board(session: AsyncSession, ticket: Ticket) -> Board:
    """Have a pinned board that shows Ann's ticket."""
    await boards.turn_on(session, ticket.staff_chat_id, now=NOON)
    assert await sent(session) == [BoardShown(1)]
    board = (await session.scalars(select(Board))).one()
    await stands(session, board)
    assert await sent(session) == [BoardPinned(1, HERE.message_id)]
    await boards.pinned(session, board.id, HERE.message_id)
    return board


@pytest.mark.usefixtures("board")
async def test_what_stays_as_it_is_is_not_edited(session: AsyncSession) -> None:
    await passes(session, NOON + 10 * MINUTE)

    assert await sent(session) == []


@pytest.mark.parametrize(
    "change",
    ["closed", "taken", "answered", "another", "edited", "renamed", "card", "midnight"],
)
async def test_what_changes_is_shown(
    session: AsyncSession, board: Board, ticket: Ticket, change: str
) -> None:
    later = NOON + LOOK
    match change:
        case "closed":
            await tickets.close(session, ticket, by=None, now=NOON)
        case "taken":
            ticket.assigned_staff = await factories.kate(session)
        case "answered":
            ticket.status, ticket.waiting_since = TicketStatus.PENDING, NOON + SECOND
        case "another":
            await factories.ticket(session, 8, user=await factories.user(session, 8))
        case "edited":
            message = await factories.message(session, ticket)
            await passes(session, NOON + LOOK)
            await sent(session)
            await stands(session, board, edited=HERE.message_id)
            message.text, message.revision = "Bye", 1
            later = NOON + 2 * LOOK
        case "renamed":
            ticket.user.name = "Anna"
        case "card":
            await factories.link(session, ticket, 77, kind=LinkKind.CARD)
        case "midnight":
            later = NOON + DAY

    await passes(session, later)

    assert await sent(session) == [BoardShown(1)]


async def test_it_is_edited_at_most_every_15_seconds(session: AsyncSession, board: Board) -> None:
    """Though an edit that had to wait was sent just before the next look."""
    await factories.ticket(session, 8, user=await factories.user(session, 8))
    await passes(session, NOON + LOOK)
    assert await sent(session) == [BoardShown(1)]
    await stands(session, board, edited=HERE.message_id, now=NOON + 2 * LOOK - SECOND)
    await factories.ticket(session, 9, user=await factories.user(session, 9))

    await passes(session, NOON + 3 * LOOK - 2 * SECOND)
    assert await sent(session) == []
    await passes(session, NOON + 3 * LOOK - SECOND)
    assert await sent(session) == [BoardShown(1)]


@pytest.mark.usefixtures("board")
async def test_one_edit_waits_however_much_changes(session: AsyncSession) -> None:
    for number in range(8, 11):
        await factories.ticket(session, number, user=await factories.user(session, number))
        await passes(session, NOON + number * LOOK)

    assert await sent(session) == [BoardShown(1)]


@pytest.mark.usefixtures("board")
async def test_what_was_refused_is_tried_again_only_once_it_is_another(
    session: AsyncSession, ticket: Ticket
) -> None:
    await tickets.close(session, ticket, by=None, now=NOON)
    await passes(session, NOON + LOOK)
    assert await sent(session) == [BoardShown(1)]

    await passes(session, NOON + 10 * LOOK)
    assert await sent(session) == []
    await tickets.reopen(session, ticket, by=None, now=NOON)
    await passes(session, NOON + 11 * LOOK)
    assert await sent(session) == [BoardShown(1)]


async def test_a_clock_that_steps_back_does_not_stop_it(
    session: AsyncSession, board: Board, ticket: Ticket
) -> None:
    await stands(session, board, edited=HERE.message_id, now=NOON + DAY)
    await tickets.close(session, ticket, by=None, now=NOON)

    await passes(session, NOON + LOOK)

    assert await sent(session) == [BoardShown(1)]


# Former ones --------------------------------------------------------------------------------------


async def test_a_new_one_is_sent_before_the_former_is_taken_down(
    session: AsyncSession, board: Board
) -> None:
    await boards.turn_on(session, STAFF, now=NOON)
    await boards.turn_on(session, STAFF, now=NOON)

    assert await sent(session) == [BoardShown(1), BoardUnpinned(STAFF, 50), BoardRetired(STAFF, 50)]
    await stands(session, board, Place(STAFF, 60))
    assert await sent(session) == [BoardPinned(1, 60)]


async def test_an_edit_of_the_former_one_is_no_news_of_the_new_one(
    session: AsyncSession, board: Board
) -> None:
    await boards.turn_on(session, STAFF, now=NOON)
    await sent(session)

    await stands(session, board, HERE, edited=HERE.message_id)

    assert board.message_id is None
    assert await sent(session) == []
    await passes(session, NOON + LOOK)
    assert await sent(session) == [BoardShown(1)]


async def test_one_that_could_not_be_edited_is_sent_anew_and_taken_down(
    session: AsyncSession, board: Board
) -> None:
    await stands(session, board, Place(STAFF, 60), edited=HERE.message_id)

    assert await sent(session) == [
        BoardPinned(1, 60),
        BoardUnpinned(STAFF, 50),
        BoardRetired(STAFF, 50),
    ]


async def test_turned_off_nothing_looks_and_what_still_arrives_is_taken_down(
    session: AsyncSession,
    board: Board,
) -> None:
    await boards.turn_off(session, STAFF, now=NOON)
    assert await sent(session) == [BoardUnpinned(STAFF, 50), BoardRetired(STAFF, 50)]

    await stands(session, board, Place(STAFF, 60))
    await passes(session, NOON + DAY)

    assert await sent(session) == [BoardRetired(STAFF, 60)]
    assert (await session.scalars(select(Board))).all() == []


async def test_off_without_a_board_is_nothing(session: AsyncSession) -> None:
    await boards.turn_off(session, STAFF, now=NOON)

    assert await sent(session) == []


# Other groups -------------------------------------------------------------------------------------


async def test_it_moves_with_its_group_and_leaves_the_former_one_alone(
    session: AsyncSession,
    board: Board,
) -> None:
    await relocating.migrated(session, STAFF, NEW_STAFF, now=NOON)

    await passes(session, NOON + LOOK)

    assert await sent(session) == [BoardShown(1)]
    await stands(session, board, HERE)  # sent before the group moved
    assert await sent(session) == [BoardRetired(STAFF, 50)]
    await stands(session, board, Place(NEW_STAFF, 1))
    assert await sent(session) == [BoardPinned(1, 1)]


@pytest.mark.usefixtures("board")
async def test_it_is_turned_off_in_a_group_that_has_just_moved(session: AsyncSession) -> None:
    await relocating.migrated(session, STAFF, NEW_STAFF, now=NOON)

    await boards.turn_off(session, NEW_STAFF, now=NOON)

    await passes(session, NOON + LOOK)
    assert (await session.scalars(select(Board))).all() == []
    assert [one for one in await sent(session) if isinstance(one, BoardShown)] == []


@pytest.mark.usefixtures("board")
async def test_two_groups_that_become_one_have_one_board(session: AsyncSession) -> None:
    await factories.staff_chat(session, NEW_STAFF, main=False)
    await boards.turn_on(session, NEW_STAFF, now=NOON)
    await sent(session)
    await relocating.migrated(session, STAFF, NEW_STAFF, now=NOON)

    await passes(session, NOON + LOOK)

    assert [one.chat_id for one in await session.scalars(select(Board))] == [NEW_STAFF]


@pytest.mark.usefixtures("board")
async def test_in_a_group_that_is_no_staff_chat_any_more_it_is_taken_down(
    session: AsyncSession,
) -> None:
    await factories.staff_chat(session, NEW_STAFF)

    await passes(session, NOON + LOOK)

    assert await sent(session) == [BoardUnpinned(STAFF, 50), BoardRetired(STAFF, 50)]
    assert (await session.scalars(select(Board))).all() == []


async def test_each_staff_chat_has_its_own(session: AsyncSession, board: Board) -> None:
    await factories.staff_chat(session, NEW_STAFF, main=False)
    await boards.turn_on(session, NEW_STAFF, now=NOON)
    bob = await factories.user(session, 8)
    other = await factories.ticket(session, 8, user=bob, staff_chat_id=NEW_STAFF)

    shown = [await boards.shows(session, chat_id) for chat_id in (STAFF, NEW_STAFF)]

    assert [[line.ticket.daily_id for line in page.lines] for page in shown] == [[7], [8]]
    assert (board.chat_id, other.staff_chat_id) == (STAFF, NEW_STAFF)


# What it costs ------------------------------------------------------------------------------------


async def test_without_a_board_nothing_asks_for_one(session: AsyncSession, ticket: Ticket) -> None:
    asked: list[str] = []
    connection = (await session.connection()).sync_connection
    assert connection is not None
    event.listen(connection, "before_cursor_execute", lambda *call: asked.append(call[2]))

    await tickets.close(session, ticket, by=None, now=NOON)
    said = factories.content("Hello again")
    await tickets.receive(session, ANN, said, staff_chat_id=STAFF, day=TODAY, now=NOON)
    await passes(session, NOON + DAY)

    assert asked
    assert not [one for one in asked if "boards" in one]
