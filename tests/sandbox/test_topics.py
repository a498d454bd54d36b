import pytest

from sandbox import Telegram
from sandbox.client import User
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
