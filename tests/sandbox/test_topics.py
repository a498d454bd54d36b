import asyncio
from typing import Any

import pytest

from sandbox import Sandbox, Telegram, describing, scene, threads, topics
from sandbox.client import Chat, ControlError, Message, User
from sandbox.model import GENERAL
from sandbox.playing import play
from tests.sandbox.conftest import Api

Json = dict[str, Any]


@pytest.fixture
async def forum(telegram: Telegram, kate: User, alice: User) -> Chat:
    """Kate owns it, Alice is a member, and the bot an administrator."""
    return await telegram.group("Desk", members=[kate, alice], forum=True, bot="administrator")


@pytest.fixture
async def thread(api: Api, forum: Chat) -> int:
    """A topic that the bot made and has heard of."""
    made = await api("createForumTopic", chat_id=forum.id, name="Order 7")
    await api.confirmed()
    return int(made["message_thread_id"])


def where(message: Json) -> tuple[int | None, bool, int | None]:
    """Its thread, whether that is a topic, and which message it replies to."""
    replied = message.get("reply_to_message", {}).get("message_id")
    return message.get("message_thread_id"), "is_topic_message" in message, replied


async def news(api: Api) -> list[Json]:
    """The messages that the bot is told of."""
    return [update["message"] for update in await api.confirmed() if "message" in update]


async def test_a_topic_is_opened_written_in_closed_and_deleted(
    api: Api, telegram: Telegram, kate: User
) -> None:
    forum = await telegram.group("Support", members=[kate], forum=True, bot="administrator")
    topic = await api("createForumTopic", chat_id=forum.id, name="Alice")
    where = {"chat_id": forum.id, "message_thread_id": topic["message_thread_id"]}

    sent = await api("sendMessage", **where, text="card")
    assert (sent["message_thread_id"], sent["is_topic_message"]) == (
        topic["message_thread_id"],
        True,
    )
    await api.confirmed()
    await kate.writes("answer", to=forum, thread=topic["message_thread_id"])
    told = (await api.confirmed())[0]["message"]
    assert told["message_thread_id"] == topic["message_thread_id"]
    assert "forum_topic_created" in told["reply_to_message"]

    assert await api("editForumTopic", **where, name="Alice · closed")
    assert await api("closeForumTopic", **where)
    assert (await api.refused("closeForumTopic", **where))[1] == "Bad Request: TOPIC_NOT_MODIFIED"
    assert await api("reopenForumTopic", **where)
    assert await api("deleteForumTopic", **where)
    assert await api.refused("sendMessage", **where, text="?") == (
        400,
        "Bad Request: message thread not found",
    )


async def test_a_topic_that_somebody_deletes_takes_its_messages_along(
    telegram: Telegram, kate: User
) -> None:
    forum = await telegram.group("Support", members=[kate], forum=True, bot="administrator")
    opened = await telegram.call("topic", chat=forum.id, user=kate.id, name="Ideas")
    idea = await kate.writes("idea", to=forum, thread=opened["message_thread_id"])

    await forum.loses_topic(opened["message_thread_id"])

    assert await forum.message(idea.id) is None


async def test_a_message_may_land_in_general_without_an_error(
    api: Api, telegram: Telegram, kate: User
) -> None:
    forum = await telegram.group("Support", members=[kate], forum=True, bot="administrator")
    topic = await api("createForumTopic", chat_id=forum.id, name="Alice")
    await forum.drops_threads()

    thread_id = topic["message_thread_id"]
    sent = await api("sendMessage", chat_id=forum.id, message_thread_id=thread_id, text="x")

    assert "message_thread_id" not in sent


async def test_one_topic_alone_may_have_its_messages_land_in_general(
    api: Api, telegram: Telegram, kate: User
) -> None:
    forum = await telegram.group("Support", members=[kate], forum=True, bot="administrator")
    alice, bob = [await api("createForumTopic", chat_id=forum.id, name=one) for one in "AB"]
    await telegram.call(
        "topic_refuses", chat=forum.id, thread=alice["message_thread_id"], drops=True
    )

    sent = [
        await api(
            "sendMessage", chat_id=forum.id, message_thread_id=one["message_thread_id"], text="x"
        )
        for one in (alice, bob)
    ]

    assert [one.get("message_thread_id") for one in sent] == [None, bob["message_thread_id"]]


