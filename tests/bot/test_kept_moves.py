"""Kept words when the staff chat gets another id, or is another group: asked about there."""

import asyncio

from sqlalchemy import select

from database.machinery import Delivery
from sandbox.client import Chat, Message, User
from services.notices import UnconfirmedKept
from tests.bot.test_kept_words import ANSWER, NOTE, kept_words
from tests.bot.test_orphans import orphan_of
from tests.bot.test_standing import said_to
from tests.bot.test_unconfirmed import KEPT, keeps, says_it_again
from tests.support.office import Office, Sessions, open_office, open_telegram, running, settings_for

SLIP = "begins with a slash"


async def becomes_supergroup(office: Office) -> Chat:
    new = await office.support.becomes_supergroup()
    await office.kate.sees("became a supergroup", in_=new)
    return new


async def is_to_be_told(office: Office, chat: Chat) -> None:
    """Wait until the notice that words are kept waits for its time in a chat."""
    found = select(Delivery.id).where(
        Delivery.chat_id == chat.id, Delivery.kind == UnconfirmedKept.kind
    )
    async with asyncio.timeout(30), office.sessions() as session:
        # A database does not tell when it changes.
        while await session.scalar(found) is None:
            await session.rollback()
            await asyncio.sleep(0.01)


async def questions(chat: Chat, text: str = SLIP) -> list[Message]:
    return [one for one in await chat.messages() if text in one.text]


async def test_a_slip_is_asked_about_in_the_supergroup_and_goes_by_a_press_there(
    sessions: Sessions,
) -> None:
    async with open_office(sessions) as office:
        alice = await office.telegram.user("Alice")
        card = await office.opens(alice, "My order is late")
        await office.kate.replies(card, "/etc is the folder")
        await office.sees(SLIP)

        new = await becomes_supergroup(office)

        question = await office.kate.sees(SLIP, in_=new)
        assert question.reply_to is None
        assert "“/etc is the folder”" in question.text
        await office.kate.presses(question, ANSWER)
        await alice.sees("/etc is the folder")
        assert (await office.kate.sees_edit(question, "sent to Alice")).buttons == []
        assert await kept_words(office) == []


async def test_an_album_is_asked_about_once(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    items = [{"kind": "photo", "caption": caption} for caption in ("one", "/ two")]
    await office.kate.sends_album(items, reply_to=card)
    await office.kate.replies(card, "/ three")
    await office.sees(SLIP)

    new = await becomes_supergroup(office)

    about_album = await office.kate.sees("“/ two”", in_=new)
    about_text = await office.kate.sees("“/ three”", in_=new)
    assert len(await questions(new)) == 2
    await office.kate.presses(about_album, ANSWER)
    await alice.sees("two", kind="photo")
    await office.kate.presses(about_text, NOTE)
    await office.kate.sees_edit(about_text, "kept as a note")
    assert not any("three" in text for text in await said_to(alice))


async def test_a_kept_poll_is_named_by_its_question(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    await office.kate.sends("poll", question="/ Which colour?", options=["Red"], reply_to=card)
    await office.sees(SLIP)

    new = await becomes_supergroup(office)

    question = await office.kate.sees(SLIP, in_=new)
    assert "You sent: a poll: / Which colour?" in question.text


async def test_a_question_that_waits_when_the_group_moves_is_asked_once(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    await office.telegram.breaks(
        "html", method="sendMessage", chat_id=office.support.id, times=None
    )
    await office.kate.replies(card, "/etc")
    await office.telegram.called("sendMessage", status=502)
    await office.app.courier.settled()

    new = await office.support.becomes_supergroup()

    await office.kate.sees(SLIP, in_=new)
    await office.telegram.advance(60)
    await office.kate.sees("became a supergroup", in_=new)
    await office.app.courier.settled()
    assert len(await questions(new)) == 1


async def test_a_reply_to_an_orphan_is_asked_about_in_the_supergroup(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "My order is late")
    orphan = await orphan_of(office, alice, "Is anybody there?")
    await office.kate.replies(orphan, "Yes, we are")
    await office.sees("which one is it?")

    new = await becomes_supergroup(office)

    question = await office.kate.sees("which one is it?", in_=new)
    await office.kate.presses(question, "#1 · Alice")
    await alice.sees("Yes, we are")


async def test_an_answer_of_somebody_unconfirmed_goes_when_telegram_says_who_it_is(
    sessions: Sessions,
) -> None:
    async with open_office(sessions) as office:
        alice = await office.telegram.user("Alice")
        card = await office.opens(alice, "My order is late")
        await keeps(office, card, "It is on its way")

        new = await becomes_supergroup(office)
        await is_to_be_told(office, new)
        await office.telegram.advance(16)
        told = await office.kate.sees(KEPT, in_=new)
        assert "“It is on its way”" in told.text
        await says_it_again(office)

        await alice.sees("It is on its way")
        assert await kept_words(office) == []


async def test_somebody_who_is_a_stranger_in_the_newly_chosen_group_has_no_say(
    file_sessions: Sessions,
) -> None:
    async with open_telegram() as (sandbox, telegram):
        kate, mike = await telegram.user("Kate"), await telegram.user("Mike")
        alice = await telegram.user("Alice")
        former = await telegram.group("Former", members=[kate, mike])
        team = await telegram.group("Team", members=[kate])
        where = settings_for(sandbox, former)
        async with running(sandbox, where, file_sessions, asyncio.Event()):
            await alice.writes("My order is late")
            card = await mike.sees("My order is late", in_=former)
            await former.opens_to_strangers(linked=-1009000000009)
            await telegram.breaks("cut_before", method="getChatMember", times=None)
            await mike.replies(card, "Your card number?")
            await telegram.called("getChat")
        await telegram.mends()
        await telegram.advance(60)

        where = settings_for(sandbox, team)
        async with running(sandbox, where, file_sessions, asyncio.Event()) as app:
            await kate.sees("My order is late", in_=team)
            await app.confirmations.look()

            refusal = await kate.sees("Only members of this group", in_=team)
            assert "“Your card number?”" in refusal.text
        assert not any("card number" in text for text in await said_to(alice))


async def test_a_slip_is_asked_about_in_a_newly_chosen_group_and_at_no_further_start(
    file_sessions: Sessions,
) -> None:
    async with open_telegram() as (sandbox, telegram):
        kate, alice = await telegram.user("Kate"), await telegram.user("Alice")
        former, team = [await telegram.group(name, members=[kate]) for name in ("Former", "Team")]
        async with running(sandbox, settings_for(sandbox, former), file_sessions, asyncio.Event()):
            await alice.writes("My order is late")
            card = await kate.sees("My order is late", in_=former)
            await kate.replies(card, "/etc is the folder")
            old_question = await kate.sees(SLIP, in_=former)

        async with running(sandbox, settings_for(sandbox, team), file_sessions, asyncio.Event()):
            question = await kate.sees(SLIP, in_=team)
        async with running(sandbox, settings_for(sandbox, team), file_sessions, asyncio.Event()):
            await kate.writes("/help@sandbox_bot", to=team, plain=True)
            await kate.sees("makes a note", in_=team)
            assert len(await questions(team)) == 1
            await kate.presses(old_question, ANSWER)
            await kate.presses(question, ANSWER)
            await alice.sees("/etc is the folder")
            await kate.sees_edit(question, "sent to Alice")
        assert SLIP in (await questions(former))[0].text
