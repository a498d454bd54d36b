"""What Telegram adds does not stop us: fields that nobody reads, kinds that nobody knows yet."""

from typing import Any

import pytest
from sqlalchemy import func, select

from database.machinery import DeadUpdate, Delivery, DeliveryStatus
from sandbox.client import Message, User
from services.notices import QuestionPosted
from tests.support.office import Office

Json = dict[str, Any]

HIDDEN = {"type": "hidden_user", "date": 1422450181}
UNREAD: dict[str, Json] = {
    "hidden author without a name": {"forward_origin": HIDDEN},
    "reply to a story that is gone": {
        "external_reply": {"origin": HIDDEN | {"sender_user_name": "Eve"}, "story": {}}
    },
    "an origin of next year": {"forward_origin": {"type": "guest", "date": 1}},
    "a contact that is none": {"contact": {"shape": "of next year"}},
    "an entity without a length": {"entities": [{"type": "bold", "offset": 0}]},
    "several at once": {"forward_origin": HIDDEN, "quote": {}, "via_bot": {"id": 1}, "poll": 5},
}
# Telegram's own words in a private chat; of those that Bot API 10.3 has, some.
SERVICE: Json = {
    "boost_added": {"boost_count": 1},
    "connected_website": "shop.example",
    "forum_topic_created": {"name": "Bill", "icon_color": 7322096},
    "forum_topic_edited": {"name": "Bills"},
    "gift": {"gift": {"shape": "of next year"}},
    "message_auto_delete_timer_changed": {"message_auto_delete_time": 5},
    "pinned_message": {"message_id": 1, "date": 0, "chat": {"id": 1, "type": "private"}},
    "poll_option_added": {"option_persistent_id": "1", "option_text": "x"},
    "users_shared": {"request_id": 1, "users": []},
    "write_access_allowed": {},
}
NEW = {"something_of_next_year": {"shape": "unknown"}}


@pytest.mark.parametrize("name", UNREAD)
async def test_a_users_text_arrives_whatever_else_the_message_has(
    office: Office, alice: User, name: str
) -> None:
    await office.opens(alice, "Hello")

    await alice.writes("My order 4711 is late", extra=UNREAD[name])

    await office.sees("My order 4711 is late")


@pytest.mark.parametrize("name", UNREAD)
async def test_an_answer_arrives_whatever_else_the_message_has(
    office: Office, alice: User, name: str
) -> None:
    card = await office.opens(alice, "Hello")
    told = {"reply_to_message": card.raw | {"forward_origin": HIDDEN}}

    await office.kate.replies(card, "It is on its way", extra=told | UNREAD[name])

    await alice.sees("It is on its way")


async def test_a_right_of_next_year_does_not_hide_that_a_user_is_back(
    office: Office, alice: User
) -> None:
    bot = {"id": office.sandbox.world.bot.id, "is_bot": True, "first_name": "Support"}
    event = {"chat": {"id": alice.id, "type": "private"}, "date": 1, "from": person(alice.id)}
    event |= {"old_chat_member": {"user": bot, "status": "administrator"}}
    await office.telegram.update(
        {"my_chat_member": event | {"new_chat_member": {"user": bot, "status": "member"}}}
    )
    await alice.writes("/start")

    await alice.sees("Hello!")
    assert await dead(office) == 0


async def test_a_message_without_its_writer_is_still_set_aside(office: Office) -> None:
    update = {"message_id": 5, "date": 1, "chat": {"id": 5}, "from": {"id": 5}, "text": "hi"}

    await office.telegram.update({"message": update})

    await office.sees("could not be handled")


async def test_an_album_with_a_live_photo_arrives_whole(office: Office, alice: User) -> None:
    await office.opens(alice, "It is broken")

    kinds = ("photo", "live_photo", "photo")
    await alice.sends_album([{"kind": kind, "caption": kind} for kind in kinds])

    live = await office.sees("live_photo", kind="live_photo")
    shown = [m for m in await office.support.messages() if "media_group_id" in m.raw]
    assert [message.kind for message in shown] == list(kinds)
    assert live.raw["media_group_id"] == shown[0].raw["media_group_id"]


@pytest.mark.parametrize("kind", SERVICE)
async def test_telegrams_own_words_need_no_answer(office: Office, alice: User, kind: str) -> None:
    await alice.writes("/start")
    greeting = await alice.sees("Hello!")

    await office.telegram.update({"message": raw(alice.id, {kind: SERVICE[kind]})})

    await office.says_in_staff_chat()
    await office.app.courier.settled()
    assert not [m for m in await alice.chat.messages() if m.id > greeting.id]
    assert await dead(office) == 0


async def test_what_nobody_knows_yet_is_copied_into_the_open_ticket(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "Look at this")

    sent = await alice.sends("location", latitude=53.5, longitude=10.0)
    await office.sees(kind="location")
    await office.telegram.update({"message": raw(alice.id, NEW, sent.id + 1)})

    await office.telegram.called("copyMessage", status=400)
    await office.says_in_staff_chat()
    await office.app.courier.settled()
    assert card.id
    assert not await said(office, alice, "passed on", "did not arrive")


