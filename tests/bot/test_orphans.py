"""A copy whose link was never stored, because the answer to its send was lost, is answered too."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select

from bot.incoming.fate import Fate
from bot.outgoing.sender import Sender
from database.machinery import LostSend
from database.models import LinkKind, MessageLink
from sandbox.client import Message, User
from services.delivery import courier as couriers
from services.delivery.outcomes import Outcome
from services.delivery.parcel import Parcel
from tests.bot.test_kept_words import GONE, kept_words
from tests.bot.test_standing import by, reply, said_to
from tests.bot.test_unconfirmed import doubts, says_it_again, silent_in_a_public_group
from tests.support.office import (
    Office,
    Sessions,
    open_office,
    open_telegram,
    running,
    settings_for,
)

ASKED = "Your reply is kept: which one is it?"
ASKED_BACK = "I don't know which ticket this belongs to"


async def orphan_of(office: Office, user: User, text: str, *, kind: str = "cut_after") -> Message:
    """Have a follow-up arrive twice, because nobody hears that the first has."""
    method = "copyMessage" if text == "" else "sendMessage"
    await office.telegram.breaks(kind, method=method, chat_id=office.support.id)
    await (user.writes(text) if text else user.sends_photo("a photo"))
    shown = text or "a photo"
    orphan = await office.sees(shown)
    await office.sees(shown, after=orphan)
    await office.app.courier.settled()
    return orphan


@pytest.mark.parametrize("kind", ["cut_after", "html_after"])
async def test_a_reply_to_an_orphan_finds_its_ticket_by_one_press(
    office: Office, alice: User, bob: User, kind: str
) -> None:
    await office.opens(alice, "My order is late")
    await office.opens(bob, "Mine too")
    orphan = await orphan_of(office, alice, "Where is it?", kind=kind)

    answer = await office.kate.replies(orphan, "In Hamburg")
    question = await office.sees(ASKED)
    assert question.reply_to == answer.id
    assert question.buttons == ["#1 · Alice"]
    await office.kate.presses(question, "Alice")

    assert (await alice.sees("In Hamburg")).reply_to is not None
    await office.kate.sees_reaction(answer, "👍")
    await office.kate.sees_edit(question, "This belongs to #1, Alice.")
    assert await kept_words(office) == []
    assert not any(ASKED_BACK in one.text for one in await office.support.messages())
    await office.kate.replies(orphan, "And now in Bremen")
    await alice.sees("And now in Bremen")


async def test_all_that_was_replied_to_an_orphan_goes_with_the_first_press(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "My order is late")
    orphan = await orphan_of(office, alice, "Where is it?")
    await office.kate.replies(orphan, "In Hamburg")
    first = await office.sees(ASKED)
    note = await office.kate.replies(orphan, "// he always asks")
    second = await office.sees(ASKED, after=first)
    slip = await office.kate.replies(orphan, "/ hm")
    third = await office.sees(ASKED, after=second)

    await office.kate.presses(first, "Alice")

    await alice.sees("In Hamburg")
    await office.kate.sees_reaction(note, "✍")
    assert (await office.sees("begins with a slash")).reply_to == slip.id
    for question in (second, third):
        assert await (await office.kate.presses(question, "Alice")).answer() == GONE
    assert not any("always" in text or "hm" in text for text in await said_to(alice))


async def test_words_of_an_unconfirmed_writer_stay_when_a_colleagues_are_sent(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    await office.support.opens_to_strangers(linked=-1009000000009)
    await office.kate.replies(card, "// a note, by which it is known that Kate is in the group")
    orphan = await orphan_of(office, alice, "Where is it?")
    await office.telegram.breaks("cut_before", method="getChatMember", times=None)
    mallory, mike = [await office.telegram.user(name) for name in ("Mallory", "Mike")]
    await mike.joins(office.support)
    await office.telegram.update({"message": reply(orphan, "Your card number?", **by(mallory))})
    await mike.replies(orphan, "It left on Monday")
    await office.kate.replies(orphan, "In Hamburg")

    question = await office.sees(ASKED)
    await office.kate.presses(question, "Alice")
    await alice.sees("In Hamburg")
    await says_it_again(office)

    await alice.sees("It left on Monday")
    await office.sees("Only members of this group")
    assert not any("card number" in text for text in await said_to(alice))
    assert await kept_words(office) == []


async def test_words_that_wait_for_their_writer_then_ask_for_their_ticket(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "My order is late")
    orphan = await orphan_of(office, alice, "Where is it?")
    await silent_in_a_public_group(office)
    answer = await office.kate.replies(orphan, "In Hamburg")
    await doubts(office)

    await says_it_again(office)
    question = await office.sees(ASKED)
    assert question.reply_to == answer.id
    await office.kate.presses(question, "Alice")

    await alice.sees("In Hamburg")


async def test_the_likeliest_ticket_comes_first(office: Office, alice: User, bob: User) -> None:
    await office.opens(alice, "My order is late")
    await office.opens(bob, "Mine too")
    first = await orphan_of(office, alice, "Where is it?")
    second = await orphan_of(office, bob, "When will it come?")

    await office.kate.replies(second, "Tomorrow")
    assert (await office.sees(ASKED)).buttons == ["#2 · Bob", "#1 · Alice"]
    await office.kate.replies(first, "In Hamburg")
    question = await office.sees(ASKED, after=await office.sees(ASKED))
    assert question.buttons == ["#1 · Alice", "#2 · Bob"]


async def test_an_orphan_follows_its_message_once_it_is_known(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")
    orphan = await orphan_of(office, alice, "Where is it?")
    await office.kate.replies(orphan, "In Hamburg")
    await office.kate.presses(await office.sees(ASKED), "Alice")
    await alice.sees("In Hamburg")

    question = (await alice.chat.messages())[2]
    await alice.edits(question, "Where is it, please?")

    await office.kate.sees_edit(orphan, "please?")


async def test_a_photo_is_recognised_by_its_file(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")
    orphan = await orphan_of(office, alice, "")
    await office.kate.sends_photo("This one?", reply_to=orphan)

    await office.kate.presses(await office.sees(ASKED), "Alice")

    await alice.sees("This one?", kind="photo")
    async with office.sessions() as session:
        place = MessageLink.message_id == orphan.id
        (link,) = await session.scalars(select(MessageLink).where(place))
    assert link.kind is LinkKind.COPY


async def test_an_album_whose_answer_was_lost_is_answered_too(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is broken")
    await office.telegram.breaks("cut_after", method="sendMediaGroup", chat_id=office.support.id)
    await alice.sends_album([{"kind": "photo", "caption": "from the front"}, "photo"])
    orphan = await office.sees("from the front")
    await office.sees("from the front", after=orphan)
    await office.app.courier.settled()

    await office.kate.replies(orphan, "We'll send another one")
    await office.kate.presses(await office.sees(ASKED), "Alice")

    await alice.sees("We'll send another one")


async def test_what_was_not_under_way_then_is_no_candidate(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")
    await orphan_of(office, alice, "Where is it?")
    await office.telegram.advance(600)
    stray = await office.says_in_staff_chat()

    await office.kate.replies(stray, "In Hamburg")

    await office.sees(ASKED_BACK)
    assert await kept_words(office) == []


async def test_what_is_asked_survives_a_restart(file_sessions: Sessions) -> None:
    async with open_office(file_sessions) as office:
        alice = await office.telegram.user("Alice")
        await office.opens(alice, "My order is late")
        orphan = await orphan_of(office, alice, "Where is it?")
        await office.kate.replies(orphan, "In Hamburg")
        question = await office.sees(ASKED)
        office.stopped.set()

        settings = settings_for(office.sandbox, office.support)
        async with running(office.sandbox, settings, office.sessions, asyncio.Event()):
            await office.kate.presses(question, "Alice")
            await alice.sees("In Hamburg")


async def test_a_reply_to_a_send_that_a_stop_cuts_off_finds_its_ticket_after_the_start(
    file_sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(couriers, "LAST_SENDS", 0.1)
    send = Sender.__call__

    async def send_unheard(sender: Sender, parcel: Parcel) -> Outcome:
        """Send, and wait for ever for the answer."""
        await send(sender, parcel)
        never: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        return await never

    async with open_telegram() as (sandbox, telegram):
        kate, alice = await telegram.user("Kate"), await telegram.user("Alice")
        support = await telegram.group("Support", members=[kate])
        settings, taken = settings_for(sandbox, support), asyncio.Event()
        async with running(sandbox, settings, file_sessions, asyncio.Event()) as app:
            await alice.writes("My order is late")
            await alice.sees("Ticket #")
            await app.courier.settled()
            with monkeypatch.context() as patch:
                patch.setattr(Sender, "__call__", send_unheard)
                await alice.writes("Where is it?")
                orphan = await kate.sees("Where is it?", in_=support)
            handle = app.inbox.handle_one

            async def take(raw: dict[str, Any]) -> Fate:
                taken.set()
                return await handle(raw)

            app.inbox.handle_one = take  # type: ignore[method-assign]
            answer = await kate.replies(orphan, "In Hamburg")
            await taken.wait()

        async with running(sandbox, settings, file_sessions, asyncio.Event()):
            question = await kate.sees(ASKED, in_=support)
            assert question.reply_to == answer.id
            await kate.presses(question, "Alice")
            await alice.sees("In Hamburg")

        assert not any(ASKED_BACK in one.text for one in await support.messages())


async def test_a_send_that_was_refused_or_never_left_is_no_candidate(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "My order is late")
    await office.telegram.breaks(
        "error", method="sendMessage", status=429, parameters={"retry_after": 1}
    )
    await alice.writes("Where is it?")
    await office.telegram.advance(2)
    await office.sees("Where is it?")

    async with office.sessions() as session:
        assert list(await session.scalars(select(LostSend))) == []
