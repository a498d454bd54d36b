"""The list of a staff chat's tickets that are not closed: what waits longest for us comes first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from database.conditions import NOT_CLOSED
from database.models import Message, MessageLink, Ticket, TicketStatus, User
from services import links
from services.helpdesk import first_words, staff_chats

# A page has to fit into what may still be edited of an ephemeral message.
PAGE_SIZE = 6

# Who is named on a line.
_PEOPLE = (selectinload(Ticket.user), selectinload(Ticket.assigned_staff))

# Parts of the list, one behind the other; within each the longest wait comes first.
type _Parts = Sequence[ColumnElement[bool]]


class Filter(StrEnum):
    """Which tickets are listed."""

    OURS = "ours"
    MINE = "mine"
    NOBODYS = "nobodys"
    USERS = "users"
    ALL = "all"


@dataclass(frozen=True)
class Line:
    """A ticket, what was said (`first_words`), and its newest card; None if there is none."""

    ticket: Ticket
    said: Message | None
    card: MessageLink | None


@dataclass(frozen=True)
class Page:
    """A page of the list; pages count from 0. `owner` is whose tickets they are, if only one's."""

    which: Filter
    lines: Sequence[Line]
    number: int
    pages: int
    totals: Mapping[Filter, int]
    owner: User | None = None

    @property
    def total(self) -> int:
        return self.totals[self.which]


async def page(
    session: AsyncSession,
    which: Filter = Filter.OURS,
    number: int = 0,
    *,
    staff_chat_id: int,
    owner: User | None = None,
    size: int = PAGE_SIZE,
) -> Page:
    """List what `which` says; MINE needs an `owner`. A number too high gives the last page."""
    of_chat = await staff_chats.tickets_of(session, staff_chat_id)
    counts = await _counts(session, of_chat, owner)
    totals = {one: sum(parts) for one, parts in counts.items()}
    pages = max(1, -(-totals[which] // size))
    number = min(max(number, 0), pages - 1)
    start = number * size
    tickets: list[Ticket] = []
    for part, count in zip(_parts(which, owner), counts[which], strict=True):
        room = size - len(tickets)
        if start < count and room:
            tickets += await _tickets(session, of_chat, part, offset=start, limit=room)
        start = max(0, start - count)
    return Page(which, await _lines(session, tickets), number, pages, totals, owner)


async def of_ticket(session: AsyncSession, ticket_id: int) -> Line:
    """Read one ticket's line, whatever its status; of one that was merged, that of the other."""
    found = select(Ticket).where(Ticket.id == ticket_id).options(*_PEOPLE)
    ticket = (await session.scalars(found)).one()
    if ticket.merged_into_id is not None:
        return await of_ticket(session, ticket.merged_into_id)
    (line,) = await _lines(session, [ticket])
    return line


def _parts(which: Filter, owner: User | None) -> _Parts:
    ours = Ticket.status.in_([TicketStatus.NEW, TicketStatus.OPEN])
    match which:
        case Filter.OURS:
            return [ours]
        case Filter.NOBODYS:
            return [ours & Ticket.assigned_to.is_(None)]
        case Filter.USERS:
            return [~ours]
        case Filter.ALL:
            return [ours, ~ours]
        case Filter.MINE:
            mine = Ticket.assigned_to == (owner.id if owner is not None else 0)
            return [ours & mine, ~ours & mine]


async def _counts(
    session: AsyncSession, of_chat: ColumnElement[bool], owner: User | None
) -> dict[Filter, list[int]]:
    """Count the tickets in each part of each list, in one look at an index of what is open."""
    columns = [
        func.count().filter(part).label(f"{which}_{place}")
        for which in Filter
        for place, part in enumerate(_parts(which, owner))
    ]
    row = await session.execute(select(*columns).select_from(Ticket).where(of_chat, NOT_CLOSED))
    counted = iter(row.one())
    return {which: [next(counted) for _ in _parts(which, owner)] for which in Filter}


async def _tickets(
    session: AsyncSession,
    of_chat: ColumnElement[bool],
    part: ColumnElement[bool],
    *,
    offset: int,
    limit: int,
) -> Sequence[Ticket]:
    found = await session.scalars(
        select(Ticket)
        .where(of_chat, NOT_CLOSED, part)
        .options(*_PEOPLE)
        .order_by(Ticket.waiting_since, Ticket.id)
        .offset(offset)
        .limit(limit)
    )
    return found.all()


async def _lines(session: AsyncSession, tickets: Sequence[Ticket]) -> list[Line]:
    ids = [ticket.id for ticket in tickets]
    said, cards = await first_words.of(session, ids), await links.newest_cards(session, ids)
    return [Line(one, said.get(one.id), cards.get(one.id)) for one in tickets]