@pytest.mark.parametrize(("forum", "bot"), [(False, "administrator"), (True, "member")])
async def test_topics_need_a_forum_and_rights(
    api: Api, telegram: Telegram, kate: User, bot: str, *, forum: bool
) -> None:
    group = await telegram.group("Support", members=[kate], supergroup=True, forum=forum, bot=bot)

    assert (await api.refused("createForumTopic", chat_id=group.id, name="x"))[0] == 400


async def test_general_is_renamed_closed_hidden_and_opened_again(
    api: Api, telegram: Telegram, kate: User, alice: User
) -> None:
    forum = await telegram.group("Support", members=[kate, alice], forum=True, bot="administrator")
    where = {"chat_id": forum.id}

    await api("editGeneralForumTopic", **where, name="Office")
    await api("hideGeneralForumTopic", **where)
    for method in ("closeGeneralForumTopic", "hideGeneralForumTopic"):
        assert (await api.refused(method, **where))[1] == "Bad Request: TOPIC_NOT_MODIFIED"
    with pytest.raises(ControlError, match="Alice may not write in this topic now"):
        await alice.writes("anybody there?", to=forum)
    assert await api("sendMessage", **where, text="administrators may")
    await forum.bot_becomes("member")
    assert (await api.refused("sendMessage", **where, text="x"))[1] == "Bad Request: TOPIC_CLOSED"
    await forum.bot_becomes("administrator")
    await api("unhideGeneralForumTopic", **where)
    await api("reopenGeneralForumTopic", **where)
    await alice.writes("it is open", to=forum)

    told = ("forum_topic_edited", "general_forum_topic_hidden", "general_forum_topic_unhidden")
    names = (*told, "forum_topic_reopened")
    seen = [name for m in await forum.messages() for name in names if name in m.raw]
    assert seen == list(names)
    for method in ("unhideGeneralForumTopic", "reopenGeneralForumTopic"):
        assert (await api.refused(method, **where))[1] == "Bad Request: TOPIC_NOT_MODIFIED"


async def test_in_a_closed_topic_only_administrators_write(
    api: Api, telegram: Telegram, kate: User, alice: User
) -> None:
    forum = await telegram.group("Support", members=[kate, alice], forum=True, bot="administrator")
    topic = await api("createForumTopic", chat_id=forum.id, name="Done")
    thread = topic["message_thread_id"]
    await api("closeForumTopic", chat_id=forum.id, message_thread_id=thread)

    with pytest.raises(ControlError, match="Alice may not write in this topic now"):
        await alice.writes("one more thing", to=forum, thread=thread)
    await kate.writes("an owner may", to=forum, thread=thread)


async def test_pinned_messages_are_unpinned_topic_by_topic(
    api: Api, telegram: Telegram, kate: User
) -> None:
    forum = await telegram.group("Support", members=[kate], forum=True, bot="administrator")
    topic = await api("createForumTopic", chat_id=forum.id, name="Alice")
    thread = {"chat_id": forum.id, "message_thread_id": topic["message_thread_id"]}
    for where in ({"chat_id": forum.id}, thread):
        sent = await api("sendMessage", **where, text=f"pinned {len(where)}")
        await api("pinChatMessage", chat_id=forum.id, message_id=sent["message_id"])

    assert (await api("getChat", chat_id=forum.id))["pinned_message"]["text"] == "pinned 2"
    await api("unpinAllForumTopicMessages", **thread)
    assert (await api("getChat", chat_id=forum.id))["pinned_message"]["text"] == "pinned 1"
    await api("unpinAllGeneralForumTopicMessages", chat_id=forum.id)
    assert "pinned_message" not in await api("getChat", chat_id=forum.id)


async def test_icons_are_offered_and_taken(api: Api, telegram: Telegram, kate: User) -> None:
    forum = await telegram.group("Support", members=[kate], forum=True, bot="administrator")
    icon = (await api("getForumTopicIconStickers"))[0]["custom_emoji_id"]

    topic = await api("createForumTopic", chat_id=forum.id, name="News", icon_custom_emoji_id=icon)

    assert topic["icon_custom_emoji_id"] == icon


