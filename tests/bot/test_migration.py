"""The staff group becomes a supergroup: a new id, and messages that count from 1."""

import asyncio

from structlog.testing import capture_logs

from sandbox.client import Chat, Message, User
from tests.support.office import Office, Sessions, open_office, open_telegram, running, settings_for


async def seen(office: Office, text: str, new: Chat) -> Message:
    return await office.kate.sees(text, in_=new)


async def test_open_tickets_get_new_cards_and_staff_are_told_the_new_id(
    office: Office, alice: User, bob: User
) -> None:
    await office.opens(alice, "Mine is late")
    closed = await office.opens(bob, "Mine is done")
    await office.kate.replies(closed, "/close")
    await bob.sees("is closed")

    new = await office.support.becomes_supergroup()

    card = await seen(office, "Mine is late", new)
    assert card.buttons == ["Take", "Close", "More…"]
    told = await seen(office, "This group became a supergroup", new)
    assert f"STAFF_CHAT_ID={new.id}" in told.text
    await office.kate.writes("/tickets@sandbox_bot", to=new, plain=True)
    await seen(office, "1 ticket waits for our answer", new)
    assert not any("Mine is done" in message.text for message in await new.messages())


async def test_a_reopened_ticket_shows_there_what_reopened_it(office: Office, alice: User) -> None:
    card = await office.opens(alice, "Mine is late")
    await office.kate.replies(card, "/close")
    await alice.sees("is closed")
    await alice.writes("And it is broken")
    await office.sees("And it is broken")

    new = await office.support.becomes_supergroup()

    moved = await seen(office, "And it is broken", new)
    assert moved.buttons == ["Take", "Close", "More…"]
    assert "Mine is late" not in moved.text


async def test_a_reopened_ticket_whose_card_waits_gets_one_card(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "Mine is late")
    await office.kate.replies(card, "/close")
    await alice.sees("is closed")
    group = office.support.id
    await office.telegram.breaks("html", method="sendMessage", chat_id=group, times=None)
    await alice.writes("And it is broken")
    await office.telegram.called("sendMessage", status=502)
    await office.app.courier.settled()

    new = await office.support.becomes_supergroup()

    await seen(office, "became a supergroup", new)
    await office.telegram.advance(90)
    await office.kate.writes("/help@sandbox_bot", to=new, plain=True)
    await seen(office, "makes a note", new)
    await office.all_goes()
    assert len([one for one in await new.messages() if "Alice" in one.text]) == 1


async def test_staff_work_on_in_the_new_group(office: Office, alice: User) -> None:
    await office.opens(alice, "Mine is late")
    new = await office.support.becomes_supergroup()
    card = await seen(office, "Mine is late", new)

    answer = await office.kate.replies(card, "It is on its way")
    await alice.sees("It is on its way")
    await office.kate.sees_reaction(answer, "👍")
    await alice.writes("Thank you, when?")
    follow_up = await seen(office, "when?", new)
    assert follow_up.reply_to == card.id
    await office.kate.replies(follow_up, "Tomorrow")
    await alice.sees("Tomorrow")
    await office.kate.presses(card, "Close")
    await alice.sees("is closed")


async def test_what_was_waiting_arrives_in_the_new_group_when_telegram_says_so_with_a_400(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "Mine is late")
    await office.telegram.breaks("error", method="sendMessage", chat_id=office.support.id)
    await alice.writes("by three weeks")
    await office.telegram.called("sendMessage", status=502)
    deaf = await office.telegram.breaks("html", method="getUpdates", times=None)

    new = await office.support.becomes_supergroup()

    await office.telegram.called("sendMessage", status=400)
    await seen(office, "by three weeks", new)
    await seen(office, "Mine is late", new)
    await seen(office, "This group became a supergroup", new)
    await office.telegram.mends(deaf)
    await office.kate.writes("/help@sandbox_bot", to=new, plain=True)
    await seen(office, "makes a note", new)
    told = [m for m in await new.messages() if "became a supergroup" in m.text]
    assert len(told) == 1


async def test_an_old_message_id_never_reaches_another_user(
    office: Office, alice: User, bob: User
) -> None:
    """The new group counts from 1: sooner or later it has a message with each old id."""
    old_cards = {"Alice": await office.opens(alice, "Mine is late")}
    old_cards["Bob"] = await office.opens(bob, "Mine is broken")
    new = await office.support.becomes_supergroup()
    users = {"Alice": alice, "Bob": bob}
    await seen(office, "Mine is broken", new)
    old_ids = {card.id for card in old_cards.values()}
    while max(message.id for message in await new.messages()) < max(old_ids):
        await bob.writes("more")
        await office.kate.writes("/tickets@sandbox_bot", to=new, plain=True)
        await seen(office, "2 tickets wait for our answer", new)

    for message in await new.messages():
        if message.author != "Sandbox Bot" or "Take" not in message.buttons:
            continue
        [name] = [name for name in users if name in message.text]
        await office.kate.replies(message, f"for {name}")
        await users[name].sees(f"for {name}")

    assert not any("for Bob" in message.text for message in await alice.chat.messages())
    assert not any("for Alice" in message.text for message in await bob.chat.messages())


