"""In a forum, what staff write about what stands elsewhere."""

from collections.abc import AsyncIterator

import pytest

from sandbox.client import Message as Seen
from sandbox.client import User
from sandbox.model import GENERAL
from tests.bot.test_forum import closes, hears_all, settled, writes
from tests.bot.test_kinds import NOT_RELAYED, own, raw
from tests.support.office import USERNAME, Office, Sessions, open_office


@pytest.fixture
async def forum(file_sessions: Sessions) -> AsyncIterator[Office]:
    async with open_office(file_sessions, forum=True, bot="administrator") as office:
        await settled(office)
        yield office


async def with_two_topics(office: Office) -> tuple[User, Seen, Seen]:
    """Have Ann's first ticket go on in another topic; give its old card, and the new one."""
    ann = await office.telegram.user("Ann")
    card = await office.opens(ann, "The printer is on fire")
    await closes(office, card)
    await ann.writes("/new The door is stuck")
    other = await office.sees("The door is stuck")
    await writes(office, f"/reopen@{USERNAME} 1", None)
    return ann, card, await office.sees("The printer is on fire", after=other)


async def got(user: User) -> list[str]:
    """List what the bot wrote to a user."""
    return [one.text for one in await user.chat.messages() if one.from_id != user.id]


@pytest.mark.parametrize("everything", [False, True])
async def test_talk_below_a_note_that_is_shown_elsewhere_stays_among_staff(
    forum: Office, *, everything: bool
) -> None:
    if everything:
        await hears_all(forum)
    ann, card, again = await with_two_topics(forum)
    await forum.kate.replies(card, "// She is rude")
    shown = await forum.sees("a note elsewhere")

    talk = await forum.kate.replies(shown, "Quite rude")
    await forum.kate.replies(talk, "Quite, yes")
    await forum.kate.edits(talk, "Quite rude indeed")
    story = raw(forum.kate.id, NOT_RELAYED, "story")
    story |= {"chat": shown.raw["chat"], "reply_to_message": own(shown)}
    await forum.telegram.update({"message": story})
    await forum.kate.replies(shown, "// Quite, I note")
    await forum.kate.replies(again, "Is it plugged in?")

    await ann.sees("Is it plugged in?")
    assert not [one for one in await got(ann) if "uite" in one]
    told = [one.text for one in await forum.support.messages() if one.from_id != forum.kate.id]
    assert not [one for one in told if "know which" in one or "can't be passed on" in one]


async def test_talk_below_an_answer_that_became_a_note_stays_among_staff(forum: Office) -> None:
    ann, card, again = await with_two_topics(forum)
    answer = await forum.kate.replies(card, "You are rude")
    await ann.sees("You are rude")
    shown = await forum.sees("answered elsewhere")
    await forum.kate.replies(shown, "So you are")
    await ann.sees("So you are")

    await forum.kate.edits(answer, "// You are rude")
    await forum.kate.replies(shown, "Quite rude")
    await forum.kate.replies(again, "Is it plugged in?")

    await ann.sees("Is it plugged in?")
    assert not [one for one in await got(ann) if "Quite" in one]


async def test_a_note_below_a_note_that_is_shown_elsewhere_is_kept(forum: Office) -> None:
    _, card, _ = await with_two_topics(forum)
    await forum.kate.replies(card, "// She is rude")
    shown = await forum.sees("a note elsewhere")

    note = await forum.kate.replies(shown, "// Quite rude")

    await forum.kate.sees_reaction(note, "✍")


async def test_a_reply_to_what_landed_in_general_is_answered_before_it_is_removed(
    forum: Office,
) -> None:
    ann = await forum.telegram.user("Ann")
    await forum.opens(ann, "The printer is on fire")
    await forum.all_goes()
    refused = {"status": 500, "description": "Internal Server Error"}
    await forum.telegram.breaks("error", method="deleteMessage", times=None, **refused)
    await forum.support.drops_threads()
    await ann.writes("It is out now")
    landed = await forum.sees("It is out now")
    await forum.support.drops_threads(drops=False)

    await forum.kate.replies(landed, "Good, thank you")
    await ann.sees("Good, thank you")
    shown = await forum.sees("answered elsewhere")
    await forum.telegram.mends()
    await forum.telegram.advance(61)
    await forum.kate.sees_gone(landed)

    again = await forum.sees("It is out now")
    assert shown.thread == again.thread is not None
    assert (await got(ann)).count("Good, thank you") == 1


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("in_general", [False, True])
async def test_a_reply_across_topics_goes_to_the_user_of_what_it_replies_to(
    forum: Office, *, everything: bool, in_general: bool
) -> None:
    if everything:
        await hears_all(forum)
    ann, bob = await forum.telegram.user("Ann"), await forum.telegram.user("Bob")
    card, bobs = await forum.opens(ann, "The printer is on fire"), await forum.opens(bob, "Hello?")

    where = GENERAL if in_general else card.thread
    await forum.kate.writes("Hello, Bob", to=forum.support, reply_to=bobs, thread=where)
    await bob.sees("Hello, Bob")
    shown = await forum.sees("answered elsewhere")

    assert shown.thread == bobs.thread
    assert "Hello, Bob" not in await got(ann)


async def test_a_command_in_reply_to_a_card_of_another_topic_means_its_ticket(
    forum: Office,
) -> None:
    ann, bob = await forum.telegram.user("Ann"), await forum.telegram.user("Bob")
    card, bobs = await forum.opens(ann, "The printer is on fire"), await forum.opens(bob, "Hello?")

    close = f"/close@{USERNAME}"
    await forum.kate.writes(close, to=forum.support, reply_to=bobs, thread=card.thread, plain=True)
    await forum.sees("#2 · Bob\nclosed")


async def test_staff_are_asked_where_a_reply_to_a_colleague_across_topics_goes(
    forum: Office,
) -> None:
    await hears_all(forum)
    ann, bob = await forum.telegram.user("Ann"), await forum.telegram.user("Bob")
    card, bobs = await forum.opens(ann, "The printer is on fire"), await forum.opens(bob, "Hello?")
    answer = await forum.kate.replies(bobs, "Hello, Bob")
    await bob.sees("Hello, Bob")

    await forum.kate.writes("See above", to=forum.support, reply_to=answer, thread=card.thread)
    question = await forum.sees("which ticket")
    assert [*question.buttons] == ["#1 · Ann", "#2 · Bob"]
    await forum.kate.presses(question, "#2 · Bob")

    await bob.sees("See above")
    assert "See above" not in await got(ann)


async def test_a_reply_to_talk_of_another_topic_stays_among_staff(forum: Office) -> None:
    await hears_all(forum)
    ann = await forum.telegram.user("Ann")
    card = await forum.opens(ann, "The printer is on fire")
    talk = await forum.kate.writes("Who has lunch?", to=forum.support)

    await forum.kate.writes("Me", to=forum.support, reply_to=talk, thread=card.thread)
    await writes(forum, "Is it plugged in?", card)

    await ann.sees("Is it plugged in?")
    assert "Me" not in await got(ann)