async def test_what_replies_to_nothing_in_a_topic_replies_to_what_opened_it(
    api: Api, forum: Chat, thread: int, kate: User
) -> None:
    place = {"chat_id": forum.id, "message_thread_id": thread}
    sent = await api("sendMessage", **place, text="card")
    await kate.writes("answer", to=forum, thread=thread)
    await kate.sends_photo("picture", to=forum, thread=thread)
    photo = (await news(api))[1]
    album = [{"type": "photo", "media": photo["photo"][-1]["file_id"]}] * 2
    items = await api("sendMediaGroup", **place, media=album)
    copy = await api("copyMessage", **place, from_chat_id=forum.id, message_id=sent["message_id"])
    forward = {"from_chat_id": forum.id, "message_id": sent["message_id"]}
    forwarded = await api("forwardMessage", **place, **forward)
    edited = await api(
        "editMessageText", chat_id=forum.id, message_id=sent["message_id"], text="changed"
    )

    copied = (await forum.message(copy["message_id"])).raw  # type: ignore[union-attr]
    for message in (sent, photo, *items, copied, forwarded, edited):
        assert where(message) == (thread, True, thread)
        assert message["reply_to_message"]["from"]["is_bot"]
        assert message["reply_to_message"]["forum_topic_created"]["name"] == "Order 7"


async def test_a_reply_in_a_topic_replies_to_what_it_answers(
    api: Api, forum: Chat, thread: int, kate: User
) -> None:
    asked = await kate.writes("one", to=forum, thread=thread)
    reply = {"reply_parameters": {"message_id": asked.id}}
    sent = await api("sendMessage", chat_id=forum.id, **reply, text="two")
    await kate.replies(asked, "three")
    _asked, replied = await news(api)

    assert where(sent) == where(replied) == (thread, True, asked.id)


async def test_in_general_only_replies_have_a_number_and_nothing_can_be_sent_to_it(
    api: Api, forum: Chat, kate: User
) -> None:
    first = await kate.writes("hello", to=forum)
    second = await kate.replies(first, "is anybody there?")
    await kate.replies(second, "hm")
    reply = {"reply_parameters": {"message_id": second.id}}
    sent = await api("sendMessage", chat_id=forum.id, **reply, text="yes")
    alone = await api("sendMessage", chat_id=forum.id, text="by the way")

    told = [where(message) for message in await news(api) if "text" in message]
    assert told == [
        (None, False, None),
        (first.id, False, first.id),
        (first.id, False, second.id),
    ]
    assert (where(sent), where(alone)) == ((first.id, False, second.id), (None, False, None))
    for number in (first.id, 1):
        refused = await api.refused(
            "sendMessage", chat_id=forum.id, message_thread_id=number, text="x"
        )
        assert refused == (400, "Bad Request: message thread not found")
    assert await api("sendChatAction", chat_id=forum.id, message_thread_id=1, action="typing")


async def test_replies_are_numbered_in_supergroups_and_not_in_basic_groups(
    api: Api, telegram: Telegram, kate: User
) -> None:
    for supergroup in (True, False):
        group = await telegram.group(
            "Support", members=[kate], supergroup=supergroup, bot="administrator"
        )
        await api.confirmed()
        asked = await kate.writes("hello", to=group)
        reply = {"reply_parameters": {"message_id": asked.id}}
        sent = await api("sendMessage", chat_id=group.id, **reply, text="yes")

        assert where(sent) == (asked.id if supergroup else None, False, asked.id)


async def test_a_reply_sent_to_another_topic_points_out_of_it(
    api: Api, forum: Chat, thread: int, kate: User
) -> None:
    asked = await kate.writes("in General", to=forum)
    reply = {"reply_parameters": {"message_id": asked.id}}
    sent = await api("sendMessage", chat_id=forum.id, message_thread_id=thread, **reply, text="x")

    assert where(sent) == (thread, True, thread)
    assert sent["external_reply"]["message_id"] == asked.id


