"""Names and icons of topics: what Telegram refuses of one costs only that."""

from collections.abc import AsyncIterator

import pytest

from bot.texts import names
from core.text import LONGEST_NAME, utf16_len
from sandbox.client import Message
from services.helpdesk.content import Person
from tests.bot.test_forum import settled, topic_of
from tests.support.office import Office, Sessions, open_office

REFUSED = {"method": "createForumTopic", "status": 400, "description": "TOPIC_TITLE_ODD"}


@pytest.fixture
async def forum(file_sessions: Sessions) -> AsyncIterator[Office]:
    async with open_office(file_sessions, forum=True, bot="administrator") as office:
        await settled(office)
        yield office


async def opens(office: Office, name: str) -> Message:
    """Have somebody of this name open a ticket."""
    return await office.opens(await office.telegram.user(name), f"I am {name}")


async def knows_icons(office: Office) -> None:
    """Have the bot know which icons there are, which it asks for with its first topic."""
    await opens(office, "Ann")
    await office.telegram.called("getForumTopicIconStickers")
    await office.all_goes()


async def test_a_refused_name_costs_only_that_name(forum: Office) -> None:
    await knows_icons(forum)
    bob = await forum.telegram.user("Bob")
    await forum.telegram.breaks("error", times=2, **REFUSED)

    card = await forum.opens(bob, "Hello?")
    other = await opens(forum, "Carl")

    made, others = await topic_of(forum, card), await topic_of(forum, other)
    assert (made["name"], others["name"]) == (f"id {bob.id}", "Carl")
    assert made["icon"] == others["icon"] is not None
    assert not await complaints(forum)


async def complaints(office: Office) -> list[Message]:
    await office.says_in_staff_chat()
    return [one for one in await office.support.messages() if "can't make topics" in one.text]


async def test_a_refused_icon_costs_only_that_icon(forum: Office) -> None:
    await knows_icons(forum)
    await forum.telegram.breaks("error", **REFUSED | {"description": "DOCUMENT_INVALID"})

    card = await opens(forum, "Bob")

    made = await topic_of(forum, card)
    assert (made["name"], made["icon"]) == ("Bob", None)


async def test_where_even_a_plain_topic_is_refused_tickets_go_on_under_cards(
    forum: Office,
) -> None:
    await forum.telegram.breaks("error", times=None, **REFUSED)

    card = await opens(forum, "Bob")

    assert card.thread is None
    assert len(await complaints(forum)) == 1


async def test_without_the_right_no_other_name_is_tried(forum: Office) -> None:
    await forum.support.bot_becomes("member")

    card = await opens(forum, "Bob")

    assert card.thread is None
    assert len(await forum.telegram.calls("createForumTopic")) == 1


async def test_a_new_name_that_is_refused_leaves_the_icon_free_to_change(forum: Office) -> None:
    await knows_icons(forum)
    bob = await forum.telegram.user("Bob")
    card = await forum.opens(bob, "Hello?")
    shown = await topic_of(forum, card)
    await forum.telegram.advance(61)
    await forum.telegram.breaks("error", **REFUSED | {"method": "editForumTopic"})

    await forum.telegram.call("rename", user=bob.id, first_name="B0b")
    await bob.writes("It is me")
    await forum.sees("It is me")
    await forum.kate.replies(card, "Hello")
    await bob.sees("Hello")
    await forum.telegram.advance(61)
    await forum.says_in_staff_chat()

    changed = await topic_of(forum, card)
    assert (changed["name"], changed["icon"] != shown["icon"]) == ("Bob", True)


# What people are called, and how their topics are; of very long names, how they end.
NAMES = {
    "\u202eecila": "ecila",
    "\u2066\u202bAnn": "Ann",
    "\u3164\u2800": "id 42",
    "\u200b\u200d\ufe0f": "id 42",
    "Ann\n#7 · closed": "Ann #7 · closed",
    "👩‍👩‍👧‍👦": "👩‍👩‍👧‍👦",
    "ש": "\u200e\u2068ש\u2069",
    "x" * LONGEST_NAME: "xx …",
    "ש" * LONGEST_NAME: "שש …\u2069",
    "😀" * LONGEST_NAME: "😀😀 …",
}


def _ending(name: str) -> str:
    return ascii(name[-3:])


@pytest.mark.parametrize(("name", "shown"), NAMES.items(), ids=_ending)
def test_a_topic_has_a_name_that_is_seen_and_turns_nothing(name: str, shown: str) -> None:
    found = names.of_thread(Person(telegram_id=42, name=name, username=None, language=""))

    assert found.endswith(shown) if len(name) == LONGEST_NAME else found == shown
    assert utf16_len(found) <= names.LONGEST_THREAD_NAME


async def test_people_of_any_name_have_topics(forum: Office) -> None:
    for number, name in enumerate(NAMES):
        card = await forum.opens(await forum.telegram.user(name), f"I am number {number}")

        assert card.thread is not None
    assert not await complaints(forum)
