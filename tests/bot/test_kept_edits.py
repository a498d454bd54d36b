"""An edit of words that are kept counts as much as the word of whoever edits, at that time."""

from typing import Any

import pytest

from sandbox.client import Message, User
from tests.bot.test_kept_words import ANSWER, kept_words
from tests.bot.test_standing import said_to
from tests.bot.test_unconfirmed import doubts, says_it_again, silent_in_a_public_group
from tests.support.office import Office

SLIP = "begins with a slash"


def edit(written: Message, text: str) -> dict[str, Any]:
    """Make an edit as Telegram reports it, also of somebody who has left."""
    field = "caption" if "caption" in written.raw else "text"
    return {"edited_message": written.raw | {field: text, "edit_date": written.raw["date"] + 1}}


async def forgets_who_is_inside(office: Office) -> None:
    """Have Telegram not say who is in the group, after what it said before counts no more."""
    await silent_in_a_public_group(office)
    await office.telegram.advance(301)


@pytest.mark.parametrize("text", ["/ Your card number?", "// she lies"])
async def test_who_has_left_changes_nothing_that_is_kept(
    office: Office, alice: User, text: str
) -> None:
    mike = await office.telegram.user("Mike")
    await mike.joins(office.support)
    card = await office.opens(alice, "My order is late")
    slip = await mike.replies(card, "/etc is the folder")
    question = await office.sees(SLIP)
    await mike.leaves(office.support)

    await office.telegram.update(edit(slip, text))

    assert (await office.sees("Only members of this group")).reply_to == slip.id
    await office.kate.presses(question, ANSWER)
    await alice.sees("/etc is the folder")


async def test_an_edit_of_which_telegram_does_not_say_whose_it_is_is_kept_until_it_does(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    slip = await office.kate.replies(card, "/etc is the folder")
    question = await office.sees(SLIP)
    await forgets_who_is_inside(office)

    await office.kate.edits(slip, "It is /etc")
    await doubts(office)
    await office.telegram.advance(16)

    assert (await office.sees("so your reply is kept")).reply_to == slip.id
    assert [row.reason for row in await kept_words(office)] == ["unconfirmed"]
    await office.telegram.mends()
    await office.telegram.advance(4)
    await office.app.confirmations.look()
    await alice.sees("It is /etc")
    await office.kate.presses(question, ANSWER)
    await office.app.courier.settled()
    assert [text for text in await said_to(alice) if "/etc" in text] == ["It is /etc"]


async def test_an_album_that_waits_for_a_press_waits_for_it_after_such_an_edit_too(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    items = [{"kind": "photo", "caption": caption} for caption in ("one", "/ two")]
    album = await office.kate.sends_album(items, reply_to=card)
    first = await office.sees(SLIP)
    await forgets_who_is_inside(office)
    await office.kate.edits(album[1], "two")
    await doubts(office)

    await says_it_again(office)

    question = await office.sees(SLIP, after=first)
    await office.kate.presses(question, ANSWER)
    await alice.sees("two", kind="photo")
    shown = [one.text for one in await alice.chat.messages() if one.kind == "photo"]
    assert shown == ["one", "two"]