async def test_what_people_reply_in_another_topic_points_out_of_it(
    api: Api, forum: Chat, thread: int, kate: User
) -> None:
    card = await api("sendMessage", chat_id=forum.id, message_thread_id=thread, text="card")
    replied = Message(card | {"chat_id": forum.id})

    await kate.writes("in General", to=forum, reply_to=replied, thread=GENERAL)
    asked = await kate.writes("Who?", to=forum)
    await kate.writes("in the topic", to=forum, reply_to=asked, thread=thread)
    await kate.writes("in its own", to=forum, reply_to=replied, thread=thread)

    out, _, inside, own = await news(api)
    assert (where(out), where(inside)) == ((None, False, None), (thread, True, thread))
    assert where(own) == (thread, True, replied.id)
    assert "external_reply" not in own
    pointed = [(one["external_reply"]["message_id"], whose(one)) for one in (out, inside)]
    assert pointed == [(replied.id, card["from"]["id"]), (asked.id, kate.id)]


def whose(message: Json) -> int:
    """Whose message it replies to in another topic."""
    sender: int = message["external_reply"]["origin"]["sender_user"]["id"]
    return sender


async def test_the_bot_hears_of_what_it_does_to_topics_and_can_delete_that(
    api: Api, forum: Chat, thread: int
) -> None:
    place = {"chat_id": forum.id, "message_thread_id": thread}
    await api("editForumTopic", **place, name="Order 7 · done")
    await api("closeForumTopic", **place)
    await api("hideGeneralForumTopic", chat_id=forum.id)
    await api("sendMessage", **place, text="of this it hears nothing")

    edited, closed, hidden = await news(api)
    assert edited["forum_topic_edited"] == {"name": "Order 7 · done"}
    assert where(edited) == where(closed) == (thread, True, thread)
    assert "general_forum_topic_hidden" in hidden
    assert where(hidden) == (None, False, None)
    for message in (edited, closed, hidden):
        gone = {"chat_id": forum.id, "message_id": message["message_id"]}
        assert await api("deleteMessage", **gone)
    refused = await api.refused("deleteMessage", chat_id=forum.id, message_id=thread)
    assert refused == (400, "Bad Request: message can't be deleted for everyone")


async def test_people_open_rename_close_and_delete_topics(
    api: Api, forum: Chat, kate: User, alice: User
) -> None:
    await api.confirmed()
    icon = (await api("getForumTopicIconStickers"))[0]["custom_emoji_id"]
    own = await alice.opens_topic("Ideas", in_=forum)
    await alice.edits_topic(own, in_=forum, name="Good ideas", icon=icon)
    await alice.closes_topic(own, in_=forum)
    await alice.writes("it is my topic", to=forum, thread=own)
    await kate.closes_topic(own, in_=forum, closed=False)
    await kate.edits_topic(1, in_=forum, name="Office")
    await kate.closes_topic(1, in_=forum)
    await kate.hides_general(in_=forum)
    await kate.deletes_topic(own, in_=forum)

    told = await news(api)
    events = [next(key for key in one if "forum_topic" in key) for one in told if "text" not in one]
    assert events == [
        *("forum_topic_created", "forum_topic_edited", "forum_topic_closed"),
        *("forum_topic_reopened", "forum_topic_edited", "forum_topic_closed"),
        "general_forum_topic_hidden",
    ]
    changed = {"name": "Good ideas", "icon_custom_emoji_id": icon}
    assert told[1]["forum_topic_edited"] == changed
    assert (where(told[0]), where(told[1])) == ((own, True, None), (own, True, own))


async def test_people_do_to_topics_only_what_they_may(
    telegram: Telegram, forum: Chat, thread: int, kate: User, alice: User
) -> None:
    with pytest.raises(ControlError, match="Alice may not change this topic"):
        await alice.closes_topic(thread, in_=forum)
    with pytest.raises(ControlError, match="Alice may not change this topic"):
        await alice.hides_general(in_=forum)
    with pytest.raises(ControlError, match="Alice may not delete this topic"):
        await alice.deletes_topic(thread, in_=forum)
    with pytest.raises(ControlError, match="Alice may not change this group"):
        await telegram.call("forum", chat=forum.id, user=alice.id, on=False)
    with pytest.raises(ControlError, match="goes with the topic"):
        await kate.deletes(await forum.message(thread))  # type: ignore[arg-type]
    with pytest.raises(ControlError, match="there is no topic 999"):
        await kate.writes("nowhere", to=forum, thread=999)
    own = await alice.opens_topic("Mine alone", in_=forum)
    await alice.deletes_topic(own, in_=forum)
    await forum.mutes_members()
    with pytest.raises(ControlError, match="Alice may not open topics here"):
        await alice.opens_topic("Ideas", in_=forum)


