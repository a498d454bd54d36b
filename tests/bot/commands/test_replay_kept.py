"""An edit of last week, replayed, does not go over a newer one whose words are kept."""

from typing import Any

from sandbox.client import Message, User
from tests.bot.commands.test_replay import one_clock
from tests.bot.commands.test_replay_edits import replay, set_aside
from tests.bot.test_kept_edits import forgets_who_is_inside
from tests.bot.test_kept_words import ANSWER, kept_words
from tests.bot.test_standing import said_to
from tests.bot.test_unconfirmed import doubts, says_it_again
from tests.support.office import Office

__all__ = ["one_clock"]

SLIP = "begins with a slash"
OVERTAKEN = ["1: overtaken by something newer"]


def edit(written: Message, text: str, *, seconds_later: int) -> dict[str, Any]:
    date = written.raw["date"] + seconds_later
    return {"edited_message": written.raw | {"text": text, "edit_date": date}}


async def test_a_newer_wording_of_a_slip_stays(
    office: Office, alice: User, sqlite_url: str
) -> None:
    card = await office.opens(alice, "My order is late")
    slip = await office.kate.replies(card, "/ first")
    question = await office.sees(SLIP)
    await set_aside(office, edit(slip, "/ second", seconds_later=5))
    await office.telegram.update(edit(slip, "/ third", seconds_later=10))
    await office.says_in_staff_chat()

    assert await replay(office, sqlite_url) == OVERTAKEN

    await office.kate.presses(question, ANSWER)
    await alice.sees("third")
    assert "/ second" not in await said_to(alice)


async def test_a_newer_slip_of_an_answer_stays(
    office: Office, alice: User, sqlite_url: str
) -> None:
    card = await office.opens(alice, "My order is late")
    answer = await office.kate.replies(card, "first")
    await alice.sees("first")
    await set_aside(office, edit(answer, "second", seconds_later=5))
    await office.telegram.update(edit(answer, "/ third", seconds_later=10))
    await office.sees(SLIP)

    assert await replay(office, sqlite_url) == OVERTAKEN

    assert [row.content["text"] for row in await kept_words(office)] == ["/ third"]


async def test_an_answer_that_waits_to_be_taken_back_is(
    office: Office, alice: User, sqlite_url: str
) -> None:
    card = await office.opens(alice, "My order is late")
    answer = await office.kate.replies(card, "She lies")
    await alice.sees("She lies")
    await set_aside(office, edit(answer, "She lies to us", seconds_later=5))
    await forgets_who_is_inside(office)
    await office.telegram.update(edit(answer, "// She lies to us", seconds_later=10))
    await doubts(office)

    assert await replay(office, sqlite_url) == OVERTAKEN

    await says_it_again(office)
    await office.kate.sees_reaction(answer, "✍")
    await office.app.courier.settled()
    assert not any("lies" in text for text in await said_to(alice))
