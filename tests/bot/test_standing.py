"""Who has a say in the staff chat, and that no two programs go on talking to each other."""

import asyncio
from typing import Any

import pytest

from sandbox.client import Chat, Message, User
from tests.bot.test_buttons import TELEGRAMS_OWN, press_of
from tests.support.office import Office, Sessions, open_office

CHANNEL = {"id": -1009000000001, "type": "channel", "title": "News"}
OTHER_BOT = {"id": 5_000_000_001, "is_bot": True, "first_name": "Translator"}
STAND_IN = {"id": 136_817_688, "is_bot": True, "first_name": "Channel"}
NUMBER = 900_000


def reply(card: Message, text: str, **fields: Any) -> dict[str, Any]:
    """Make a reply as Telegram reports it, also of somebody who can't write here."""
    return {
        "message_id": NUMBER,
        "date": card.raw["date"] + 1,
        "chat": card.raw["chat"],
        "reply_to_message": {k: v for k, v in card.raw.items() if k in TELEGRAMS_OWN},
        "text": text,
    } | fields


def by(user: User) -> dict[str, Any]:
    return {"from": {"id": user.id, "is_bot": False, "first_name": user.name}}


async def said_to(user: User) -> list[str]:
    return [message.text for message in await user.chat.messages()]


async def of_bot(chat: Chat) -> list[str]:
    return [one.text for one in await chat.messages() if one.author == "Sandbox Bot"]


async def quiet(office: Office) -> None:
    """Wait until what was said before is dealt with."""
    await office.says_in_staff_chat()
    await office.app.courier.settled()


async def test_what_another_bot_replies_is_no_answer_and_gets_none(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "Hallo, mein Paket fehlt")
    before = await of_bot(office.support)

    told = reply(card, "[EN] Hello, my parcel is missing", **{"from": OTHER_BOT})
    await office.telegram.update({"message": told})
    await office.telegram.update({"message": told | {"message_id": NUMBER + 1, "text": "/close"}})
    await office.telegram.update({"message": told | {"message_id": NUMBER + 2, "text": "/cloze"}})
    await office.telegram.update({"edited_message": told | {"edit_date": card.raw["date"] + 2}})

    await quiet(office)
    assert not any("[EN]" in text for text in await said_to(alice))
    assert (await of_bot(office.support))[:-1] == before


@pytest.mark.parametrize("text", ["Hello", "/start", "/help", "/nonsense", "/start me"])
async def test_another_bot_in_private_gets_no_word_and_no_ticket(office: Office, text: str) -> None:
    mallory = await office.telegram.user("Mallory")
    chat = {"id": mallory.id, "type": "private", "first_name": "Mallory"}
    who = {"id": mallory.id, "is_bot": True, "first_name": "Mallory"}
    entity = {"type": "bot_command", "offset": 0, "length": len(text.split(maxsplit=1)[0])}
    told = {"message_id": 1, "date": 1_795_435_200, "chat": chat, "from": who, "text": text}
    told |= {"entities": [entity]} if text.startswith("/") else {}

    for number in range(3):
        await office.telegram.update({"message": told | {"message_id": NUMBER + number}})
    await office.telegram.update({"message": told | {"text": None, "invoice": 7}})

    await quiet(office)
    assert await said_to(mallory) == []
    assert not any("🔶" in text for text in await of_bot(office.support))


async def test_what_another_bot_says_elsewhere_is_answered_at_most_once(office: Office) -> None:
    eve = await office.telegram.user("Eve")
    group = await office.telegram.group("Elsewhere", members=[eve])
    told = await eve.sees("This is not the staff chat", in_=group)

    for number in range(3):
        said = reply(told, "Who are you?", **{"from": OTHER_BOT}) | {"message_id": NUMBER + number}
        await office.telegram.update({"message": said})

    await quiet(office)
    assert len(await of_bot(group)) == 1