async def test_without_the_right_the_bot_changes_its_own_topics_and_no_others(
    api: Api, forum: Chat, thread: int, kate: User
) -> None:
    other = await kate.opens_topic("Kate's", in_=forum)
    lacking = ["can_manage_topics", "can_delete_messages"]
    await forum.bot_becomes("administrator", without=lacking)
    own, theirs = ({"chat_id": forum.id, "message_thread_id": number} for number in (thread, other))

    assert await api("editForumTopic", **own, name="Order 7 · done")
    assert await api("closeForumTopic", **own)
    assert await api("sendMessage", **own, text="and writes in them")
    await kate.closes_topic(other, in_=forum)
    rights = "Bad Request: not enough rights to"
    for method, params, error in (
        ("createForumTopic", {"chat_id": forum.id, "name": "x"}, f"{rights} create a topic"),
        ("editForumTopic", theirs | {"name": "x"}, f"{rights} edit the topic"),
        ("reopenForumTopic", theirs, f"{rights} close or open the topic"),
        ("deleteForumTopic", own, f"{rights} delete the topic"),
        ("hideGeneralForumTopic", {"chat_id": forum.id}, f"{rights} close or open the topic"),
        ("editGeneralForumTopic", {"chat_id": forum.id, "name": "x"}, f"{rights} edit the topic"),
        ("sendMessage", theirs | {"text": "x"}, "Bad Request: TOPIC_CLOSED"),
    ):
        assert await api.refused(method, **params) == (400, error)


async def test_topics_are_changed_only_where_there_is_something_to_change(
    api: Api, forum: Chat, thread: int
) -> None:
    place = {"chat_id": forum.id, "message_thread_id": thread}
    assert await api("editForumTopic", **place)
    assert await api("editForumTopic", **place, name="")
    general = {"chat_id": forum.id, "message_thread_id": 1}
    for params, error in (
        (place | {"name": "Order 7"}, "TOPIC_NOT_MODIFIED"),
        (place | {"icon_custom_emoji_id": ""}, "TOPIC_NOT_MODIFIED"),
        (place | {"name": "  "}, "title must be non-empty"),
        (general | {"icon_custom_emoji_id": "5"}, "GENERAL_MODIFY_ICON_FORBIDDEN"),
        (place | {"message_thread_id": 999, "name": "x"}, "TOPIC_ID_INVALID"),
        (place | {"message_thread_id": 0, "name": "x"}, "invalid forum topic identifier specified"),
    ):
        assert await api.refused("editForumTopic", **params) == (400, f"Bad Request: {error}")
    assert not await news(api)


async def test_a_long_name_is_cut(api: Api, forum: Chat) -> None:
    made = await api("createForumTopic", chat_id=forum.id, name="  a\n\tb " + "x" * 200)

    assert made["name"] == "a b " + "x" * 124
    refused = await api.refused("createForumTopic", chat_id=forum.id, name=" ")
    assert refused == (400, "Bad Request: title must be non-empty")


async def test_a_pin_is_told_in_its_topic(api: Api, forum: Chat, thread: int, kate: User) -> None:
    said = await kate.writes("important", to=forum, thread=thread)
    await api("pinChatMessage", chat_id=forum.id, message_id=said.id)
    first = await kate.writes("in General", to=forum)
    await kate.pins(await kate.replies(first, "a reply"))

    pins = [where(message) for message in await news(api) if "pinned_message" in message]
    assert pins == [(thread, True, thread), (None, False, None)]
    await api("unpinAllGeneralForumTopicMessages", chat_id=forum.id)
    assert (await api("getChat", chat_id=forum.id))["pinned_message"]["text"] == "important"
    await api("unpinAllForumTopicMessages", chat_id=forum.id, message_thread_id=thread)
    assert "pinned_message" not in await api("getChat", chat_id=forum.id)