async def test_a_reply_with_an_old_id_to_a_message_of_no_ticket_is_answered_not_passed_on(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "Mine is late")
    new = await office.support.becomes_supergroup()
    await seen(office, "Mine is late", new)
    help_ = None
    while help_ is None or help_.id < card.id:
        await office.kate.writes("/help@sandbox_bot", to=new, plain=True)
        help_ = await office.kate.sees("makes a note", in_=new, after=help_)
    same_id = await new.message(card.id)
    assert same_id is not None

    if same_id.author == "Kate":
        same_id = help_
    await office.kate.replies(same_id, "It is on its way")

    await seen(office, "I don't know which ticket", new)
    assert not any("on its way" in message.text for message in await alice.chat.messages())


async def test_an_edited_caption_of_what_reopened_a_ticket_is_seen_in_the_new_group(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "Mine is late")
    await office.kate.replies(card, "/close")
    await alice.sees("is closed")
    photo = await alice.sends_photo("This is how it came")
    await office.sees("This is how it came")
    new = await office.support.becomes_supergroup()
    await seen(office, "became a supergroup", new)

    await alice.edits(photo, "This is how it came today")

    await seen(office, "This is how it came today", new)


async def test_an_edit_of_a_message_from_the_old_group_is_seen_in_the_new_one(
    office: Office, alice: User
) -> None:
    question = await alice.writes("Mine is late")
    await office.sees("Mine is late")
    more = await alice.writes("by three weeks")
    await office.sees("by three weeks")
    new = await office.support.becomes_supergroup()
    card = await seen(office, "Mine is late", new)

    await alice.edits(question, "Mine is lost")
    await office.kate.sees_edit(card, "Mine is lost")
    await alice.edits(more, "since two weeks")

    await seen(office, "since two weeks", new)


async def test_an_answer_of_the_old_group_can_fail_and_be_sent_again_in_the_new_one(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "Mine is late")
    await alice.blocks_bot()
    await office.kate.replies(card, "It is on its way")
    await office.sees("this did not arrive")
    new = await office.support.becomes_supergroup()
    await seen(office, "Mine is late", new)

    await alice.unblocks_bot()

    await seen(office, "the user is back", new)


async def test_the_bot_starts_again_with_the_old_setting(file_sessions: Sessions) -> None:
    async with open_telegram() as (sandbox, telegram):
        kate, alice = await telegram.user("Kate"), await telegram.user("Alice")
        support = await telegram.group("Support", members=[kate])
        settings = settings_for(sandbox, support)
        async with running(sandbox, settings, file_sessions, asyncio.Event()):
            await alice.writes("Mine is late")
            await kate.sees("Mine is late", in_=support)
            new = await support.becomes_supergroup()
            await kate.sees("became a supergroup", in_=new)

        async with running(sandbox, settings, file_sessions, asyncio.Event()):
            await alice.writes("by three weeks")
            follow_up = await kate.sees("by three weeks", in_=new)
            await kate.replies(follow_up, "It is on its way")
            await alice.sees("It is on its way")
        told = [m for m in await new.messages() if "became a supergroup" in m.text]
        assert len(told) == 1


async def test_the_operator_gets_one_error_line(office: Office, alice: User) -> None:
    await office.opens(alice, "Mine is late")

    with capture_logs() as logs:
        new = await office.support.becomes_supergroup()
        await seen(office, "Mine is late", new)

    [error] = [line for line in logs if line["log_level"] == "error"]
    assert "set STAFF_CHAT_ID" in error["event"]
    assert (error["old_id"], error["new_id"]) == (office.support.id, new.id)


async def test_another_group_that_moves_changes_nothing(office: Office, alice: User) -> None:
    await office.opens(alice, "Mine is late")
    eve = await office.telegram.user("Eve")
    elsewhere = await office.telegram.group("Elsewhere", members=[eve])
    await eve.sees("This is not the staff chat", in_=elsewhere)

    await elsewhere.becomes_supergroup()
    await alice.writes("by three weeks")

    await office.sees("by three weeks")


async def test_a_group_moves_on_either_database(sessions: Sessions) -> None:
    async with open_office(sessions) as office:
        alice = await office.telegram.user("Alice")
        question = await alice.writes("Mine is late")
        await office.sees("Mine is late")
        await alice.blocks_bot()
        new = await office.support.becomes_supergroup()
        card = await seen(office, "Mine is late", new)
        await office.kate.sends_album(
            [{"kind": "photo", "caption": "this"}, "photo"], reply_to=card
        )
        notice = await seen(office, "this did not arrive", new)
        await alice.unblocks_bot()
        await office.kate.presses(notice, "Send again")
        await alice.sees("this", kind="photo")
        await alice.edits(question, "Mine is lost")
        await office.kate.sees_edit(card, "Mine is lost")


async def test_a_refusal_that_moves_along_names_what_it_is_about_instead_of_quoting(
    office: Office, alice: User
) -> None:
    """The new group counts its messages from 1: the old number is another message there."""
    await office.opens(alice, "Mine is late")
    await office.telegram.breaks("error", method="sendMessage", chat_id=office.support.id)
    await office.kate.writes("/close 99", to=office.support)
    await office.telegram.called("sendMessage", status=502)

    new = await office.support.becomes_supergroup()

    refusal = await seen(office, "There is no ticket 99", new)
    assert "“/close 99”" in refusal.text
    (asked,) = [
        call for call in office.sandbox.calls if "no ticket 99" in str(call.params) and call.ok
    ]
    assert "reply_parameters" not in asked.params
