"""Where strangers can write and Telegram does not say who somebody is, the answer is kept."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bot.incoming import confirmations
from sandbox.client import Message, User
from services.helpdesk import kept_words as kept
from tests.bot.test_kept_words import kept_words
from tests.bot.test_standing import by, of_bot, reply, said_to
from tests.support.office import Office, Sessions, open_office, running, settings_for

KEPT = "so your reply is kept"


async def silent_in_a_public_group(office: Office) -> None:
    """Have Telegram say of nobody who they are, once the bot has asked about itself."""
    await office.telegram.called("getChatMember", status=200)
    await office.support.opens_to_strangers(linked=-1009000000009)
    await office.telegram.breaks("cut_before", method="getChatMember", times=None)


async def doubts(office: Office) -> None:
    """Wait until something is kept because Telegram does not say who wrote it."""
    async with asyncio.timeout(30):
        while True:
            async with office.sessions() as session:
                if await kept.unconfirmed(session):
                    return
            await asyncio.sleep(0.01)  # a database tells nobody that it has changed


async def says_it_again(office: Office) -> None:
    """Have Telegram say who somebody is, and the bot ask."""
    await office.telegram.mends()
    await office.telegram.advance(4)
    await office.app.confirmations.look()


async def keeps(office: Office, card: Message, text: str) -> tuple[Message, Message]:
    """Have Kate answer while Telegram does not say who she is; return that, and what she hears."""
    await silent_in_a_public_group(office)
    answer = await office.kate.replies(card, text)
    await doubts(office)
    await office.telegram.advance(16)
    return answer, await office.sees(KEPT)


async def test_an_answer_is_kept_and_goes_when_telegram_says_who_it_is(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")

    answer, told = await keeps(office, card, "It is on its way")
    assert told.reply_to == answer.id
    await office.app.confirmations.look()
    assert not any("on its way" in text for text in await said_to(alice))

    await says_it_again(office)

    await alice.sees("It is on its way")
    await office.kate.sees_reaction(answer, "👍")
    assert await kept_words(office) == []


async def telegram_returns(office: Office) -> None:
    office.app.confirmations.hear(after_silence=True)


async def the_bot_is_let_in_again(office: Office) -> None:
    await office.support.bot_becomes("left")
    await office.support.bot_becomes("member")


@pytest.mark.parametrize("happens", [telegram_returns, the_bot_is_let_in_again])
async def test_all_are_asked_about_at_once_when(
    sessions: Sessions,
    monkeypatch: pytest.MonkeyPatch,
    happens: Callable[[Office], Awaitable[None]],
) -> None:
    monkeypatch.setattr(confirmations, "SHORTEST_PAUSE", 3600)
    async with open_office(sessions) as office:
        alice = await office.telegram.user("Alice")
        await keeps(office, await office.opens(alice, "My order is late"), "It is on its way")
        await office.telegram.mends()
        await office.telegram.advance(4)

        await happens(office)

        await alice.sees("It is on its way")


async def test_nobody_is_asked_about_because_a_user_blocks_the_bot(
    file_sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirmations, "SHORTEST_PAUSE", 3600)
    async with open_office(file_sessions) as office:
        alice, bob = await office.telegram.user("Alice"), await office.telegram.user("Bob")
        await bob.writes("/start")
        await bob.sees("Hello!")
        await keeps(office, await office.opens(alice, "My order is late"), "It is on its way")
        asked = len(await office.telegram.calls("getChatMember"))

        await bob.blocks_bot()
        await alice.writes("And broken")
        await office.sees("And broken")
        await office.all_goes()

        assert len(await office.telegram.calls("getChatMember")) == asked


async def test_what_was_kept_goes_before_what_comes_after_it(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    await silent_in_a_public_group(office)
    await office.kate.replies(card, "first")
    await office.kate.replies(card, "/second", entities=[])
    await doubts(office)
    await office.telegram.mends()
    await office.telegram.advance(4)

    await office.kate.replies(card, "third")

    await alice.sees("third")
    answers = [text for text in await said_to(alice) if text in {"first", "/second", "third"}]
    assert answers == ["first", "third"]
    await office.sees("begins with a slash")


async def test_all_that_somebody_wrote_at_once_is_kept_or_goes_as_one(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    await office.support.opens_to_strangers(linked=-1009000000009)
    await office.telegram.breaks("cut_before", method="getChatMember")
    await office.telegram.breaks("error", method="getUpdates", status=500)
    await office.kate.replies(card, "first")
    await office.kate.replies(card, "second")
    await office.telegram.called("getChatMember")
    await office.telegram.advance(4)

    await office.kate.replies(card, "third")

    await alice.sees("third")
    answers = [text for text in await said_to(alice) if text in {"first", "second", "third"}]
    assert answers == ["first", "second", "third"]


async def test_who_turns_out_to_be_a_stranger_is_told_and_nothing_goes(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    mallory = await office.telegram.user("Mallory")
    await silent_in_a_public_group(office)
    await office.telegram.update({"message": reply(card, "Your card number?", **by(mallory))})
    await doubts(office)

    await says_it_again(office)

    await office.sees("Only members of this group")
    assert await kept_words(office) == []
    assert not any("card number" in text for text in await said_to(alice))


@pytest.mark.parametrize("text", ["/close", "/take"])
async def test_a_command_is_not_kept_but_refused(office: Office, alice: User, text: str) -> None:
    card = await office.opens(alice, "My order is late")
    await silent_in_a_public_group(office)

    await office.kate.replies(card, text)

    await office.sees("Telegram hasn't confirmed that you're in this group.")
    press = await office.kate.presses(card, "Close")
    assert (await press.answer()).startswith("Telegram hasn't confirmed that")
    assert not any("is closed" in text for text in await said_to(alice))


async def test_nobody_is_told_of_what_is_cleared_up_at_once(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    await silent_in_a_public_group(office)
    await office.kate.replies(card, "It is on its way")
    await doubts(office)
    await says_it_again(office)
    await alice.sees("It is on its way")
    await office.telegram.advance(16)
    await office.says_in_staff_chat()

    assert not any(KEPT in text for text in await of_bot(office.support))


async def test_what_is_kept_goes_before_what_comes_after_a_restart(
    file_sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nobody(_: confirmations.Confirmations) -> int:
        return 0

    async with open_office(file_sessions) as office:
        alice = await office.telegram.user("Alice")
        card = await office.opens(alice, "My order is late")
        await keeps(office, card, "first")
        office.stopped.set()
        await office.telegram.mends()
        await office.kate.replies(card, "second")
        monkeypatch.setattr(confirmations.Confirmations, "look", nobody)

        settings = settings_for(office.sandbox, office.support)
        async with running(office.sandbox, settings, office.sessions, asyncio.Event()):
            await alice.sees("second")

        answers = [one for one in await said_to(alice) if one in {"first", "second"}]
        assert answers == ["first", "second"]


async def test_what_is_kept_goes_before_what_comes_after_a_move(
    office: Office, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirmations, "SHORTEST_PAUSE", 3600)
    card = await office.opens(alice, "My order is late")
    await office.telegram.breaks("cut_before", method="getChat", times=None)
    await keeps(office, card, "first")
    new = await office.support.becomes_supergroup()
    card = await office.kate.sees("My order is late", in_=new)
    await office.telegram.mends()
    await office.telegram.advance(31)

    await office.kate.replies(card, "second")
    await alice.sees("second")

    answers = [one for one in await said_to(alice) if one in {"first", "second"}]
    assert answers == ["first", "second"]


async def test_what_is_kept_outlives_a_restart(file_sessions: Sessions) -> None:
    async with open_office(file_sessions) as office:
        alice = await office.telegram.user("Alice")
        card = await office.opens(alice, "My order is late")
        await keeps(office, card, "It is on its way")
        office.stopped.set()
        await office.telegram.mends()

        settings = settings_for(office.sandbox, office.support)
        async with running(office.sandbox, settings, office.sessions, asyncio.Event()):
            await alice.sees("It is on its way")