async def test_who_is_not_in_the_group_answers_in_vain_and_is_told(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    mallory = await office.telegram.user("Mallory")

    await office.telegram.update({"message": reply(card, "Send your card number", **by(mallory))})

    await office.sees("Only members of this group")
    await quiet(office)
    assert not any("card number" in text for text in await said_to(alice))


@pytest.mark.parametrize("how", ["leaves", "is removed", "is removed, says an administrator's bot"])
async def test_who_was_in_the_group_has_no_say_at_once(
    office: Office, alice: User, how: str
) -> None:
    mike = await office.telegram.user("Mike")
    await mike.joins(office.support)
    card = await office.opens(alice, "My order is late")
    written = await mike.replies(card, "It is on its way")
    await alice.sees("on its way")

    if "administrator" in how:
        await office.support.bot_becomes("administrator")
    await mike.becomes("left" if how == "leaves" else "kicked", in_=office.support)

    edited = reply(card, "Send your card number", **by(mike)) | {"message_id": written.id}
    await office.telegram.update({"callback_query": press_of(mike, card, "close:1")})
    await office.telegram.update({"message": reply(card, "Your card number?", **by(mike))})
    await office.telegram.update({"edited_message": edited | {"edit_date": card.raw["date"] + 9}})
    closing = reply(card, "/close", **by(mike)) | {"message_id": NUMBER + 1}
    await office.telegram.update({"message": closing})
    await quiet(office)
    assert not any("card number" in text for text in await said_to(alice))
    assert not any("is closed" in text for text in await said_to(alice))


async def test_who_left_has_no_say_also_where_telegram_does_not_say_so(
    office: Office, alice: User
) -> None:
    mike = await office.telegram.user("Mike")
    await mike.joins(office.support)
    card = await office.opens(alice, "My order is late")
    await mike.leaves(office.support)
    await office.telegram.breaks("cut_before", method="getChatMember", times=None)

    await office.telegram.update({"message": reply(card, "Your card number?", **by(mike))})

    await office.sees("Only members of this group")
    await office.telegram.mends()
    await mike.joins(office.support)
    await mike.replies(card, "It is on its way")
    await alice.sees("It is on its way")


async def test_leaving_counts_for_what_comes_after_it_in_the_same_batch(
    office: Office, alice: User
) -> None:
    mike = await office.telegram.user("Mike")
    await mike.joins(office.support)
    card = await office.opens(alice, "My order is late")
    await office.telegram.breaks("error", method="getUpdates", status=500)
    await mike.replies(card, "It is on its way")
    await mike.becomes("kicked", in_=office.support)

    await office.telegram.update({"message": reply(card, "Your card number?", **by(mike))})

    await office.sees("Only members of this group")
    assert not any("card number" in text for text in await said_to(alice))


async def test_a_member_is_believed_where_telegram_does_not_say_and_only_members_write(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    await office.telegram.breaks("cut_before", method="getChatMember", times=None)

    await office.kate.replies(card, "It is on its way")

    await alice.sees("It is on its way")


async def test_a_known_stranger_is_not_believed_while_telegram_does_not_say(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    mallory = await office.telegram.user("Mallory")
    told = reply(card, "Send your card number", **by(mallory))
    await office.telegram.update({"message": told})
    await office.sees("Only members of this group")

    await office.telegram.breaks("cut_before", method="getChatMember", times=None)
    await office.telegram.update({"message": told | {"message_id": NUMBER + 1}})

    await quiet(office)
    assert not any("card number" in text for text in await said_to(alice))


async def test_other_channels_have_no_say_where_strangers_can_write(
    file_sessions: Sessions,
) -> None:
    async with open_office(file_sessions, supergroup=True) as office:
        alice = await office.telegram.user("Alice")
        await office.support.opens_to_strangers(linked=-1009000000009)
        card = await office.opens(alice, "My order is late")
        linked = CHANNEL | {"id": -1009000000009}

        await office.kate.replies(card, "Your card number?", sender_chat=CHANNEL)
        await office.sees("Only members of this group")
        await office.kate.replies(card, "It is on its way", sender_chat=linked)
        await alice.sees("It is on its way")
        forwarded = {"from": STAND_IN, "sender_chat": linked, "is_automatic_forward": True}
        await office.telegram.update({"message": reply(card, "Buy! card number", **forwarded)})

        await quiet(office)
        assert not any("card number" in text for text in await said_to(alice))


async def test_an_anonymous_administrator_has_a_say_also_in_a_public_group(
    office: Office, alice: User
) -> None:
    await office.support.opens_to_strangers(username="support")
    card = await office.opens(alice, "My order is late")

    await office.kate.replies(card, "It is on its way", anonymous=True)

    await alice.sees("It is on its way")


async def test_nobody_is_asked_for_what_asks_nothing(office: Office, alice: User) -> None:
    await office.support.bot_becomes("administrator")
    await office.opens(alice, "My order is late")

    await asyncio.gather(*[office.kate.writes(f"Hm {n}", to=office.support) for n in range(5)])

    await quiet(office)  # which is a command
    asked = [call["params"]["user_id"] for call in await office.telegram.calls("getChatMember")]
    assert asked.count(str(office.kate.id)) == 1