async def test_a_group_that_stops_being_a_forum_shows_everything_in_one_chat(
    api: Api, forum: Chat, thread: int, kate: User, alice: User
) -> None:
    said = await kate.writes("in the topic", to=forum, thread=thread)
    await kate.closes_topic(1, in_=forum)
    await forum.turns_topics(on=False)
    await api.confirmed()

    place = {"chat_id": forum.id, "message_thread_id": thread}
    assert await api.refused("sendMessage", **place, text="x") == (
        400,
        "Bad Request: message thread not found",
    )
    for method in ("closeForumTopic", "unpinAllForumTopicMessages"):
        assert await api.refused(method, **place) == (400, "Bad Request: the chat is not a forum")
    await alice.writes("anybody may write", to=forum)
    await kate.replies(said, "a reply")
    await kate.edits(said, "edited")
    updates = [one.get("edited_message") or one["message"] for one in await api.confirmed()]
    assert [where(one) for one in updates] == [
        (None, False, None),
        (thread, False, said.id),
        (thread, False, thread),
    ]
    assert "is_forum" not in updates[0]["chat"]

    await forum.turns_topics()
    sent = await api("sendMessage", **place, text="it is back")
    assert where(sent) == (thread, True, thread)


async def test_only_a_supergroup_becomes_a_forum(telegram: Telegram, kate: User) -> None:
    group = await telegram.group("Support", members=[kate])
    with pytest.raises(ControlError, match="only a supergroup can be a forum"):
        await group.turns_topics()

    await (await group.becomes_supergroup()).turns_topics()


@pytest.mark.parametrize("description", ["message thread not found", "TOPIC_DELETED"])
async def test_telegram_may_forget_a_topic_that_people_see(
    api: Api, forum: Chat, thread: int, kate: User, description: str
) -> None:
    await forum.forgets_topic(thread, description)
    said = await kate.writes("I am still here", to=forum, thread=thread)

    place = {"chat_id": forum.id, "message_thread_id": thread}
    assert await api.refused("sendMessage", **place, text="x") == (
        400,
        f"Bad Request: {description}",
    )
    reply = {"chat_id": forum.id, "reply_parameters": {"message_id": said.id}}
    assert where(await api("sendMessage", **reply, text="x")) == (thread, True, said.id)
    await forum.forgets_topic(thread, None)
    assert await api("sendMessage", **place, text="x")


async def test_privacy_mode_does_not_take_a_topic_of_the_bots_for_a_talk_with_it(
    api: Api, forum: Chat, thread: int, alice: User
) -> None:
    card = await api("sendMessage", chat_id=forum.id, message_thread_id=thread, text="card")
    await forum.bot_becomes("member")
    await api.confirmed()
    await alice.writes("among us", to=forum, thread=thread)
    shown = await forum.message(card["message_id"])
    await alice.replies(shown, "to you")  # type: ignore[arg-type]

    assert [message["text"] for message in await news(api)] == ["to you"]


async def test_what_is_done_to_topics_is_played_again(
    telegram: Telegram, api: Api, forum: Chat, thread: int, kate: User
) -> None:
    place = {"chat_id": forum.id, "message_thread_id": thread}
    await api("closeForumTopic", **place)
    await kate.edits_topic(1, in_=forum, name="Office")
    await telegram.call("record", on=True)
    await kate.writes("one", to=forum, thread=thread)
    await kate.closes_topic(thread, in_=forum, closed=False)
    own = await kate.opens_topic("Ideas", in_=forum)
    await kate.edits_topic(own, in_=forum, name="Good ideas")
    await kate.writes("two", to=forum, thread=own)
    await kate.hides_general(in_=forum)
    await api("sendMessage", **place, text="in the topic")
    await api("editForumTopic", **place, name="Order 8")
    await api("sendMessage", chat_id=forum.id, text="in General")
    scenario = await telegram.call("record", on=False)

    said = [(step["bot"]["text"], step["bot"]["thread"]) for step in scenario["steps"][-3:]]
    assert said == [
        ("in the topic", thread),
        ("forum_topic_edited Order 8", thread),
        ("in General", None),
    ]
    async with Sandbox() as other, other.client() as elsewhere:
        lines: list[str] = []
        scenario["steps"] = scenario["steps"][:-3]
        assert await play(elsewhere, scenario, lines.append, 1) == 0, lines
        now = other.world.chats[forum.id]

    first, ideas = now.topics.values()
    assert (first.name, first.closed, first.creator) == ("Order 7", False, other.world.bot.id)
    assert (ideas.name, ideas.creator) == ("Good ideas", kate.id)
    assert (now.general.name, now.general.hidden) == ("Office", True)
    texts = {m.view["text"]: threads.topic_of(m) for m in now.messages.values() if "text" in m.view}
    assert texts == {"one": first, "two": ideas}


