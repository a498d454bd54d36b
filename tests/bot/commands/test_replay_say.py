"""`replay` asks Telegram who has a say, as the running bot does."""

import pytest
from sqlalchemy import select

from database.models import Message
from sandbox.client import User
from tests.bot.commands.test_replay import one_clock, replay, set_aside
from tests.bot.test_buttons import press_of
from tests.bot.test_kept_words import kept_words
from tests.bot.test_standing import OTHER_BOT, by, quiet, reply, said_to
from tests.support.office import Office

__all__ = ["one_clock"]


@pytest.mark.parametrize("what", ["reply", "command", "press", "edit"])
async def test_a_stranger_has_no_say_by_replay_either(
    office: Office, alice: User, sqlite_url: str, what: str
) -> None:
    await office.support.opens_to_strangers(username="support")
    mallory = await office.telegram.user("Mallory")
    card = await office.opens(alice, "My order is late")
    told = reply(card, "Your card number?", **by(mallory))
    answer = await office.kate.replies(card, "Tomorrow")
    await alice.sees("Tomorrow")
    edit = told | {"message_id": answer.id, "edit_date": card.raw["date"] + 9}
    await set_aside(
        office,
        **{
            "reply": {"message": told},
            "command": {"message": told | {"text": "/close"} | commanded(6)},
            "press": {"callback_query": press_of(mallory, card, "close:1")},
            "edit": {"edited_message": edit},
        }[what],
    )

    refused = "NotForYou" if what == "press" else "NotStaff; the person is told"
    assert await replay(office, sqlite_url) == f"1: refused, {refused}"

    await quiet(office)
    heard = await said_to(alice)
    assert not any("card number" in text or "is closed" in text for text in heard)


async def test_what_another_bot_said_is_passed_over_by_replay_too(
    office: Office, alice: User, sqlite_url: str
) -> None:
    card = await office.opens(alice, "My order is late")
    await set_aside(office, message=reply(card, "Buy coins", **{"from": OTHER_BOT}))

    assert await replay(office, sqlite_url) == "1: handled"

    async with office.sessions() as session:
        assert "Buy coins" not in (await session.scalars(select(Message.text))).all()


async def test_words_of_somebody_in_doubt_are_kept_by_replay_and_go_once_telegram_says_who_it_is(
    office: Office, alice: User, sqlite_url: str
) -> None:
    card = await office.opens(alice, "My order is late")
    await office.support.opens_to_strangers(linked=-1009000000009)
    await office.telegram.breaks("cut_before", method="getChatMember", times=None)
    await set_aside(office, message=reply(card, "On its way", **by(office.kate)))

    assert await replay(office, sqlite_url) == "1: handled"

    assert [row.message_id for row in await kept_words(office)] == [900_000]
    await office.telegram.mends()
    await office.telegram.advance(4)
    await office.app.confirmations.look()
    await alice.sees("On its way")


def commanded(length: int) -> dict[str, object]:
    return {"entities": [{"type": "bot_command", "offset": 0, "length": length}]}
