"""What users wrote and staff can't have seen yet: no answer and no close settles it."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from database.models import Ticket, TicketStatus
from sandbox.client import Message, User
from tests.support.office import Office, Sessions, open_office

MORE = "And which colour is it?"


@pytest.fixture
async def office(file_sessions: Sessions) -> AsyncIterator[Office]:
    """Run an office that gathers what follows for very long."""
    async with open_office(file_sessions, staff_batch_seconds=timedelta(minutes=10)) as office:
        yield office


@pytest.fixture
async def card(office: Office, alice: User) -> Message:
    """Give Alice's card; she has written more, which is still gathered."""
    card = await office.opens(alice, "My order is late")
    await alice.writes(MORE)
    await alice.writes("/start")
    await alice.sees("Hello!")
    assert MORE not in str(await office.support.messages())
    return card


async def status(office: Office) -> TicketStatus:
    async with office.sessions() as session:
        return (await session.scalars(select(Ticket.status))).one()


async def test_an_answer_leaves_the_ticket_to_staff_who_hear_what_they_had_not_seen(
    office: Office, alice: User, card: Message
) -> None:
    await office.kate.replies(card, "It is on its way")

    await alice.sees("It is on its way")
    assert not (await office.sees(MORE)).silent
    assert await status(office) is TicketStatus.OPEN
    await office.kate.replies(card, "It is red")
    await alice.sees("It is red")
    assert await status(office) is TicketStatus.PENDING


@pytest.mark.parametrize("how", ["button", "command"])
async def test_it_is_not_closed(office: Office, card: Message, how: str) -> None:
    if how == "button":
        said = await (await office.kate.presses(card, "Close")).answer()
    else:
        await office.kate.replies(card, "/close")
        said = (await office.sees("stays open")).text
    assert "#1 stays open: its user has just written more." in str(said)
    assert "read it before you close." in str(said)
    assert await status(office) is not TicketStatus.CLOSED

    await office.kate.presses(card, "Take")
    await office.sees(MORE)
    await (await office.kate.presses(card, "Close")).answer()

    assert await status(office) is TicketStatus.CLOSED
