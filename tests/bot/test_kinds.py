"""Every kind of message travels whole, both ways; what can't is answered."""

from typing import Any

import pytest
from sqlalchemy import func, select

from database.models import DeadUpdate
from sandbox.client import Message, User
from tests.office import Office, formatted

Json = dict[str, Any]

WHAT: dict[str, Json] = {
    "photo": {},
    "document": {"name": "bill.pdf", "data": b"%PDF"},
    "video": {},
    "animation": {},
    "voice": {},
    "audio": {"performer": "Kraftwerk", "title": "Autobahn"},
    "video_note": {},
    "sticker": {"emoji": "😀"},
    "location": {"latitude": 53.5, "longitude": 10.0},
    "venue": {"latitude": 53.5, "longitude": 10.0, "title": "Harbour", "address": "Pier 1"},
    "contact": {"phone_number": "+49401234", "first_name": "Eve", "last_name": "Moon"},
    "poll": {"question": "Which?", "options": ["this", "that"]},
    "dice": {"emoji": "🎲"},
}
CAPTIONED = ["photo", "document", "video", "animation", "voice", "audio"]
# Not relayed: what Telegram lets nobody copy, or what is not for another's eyes.
NOT_RELAYED: dict[str, Any] = {
    "story": {"chat": {"id": 5, "type": "private", "first_name": "Eve"}, "id": 3},
    "game": {"title": "Chess", "description": "A game", "photo": []},
    "invoice": {
        "title": "Hat",
        "description": "A hat",
        "start_parameter": "x",
        "currency": "EUR",
        "total_amount": 500,
    },
    "paid_media": {"star_count": 5, "paid_media": []},
    "users_shared": {"request_id": 1, "users": []},
    "giveaway": {"chats": [], "winners_selection_date": 1, "winner_count": 1},
    "something_of_next_year": {"shape": "unknown"},
}


def said(message: Message, kind: str) -> Any:
    """Tell what of a message must be the same in its copy: a poll's votes and a roll are not."""
    content = message.raw[kind]
    if kind == "poll":
        return content["question"], [option["text"] for option in content["options"]]
    if kind == "dice":
        return content["emoji"]
    return content


@pytest.mark.parametrize("kind", WHAT)
async def test_a_first_message_of_any_kind_opens_a_ticket_and_arrives_whole(
    office: Office, alice: User, kind: str
) -> None:
    sent = await alice.sends(kind, **WHAT[kind])

    await alice.sees("Ticket #1 is open")
    copy = await office.sees(kind=kind)
    card = await office.sees("#1 · Alice @alice", kind="text")
    assert said(copy, kind) == said(sent, kind)
    assert copy.reply_to == card.id
    assert card.buttons == ["Take", "Close"]


@pytest.mark.parametrize("kind", WHAT)
async def test_an_answer_of_any_kind_arrives_whole(office: Office, alice: User, kind: str) -> None:
    card = await office.opens(alice, "My order is late")

    answer = await office.kate.sends(kind, reply_to=card, **WHAT[kind])

    received = await alice.sees(kind=kind)
    assert said(received, kind) == said(answer, kind)
    await office.kate.sees_reaction(answer, "👍")


@pytest.mark.parametrize("kind", CAPTIONED)
async def test_captions_travel_with_their_formatting(
    office: Office, alice: User, kind: str
) -> None:
    bold = [{"type": "bold", "offset": 3, "length": 4}]

    await alice.sends(kind, caption="😀 look <b>", caption_entities=bold)
    copy = await office.sees("😀 look <b>", kind=kind)
    await office.kate.sends(kind, reply_to=copy, caption="😀 seen &", caption_entities=bold)
    received = await alice.sees("😀 seen &", kind=kind)

    assert formatted(copy, "bold") == ["look"]
    assert formatted(received, "bold") == ["seen"]


async def test_a_further_message_that_is_no_text_is_a_reply_to_the_card(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")

    await alice.sends_photo("Look")

    assert (await office.sees("Look", kind="photo")).reply_to == card.id


async def test_what_was_deleted_before_it_was_copied_still_arrives_by_its_file(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "My order is late")
    await office.telegram.breaks("error", method="copyMessage")
    photo = await alice.sends_photo("Look")
    await office.telegram.called("copyMessage", status=502)

    await alice.deletes(photo)

    copy = await office.sees("Look", kind="photo")
    assert copy.raw["photo"] == photo.raw["photo"]


async def test_what_was_deleted_and_has_no_file_is_described(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")
    await office.telegram.breaks("error", method="copyMessage")
    place = await alice.sends("location", latitude=53.5, longitude=10.0)
    await office.telegram.called("copyMessage", status=502)

    await alice.deletes(place)

    await office.sees("[a location, which can't be shown here]")


async def test_protected_content_of_staff_arrives_by_its_file(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    await office.support.protects_content()

    await office.kate.sends_photo("The label", reply_to=card)

    assert (await alice.sees("The label")).kind == "photo"


async def test_a_forwarded_message_is_a_message(office: Office, alice: User) -> None:
    origin = {"type": "hidden_user", "sender_user_name": "Eve", "date": 1}

    await alice.writes("My order is late", extra={"forward_origin": origin})

    await office.sees("My order is late")


@pytest.mark.parametrize("kind", NOT_RELAYED)
async def test_a_kind_that_cannot_be_passed_on_is_answered_with_what_to_do(
    office: Office, alice: User, kind: str
) -> None:
    await alice.writes("/start")
    greeting = await alice.sees("Hello!")

    await office.telegram.update({"message": raw(alice.id, NOT_RELAYED, kind)})

    await alice.sees(
        "This kind of message can't be passed on. Please send it as text, a photo or a file."
    )
    await office.says_in_staff_chat()
    assert not any("#1" in message.text for message in await office.support.messages())
    assert len([m for m in await alice.chat.messages() if m.id > greeting.id]) == 1


@pytest.mark.parametrize("kind", ["story", "game", "something_of_next_year"])
async def test_staff_hear_too_what_cannot_be_passed_on(
    office: Office, alice: User, kind: str
) -> None:
    card = await office.opens(alice, "My order is late")
    body = raw(office.kate.id, NOT_RELAYED, kind)
    body |= {"chat": card.raw["chat"], "reply_to_message": own(card)}

    await office.telegram.update({"message": body})

    await office.sees("This kind of message can't be passed on.")


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("pinned_message", {"message_id": 1, "date": 0, "chat": {"id": 1, "type": "private"}}),
        ("message_auto_delete_timer_changed", {"message_auto_delete_time": 5}),
        ("write_access_allowed", {}),
    ],
)
async def test_telegrams_own_words_about_a_chat_are_no_question(
    office: Office, alice: User, kind: str, content: Json
) -> None:
    await office.telegram.update({"message": raw(alice.id, {kind: content}, kind)})
    await alice.writes("/start")

    await alice.sees("Hello!")
    assert len([m for m in await alice.chat.messages() if m.from_id != alice.id]) == 1
    async with office.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(DeadUpdate)) == 0


def raw(user_id: int, contents: dict[str, Any], kind: str) -> Json:
    """Make a message of a user as Telegram would send it, content and all."""
    person = {"id": user_id, "is_bot": False, "first_name": "Alice", "language_code": "en"}
    chat = {"id": user_id, "type": "private", "first_name": "Alice"}
    return {
        "message_id": 999_999,
        "date": 1_795_435_200,
        "from": person,
        "chat": chat,
        kind: contents[kind],
    }


def own(message: Message) -> Json:
    """Tell what of a message Telegram shows to bots."""
    return {key: message.raw[key] for key in ("message_id", "from", "chat", "date", "text")}
