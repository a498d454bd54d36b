"""Ephemeral messages: between the bot and one member of a group, and seen by nobody else."""

from typing import Any

import pytest

from sandbox import Sandbox, Telegram, keeping
from sandbox.client import Chat, ControlError, Message, User
from tests.sandbox.conftest import Api

COMMANDS = [
    {"command": "tickets", "description": "What waits", "is_ephemeral": True},
    {"command": "close", "description": "Close a ticket"},
]
NOT_ADMIN = (400, "Bad Request: BOT_NOT_ADMIN")


@pytest.fixture
async def support(telegram: Telegram, api: Api, kate: User, alice: User) -> Chat:
    """A group of Kate's, with Alice in it; the bot is a member, with an ephemeral command."""
    made = await telegram.group("Support", members=[kate, alice], supergroup=True)
    scope = {"type": "chat", "chat_id": made.id}
    await api("setMyCommands", commands=COMMANDS, scope=scope)
    return made


def alone(person: User, **more: Any) -> dict[str, Any]:
    return {"ephemeral_message_parameters": {"receiver_user_id": person.id} | more}


async def pressed(api: Api, kate: User, support: Chat) -> str:
    """Kate presses a button of a message that all see; the query's id."""
    keyboard = {"inline_keyboard": [[{"text": "More", "callback_data": "more"}]]}
    await api("sendMessage", chat_id=support.id, text="card", reply_markup=keyboard)
    return (await kate.presses(await kate.sees("card", in_=support), "More")).id


async def heard(api: Api) -> dict[str, Any]:
    """The newest message that the bot is told of."""
    message: dict[str, Any] = (await api.confirmed())[-1]["message"]
    return message


async def shown(person: User, support: Chat) -> list[str]:
    return [one.text for one in await person.looks(support)]


async def test_what_one_person_sees_stands_behind_what_came_before_also_if_that_is_deleted(
    api: Api, support: Chat, kate: User
) -> None:
    sent = await api("sendMessage", chat_id=support.id, text="card")
    asked = await kate.writes("/tickets", to=support)
    await api("deleteMessage", chat_id=support.id, message_id=sent["message_id"])

    again = await kate.writes("/tickets", to=support)

    assert asked.place < again.place


async def test_an_ephemeral_command_is_seen_by_its_writer_and_the_bot_alone(
    api: Api, support: Chat, kate: User, alice: User
) -> None:
    written = await kate.writes("/tickets", to=support)

    told = await heard(api)
    assert (told["message_id"], told["text"]) == (0, "/tickets")
    assert told["receiver_user"]["id"] == api.sandbox.world.bot.id
    assert written.id == -told["ephemeral_message_id"]
    assert "/tickets" in await shown(kate, support)
    assert "/tickets" not in await shown(alice, support)


@pytest.mark.parametrize("text", ["/close 7", "/tickets@another_bot", "say /tickets", "hello"])
async def test_what_is_no_ephemeral_command_of_ours_is_seen_by_all(
    support: Chat, kate: User, alice: User, text: str
) -> None:
    await kate.writes(text, to=support)

    assert text in await shown(alice, support)


async def test_an_old_client_and_an_anonymous_administrator_write_commands_for_all(
    support: Chat, kate: User, alice: User
) -> None:
    await kate.writes("/tickets", to=support, plain=True)
    await kate.writes("/tickets", to=support, anonymous=True)

    assert (await shown(alice, support)).count("/tickets") == 2


async def test_an_administrator_whispers_to_a_member_at_any_time(
    api: Api, support: Chat, kate: User, alice: User
) -> None:
    await support.bot_becomes("administrator")

    sent = await api("sendMessage", chat_id=support.id, text="for you", **alone(kate))

    assert (sent["message_id"], sent["receiver_user"]["id"]) == (0, kate.id)
    assert (await kate.sees("for you", in_=support)).only_for == kate.id
    assert "for you" not in await shown(alice, support)


async def test_without_rights_it_whispers_within_fifteen_seconds_of_a_press(
    api: Api, sandbox: Sandbox, support: Chat, kate: User
) -> None:
    query = await pressed(api, kate, support)
    whisper = {"chat_id": support.id, "text": "menu"}
    assert await api.refused("sendMessage", **whisper, **alone(kate)) == NOT_ADMIN

    sandbox.clock.advance(15)
    await api("sendMessage", **whisper, **alone(kate, callback_query_id=query))
    sandbox.clock.advance(1)

    too_late = await api.refused("sendMessage", **whisper, **alone(kate, callback_query_id=query))
    assert too_late == (400, "Bad Request: QUERY_ID_INVALID")


