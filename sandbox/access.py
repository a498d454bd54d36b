"""Checks whether the bot may do something in a chat, in the order in which Telegram checks.

The error texts are those of Client::check_chat_access in tdlib/telegram-bot-api, and of Telegram's
answers with 403.
"""

from __future__ import annotations

from sandbox import topics
from sandbox.errors import bad_request, forbidden, migrated
from sandbox.model import ADMIN_STATUSES, GENERAL, PRESENT, Chat, Message, Topic
from sandbox.params import Params
from sandbox.world import World

RIGHTS = {
    "text": "text messages",
    "photo": "photos",
    "live_photo": "photos",
    "document": "documents",
    "video": "videos",
    "animation": "animations",
    "audio": "music",
    "voice": "voice notes",
    "video_note": "video notes",
    "sticker": "stickers",
    "poll": "polls",
    "dice": "dices",
}


def resolve(world: World, asked: object) -> Chat | None:
    """The chat of an id or a @username, if there is one."""
    text = str(asked)
    if text.startswith("@"):
        named = (c for c in world.chats.values() if (c.username or "").lower() == text[1:].lower())
        return next(named, None)
    return world.chats.get(int(text)) if text.lstrip("-").isdecimal() else None


def chat_named(world: World, params: Params, name: str = "chat_id") -> Chat:
    """The chat of a parameter: an id, or @username of a public supergroup."""
    asked = params.text(name).strip()
    if not asked:
        raise bad_request(f"{name} is empty")
    chat = resolve(world, asked)
    if chat is None or (chat.private and not known(chat) and not _met(world, chat.id)):
        raise bad_request("chat not found")
    return chat


def known(chat: Chat) -> bool:
    """Whether this person has ever written to the bot in private."""
    return chat.started or bool(chat.messages) or chat.blocked


def readable(world: World, params: Params, name: str = "chat_id") -> Chat:
    """A chat that the bot may look into; in an upgraded group that is all it may do."""
    chat = chat_named(world, params, name)
    if chat.migrated_to is None:
        _check_presence(world, chat)
    return chat


def changeable(world: World, params: Params) -> Chat:
    """A chat in which the bot may change existing messages."""
    chat = chat_named(world, params)
    if chat.migrated_to is not None:
        raise migrated(chat.migrated_to)
    _check_presence(world, chat)
    if chat.person is not None and chat.person.deactivated:
        raise forbidden("user is deactivated")
    if chat.blocked:
        raise forbidden("bot was blocked by the user")
    return chat


def _check_presence(world: World, chat: Chat) -> None:
    if chat.private:
        return
    status = chat.status_of(world.bot.id)
    kind = "supergroup" if chat.type == "supergroup" else "group"
    if status == "kicked":
        raise forbidden(f"bot was kicked from the {kind} chat")
    if status not in PRESENT:
        raise forbidden(f"bot is not a member of the {kind} chat")


def writable(world: World, params: Params, kind: str = "text") -> Chat:
    """The chat of `chat_id`, if the bot may send messages of this kind there now."""
    chat = changeable(world, params)
    if chat.private and not known(chat):
        raise forbidden("bot can't initiate conversation with a user")
    silenced = chat.muted and not is_admin(world, chat)
    if not chat.private and (silenced or not chat.members[world.bot.id].can_send):
        raise bad_request(f"not enough rights to send {RIGHTS.get(kind, kind)} to the chat")
    return chat


def _met(world: World, person_id: int) -> bool:
    """Whether bot and person share a group: then the bot knows them, but may not write first."""
    return any(
        person_id in chat.members and world.bot_present(chat)
        for chat in world.chats.values()
        if not chat.private
    )


def is_admin(world: World, chat: Chat) -> bool:
    """Whether the bot is an administrator there."""
    return chat.status_of(world.bot.id) in ADMIN_STATUSES


def may(world: World, chat: Chat, right: str) -> bool:
    """Whether the bot is an administrator there with this right."""
    member = chat.members.get(world.bot.id)
    return member is not None and member.may(right)


def topic_of(chat: Chat, params: Params) -> Topic | None:
    """The thread of `message_thread_id`; a deleted one is not found (tdlib/telegram-bot-api#596).

    Now and then Telegram puts such a message into General without an error: so does a thread that
    `drops`, and a chat that `drops_threads`.
    """
    thread_id = params.integer("message_thread_id")
    if not thread_id or chat.drops_threads:
        return None
    topic = chat.topics.get(thread_id) if chat.is_forum else None
    if topic is None or topic.refuses:
        raise bad_request(topic.refuses if topic and topic.refuses else "message thread not found")
    return None if topic.drops else topic


def existing_topic(chat: Chat, params: Params) -> Topic:
    """The topic that a method is about; General has a number as well."""
    thread_id = params.integer("message_thread_id")
    if thread_id <= 0:
        raise bad_request("invalid forum topic identifier specified")
    topic = chat.general if thread_id == GENERAL else chat.topics.get(thread_id)
    if topic is None:
        raise bad_request("TOPIC_ID_INVALID")
    return topic


def managed_topic(world: World, chat: Chat, params: Params, what: str) -> Topic:
    """The topic that a method changes, if the bot may do that."""
    topic = existing_topic(chat, params)
    check_may_change(world, chat, topic, what)
    return topic


def check_may_change(world: World, chat: Chat, topic: Topic, what: str) -> None:
    """“… must have the can_manage_topics administrator rights, unless it is the creator”."""
    if not (is_admin(world, chat) and topics.may_change(chat, world.bot, topic)):
        raise bad_request(f"not enough rights to {what} the topic")


def forum(world: World, params: Params) -> Chat:
    """A chat that must be a forum."""
    chat = changeable(world, params)
    topics.is_forum(chat)
    return chat


def message_of(chat: Chat, message_id: int, verb: str) -> Message:
    """A message the bot knows, or “message to edit not found” and its like."""
    message = chat.messages.get(message_id)
    if message_id <= 0 or message is None or not message.seen_by_bot:
        if message_id <= 0 and verb != "be replied":
            raise bad_request("message identifier is not specified")
        what = "message with poll to stop" if verb == "stop" else f"message to {verb}"
        raise bad_request(f"{what} not found")
    return message
