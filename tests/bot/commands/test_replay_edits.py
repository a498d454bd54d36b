"""What counts by `replay` of several updates that were set aside, and what a handler answers."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from bot.commands import replay as replaying
from database.machinery import DeadUpdate
from database.models import Direction, Message
from sandbox.client import User
from tests.bot.commands.test_replay import one_clock
from tests.bot.test_standing import NUMBER, by, reply, said_to
from tests.support.office import Office, now, settings_for

__all__ = ["one_clock"]


async def set_aside(office: Office, *bodies: dict[str, Any]) -> None:
    async with office.sessions.begin() as session:
        for number, body in enumerate(bodies):
            raw = json.dumps({"update_id": number} | body)
            time = now(office.sandbox)
            session.add(DeadUpdate(update_id=number, raw=raw, error="", died_at=time))


async def replay(office: Office, sqlite_url: str) -> list[str]:
    """Replay what was set aside; return what is said of each."""
    said: list[str] = []
    settings = settings_for(office.sandbox, office.support, database_url=sqlite_url)
    await replaying.replay(settings, say=said.append)
    return said[:-1]


async def test_what_became_a_note_is_one_from_the_first(
    office: Office, alice: User, sqlite_url: str
) -> None:
    card = await office.opens(alice, "My order is late")
    written = reply(card, "She lies", **by(office.kate))
    edit = written | {"text": "// She lies", "edit_date": written["date"] + 5}
    await set_aside(office, {"message": written}, {"edited_message": edit})

    assert await replay(office, sqlite_url) == ["1: handled", "2: overtaken by something newer"]
    async with office.sessions() as session:
        (note,) = await session.scalars(select(Message).where(Message.message_id == NUMBER))
    assert (note.direction, note.text, note.revision) == (Direction.NOTE, "// She lies", 0)


@pytest.mark.parametrize(
    ("text", "words"), [("/start", "You've reached support"), ("/help", "Just write to us")]
)
async def test_what_a_handler_answers_is_sent(
    office: Office, alice: User, sqlite_url: str, text: str, words: str
) -> None:
    await office.opens(alice, "My order is late")
    chat = {"id": alice.id, "type": "private", "first_name": "Alice"}
    asked = {"message_id": NUMBER, "date": 1_795_435_200, "chat": chat, "text": text}
    asked["entities"] = [{"type": "bot_command", "offset": 0, "length": len(text)}]
    await set_aside(office, {"message": asked | by(alice)})

    assert await replay(office, sqlite_url) == ["1: handled"]

    await alice.sees(words)


async def test_a_list_that_staff_asked_for_is_sent_with_its_buttons(
    office: Office, sqlite_url: str
) -> None:
    for number in range(12):
        user = await office.telegram.user(f"User {number}")
        await office.opens(user, f"Question {number}")
    card = await office.sees("Question 11")
    asked = reply(card, "/tickets", **by(office.kate))
    asked["entities"] = [{"type": "bot_command", "offset": 0, "length": 8}]
    del asked["reply_to_message"]
    await set_aside(office, {"message": asked})

    assert await replay(office, sqlite_url) == ["1: handled"]

    assert (await office.sees("12 tickets wait for our answer")).buttons != []


async def test_an_album_whose_command_comes_too_late_goes_to_nobody(
    office: Office, alice: User, sqlite_url: str
) -> None:
    card = await office.opens(alice, "My order is late")
    items = []
    for number, caption in enumerate(["one", "/close", "three"]):
        item = reply(card, "", **by(office.kate)) | {"message_id": NUMBER + number}
        item |= {"caption": caption, "media_group_id": "1"}
        item["photo"] = [{"file_id": "1", "file_unique_id": "1", "width": 1, "height": 1}]
        if caption.startswith("/"):
            item["caption_entities"] = [{"type": "bot_command", "offset": 0, "length": 6}]
        del item["text"]
        items.append({"message": item})
    await set_aside(office, *items)
    await office.telegram.advance(61)

    assert await replay(office, sqlite_url) == ["1: handled", "2: handled", "3: handled"]

    async with office.sessions() as session:
        written = await session.scalars(select(Message).where(Message.message_id >= NUMBER))
        assert [one.direction for one in written] == [Direction.NOTE] * 3
    await office.telegram.advance(2)
    await office.says_in_staff_chat()
    assert not any("closed" in text or "three" in text for text in await said_to(alice))
