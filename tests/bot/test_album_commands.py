"""A command under a picture of an album: the album goes to nobody."""

from typing import Any

import pytest
from sqlalchemy import select

from database.models import Direction
from database.models import Message as Row
from sandbox.client import User
from tests.support.office import Office


def commanding(command: str) -> dict[str, Any]:
    """Make a picture with a command as its caption."""
    name = command.split(maxsplit=1)[0]
    entity = {"type": "bot_command", "offset": 0, "length": len(name)}
    return {"kind": "photo", "caption": command, "caption_entities": [entity]}


CLOSE = commanding("/close@sandbox_bot fraud, see pictures")


async def goes_to_nobody(office: Office, alice: User, items: int) -> None:
    """Hold that all of an album became a note, by what is sent after it."""
    card = await office.sees("My order is late")
    await office.telegram.advance(5)
    last = await office.kate.sends_photo("It looks like this", reply_to=card)
    await office.kate.sees_reaction(last, "👍")
    pictures = [one.text for one in await alice.chat.messages() if one.kind == "photo"]
    assert pictures == ["It looks like this"]
    async with office.sessions() as session:
        albums = select(Row.direction).where(Row.media_group_id.is_not(None))
        assert (await session.scalars(albums)).all() == [Direction.NOTE] * items


@pytest.mark.parametrize("album", [[CLOSE, "photo"], ["photo", CLOSE], ["photo", CLOSE, "photo"]])
async def test_an_album_with_a_command_closes_the_ticket_and_is_sent_to_nobody(
    office: Office, alice: User, album: list[Any]
) -> None:
    card = await office.opens(alice, "My order is late")

    await office.kate.sends_album(album, reply_to=card)

    await alice.sees("is closed")
    await goes_to_nobody(office, alice, len(album))


@pytest.mark.parametrize(
    ("command", "refusal"),
    [
        ("/note@sandbox_bot fraud", "I don't know /note. /help shows"),
        ("/reopen@sandbox_bot fraud", "is not closed"),
        ("/close@another_bot fraud", "meant for another bot"),
    ],
)
async def test_an_album_with_a_refused_command_is_sent_to_nobody(
    office: Office, alice: User, command: str, refusal: str
) -> None:
    card = await office.opens(alice, "My order is late")

    await office.kate.sends_album([commanding(command), "photo"], reply_to=card)

    await office.sees(refusal)
    await goes_to_nobody(office, alice, 2)


async def test_an_album_that_is_kept_becomes_a_note_by_a_command_behind_it(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")

    album = [{"kind": "photo", "caption": "/ fraud"}, CLOSE]
    await office.kate.sends_album(album, reply_to=card)

    await alice.sees("is closed")
    await goes_to_nobody(office, alice, 2)


@pytest.mark.parametrize("place", [0, 1])
async def test_a_command_that_was_carried_out_is_marked_so_within_its_album(
    office: Office, alice: User, place: int
) -> None:
    card = await office.opens(alice, "My order is late")
    album: list[Any] = ["photo", "photo"]
    album[place] = CLOSE

    items = await office.kate.sends_album(album, reply_to=card)

    await goes_to_nobody(office, alice, 2)
    await office.kate.sees_reaction(items[place], "👌")