async def test_what_nobody_knows_yet_waits_while_the_staff_chat_refuses_everything(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "Look at this")
    refuses = {"chat_id": office.support.id, "status": 400, "description": "Bad Request: NEW_WORDS"}
    await office.telegram.breaks("error", times=None, **refuses)

    await office.telegram.update({"message": raw(alice.id, NEW)})

    copied = await office.telegram.called("copyMessage", status=400)
    await office.telegram.called("sendMessage", status=400, since=copied["number"])  # the notice
    await office.app.courier.settled()
    async with office.sessions() as session:
        statuses = await session.scalars(
            select(Delivery.status).where(Delivery.kind == QuestionPosted.kind)
        )
        assert statuses.all() == [DeliveryStatus.WAITING]


async def test_what_nobody_knows_yet_opens_no_ticket_and_asks_once_for_words(
    office: Office, alice: User
) -> None:
    await alice.writes("/start")
    await alice.sees("Hello!")

    for number in (1, 2):
        await office.telegram.update({"message": raw(alice.id, NEW, 999_000 + number)})
    await office.telegram.update({"message": raw(alice.id, {}, 999_003)})

    await alice.sees("can't be passed on")
    await office.says_in_staff_chat()
    await office.app.courier.settled()
    assert len(await said(office, alice, "passed on")) == 1
    assert not [m for m in await office.support.messages() if "#1" in m.text]


async def test_an_answer_of_a_kind_that_cannot_be_copied_is_told(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "Hello")
    body = raw(office.kate.id, NEW) | {"chat": card.raw["chat"]}
    shown = ("message_id", "from", "chat", "date", "text")

    await office.telegram.update(
        {"message": body | {"reply_to_message": {name: card.raw[name] for name in shown}}}
    )

    await office.sees("#1: this did not arrive")


async def said(office: Office, user: User, *words: str) -> list[Message]:
    """Tell which messages of the bot say one of these words, in either chat."""
    everything = [*await user.chat.messages(), *await office.support.messages()]
    return [message for message in everything if any(word in message.text for word in words)]


async def dead(office: Office) -> int:
    async with office.sessions() as session:
        return await session.scalar(select(func.count()).select_from(DeadUpdate)) or 0


def person(user_id: int) -> Json:
    return {"id": user_id, "is_bot": False, "first_name": "Alice", "language_code": "en"}


def raw(user_id: int, content: Json, message_id: int = 999_999) -> Json:
    """Make a message of a user as Telegram would send it."""
    chat = {"id": user_id, "type": "private", "first_name": "Alice"}
    fixed = {"message_id": message_id, "date": 1_795_435_200, "chat": chat}
    return fixed | {"from": person(user_id)} | content


def made_rich(message: Message, text: str) -> Json:
    """Make the edit by which a text becomes a message with blocks, as Telegram would send it."""
    kept = {name: message.raw[name] for name in ("message_id", "from", "chat", "date")}
    blocks = {"blocks": [{"type": "paragraph", "text": text}]}
    return kept | {"edit_date": message.raw["date"] + 60, "rich_message": blocks}


async def test_an_edit_that_makes_an_answer_another_kind_is_shown_below_its_copy(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "How much?")
    answer = await office.kate.replies(card, "It costs 10")
    copy = await alice.sees("It costs 10")
    await office.kate.sees_reaction(answer, "👍")

    await office.telegram.update({"edited_message": made_rich(answer, "It costs 100")})

    assert (await alice.sees(after=copy)).reply_to == copy.id


@pytest.mark.parametrize("moves", [False, True])
async def test_an_edit_of_the_first_text_into_another_kind_takes_the_text_off_the_card(
    office: Office, alice: User, *, moves: bool
) -> None:
    wrote = await alice.writes("My card is 4711")
    card, chat = await office.sees("My card is 4711"), office.support
    if moves:
        chat = await office.support.becomes_supergroup()
        card = await office.kate.sees("My card is 4711", in_=chat)

    await office.telegram.update({"edited_message": made_rich(wrote, "It is late")})

    shown = await office.kate.sees_edit(card, "new")
    assert "4711" not in shown.text
    assert not any("4711" in one.text for one in await chat.messages() if one.id == card.id)


@pytest.mark.parametrize("waits", [False, True])
async def test_what_reopened_a_ticket_and_becomes_another_kind_is_shown_below_the_card(
    office: Office, alice: User, *, waits: bool
) -> None:
    await office.kate.replies(await office.opens(alice, "Hello"), "/close")
    await alice.sees("is closed")
    if waits:
        group = office.support.id
        await office.telegram.breaks("html", method="sendMessage", chat_id=group, times=None)
    wrote = await alice.writes("Cancel order 1")
    if waits:
        await office.telegram.called("sendMessage", status=502)
    else:
        await office.sees("Cancel order 1")
    await alice.deletes(wrote)  # so it can't be copied, and what is stored is shown

    await office.telegram.update({"edited_message": made_rich(wrote, "Cancel order 2")})
    await office.all_goes()
    await office.telegram.mends()
    await office.telegram.advance(30)

    await office.sees("Cancel order 2")


async def test_an_edit_that_makes_a_question_another_kind_is_shown_below_its_copy(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "Hello")
    wrote = await alice.writes("Cancel order 1")
    copy = await office.sees("Cancel order 1")
    await alice.deletes(wrote)  # so it can't be copied, and what is stored is shown

    await office.telegram.update({"edited_message": made_rich(wrote, "Cancel order 2")})

    assert (await office.sees("Cancel order 2", after=copy)).reply_to == copy.id
