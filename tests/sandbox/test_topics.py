import pytest

from sandbox import Telegram
from sandbox.client import ControlError, User
from tests.sandbox.conftest import Api


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
