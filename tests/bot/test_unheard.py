"""The edit of a reply that was refused, or never reached us, is heard as a reply."""

import pytest
from sqlalchemy import select

from database.models import Direction
from database.models import Message as Written
from sandbox.client import User
from tests.bot.test_standing import NUMBER, by, quiet, reply, said_to
from tests.support.office import USERNAME, Office

HOURS = 3600


@pytest.mark.parametrize("text", ["/close@other_bot please", f"/foo@{USERNAME} please"])
async def test_a_refused_reply_is_mended_by_an_edit(office: Office, alice: User, text: str) -> None:
    card = await office.opens(alice, "My order is late")
    refused = await office.kate.replies(card, text)

    await office.kate.edits(refused, "It is shipped")

    await alice.sees("It is shipped")
    await office.kate.sees_reaction(refused, "👍")


@pytest.mark.parametrize(("hours", "direction"), [(47, Direction.NOTE), (49, None)])
async def test_an_edit_of_what_telegram_never_handed_over_counts_for_48_hours(
    office: Office, alice: User, hours: int, direction: Direction | None
) -> None:
    card = await office.opens(alice, "My order is late")
    edited = reply(card, "// He is right", **by(office.kate))

    edited["edit_date"] = edited["date"] + hours * HOURS
    await office.telegram.update({"edited_message": edited})

    await quiet(office)
    async with office.sessions() as session:
        found = select(Written.direction).where(Written.message_id == NUMBER)
        assert await session.scalar(found) is direction


async def test_an_edit_gives_no_command_and_changes_none(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    done = await office.kate.replies(card, "/take")
    await office.kate.sees_reaction(done, "👌")
    closing = reply(card, "/close", **by(office.kate)) | {"edit_date": card.raw["date"] + 2}
    closing["entities"] = [{"type": "bot_command", "offset": 0, "length": 6}]

    await office.kate.edits(done, "It is shipped")
    await office.telegram.update({"edited_message": closing})

    await quiet(office)
    assert not any("shipped" in text or "closed" in text for text in await said_to(alice))


@pytest.mark.parametrize("text", ["/help", "/tickets", "/start"])
async def test_an_edit_of_what_was_answered_to_staff_is_no_answer(
    office: Office, alice: User, text: str
) -> None:
    card = await office.opens(alice, "My order is late")
    asked = await office.kate.replies(card, text, plain=True)
    await office.kate.sees_reaction(asked, "👌")

    await office.kate.edits(asked, "What was it that I wanted?")

    await quiet(office)
    assert len(await said_to(alice)) == 2


async def test_a_stranger_has_no_say_by_an_edit(office: Office, alice: User) -> None:
    await office.support.opens_to_strangers(username="support")
    mallory = await office.telegram.user("Mallory")
    card = await office.opens(alice, "My order is late")
    edited = reply(card, "Your card number?", **by(mallory))

    edited["edit_date"] = card.raw["date"] + 9
    await office.telegram.update({"edited_message": edited})

    await office.sees("Only members of this group")
    assert not any("card number" in text for text in await said_to(alice))