async def test_an_answered_press_and_one_of_somebody_else_give_no_right(
    api: Api, support: Chat, kate: User, alice: User
) -> None:
    query = await pressed(api, kate, support)
    refused = (400, "Bad Request: QUERY_ID_INVALID")
    whisper = {"chat_id": support.id, "text": "menu"}

    for_alice = alone(alice, callback_query_id=query)
    assert await api.refused("sendMessage", **whisper, **for_alice) == refused

    await api("answerCallbackQuery", callback_query_id=query)
    for_kate = alone(kate, callback_query_id=query)
    assert await api.refused("sendMessage", **whisper, **for_kate) == refused


async def test_without_rights_it_answers_an_ephemeral_command_within_fifteen_seconds(
    api: Api, sandbox: Sandbox, support: Chat, kate: User, alice: User
) -> None:
    await kate.writes("/tickets", to=support)
    command = (await heard(api))["ephemeral_message_id"]
    answer = {"chat_id": support.id, "text": "nothing waits"}
    reply = {"reply_parameters": {"ephemeral_message_id": command}}

    sent = await api("sendMessage", **answer, **alone(kate), **reply)
    to_another = await api.refused("sendMessage", **answer, **alone(alice), **reply)
    to_all = await api.refused("sendMessage", **answer, **reply)
    sandbox.clock.advance(16)
    too_late = await api.refused("sendMessage", **answer, **alone(kate), **reply)

    assert sent["reply_to_message"]["ephemeral_message_id"] == command
    assert to_another == too_late == (400, "Bad Request: message to be replied not found")
    assert to_all[0] == 400


async def test_it_whispers_to_people_of_the_group_alone(
    api: Api, telegram: Telegram, support: Chat, kate: User
) -> None:
    await support.bot_becomes("administrator")
    stranger = await telegram.user("Stranger")
    robot = await telegram.user("Robot", is_bot=True)
    await robot.joins(support)
    await kate.writes("hello")

    for person in (stranger, robot):
        assert (await api.refused("sendMessage", chat_id=support.id, text="x", **alone(person)))[0]
    private = await api.refused("sendMessage", chat_id=kate.id, text="x", **alone(kate))
    assert private == NOT_ADMIN


async def whispered(api: Api, support: Chat, kate: User, text: str = "first") -> dict[str, Any]:
    await support.bot_becomes("administrator")
    keyboard = {"inline_keyboard": [[{"text": "Next", "callback_data": "next"}]]}
    sent = await api(
        "sendMessage", chat_id=support.id, text=text, reply_markup=keyboard, **alone(kate)
    )
    return {
        "chat_id": support.id,
        "receiver_user_id": kate.id,
        "ephemeral_message_id": sent["ephemeral_message_id"],
    }


async def test_a_whisper_is_edited_and_deleted_by_methods_of_its_own(
    api: Api, support: Chat, kate: User
) -> None:
    place = await whispered(api, support, kate)
    message = await kate.sees("first", in_=support)

    assert await api("editEphemeralMessageText", **place, text="second") is True
    edited = await kate.sees_edit(message, "second")
    assert edited.buttons == []
    keyboard = {"inline_keyboard": [[{"text": "Back", "callback_data": "back"}]]}
    await api("editEphemeralMessageReplyMarkup", **place, reply_markup=keyboard)
    assert (await kate.sees_edit(edited)).buttons == ["Back"]
    ordinary = {"chat_id": support.id, "message_id": 0, "text": "x"}
    assert (await api.refused("editMessageText", **ordinary))[0] == 400
    assert (await api.refused("deleteMessage", chat_id=support.id, message_id=0))[0] == 400
    other = place | {"receiver_user_id": kate.id + 1}
    assert (await api.refused("deleteEphemeralMessage", **other))[0] == 400

    assert await api("deleteEphemeralMessage", **place) is True
    await kate.sees_gone(message)
    assert (await api.refused("editEphemeralMessageText", **place, text="third"))[0] == 400


async def test_an_edit_takes_no_more_than_1024_characters_although_a_send_does(
    api: Api, support: Chat, kate: User
) -> None:
    place = await whispered(api, support, kate, "x" * 4096)

    await api("editEphemeralMessageText", **place, text="y" * 1024)
    too_long = await api.refused("editEphemeralMessageText", **place, text="z" * 1025)

    assert too_long == (400, "Bad Request: MEDIA_CAPTION_TOO_LONG")


async def test_media_and_captions_of_whispers_change_too(
    api: Api, support: Chat, kate: User
) -> None:
    await support.bot_becomes("administrator")
    photo = await kate.sends_photo("mine", to=support)
    file_id = photo.raw["photo"][-1]["file_id"]
    sent = await api("sendPhoto", chat_id=support.id, photo=file_id, caption="one", **alone(kate))
    place = {"chat_id": support.id, "receiver_user_id": kate.id}
    place |= {"ephemeral_message_id": sent["ephemeral_message_id"]}
    message = await kate.sees("one", in_=support)

    await api("editEphemeralMessageCaption", **place, caption="two")
    message = await kate.sees_edit(message, "two")
    media = {"type": "photo", "media": file_id, "caption": "three"}
    await api("editEphemeralMessageMedia", **place, media=media)

    assert (await kate.sees_edit(message, "three")).only_for == kate.id


