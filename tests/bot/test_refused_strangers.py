"""Strangers who write in a group that they can write in are told so, but do not fill it by that."""

from typing import Any

from sandbox.client import Message, User
from tests.bot.test_standing import NUMBER, by, of_bot, reply
from tests.bot.test_unconfirmed import says_it_again, silent_in_a_public_group
from tests.support.office import USERNAME, Office

REFUSED = "Only members of this group"
KEPT = ("so your reply is kept", "the replies of several people are kept")


async def says(office: Office, card: Message, *texts: str, **who: Any) -> None:
    """Have somebody reply who can't write here by the sandbox; the bot has seen it then."""
    for number, text in enumerate(texts):
        said = reply(card, text, **who) | {"message_id": NUMBER + number}
        if text.startswith("/"):
            entity = {"type": "bot_command", "offset": 0, "length": len(text)}
            said["entities"] = [entity]
        await office.telegram.update({"message": said})
    await office.says_in_staff_chat()
    await office.app.courier.settled()


async def told(office: Office, *words: str) -> list[str]:
    return [text for text in await of_bot(office.support) if any(one in text for one in words)]


async def test_replies_and_commands_of_strangers_are_refused_once_a_minute(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    await office.support.opens_to_strangers(username="support")
    mallory = await office.telegram.user("Mallory")

    texts = ["Hello?", "/close", f"/foo@{USERNAME}", "/foo@other_bot"]
    await says(office, card, *texts, *["Anybody?"] * 16, **by(mallory))
    assert len(await told(office, REFUSED)) == 1

    await office.telegram.advance(61)
    await office.sees(REFUSED, after=await office.sees(REFUSED))
    await office.app.courier.settled()
    assert len(await told(office, REFUSED)) == 2


async def test_words_of_many_unconfirmed_writers_are_kept_with_one_message(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    await silent_in_a_public_group(office)
    for number in range(5):
        user = await office.telegram.user(f"User {number}")
        said = reply(card, "Tomorrow", **by(user)) | {"message_id": NUMBER + number}
        await office.telegram.update({"message": said})
    await alice.writes("more")
    await office.sees("more")  # so what came before it is kept

    await office.telegram.advance(16)

    await office.sees(KEPT[1])
    await office.app.courier.settled()
    assert len(await told(office, *KEPT)) == 1


async def test_each_whose_kept_reply_is_dropped_is_told(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    await silent_in_a_public_group(office)
    names = ("Mallory", "Oscar", "Trudy")
    for number, name in enumerate(names):
        user = await office.telegram.user(name)
        said = reply(card, "Tomorrow", **by(user)) | {"message_id": NUMBER + number}
        await office.telegram.update({"message": said})
    await alice.writes("more")
    await office.sees("more")  # so what came before it is kept

    await says_it_again(office)
    await office.sees(REFUSED)
    await office.app.courier.settled()
    await office.telegram.advance(61)
    await office.says_in_staff_chat()
    await office.app.courier.settled()

    refused = await told(office, REFUSED)
    by_name = sum("".join(refused).count(name) for name in names)
    by_reply = sum("these people" not in one for one in refused)
    assert len(refused) <= 2
    assert by_name + by_reply == 3
