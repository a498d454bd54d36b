"""A user hears of a close ten seconds later, and neither of it nor of its undoing before."""

import pytest

from sandbox.client import Message, User
from services.helpdesk import closing
from tests.support.office import Office

# Before `closes_told_at_once`.
TOLD_AFTER = closing.TOLD_AFTER


@pytest.fixture(autouse=True)
def in_ten_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "TOLD_AFTER", TOLD_AFTER)


async def closed(office: Office, alice: User) -> Message:
    card = await office.opens(alice, "My order is late")
    await (await office.kate.presses(card, "Close")).answer()
    return await office.kate.sees_edit(card, "closed · Kate")


async def told(alice: User) -> list[str]:
    """List what the user was told since the ticket was opened."""
    messages = await alice.chat.messages()
    return [one.text for one in messages if one.from_id != alice.id][1:]


async def test_the_user_hears_ten_seconds_later_and_once(office: Office, alice: User) -> None:
    await closed(office, alice)
    assert await told(alice) == []

    await office.telegram.advance(10)

    await alice.sees("Ticket #1 is closed")
    await office.telegram.advance(60)
    await office.all_goes()
    assert len(await told(alice)) == 1


async def test_who_writes_before_that_hears_neither(office: Office, alice: User) -> None:
    card = await closed(office, alice)

    await alice.writes("It is still late")
    await office.sees("It is still late", after=card)

    await office.telegram.advance(20)
    await alice.writes("/start")
    await alice.sees("Hello!")
    await office.all_goes()
    assert len(await told(alice)) == 1


async def test_what_staff_reopen_before_that_was_never_closed_for_the_user(
    office: Office, alice: User
) -> None:
    card = await closed(office, alice)

    await (await office.kate.presses(card, "Reopen")).answer()
    await office.sees("open", after=card)

    await office.telegram.advance(20)
    await office.all_goes()
    assert await told(alice) == []


async def test_who_writes_after_that_hears_both(office: Office, alice: User) -> None:
    await closed(office, alice)
    await office.telegram.advance(10)
    await alice.sees("Ticket #1 is closed")

    await alice.writes("It is still late")

    await alice.sees("Ticket #1 is open again")


async def test_who_writes_before_that_goes_on_with_the_closed_ticket_also_beside_another(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    await alice.writes("/new My invoice is wrong")
    await office.sees("My invoice is wrong")
    await office.kate.replies(card, "Which colour?")
    await alice.sees("Which colour?")
    await office.app.courier.settled()
    await (await office.kate.presses(card, "Close")).answer()

    await alice.writes("The black one please")

    assert "#1" in (await office.sees("The black one please")).text
    await alice.sees("Added to ticket #1")  # the words before had joined #2
