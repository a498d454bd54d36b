"""The board: a pinned message of a staff chat that says what waits, longest first.

1. `turn_on` has it sent. Once it has arrived, its row says where it stands, and it is pinned. Where
   the bot may not pin, it stands unpinned.
2. A timer looks every `EDITED_EVERY` whether it still shows what is true, and has it edited if not.
   The clocks on it go on by themselves.
3. When a new one is sent, the former one is taken down, as by `turn_off`: deleted, or if it is too
   old for that, unpinned and told to say where the board is.

All of it takes what everything else leaves of the limits. Telegram tells the bot neither of a
deletion nor that somebody unpinned it: a board that was deleted is sent anew with the next change,
one that was unpinned stays so until `turn_on`.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.address import Place
from database.conditions import PENDING
from database.machinery import Delivery
from database.team import Board
from services import outbox, timers
from services.helpdesk import staff_chats, ticket_list
from services.helpdesk.ticket_list import Filter, Page
from services.notices import (
    BoardPinned,
    BoardRetired,
    BoardShown,
    BoardUnpinned,
    Notice,
    PinUntold,
)
from services.timers import Due, Moment

EDITED_EVERY = timedelta(seconds=15)

# The most tickets that it shows: more would fill the screen.
MOST_SHOWN = 10


@dataclass(frozen=True)
class BoardLook(Due):
    """The board `subject` may have to show something else."""


async def turn_on(session: AsyncSession, chat_id: int, *, now: datetime) -> None:
    """Have a board, at the end of the chat; one further up is taken down."""
    await _come_along(session, now=now)
    board = await of_chat(session, chat_id, lock=True)
    if board is None:
        board = Board(chat_id=chat_id, is_pinned=False, shown="")
        session.add(board)
        await session.flush()
    former, was_pinned = board.message_id, board.is_pinned
    board.message_id, board.is_pinned, board.shown, board.shown_at = None, False, "", None
    if not await _is_on_its_way(session, board):
        _post(session, chat_id, BoardShown(board.id), now=now)
    _take_down(session, chat_id, former, was_pinned=was_pinned, now=now)
    await timers.set(session, BoardLook(board.id), now + EDITED_EVERY, now=now)


async def turn_off(session: AsyncSession, chat_id: int, *, now: datetime) -> None:
    """Have no board, if there is one."""
    await _come_along(session, now=now)
    board = await of_chat(session, chat_id, lock=True)
    if board is not None:
        await timers.cancel(session, BoardLook(board.id))
        await _drop(session, board, now=now)


async def of_chat(session: AsyncSession, chat_id: int, *, lock: bool = False) -> Board | None:
    """Find the board of a staff chat, if it is on."""
    found = select(Board).where(Board.chat_id == chat_id)
    board: Board | None = await session.scalar(found.with_for_update() if lock else found)
    return board


async def is_at(session: AsyncSession, place: Place) -> bool:
    """Whether this message is a board."""
    board = await of_chat(session, place.chat_id)
    return board is not None and board.message_id == place.message_id


async def shows(session: AsyncSession, chat_id: int) -> Page:
    """Read what a board has to show."""
    return await ticket_list.page(session, staff_chat_id=chat_id, size=MOST_SHOWN)


def digest(page: Page, today: date) -> str:
    """Sum up what a board shows: another digest, other words."""
    lines = [
        (
            line.ticket.id,
            line.ticket.opened_on == today,
            line.ticket.status.value,
            line.ticket.waiting_since.isoformat(),
            line.ticket.user.name,
            line.ticket.assigned_staff.name if line.ticket.assigned_staff else None,
            (line.said.id, line.said.revision) if line.said else None,
            line.card.place if line.card else None,
        )
        for line in page.lines
    ]
    totals = [page.totals[which] for which in (Filter.OURS, Filter.USERS)]
    return sha256(repr((totals, lines)).encode()).hexdigest()


@timers.does(BoardLook)
async def look(session: AsyncSession, due: BoardLook, moment: Moment) -> datetime | None:
    """Have the board edited if what it shows has changed."""
    now = moment.now
    board = await session.get(Board, due.subject, with_for_update=True, populate_existing=True)
    if board is None or not await _is_at_home(session, board, now=now):
        return None
    if board.shown_at is not None and timedelta() <= now - board.shown_at < EDITED_EVERY:
        return board.shown_at + EDITED_EVERY
    shown = digest(await shows(session, board.chat_id), moment.team.day(now))
    if shown != board.shown and not await _is_on_its_way(session, board):
        board.shown = shown  # if Telegram refuses it, it is tried again once something changes
        _post(session, board.chat_id, BoardShown(board.id), now=now)
    return now + EDITED_EVERY


async def stands(
    session: AsyncSession,
    board_id: int,
    place: Place,
    shown: str,
    *,
    edited: int | None,
    now: datetime,
) -> None:
    """Record that the board stands at a place, where it was `edited`, or else sent.

    One that could not be edited is taken down: perhaps it is not gone. So is a new message that is
    no longer wanted by now.
    """
    board = await session.get(Board, board_id, with_for_update=True, populate_existing=True)
    is_new = place.message_id != edited
    if board is None or (board.chat_id, board.message_id) != (place.chat_id, edited):
        if is_new:
            _post(session, place.chat_id, _retired(place), now=now)
        return
    board.shown, board.shown_at = shown, now
    if is_new:
        was_pinned, board.is_pinned = board.is_pinned, False
        board.message_id = place.message_id
        _pin(session, board, now=now)
        _take_down(session, place.chat_id, edited, was_pinned=was_pinned, now=now)


async def pinned(session: AsyncSession, board_id: int, message_id: int) -> None:
    """Record that this message, which is or was the board, is pinned."""
    board = await session.get(Board, board_id, with_for_update=True, populate_existing=True)
    if board is not None and board.message_id == message_id:
        board.is_pinned = True


async def pin_if_needed(session: AsyncSession, chat_id: int, *, now: datetime) -> None:
    """Try once more to pin a board that could not be pinned: the bot may have the right now."""
    board = await of_chat(session, chat_id)
    if board is not None and not board.is_pinned:
        _pin(session, board, now=now)


async def untell(session: AsyncSession, pin: Place, told_by: int, *, now: datetime) -> None:
    """Have a service message of ours, `told_by`, deleted if it says that the board was pinned."""
    board = await of_chat(session, pin.chat_id)
    if board is not None and board.message_id == pin.message_id:
        _post(session, pin.chat_id, PinUntold(pin.chat_id, told_by), now=now)


async def _come_along(session: AsyncSession, *, now: datetime) -> None:
    """Bring the boards of groups that got another id there, before their timers do."""
    for board in await session.scalars(select(Board).order_by(Board.id).with_for_update()):
        await _is_at_home(session, board, now=now)
    await session.flush()


async def _is_at_home(session: AsyncSession, board: Board, *, now: datetime) -> bool:
    """Whether there is to be a board here; if the group has moved, it is sent to the new one."""
    chat = await staff_chats.at(session, board.chat_id)
    if chat is None:
        await _drop(session, board, now=now)
        return False
    if chat.chat_id == board.chat_id:
        return True
    if await of_chat(session, chat.chat_id) is not None:
        await session.delete(board)
        return False
    board.chat_id, board.message_id, board.is_pinned = chat.chat_id, None, False
    board.shown, board.shown_at = "", None
    return True


async def _is_on_its_way(session: AsyncSession, board: Board) -> bool:
    await session.flush()
    waits = select(Delivery.id).where(
        Delivery.chat_id == board.chat_id,
        Delivery.lane == outbox.BOARDS,
        Delivery.kind == BoardShown.kind,
        PENDING,
    )
    return await session.scalar(waits.limit(1)) is not None


def _pin(session: AsyncSession, board: Board, *, now: datetime) -> None:
    if board.message_id is not None:
        _post(session, board.chat_id, BoardPinned(board.id, board.message_id), now=now)


async def _drop(session: AsyncSession, board: Board, *, now: datetime) -> None:
    _take_down(session, board.chat_id, board.message_id, was_pinned=board.is_pinned, now=now)
    await session.delete(board)


def _take_down(
    session: AsyncSession,
    chat_id: int,
    message_id: int | None,
    *,
    was_pinned: bool,
    now: datetime,
) -> None:
    """Remove a message that was the board. It may be too old to be deleted, so it is unpinned."""
    if message_id is None:
        return
    if was_pinned:
        _post(session, chat_id, BoardUnpinned(chat_id, message_id), now=now)
    _post(session, chat_id, _retired(Place(chat_id, message_id)), now=now)


def _retired(place: Place) -> BoardRetired:
    return BoardRetired(place.chat_id, place.message_id)


def _post(session: AsyncSession, chat_id: int, notice: Notice, *, now: datetime) -> None:
    outbox.post(session, chat_id, notice, now=now, lane=outbox.BOARDS)
