"""Topics of forums: the same for the bot and for people, but for the rights to them.

Bots are told of what is done to a topic by its service message, also of what they did themselves
(Client::need_skip_update_message in tdlib/telegram-bot-api), and never of a deletion. The checks
and their words are those of ForumTopicManager in tdlib/td.
"""

from __future__ import annotations

from sandbox import threads
from sandbox.errors import bad_request
from sandbox.model import Chat, Json, Person, Topic
from sandbox.world import World

RIGHT = "can_manage_topics"
TO_DELETE = "can_delete_messages"
COLOURS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)
LONGEST_NAME = 128
# Custom emoji that anybody may use as the icon of a topic: some of those that Telegram has.
ICONS = {
    "5434144690511290129": "📰",
    "5312536423851630001": "💡",
    "5312016608254762256": "⚡️",
    "5377544228505134960": "🎙",
    "5418085807791545980": "🔝",
    "5370870893004203704": "🗣",
    "5420216386448270341": "🆒",
    "5379748062124056162": "❗️",
    "5373251851074415873": "📝",
    "5433614043006903194": "📆",
    "5312241539987020022": "🔥",
    "5312138559556164615": "❤️",
    "5377316857231450742": "❓",
    "5417915203100613993": "💬",
    "5237699328843200968": "✅",
}


def name_of(given: str) -> str:
    """A name as Telegram keeps it: on one line and cut to its length (clean_name in tdlib/td)."""
    name = " ".join(given.split())[:LONGEST_NAME].rstrip()
    if not name:
        raise bad_request("title must be non-empty")
    return name


def is_forum(chat: Chat) -> None:
    """Refuse a chat that has no topics."""
    if not chat.is_forum:
        raise bad_request("the chat is not a forum")


def may_change(chat: Chat, person: Person, topic: Topic) -> bool:
    """With the right to it, or whoever made the topic; they also write in it when it is closed."""
    member = chat.members.get(person.id)
    return member is not None and (member.may(RIGHT) or topic.creator == person.id)


def may_delete(chat: Chat, person: Person, topic: Topic) -> bool:
    """With the right to delete messages, or whoever made a topic in which nobody else wrote."""
    inside = (one for one in chat.messages.values() if threads.topic_of(one) is topic)
    own = topic.creator == person.id and all(one.author_id == person.id for one in inside)
    member = chat.members.get(person.id)
    return own or (member is not None and member.may(TO_DELETE))


def is_shut(chat: Chat, person: Person, topic: Topic | None) -> bool:
    """Whether a topic (None: General) is closed to somebody who would write there."""
    if not chat.is_forum:
        return False
    there = topic or chat.general
    return there.closed and not may_change(chat, person, there)


def create(
    world: World,
    chat: Chat,
    by: Person,
    name: str,
    *,
    colour: int = COLOURS[0],
    icon: str | None = None,
) -> Topic:
    """A new topic; the service message that opens it has its id."""
    topic = Topic(chat.last_id + 1, name_of(name), colour, icon, creator=by.id)
    fields = threads.of_topic(topic) | {"forum_topic_created": shown(topic)}
    chat.topics[topic.id] = topic
    world.add_message(chat, by, fields, service=True)
    return topic


def shown(topic: Topic) -> Json:
    """https://core.telegram.org/bots/api#forumtopiccreated."""
    icon = {"icon_custom_emoji_id": topic.icon} if topic.icon else {}
    return {"name": topic.name, "icon_color": topic.icon_color} | icon


def edit(
    world: World,
    chat: Chat,
    topic: Topic,
    by: Person,
    *,
    name: str | None = None,
    icon: str | None = None,
) -> None:
    """Give a topic another name or icon, or both; the icon “” takes it away."""
    changed: Json = {}
    if name is not None and name_of(name) != topic.name:
        changed["name"] = topic.name = name_of(name)
    if icon is not None and icon != (topic.icon or ""):
        if topic is chat.general:
            raise bad_request("GENERAL_MODIFY_ICON_FORBIDDEN")
        changed["icon_custom_emoji_id"], topic.icon = icon, icon or None
    if not changed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    _tell(world, chat, topic, by, {"forum_topic_edited": changed})


def close(world: World, chat: Chat, topic: Topic, by: Person, *, closed: bool) -> None:
    """Close a topic, or open it again; General is then “automatically unhidden”."""
    if topic.closed == closed:
        raise bad_request("TOPIC_NOT_MODIFIED")
    topic.closed = closed
    topic.hidden = topic.hidden and closed
    _tell(world, chat, topic, by, {f"forum_topic_{'closed' if closed else 'reopened'}": {}})


def hide(world: World, chat: Chat, by: Person, *, hidden: bool) -> None:
    """Hide General, which is then “automatically closed”, or show it again."""
    if chat.general.hidden == hidden:
        raise bad_request("TOPIC_NOT_MODIFIED")
    chat.general.hidden = hidden
    chat.general.closed = chat.general.closed or hidden
    what = "general_forum_topic_hidden" if hidden else "general_forum_topic_unhidden"
    _tell(world, chat, chat.general, by, {what: {}})


def _tell(world: World, chat: Chat, topic: Topic, by: Person, what: Json) -> None:
    place = None if topic is chat.general else topic
    world.add_message(chat, by, threads.inside(chat, place) | what, service=True)


def delete(world: World, chat: Chat, topic: Topic) -> None:
    """Take a topic away, and its messages with it."""
    inside = [one for one in chat.messages.values() if threads.topic_of(one) is topic]
    del chat.topics[topic.id]
    for message in inside:
        world.delete(message)
    world.feed.put("chat", chat.id)


def turn(world: World, chat: Chat, *, on: bool) -> None:
    """Make a supergroup a forum, or no longer: then its messages stand in one chat.

    What stood in a topic keeps its number, as a thread of replies.
    """
    if chat.type != "supergroup":
        raise bad_request("only a supergroup can be a forum")
    chat.is_forum = on
    for message in chat.messages.values():
        if message.view.get("message_thread_id") in chat.topics:
            message.view = {k: v for k, v in message.view.items() if k != "is_topic_message"}
            message.view |= {"is_topic_message": True} if on else {}
    world.feed.put("chat", chat.id)
