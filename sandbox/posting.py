"""What all sending methods share: chat, thread, reply, keyboard, protection."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox import access, entities, markup, threads, topics, units
from sandbox.errors import ApiError, bad_request
from sandbox.model import Chat, Json, Message, Person, Topic
from sandbox.params import Params
from sandbox.registry import QUIET
from sandbox.world import World

# Parameters of every sending method, and those that have no effect here.
TARGET = "chat_id message_thread_id protect_content disable_notification"
COMMON = f"{TARGET} reply_parameters reply_markup"
CAPTION = "caption parse_mode caption_entities"
IGNORED = QUIET

# “1-4096 characters after entities parsing”, “0-1024 characters after entities parsing”.
LONGEST_TEXT = 4096
LONGEST_CAPTION = 1024


@dataclass(slots=True)
class Target:
    """Where a message goes and what goes with it."""

    chat: Chat
    topic: Topic | None
    extra: Json
    keyboard: Json | None
    silent: bool = False
    receiver: Person | None = None  # of an ephemeral message


def text_of(world: World, params: Params) -> Json:
    """`text` with its entities, checked."""
    if not params.text("text"):
        raise bad_request("message text is empty")
    text, found = entities.read(params, "text", world.person)
    if not text:
        raise bad_request("text must be non-empty")
    if units.length(text) > LONGEST_TEXT:
        raise bad_request("message is too long")
    return {"text": text} | ({"entities": found} if found else {})


def caption_of(world: World, params: Params) -> Json:
    """`caption` with its entities, checked; nothing when it is empty."""
    if not params.text("caption"):
        return {}
    caption, found = entities.read(params, "caption", world.person)
    if units.length(caption) > LONGEST_CAPTION:
        raise bad_request("message caption is too long")
    if not caption:
        return {}
    view: Json = {"caption": caption} | ({"caption_entities": found} if found else {})
    if params.boolean("show_caption_above_media"):
        view["show_caption_above_media"] = True
    return view


def _replied(world: World, chat: Chat, given: object) -> Message | None:
    """The message of `reply_parameters` (https://core.telegram.org/bots/api#replyparameters)."""
    if given is None or (isinstance(given, dict) and given.get("ephemeral_message_id")):
        return None  # a reply to an ephemeral message is one itself: sandbox/ephemeral.py
    if not isinstance(given, dict) or not isinstance(given.get("message_id"), int):
        raise bad_request("can't parse ReplyParameters: Object expected")
    source = access.resolve(world, given.get("chat_id") or chat.id)
    message = source.messages.get(given["message_id"]) if source else None
    if source is None or message is None or message.only_for or not message.seen_by_bot:
        if given.get("allow_sending_without_reply"):
            return None
        raise bad_request("message to be replied not found")
    return message


def _quote(given: Json) -> Json:
    if not given.get("quote"):
        return {}
    place = {"position": given.get("quote_position") or 0, "is_manual": True}
    return {"quote": {"text": str(given["quote"])} | place}


def _place(world: World, chat: Chat, params: Params) -> tuple[Topic | None, Json]:
    """The topic that a message goes to, and the fields that say so and what it replies to.

    A reply goes to the topic of what it replies to (tdlib/telegram-bot-api#447, #798), unless it
    is sent to another one.
    """
    topic = access.topic_of(chat, params)
    given = params.json("reply_parameters", "reply parameters")
    replied = _replied(world, chat, given)
    if replied is None:
        return topic, threads.inside(chat, topic)
    there = threads.topic_of(replied)
    if replied.chat is not chat or topic not in {None, there}:
        return topic, threads.replying_out_of(chat, topic, replied)
    if there is not None and (chat.drops_threads or there.drops):
        return None, {"reply_to_message": threads.quoted(replied)} | _quote(given)
    return there, threads.replying(replied) | _quote(given)


def target(world: World, params: Params, kind: str) -> Target:
    """Everything about a message except its content."""
    keyboard = markup.read(params)
    chat = access.writable(world, params, kind)
    topic, extra = _place(world, chat, params)
    if topics.is_shut(chat, world.bot, topic):
        raise bad_request("TOPIC_CLOSED")
    if params.boolean("protect_content"):
        extra["has_protected_content"] = True
    return Target(chat, topic, extra, keyboard, params.boolean("disable_notification"))


def send(world: World, params: Params, kind: str, content: Json) -> Message:
    """Send one message of the bot."""
    return put(world, target(world, params, kind), content)


def put(world: World, where: Target, content: Json) -> Message:
    """Add a message of the bot there."""
    return world.add_message(
        where.chat,
        world.bot,
        where.extra | content,
        keyboard=where.keyboard,
        silent=where.silent,
        receiver=where.receiver,
    )


def not_modified() -> ApiError:
    """An edit that would change nothing."""
    return bad_request(
        "message is not modified: specified new message content and reply markup are exactly "
        "the same as a current content and reply markup of the message"
    )