async def test_only_its_receiver_presses_its_buttons(
    api: Api, support: Chat, kate: User, alice: User
) -> None:
    place = await whispered(api, support, kate)
    message = await kate.sees("first", in_=support)

    with pytest.raises(ControlError, match="does not see"):
        await alice.presses(message, "Next")
    query = await kate.presses(message, "Next")

    told = (await api.confirmed())[-1]["callback_query"]
    assert told["message"]["ephemeral_message_id"] == place["ephemeral_message_id"]
    assert told["message"]["message_id"] == 0
    await support.bot_becomes("member")
    await api(
        "sendMessage", chat_id=support.id, text="more", **alone(kate, callback_query_id=query.id)
    )


async def test_a_reply_to_a_whisper_is_one_itself(
    api: Api, support: Chat, kate: User, alice: User
) -> None:
    place = await whispered(api, support, kate)

    reply = await kate.replies(await kate.sees("first", in_=support), "thanks")

    told = await heard(api)
    assert (told["message_id"], told["text"]) == (0, "thanks")
    replied = told["reply_to_message"]
    assert replied["ephemeral_message_id"] == place["ephemeral_message_id"]
    assert reply.reply_to == -place["ephemeral_message_id"]
    assert "thanks" not in await shown(alice, support)


async def test_a_lost_whisper_is_told_as_sent_and_never_seen(
    api: Api, support: Chat, kate: User
) -> None:
    await support.loses_ephemeral()

    place = await whispered(api, support, kate)
    await api("editEphemeralMessageText", **place, text="second")
    assert await kate.looks(support) == await support.messages()
    assert "first" not in await shown(kate, support)

    await support.loses_ephemeral(loses=False)
    await whispered(api, support, kate, "third")
    assert "third" in await shown(kate, support)


async def test_a_bot_can_neither_copy_nor_reply_to_nor_react_to_one_by_a_number(
    api: Api, support: Chat, kate: User
) -> None:
    place = await whispered(api, support, kate)

    for number in (0, -place["ephemeral_message_id"]):
        for method in ("copyMessage", "forwardMessage"):
            where = {"chat_id": support.id, "from_chat_id": support.id, "message_id": number}
            assert (await api.refused(method, **where))[0] == 400
        where = {"chat_id": support.id, "message_id": number}
        assert (await api.refused("setMessageReaction", **where, reaction=[]))[0] == 400
        assert (await api.refused("pinChatMessage", **where))[0] == 400
        reply = {"reply_parameters": {"message_id": number}}
        assert (await api.refused("sendMessage", chat_id=support.id, text="x", **reply))[0] == 400


async def test_what_the_sandbox_does_not_model_it_refuses_by_name(
    api: Api, support: Chat, kate: User
) -> None:
    place = await whispered(api, support, kate)
    message = await kate.sees("first", in_=support)
    say = {"chat_id": support.id, "text": "x"}

    replacing = alone(kate, replace_callback_query_message=True)
    assert (
        "replace_callback_query_message"
        in (await api.refused("sendMessage", **say, **replacing))[1]
    )
    former = await api.refused("sendMessage", **say, receiver_user_id=kate.id)
    assert "receiver_user_id" in former[1]
    rich: dict[str, Any] = {"rich_message": {"blocks": []}}
    assert "rich_message" in (await api.refused("editEphemeralMessageText", **place, **rich))[1]
    for act in (kate.reacts(message, "👍"), kate.pins(message), kate.edits(message, "x")):
        with pytest.raises(ControlError, match="ephemeral messages the sandbox models no"):
            await act


async def test_its_receiver_can_dismiss_it(api: Api, support: Chat, kate: User) -> None:
    await whispered(api, support, kate)
    message: Message = await kate.sees("first", in_=support)

    await kate.deletes(message)

    assert "first" not in await shown(kate, support)


async def test_whispers_count_as_messages_of_the_group(
    api: Api, telegram: Telegram, support: Chat, kate: User
) -> None:
    await support.bot_becomes("administrator")
    await telegram.limits(enabled=True)

    answers = [
        await api.call("sendMessage", chat_id=support.id, text="x", **alone(kate))
        for _ in range(21)
    ]

    assert [answer["ok"] for answer in answers] == [True] * 20 + [False]


async def test_a_saved_state_keeps_them(api: Api, support: Chat, kate: User, tmp_path: Any) -> None:
    await whispered(api, support, kate)
    saved = tmp_path / "state.json"
    keeping.save(api.sandbox.stage, saved)

    async with Sandbox(clock=lambda: 0.0) as again:
        keeping.load(again.stage, saved)
        messages = again.world.chats[support.id].messages.values()
        assert [one.only_for for one in messages if one.view.get("text") == "first"] == [kate.id]
