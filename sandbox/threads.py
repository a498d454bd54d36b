"""Where in a group a message stands: in a topic of a forum, or in a thread of replies.

In a topic, what replies to nothing replies to the service message that opened it
(Client::get_implicit_reply_to_message_id in tdlib/telegram-bot-api). General's messages carry no
topic. There, and in supergroups without topics, a reply carries the number of the message with
which the replies began, and only `is_topic_message` tells it from a topic's
(tdlib/telegram-bot-api#356, #447).
"""

from __future__ import annotations

from sandbox.model import Chat, Json, Message, Topic


def quoted(message: Message) -> Json:
    """A message as `reply_to_message`.

    “… will not contain further reply_to_message fields even if it itself is a reply” (#message).
    """
    return {key: value for key, value in message.view.items() if key != "reply_to_message"}


def topic_of(message: Message) -> Topic | None:
    """The topic that a message stands in; none for General and outside of forums."""
    if not (message.chat.is_forum and message.view.get("is_topic_message")):
        return None
    return message.chat.topics.get(message.view["message_thread_id"])


def of_topic(topic: Topic) -> Json:
    """What says that a message belongs to a topic."""
    return {"message_thread_id": topic.id, "is_topic_message": True}


def inside(chat: Chat, topic: Topic | None) -> Json:
    """The fields of a message that replies to nothing."""
    if topic is None:
        return {}
    opened = chat.messages.get(topic.id)
    return of_topic(topic) | ({"reply_to_message": quoted(opened)} if opened else {})


def replying(message: Message) -> Json:
    """The fields of a reply to a message, which stands where that does."""
    reply = {"reply_to_message": quoted(message)}
    if (topic := topic_of(message)) is not None:
        return reply | of_topic(topic)
    if message.chat.type != "supergroup" or message.only_for is not None:
        return reply
    return reply | {"message_thread_id": message.view.get("message_thread_id", message.id)}


def replying_out_of(chat: Chat, topic: Topic | None, message: Message) -> Json:
    """The fields of a reply to a message of “another chat or forum topic” (#externalreplyinfo).

    Its `origin` is whoever wrote it, or the chat in whose name they did; in its own topic, what
    replies so replies to nothing.
    """
    view = message.view
    origin: Json = {"type": "user", "date": view["date"], "sender_user": view["from"]}
    if "sender_chat" in view:
        origin = {"type": "chat", "date": view["date"], "sender_chat": view["sender_chat"]}
    known = {"chat": message.chat.json(), "message_id": message.id}
    return inside(chat, topic) | {"external_reply": {"origin": origin} | known}


def opens(view: Json) -> bool:
    """Whether a message is the one that opened a topic."""
    return "forum_topic_created" in view
