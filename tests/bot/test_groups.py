"""Groups that are not the staff chat, channels, and a staff chat that refuses the bot."""

import asyncio

import pytest
from sqlalchemy import func, select
from structlog.testing import capture_logs

from database.machinery import DeadUpdate
from sandbox.client import User
from tests.support.office import Office, Sessions, open_telegram, running, settings_for


async def test_another_group_is_told_its_id_once_and_then_left_in_peace(office: Office) -> None:
    await office.telegram.bot(privacy=False)
    eve = await office.telegram.user("Eve")

    group = await office.telegram.group("Elsewhere", members=[eve])

    told = await eve.sees("This is not the staff chat", in_=group)
    assert told.text == (
        "This is not the staff chat: users don't receive what is written here. "
        f"Operator: to make it the staff chat, set STAFF_CHAT_ID={group.id}."
    )
    for text in ("Hello?", "/help@sandbox_bot", "/tickets@sandbox_bot", "/close@sandbox_bot 1"):
        await eve.writes(text, to=group)
    await eve.replies(told, "Who are you?")
    await eve.sends_photo("look", reply_to=told)
    await office.says_in_staff_chat()
    assert [m.id for m in await group.messages() if m.author == "Sandbox Bot"] == [told.id]


async def test_another_group_is_not_told_again_after_a_restart(file_sessions: Sessions) -> None:
    async with open_telegram() as (sandbox, telegram):
        kate, eve = await telegram.user("Kate"), await telegram.user("Eve")
        support = await telegram.group("Support", members=[kate])
        elsewhere = await telegram.group("Elsewhere", members=[eve])
        settings = settings_for(sandbox, support)
        async with running(sandbox, settings, file_sessions, asyncio.Event()):
            told = await eve.sees("This is not the staff chat", in_=elsewhere)
        async with running(sandbox, settings, file_sessions, asyncio.Event()):
            await eve.replies(told, "Who are you?")
            await kate.writes("/help@sandbox_bot", to=support, plain=True)
            await kate.sees("makes a note", in_=support)
        assert sum(m.author == "Sandbox Bot" for m in await elsewhere.messages()) == 1


async def test_a_group_that_throws_the_bot_out_is_no_trouble(office: Office, alice: User) -> None:
    eve = await office.telegram.user("Eve")
    group = await office.telegram.group("Elsewhere", members=[eve])
    await eve.sees("This is not the staff chat", in_=group)

    await group.bot_becomes("kicked")

    await office.opens(alice, "My order is late")


async def test_channels_are_passed_over(office: Office, alice: User) -> None:
    channel = {"id": -1009000000001, "type": "channel", "title": "News"}
    bot = {"id": 1000000001, "is_bot": True, "first_name": "Bot"}
    admin = {"user": bot, "status": "left"}
    member = {
        "chat": channel,
        "from": {"id": 5, "is_bot": False, "first_name": "Eve"},
        "date": 1,
        "old_chat_member": admin,
        "new_chat_member": {"user": bot, "status": "member"},
    }
    await office.telegram.update({"my_chat_member": member})
    post = {"message_id": 1, "date": 1, "chat": channel, "sender_chat": channel, "text": "News!"}
    await office.telegram.update({"message": post})
    await office.telegram.update({"edited_message": post | {"edit_date": 2}})

    await office.opens(alice, "My order is late")

    async with office.sessions() as session:
        assert await session.scalar(select(func.count()).select_from(DeadUpdate)) == 0


async def test_while_the_staff_chat_refuses_the_bot_everything_is_kept(
    office: Office, alice: User, bob: User
) -> None:
    card = await office.opens(alice, "Mine is late")
    await office.support.bot_becomes("kicked")

    with capture_logs() as logs:
        await bob.writes("Mine is broken")
        await bob.sees("Ticket #2 is open")
        await alice.writes("by three weeks")
        await office.telegram.called("sendMessage", status=403)
        await office.kate.writes("I have a question too")
        await office.kate.sees("Ticket #3 is open")
    errors = [line for line in logs if line["log_level"] == "error"]
    await office.lets_bot_in()

    await office.sees("Mine is broken")
    assert (await office.sees("by three weeks")).reply_to == card.id
    assert [line["event"] for line in errors] == [
        "the bot may not write to the staff chat; all is kept and tried each minute"
    ]


@pytest.mark.parametrize("refusing", ["kicked", "restricted"])
async def test_a_bot_that_is_let_in_again_goes_on_at_once(
    office: Office, alice: User, refusing: str
) -> None:
    await office.support.bot_becomes(refusing)
    await alice.writes("Mine is late")
    await office.holds_all()

    await office.support.bot_becomes("member")

    await office.sees("Mine is late", timeout=10)  # the clock does not move: no minute passes


async def test_a_muted_staff_chat_loses_nothing(office: Office, alice: User, bob: User) -> None:
    await office.support.bot_becomes("restricted")
    await alice.writes("Mine is late")
    await office.telegram.called("sendMessage", status=400)
    await alice.writes("by three weeks")
    await bob.writes("Mine is broken")
    await bob.sees("Ticket #2 is open")
    await office.lets_bot_in()

    card = await office.sees("Mine is late")
    assert (await office.sees("by three weeks")).reply_to == card.id


async def test_somebody_who_writes_to_the_bot_as_a_member_of_staff_is_a_user(
    office: Office,
) -> None:
    await office.kate.writes("I have a question of my own")

    await office.kate.sees("Ticket #1 is open")
    assert "Kate @kate" in (await office.kate.sees("question of my own", in_=office.support)).text


@pytest.mark.parametrize("moved", [{"migrate_to_chat_id": 8294}, {"migrate_from_chat_id": 8294}])
async def test_a_group_does_not_move_to_where_a_person_is(
    office: Office, alice: User, moved: dict[str, int]
) -> None:
    """What is for staff went to that person."""
    chat = {"id": office.support.id, "type": "group", "title": "Support"}
    said = {"message_id": 4711, "date": 1_795_435_200, "chat": chat} | moved

    await office.telegram.update({"message": said})

    await office.sees("could not be handled")
    await office.opens(alice, "My order is late")
