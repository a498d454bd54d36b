"""`replay` handles what was set aside, and never goes over what is newer."""

import json
from typing import Any

import pytest
from sqlalchemy import select

from bot.commands import replay as replaying
from database.machinery import DeadUpdate, Delivery
from database.models import Direction
from database.models import Message as Written
from sandbox.client import Message, User
from services.notices import Refusal
from tests.support.office import Office, now, settings_for

KEPT = {"message_id", "date", "chat", "from", "text", "entities", "reply_to_message"}
OVERTAKEN = "1: overtaken by something newer"
MINUTE, WEEK = 60, 7 * 86400


@pytest.fixture(autouse=True)
def one_clock(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.commands.replay.utcnow", lambda: now(office.sandbox))


async def set_aside(office: Office, **body: Any) -> None:
    """Keep an update as one that could not be handled."""
    async with office.sessions.begin() as session:
        raw = json.dumps({"update_id": 7} | body)
        session.add(DeadUpdate(update_id=7, raw=raw, error="", died_at=now(office.sandbox)))


async def replay(office: Office, sqlite_url: str) -> str:
    """Replay what was set aside; return what is said of it."""
    settings = settings_for(office.sandbox, office.support, database_url=sqlite_url)
    said: list[str] = []
    await replaying.replay(settings, say=said.append)
    assert said[-1] == "1 handled, 0 left"
    return said[0]


def raw(message: Message, **changes: Any) -> dict[str, Any]:
    return {key: value for key, value in message.raw.items() if key in KEPT} | changes


def edited(message: Message, text: str, seconds: int) -> dict[str, Any]:
    """Make the edit of a message, this many seconds after it was written."""
    return raw(message, text=text, edit_date=message.raw["date"] + seconds)


async def answered(office: Office, alice: User) -> tuple[Message, Message]:
    """Have an answer that was edited a minute later; return it, and the user's copy."""
    card = await office.opens(alice, "My order is late")
    answer = await office.kate.replies(card, "It costs 10 EUR")
    shown = await alice.sees("It costs 10 EUR")
    await office.telegram.advance(MINUTE)
    await office.kate.edits(answer, "It costs 99 EUR")
    await alice.sees_edit(shown, "99 EUR")
    return answer, shown


async def test_an_edit_does_not_go_over_a_newer_one(
    office: Office, alice: User, sqlite_url: str
) -> None:
    answer, shown = await answered(office, alice)
    await set_aside(office, edited_message=edited(answer, "It costs 1 EUR", 1))

    assert await replay(office, sqlite_url) == OVERTAKEN

    await office.says_in_staff_chat()
    stands = await alice.chat.message(shown.id)
    assert stands is not None
    assert stands.text == "It costs 99 EUR"


async def test_an_edit_that_is_the_newest_arrives(
    office: Office, alice: User, sqlite_url: str
) -> None:
    answer, shown = await answered(office, alice)
    await set_aside(office, edited_message=edited(answer, "It costs 1 EUR", 2 * MINUTE))

    assert await replay(office, sqlite_url) == "1: handled"

    await alice.sees_edit(shown, "It costs 1 EUR")


@pytest.mark.parametrize("what", ["press", "command", "caption"])
async def test_what_acts_is_not_done_a_week_later(
    office: Office, alice: User, sqlite_url: str, what: str
) -> None:
    card = await office.opens(alice, "My order is late")
    kate = {"id": office.kate.id, "is_bot": False, "first_name": "Kate"}
    press = {"id": "1", "from": kate, "message": raw(card), "chat_instance": "1", "data": "close:1"}
    command = raw(card, **{"from": kate}, message_id=999, text="/close@sandbox_bot 1")
    command["entities"] = [{"type": "bot_command", "offset": 0, "length": 18}]
    if what == "caption":
        command["caption"], command["caption_entities"] = command.pop("text"), command["entities"]
        command["photo"] = [{"file_id": "1", "file_unique_id": "1", "width": 1, "height": 1}]
    body = {"callback_query": press} if what == "press" else {"message": command}
    await set_aside(office, **body)
    await office.telegram.advance(WEEK)

    assert await replay(office, sqlite_url) == OVERTAKEN

    await office.says_in_staff_chat()
    assert not any("is closed" in message.text for message in await alice.chat.messages())


async def test_a_press_of_just_now_is_done(office: Office, alice: User, sqlite_url: str) -> None:
    card = await office.opens(alice, "My order is late")
    await office.app.courier.settled()  # its link is stored
    kate = {"id": office.kate.id, "is_bot": False, "first_name": "Kate"}
    press = {"id": "1", "from": kate, "message": raw(card), "chat_instance": "1", "data": "close:1"}
    await set_aside(office, callback_query=press)

    assert await replay(office, sqlite_url) == "1: handled"

    await alice.sees("is closed")


async def test_an_answer_is_passed_on_a_week_later(
    office: Office, alice: User, sqlite_url: str
) -> None:
    card = await office.opens(alice, "My order is late")
    await office.app.courier.settled()  # its link is stored
    kate = {"id": office.kate.id, "is_bot": False, "first_name": "Kate"}
    answer = raw(card, **{"from": kate}, message_id=999, text="Tomorrow", entities=[])
    await set_aside(office, message=answer | {"reply_to_message": raw(card)})
    await office.telegram.advance(WEEK)

    assert await replay(office, sqlite_url) == "1: handled"

    await alice.sees("Tomorrow")


async def test_a_message_that_an_edit_has_brought_since_counts_as_handled(
    office: Office, alice: User, sqlite_url: str
) -> None:
    """Its replay failed for ever, because its place was taken."""
    await office.opens(alice, "My order is late")
    written = await alice.writes("where is it?")
    await office.sees("where is it?")
    await set_aside(office, message=raw(written))

    assert await replay(office, sqlite_url) == OVERTAKEN


async def test_a_user_who_came_back_is_not_taken_to_have_blocked_the_bot(
    office: Office, alice: User, sqlite_url: str
) -> None:
    card = await office.opens(alice, "My order is late")
    person = {"id": alice.id, "is_bot": False, "first_name": "Alice"}
    bot = {"id": 1000000001, "is_bot": True, "first_name": "Bot"}
    chat = {"id": alice.id, "type": "private"}
    left = {"chat": chat, "from": person, "date": 1}
    left |= {"old_chat_member": {"status": "member", "user": bot}}
    left |= {"new_chat_member": {"status": "kicked", "user": bot, "until_date": 0}}
    await set_aside(office, my_chat_member=left)
    await office.telegram.advance(WEEK)

    assert await replay(office, sqlite_url) == OVERTAKEN

    assert await office.support.message(card.id) == card


async def test_a_refusal_is_told_to_whoever_wrote(office: Office, sqlite_url: str) -> None:
    unknown = await office.says_in_staff_chat()
    kate = {"id": office.kate.id, "is_bot": False, "first_name": "Kate"}
    answer = raw(unknown, **{"from": kate}, message_id=999, text="An answer to whom?", entities=[])
    await set_aside(office, message=answer | {"reply_to_message": raw(unknown)})

    assert await replay(office, sqlite_url) == "1: refused, UnknownReply; the person is told"

    assert await refusals(office) == [(office.support.id, "UnknownReply", 999)]


async def test_a_refusal_that_is_returned_is_told_too(
    office: Office, alice: User, sqlite_url: str
) -> None:
    chat = {"id": alice.id, "type": "private", "first_name": "Alice"}
    person = {"id": alice.id, "is_bot": False, "first_name": "Alice"}
    story = {"message_id": 999, "date": 1_795_435_200, "chat": chat, "from": person}
    await set_aside(office, message=story | {"story": {"id": 1, "chat": chat}})

    assert await replay(office, sqlite_url) == "1: refused, KindNotRelayed; the person is told"

    assert await refusals(office) == [(alice.id, "KindNotRelayed", 999)]


async def refusals(office: Office) -> list[tuple[int, str, int]]:
    """List what is refused: to which chat, why, in reply to which message."""
    async with office.sessions() as session:
        rows = await session.scalars(select(Delivery).where(Delivery.kind == Refusal.kind))
        return [
            (one.chat_id, one.payload["problem"]["name"], one.payload["reply_to"]) for one in rows
        ]


@pytest.mark.parametrize(
    ("text", "noted"), [("// She is a liar", True), ("/ She is a liar", False)]
)
async def test_an_answer_that_was_edited_into_a_note_is_not_sent_in_its_old_wording(
    office: Office, alice: User, sqlite_url: str, text: str, *, noted: bool
) -> None:
    card = await office.opens(alice, "My order is late")
    kate = {"id": office.kate.id, "is_bot": False, "first_name": "Kate"}
    answer = raw(card, **{"from": kate}, message_id=999, text="She lies", entities=[])
    answer["reply_to_message"] = raw(card)
    await set_aside(office, message=answer)
    edit = answer | {"text": text, "edit_date": answer["date"] + 5}
    await office.telegram.update({"edited_message": edit})
    await office.says_in_staff_chat()

    assert await replay(office, sqlite_url) == OVERTAKEN

    async with office.sessions() as session:
        written = (await session.scalars(select(Written).where(Written.message_id == 999))).all()
    assert [one.direction for one in written] == ([Direction.NOTE] if noted else [])
