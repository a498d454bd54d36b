"""The second team: its tickets, and what must stay within each team."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any
from unittest.mock import patch

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.reading.update_json import origin
from database.machinery import Delivery
from database.models import Direction, Message, MessageLink, Ticket, TicketEvent, User
from services import ticket_service
from services.helpdesk.content import Person
from tests.proofs.fuzzing.people import CARL, LIAM, OF_MAIN, OF_SECOND, SECOND_CHAT
from tests.proofs.fuzzing.updates import Step
from tests.proofs.fuzzing.wire import BOT, Wire


@contextmanager
def tickets_of_its_own() -> Iterator[None]:
    """Open Carl's tickets in the second staff chat, as the bot does not do by itself yet."""
    receive = partial(_receive, ticket_service.receive)
    with patch.object(ticket_service, "receive", receive):
        yield


async def _receive(
    receive: Callable[..., Awaitable[Ticket]],
    session: AsyncSession,
    person: Person,
    *written: Any,
    **how: Any,
) -> Ticket:
    if person.telegram_id == CARL:
        how["staff_chat_id"] = SECOND_CHAT
    return await receive(session, person, *written, **how)


def is_blurred(step: Step, raw: Mapping[str, Any]) -> bool:
    """Whether a change may have made it somebody else's update, under a name of the second team.

    Carl belongs to that team by his ticket alone: before he has one, any update that can't be
    handled is the main team's.
    """
    if step.plausible or step.sender not in {CARL, LIAM}:
        return False
    source = origin(raw)
    as_sent = (source.chat_id, source.person_id) == (step.chat, step.sender)
    return step.sender == CARL or not as_sent


def names(wire: Wire, *, second_too: bool) -> Iterator[str]:
    """Say who was named to the other team; people of the second one only with `second_too`."""
    for chat_id, messages in wire.history.items():
        foreign = OF_MAIN if chat_id == SECOND_CHAT else OF_SECOND
        if chat_id < 0 and (second_too or foreign == OF_MAIN):
            for text in (one["text"] for one in messages if one["from"] == BOT):
                if foreign in text:
                    yield f"named to another team, in {chat_id}: {text[:200]!r}"


async def mixed_up(session: AsyncSession) -> AsyncIterator[str]:
    """Say what one team wrote about a ticket of the other's, did to it, or was sent of it."""
    owners = {
        ticket_id: telegram_id == CARL
        for ticket_id, telegram_id in await session.execute(
            select(Ticket.id, User.telegram_id).join(User, User.id == Ticket.user_id)
        )
    }
    async for about, ticket_id, of_second in _what_happened(session):
        if owners[ticket_id] is not of_second:
            yield f"{about} ticket {ticket_id} of another team"


async def _what_happened(session: AsyncSession) -> AsyncIterator[tuple[str, int, bool]]:
    """List by ticket what was written, sent or done by staff, and whether by the second team."""
    written = select(Message.ticket_id, Message.chat_id, Message.direction)
    answers = written.where(Message.direction != Direction.QUESTION)
    for ticket_id, chat_id, direction in (await session.execute(answers)).all():
        yield f"{direction} on", ticket_id, chat_id == SECOND_CHAT
    links = select(MessageLink.ticket_id, MessageLink.chat_id).where(MessageLink.chat_id < 0)
    for ticket_id, chat_id in (await session.execute(links)).all():
        yield "link to", ticket_id, chat_id == SECOND_CHAT
    done = select(TicketEvent.ticket_id, TicketEvent.kind, User.telegram_id)
    by_whom = done.join(User, User.id == TicketEvent.actor_id)
    for ticket_id, kind, telegram_id in (await session.execute(by_whom)).all():
        yield f"{telegram_id} {kind}", ticket_id, telegram_id in {CARL, LIAM}
    to_staff = Delivery.ticket_id.is_not(None), Delivery.chat_id < 0
    for sent in await session.scalars(select(Delivery).where(*to_staff)):
        yield f"{sent.kind} about", sent.ticket_id or 0, sent.chat_id == SECOND_CHAT
