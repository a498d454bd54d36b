"""What people do with the topics of a forum, and what Telegram does to them.

`thread` is the number of a topic; General's is 1. Without a `user` it is done by somebody who may.
"""

from __future__ import annotations

from sandbox import topics
from sandbox.actions import action, chat_of, person_of
from sandbox.errors import bad_request
from sandbox.model import GENERAL, Chat, Json, Person, Topic
from sandbox.people import acting
from sandbox.people.membership import owner_of
from sandbox.stage import Stage


def _who(stage: Stage, chat: Chat, body: Json) -> Person:
    topics.is_forum(chat)
    if body.get("user") is None:
        return owner_of(chat)
    person = person_of(stage, body)
    acting.may_act(chat, person)
    return person


def _topic(chat: Chat, body: Json) -> Topic:
    thread = int(body["thread"])
    found = chat.general if thread == GENERAL else chat.topics.get(thread)
    if found is None:
        raise bad_request(f"there is no topic {thread} in this chat")
    return found


def _changed(stage: Stage, body: Json, thread: int) -> tuple[Chat, Topic, Person]:
    chat = chat_of(stage, body)
    person, topic = _who(stage, chat, body), _topic(chat, {"thread": thread})
    if body.get("user") is not None and not topics.may_change(chat, person, topic):
        raise bad_request(f"{person.first_name} may not change this topic")
    return chat, topic, person


@action("topic")
def add_topic(stage: Stage, body: Json) -> Json:
    """A topic that `user` opens (null: the bot); `name`, `icon_color`, `icon`, `closed`.

    Members may where they may write: Telegram's default for forums.
    """
    chat = chat_of(stage, body)
    by_bot = "user" in body and body["user"] is None
    person = stage.world.bot if by_bot else _who(stage, chat, body)
    topics.is_forum(chat)
    member = chat.members.get(person.id)
    if member is None or not (by_bot or member.may(topics.RIGHT) or _as_member(chat, body)):
        raise bad_request(f"{person.first_name} may not open topics here")
    topic = topics.create(
        stage.world,
        chat,
        person,
        str(body["name"]),
        colour=int(body.get("icon_color", topics.COLOURS[0])),
        icon=body.get("icon"),
    )
    topic.closed = bool(body.get("closed"))
    stage.world.feed.put("chat", chat.id)
    return {"message_thread_id": topic.id} | topics.shown(topic)


def _as_member(chat: Chat, body: Json) -> bool:
    return not chat.muted and chat.members[int(body["user"])].can_send


@action("edit_topic")
def edit_topic(stage: Stage, body: Json) -> bool:
    """Give the topic `thread` another `name` or `icon` (“”: none)."""
    chat, topic, person = _changed(stage, body, int(body["thread"]))
    name, icon = body.get("name"), body.get("icon")
    topics.edit(stage.world, chat, topic, person, name=name, icon=icon)
    return True


@action("close_topic")
def close_topic(stage: Stage, body: Json) -> bool:
    """Close the topic `thread`; `closed` false opens it again."""
    chat, topic, person = _changed(stage, body, int(body["thread"]))
    topics.close(stage.world, chat, topic, person, closed=bool(body.get("closed", True)))
    return True


@action("hide_general")
def hide_general(stage: Stage, body: Json) -> bool:
    """Hide General; `hidden` false shows it again."""
    chat, _general, person = _changed(stage, body, GENERAL)
    topics.hide(stage.world, chat, person, hidden=bool(body.get("hidden", True)))
    return True


@action("delete_topic")
def delete_topic(stage: Stage, body: Json) -> bool:
    """Delete the topic `thread` with all its messages; the bot is not told."""
    chat = chat_of(stage, body)
    person, topic = _who(stage, chat, body), _topic(chat, body)
    if topic is chat.general:
        raise bad_request("General can't be deleted")
    if body.get("user") is not None and not topics.may_delete(chat, person, topic):
        raise bad_request(f"{person.first_name} may not delete this topic")
    topics.delete(stage.world, chat, topic)
    return True


@action("forum")
def forum(stage: Stage, body: Json) -> bool:
    """Turn topics `on` or off in a supergroup, as an administrator may."""
    chat = chat_of(stage, body)
    if body.get("user") is not None:
        person = person_of(stage, body)
        acting.may_act(chat, person)
        if not chat.members[person.id].may("can_change_info"):
            raise bad_request(f"{person.first_name} may not change this group")
    topics.turn(stage.world, chat, on=bool(body["on"]))
    return True


@action("topic_refuses")
def topic_refuses(stage: Stage, body: Json) -> bool:
    """Have Telegram refuse what the bot sends to the topic `thread` with a `description`.

    “message thread not found” is said of old topics of large forums, “TOPIC_DELETED” of one that
    has just been deleted; null mends it. With `drops` it lands in General without an error.
    """
    chat = chat_of(stage, body)
    topic = _topic(chat, body)
    topic.refuses, topic.drops = body.get("description"), bool(body.get("drops"))
    stage.world.feed.put("chat", chat.id)
    return True
