"""Looks up a staff chat's tickets by what staff type."""

import re
from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Ticket, TicketStatus
from services.helpdesk import staff_chats
from services.problems import (
    AnotherTicketNamed,
    NoSuchTicket,
    SeveralTickets,
    SeveralTicketsShown,
    TicketNotNamed,
)

# What people put after a number without meaning it as a part of it.
_ENDS = ".,;:!?)"
_NUMBER = re.compile(r"(?:(\d{4}-\d{2}-\d{2})/|#)?(\d{1,9})")


def is_number(typed: str) -> bool:
    """Whether `typed` looks like a ticket's number: `7`, `#7` or `2026-11-22/7`."""
    return _NUMBER.fullmatch(_bare(typed)) is not None


def means_number(typed: str) -> bool:
    """Whether `typed` is meant as a number, perhaps one that no ticket can have; a word is not."""
    return any(map(str.isdigit, typed))


async def find_by_number(
    session: AsyncSession, typed: str, *, staff_chat_id: int, command: str, said: str = ""
) -> int:
    """Find the key of the ticket that staff mean by a number.

    With a date there is only one. Without a date it is the one that is not closed, or the newest
    if all are closed. The number of a merged ticket means the one that it is part of.
    SeveralTickets if several are not closed; NoSuchTicket if nothing fits; TicketNotNamed if it is
    a word, and so was not meant as a number.
    """
    typed = _bare(typed)
    match = _NUMBER.fullmatch(typed)
    if match is None:
        raise NoSuchTicket(typed) if means_number(typed) else TicketNotNamed(command)
    tickets = await _numbered(session, int(match[2]), _day(match[1], typed), staff_chat_id)
    if not tickets:
        raise NoSuchTicket(typed)
    meant = _meant(tickets)
    if len(meant) > 1:
        raise SeveralTickets(command, *_named(meant), said)
    return meant[0].id


async def rest_of_command(session: AsyncSession, ticket: Ticket, said: str, *, command: str) -> str:
    """Give what a command in reply to `ticket` says, without a number of the ticket's own.

    AnotherTicketNamed if it names another one: `#8 …`, `2026-11-22/8 …`, `8`, `8, …`, or `8 …`.
    NoSuchTicket if no ticket has that number. A bare number with words after it, such as
    `8 times spam`, counts as a ticket only if that ticket is not closed.
    """
    typed, *rest = said.split(maxsplit=1) or [""]
    number = _bare(typed)
    match = _NUMBER.fullmatch(number)
    exact = not (rest and typed.isdecimal())
    if match is None:
        return said
    if int(match[2]) == ticket.daily_id and match[1] in {None, ticket.opened_on.isoformat()}:
        return "".join(rest)
    home = await staff_chats.home(session, ticket.staff_chat_id)
    others = await _numbered(session, int(match[2]), _day(match[1], number), home.chat_id)
    if any(one.id == ticket.id for one in others):
        return "".join(rest)
    if not exact:
        others = [one for one in others if one.status is not TicketStatus.CLOSED]
    if others:
        raise AnotherTicketNamed(command, *_named([ticket, *_meant(others)]), "".join(rest))
    if exact:
        raise NoSuchTicket(number)
    return said


async def several_shown(
    session: AsyncSession, ticket_ids: Sequence[int], *, command: str = "", said: str = ""
) -> SeveralTicketsShown:
    """Ask which of the tickets of one message is meant."""
    found = select(Ticket).where(Ticket.id.in_(ticket_ids)).order_by(Ticket.id)
    tickets = (await session.scalars(found)).all()
    return SeveralTicketsShown(command, *_named(tickets), said)


def _meant(tickets: list[Ticket]) -> list[Ticket]:
    """From tickets with one number, newest first, pick those not closed, or else the newest."""
    return [one for one in tickets if one.status is not TicketStatus.CLOSED] or tickets[:1]


def _named(tickets: Sequence[Ticket]) -> tuple[list[int], list[str]]:
    """Give the tickets' keys, and their numbers as staff may type them."""
    labels = [f"{ticket.opened_on.isoformat()}/{ticket.daily_id}" for ticket in tickets]
    return [ticket.id for ticket in tickets], labels


def _bare(typed: str) -> str:
    return typed.rstrip(_ENDS) or typed


def _day(typed: str | None, whole: str) -> date | None:
    try:
        return date.fromisoformat(typed) if typed else None
    except ValueError as error:
        raise NoSuchTicket(whole) from error


async def _numbered(
    session: AsyncSession, daily_id: int, day: date | None, staff_chat_id: int
) -> list[Ticket]:
    of_chat = await staff_chats.tickets_of(session, staff_chat_id)
    found = (
        select(Ticket).where(Ticket.daily_id == daily_id, of_chat).order_by(Ticket.opened_on.desc())
    )
    if day is not None:
        found = found.where(Ticket.opened_on == day)
    return await _survivors(session, list(await session.scalars(found)))


async def _survivors(session: AsyncSession, tickets: list[Ticket]) -> list[Ticket]:
    """Put in the place of each merged ticket the one that it is part of now."""
    merged = [one.merged_into_id for one in tickets if one.merged_into_id is not None]
    if not merged:
        return tickets
    found = await session.scalars(select(Ticket).where(Ticket.id.in_(merged)))
    survivors = {one.id: one for one in found}
    meant = [survivors.get(one.merged_into_id or one.id, one) for one in tickets]
    return list({one.id: one for one in meant}.values())