async def test_the_bot_is_heard_in_the_topic_in_which_it_spoke(
    telegram: Telegram, api: Api, forum: Chat, kate: User
) -> None:
    await telegram.call("record", on=True)
    await kate.writes("open two", to=forum)
    place = {"chat_id": forum.id}
    for name in ("A", "B"):
        made = await api("createForumTopic", chat_id=forum.id, name=name)
        place["message_thread_id"] = made["message_thread_id"]
        await api("sendMessage", **place, text=f"card {name}")
    await kate.writes("close", to=forum, thread=place["message_thread_id"])
    await api("closeForumTopic", **place)
    scenario = await telegram.call("record", on=False)

    async with Sandbox() as other, other.client() as elsewhere:

        async def answer() -> None:
            await elsewhere.watch(None, lambda change: change["kind"] == "chat", 0, 5)
            (group,) = (c for c in other.world.chats.values() if not c.private)
            bot, opened = other.world.bot, {}
            for name in ("B", "A"):  # the other way round
                opened[name] = topics.create(other.world, group, bot, name)
            for name, topic in opened.items():
                fields = threads.inside(group, topic) | {"text": f"card {name}"}
                other.world.add_message(group, bot, fields)
            topics.close(other.world, group, opened["B"], bot, closed=True)

        lines: list[str] = []
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(answer())
            assert await play(elsewhere, scenario, lines.append, 2) == 0, lines


async def test_a_forum_is_set_up_as_it_was_described(
    sandbox: Sandbox, forum: Chat, kate: User
) -> None:
    bots = await opened(forum, None, "Bot's")
    await kate.opens_topic("Kate's", in_=forum)
    await kate.closes_topic(bots, in_=forum)
    await kate.hides_general(in_=forum)
    described = describing.describe(sandbox.world)

    async with Sandbox() as other:
        scene.set_up(other.stage, described)
        assert describing.describe(other.world) == described
        first, second = other.world.chats[forum.id].topics.values()
        assert (first.creator, second.creator) == (other.world.bot.id, kate.id)


async def opened(forum: Chat, user: int | None, name: str) -> int:
    made = await forum.telegram.call("topic", chat=forum.id, user=user, name=name)
    return int(made["message_thread_id"])


async def test_a_reply_to_an_ephemeral_message_stays_in_its_topic(
    api: Api, forum: Chat, thread: int, alice: User
) -> None:
    command = {"command": "find", "description": "Find", "is_ephemeral": True}
    scope = {"type": "chat", "chat_id": forum.id}
    await api("setMyCommands", commands=[command], scope=scope)
    await alice.writes("/find", to=forum, thread=thread)
    (asked,) = await news(api)

    receiver = {"receiver_user_id": alice.id}
    reply = {"ephemeral_message_id": asked["ephemeral_message_id"]}
    how = {"ephemeral_message_parameters": receiver, "reply_parameters": reply}
    sent = await api("sendMessage", chat_id=forum.id, text="found", **how)

    assert where(asked) == (thread, True, thread)
    assert where(sent) == (thread, True, 0)


async def test_people_look_into_one_topic(api: Api, forum: Chat, thread: int, kate: User) -> None:
    for place in ({"message_thread_id": thread}, {}):
        await api("sendMessage", chat_id=forum.id, text="the same words", **place)

    seen = await kate.sees("the same words", in_=forum, thread=thread)
    in_general = await kate.sees("the same words", in_=forum, thread=1)

    assert (seen.thread, in_general.thread) == (thread, None)
