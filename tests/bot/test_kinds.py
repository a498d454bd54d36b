"""Every kind of message travels whole, both ways; what can't is answered."""

from typing import Any

import pytest

from sandbox.client import Message, User
from tests.support.office import Office, formatted

Json = dict[str, Any]

WHAT: dict[str, Json] = {
    "photo": {},
    "live_photo": {},
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
    "rich_message": {
        "blocks": [{"type": "paragraph", "text": ["Pay ", {"type": "bold", "text": "10"}]}]
    },
}
CAPTIONED = ["photo", "live_photo", "document", "video", "animation", "voice", "audio"]
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
    "giveaway": {"chats": [], "winners_selection_date": 1, "winner_count": 1},
}


def said(message: Message, kind: str, *, by_file: bool = False) -> Any:
    """Tell what of a message must be the same in its copy: a poll's votes and a roll are not."""
    content = message.raw[kind]
    if kind == "poll":
        return content["question"], [option["text"] for option in content["options"]]
    if kind == "dice":
        return content["emoji"]
    if by_file and kind in {"audio", "sticker"}:  # the rest is Telegram's to know
        return content["file_unique_id"]
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
    assert card.buttons == ["Take", "Close", "More…"]


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


STORED = [kind for kind in WHAT if kind not in {"dice", "rich_message"}]


@pytest.mark.parametrize("kind", STORED)
async def test_what_was_deleted_before_it_was_copied_still_arrives_whole(
    office: Office, alice: User, kind: str
) -> None:
    await office.opens(alice, "My order is late")
    await office.telegram.breaks("error", method="copyMessage")
    sent = await alice.sends(kind, **WHAT[kind])
    await office.telegram.called("copyMessage", status=502)

    await alice.deletes(sent)

    copy = await office.sees(kind=kind)
    assert said(copy, kind, by_file=True) == said(sent, kind, by_file=True)


@pytest.mark.parametrize("kind", STORED)
async def test_protected_content_of_staff_arrives_whole(
    office: Office, alice: User, kind: str
) -> None:
    card = await office.opens(alice, "My order is late")
    await office.support.protects_content()

    answer = await office.kate.sends(kind, reply_to=card, **WHAT[kind])

    received = await alice.sees(kind=kind)
    assert said(received, kind, by_file=True) == said(answer, kind, by_file=True)
    await office.kate.sees_reaction(answer, "👍")


async def test_what_can_only_be_described_is_no_delivery_to_staff(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "What did you roll?")
    await office.support.protects_content()

    answer = await office.kate.sends("dice", reply_to=card)

    await alice.sees("[dice that can't be shown here]\n🎲")
    told = await office.sees("#1: the user sees only a description of this")
    assert told.reply_to == answer.id
    seen = await office.support.message(answer.id)
    assert seen is not None
    assert not seen.reactions


async def test_what_can_only_be_described_is_no_delivery_to_a_user(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "I rolled this")
    await office.telegram.breaks("error", method="copyMessage")
    dice = await alice.sends("dice")
    await office.telegram.called("copyMessage", status=502)

    await alice.deletes(dice)

    await office.sees(f"🎲\n{dice.raw['dice']['value']}")
    await alice.sees("Our team sees only a description of this")


async def test_a_formatted_message_that_cannot_be_copied_is_described_in_its_words(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "How much?")
    await office.support.protects_content()

    await office.kate.sends("rich_message", reply_to=card, **WHAT["rich_message"])

    await alice.sees("[a formatted message that can't be shown here]\nPay 10")
    await office.sees("#1: the user sees only a description of this")


async def test_a_description_has_the_words_that_stand_for_formulas_and_emoji(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "How large?")
    await office.support.protects_content()
    formula = {"type": "mathematical_expression", "expression": "a^2"}
    emoji = {"type": "custom_emoji", "custom_emoji_id": "5", "alternative_text": "👍"}
    paragraph = {"type": "paragraph", "text": ["It is ", formula, emoji]}

    await office.kate.sends("rich_message", reply_to=card, blocks=[paragraph])

    await alice.sees("It is a^2👍")


async def test_a_quiz_whose_answer_only_its_author_knows_is_described(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "Which one?")
    await office.support.protects_content()
    poll: Json = {"question": "Which one?", "options": ["this", "that"]}

    quiz = await office.kate.sends("poll", to=office.support, **poll)
    secret = quiz.raw["poll"] | {"type": "quiz"}
    await office.kate.sends("poll", reply_to=card, **poll, extra={"poll": secret})

    await alice.sees("[a poll that can't be shown here]\nWhich one?\nthis\nthat")
    await office.sees("#1: the user sees only a description of this")


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


@pytest.mark.parametrize("caption", ["/start", "/start look", "/help", "/order 5", "/close 1"])
async def test_a_command_below_it_does_not_pass_such_a_kind_on(
    office: Office, alice: User, caption: str
) -> None:
    entities = [{"type": "bot_command", "offset": 0, "length": len(caption.split(maxsplit=1)[0])}]
    body = raw(alice.id, NOT_RELAYED, "paid_media")
    await alice.writes("/start")
    await alice.sees("Hello!")

    await office.telegram.update(
        {"message": body | {"caption": caption, "caption_entities": entities}}
    )

    await alice.sees("This kind of message can't be passed on.")
    await office.says_in_staff_chat()
    assert not any("#1" in message.text for message in await office.support.messages())
    assert len(await alice.chat.messages()) == 3


@pytest.mark.parametrize("kind", ["story", "game"])
async def test_staff_hear_too_what_cannot_be_passed_on(
    office: Office, alice: User, kind: str
) -> None:
    card = await office.opens(alice, "My order is late")
    body = raw(office.kate.id, NOT_RELAYED, kind)
    body |= {"chat": card.raw["chat"], "reply_to_message": own(card)}

    await office.telegram.update({"message": body})

    await office.sees("This kind of message can't be passed on.")


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
