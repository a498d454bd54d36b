"""A person writes, edits, reacts, presses, deletes."""

from __future__ import annotations

from sandbox import entities, ephemeral, threads, topics
from sandbox.errors import bad_request
from sandbox.model import (
    ADMIN_STATUSES,
    GENERAL,
    PRESENT,
    Callback,
    Chat,
    Json,
    Message,
    Person,
    Topic,
)
from sandbox.world import ANONYMOUS, CHANNEL_BOT, World


def may_act(chat: Chat, person: Person) -> None:
    """People act only in chats that they are in, and where the bot may answer."""
    if chat.blocked:
        raise bad_request("the person has blocked the bot: unblock it first")
    is_there(chat, person)


def is_there(chat: Chat, person: Person) -> None:
    """A person who left a group changes nothing in it; in a migrated group nobody does.

    ChatManager::have_input_peer_chat in tdlib/td: an edit needs a group that is active and not
    left.
    """
    if chat.status_of(person.id) not in PRESENT:
        raise bad_request(f"{person.first_name} is not a member of this chat")
    if chat.migrated_to is not None:
        raise bad_request(f"the group is a supergroup now: {chat.migrated_to}")


def text_fields(text: str, styles: list[Json] | None, name: str = "text") -> Json:
    """A typed text; apps mark commands, links and the like themselves."""
    text, found = entities.of_user(text, styles)
    prefix = "" if name == "text" else "caption_"
    return {name: text} | ({f"{prefix}entities": found} if found else {})


def post(
    world: World,
    person: Person,
    chat: Chat,
    content: Json,
    *,
    reply_to: int | None = None,
    thread: int | None = None,
    sender_chat: Json | None = None,
    plain: bool = False,
) -> Message:
    """Put a person's message into a chat (`sender_chat`: in the name of a chat).

    `plain`: their client is too old to know ephemeral commands, so everybody sees what they write.
    """
    may_act(chat, person)
    extra = _place(chat, person, reply_to, thread)
    author = person
    if sender_chat is not None:
        author = ANONYMOUS if sender_chat["id"] == chat.id else CHANNEL_BOT
    chat.started = True
    alone = sender_chat is None and not plain
    alone = alone and ephemeral.is_for_bot(world, chat, person, extra | content)
    message = world.add_message(
        chat,
        author,
        extra | content,
        sender_chat=sender_chat,
        receiver=world.bot if alone else None,
    )
    message.author_id = person.id
    return message


def _place(chat: Chat, person: Person, reply_to: int | None, thread: int | None) -> Json:
    """The fields of a message that replies, or stands in a topic, or in General.

    Members who are not administrators can't write while they are restricted. A reply stands where
    what it replies to does, or in another topic if that is named (“Reply in Another Chat”).
    """
    member = chat.members[person.id]
    if member.status not in ADMIN_STATUSES and (chat.muted or not member.can_send):
        raise bad_request(f"{person.first_name} may not write in this group now")
    replied = find(chat, reply_to) if reply_to is not None else None
    topic = threads.topic_of(replied) if replied and thread is None else _topic(chat, thread)
    if topics.is_shut(chat, person, topic):
        raise bad_request(f"{person.first_name} may not write in this topic now")
    if replied is None:
        return threads.inside(chat, topic)
    _may_see(replied, person)
    if topic is not threads.topic_of(replied):
        return threads.replying_out_of(chat, topic, replied)
    return threads.replying(replied)


def _topic(chat: Chat, thread: int | None) -> Topic | None:
    if not thread or thread == GENERAL:
        return None
    if not chat.is_forum or thread not in chat.topics:
        raise bad_request(f"there is no topic {thread} in this chat")
    return chat.topics[thread]


def find(chat: Chat, message_id: int) -> Message:
    """A message of a chat, as people see it."""
    message = chat.messages.get(message_id)
    if message is None:
        raise bad_request(f"there is no message {message_id} in this chat")
    return message


def _may_see(message: Message, person: Person) -> None:
    if message.only_for not in {None, person.id}:
        raise bad_request(f"{person.first_name} does not see this message")


def ordinary(message: Message) -> None:
    """Refuse what nobody could say of ephemeral messages: the sandbox does not model it."""
    if message.only_for is not None:
        raise bad_request(
            "of ephemeral messages the sandbox models no edits of people, reactions, votes or pins"
        )


def edit(world: World, person: Person, message: Message, content: Json) -> Message:
    """Change one's own message: `content` replaces the fields it names."""
    ordinary(message)
    if message.author_id != person.id:
        raise bad_request("only the author edits a message")
    is_there(message.chat, person)
    gone = {"entities", "caption_entities"} & {_marks(name) for name in content}
    kept = {key: value for key, value in message.view.items() if key not in gone}
    world.change(message, kept | content, by_bot=False)
    return message


def _marks(name: str) -> str:
    return "caption_entities" if name == "caption" else "entities"


def delete(world: World, person: Person, message: Message) -> None:
    """Delete a message: any in private; in a group one's own, or others' with the right to.

    MessagesManager::can_delete_channel_message in tdlib/td: what one sent oneself, or what the
    right to delete messages lets one. Of an ephemeral message, one's own client forgets it.
    """
    chat = message.chat
    is_there(chat, person)
    _may_see(message, person)
    trusted = chat.members[person.id].may("can_delete_messages")
    own = person.id in {message.author_id, message.only_for}
    if threads.opens(message.view):
        raise bad_request("a topic's first message goes with the topic")
    if not (chat.private or own or trusted):
        raise bad_request(f"{person.first_name} may not delete what others wrote here")
    world.delete(message)


def react(world: World, person: Person, message: Message, emoji: list[str]) -> None:
    """Choose reactions; a bot is told in private, or if it is an administrator of the group."""
    chat = message.chat
    ordinary(message)
    may_act(chat, person)
    new: list[Json] = [{"type": "emoji", "emoji": one} for one in emoji]
    old = world.react(message, person.id, new)
    heard = chat.private or chat.status_of(world.bot.id) in ADMIN_STATUSES
    if not heard or not message.seen_by_bot or old == new:
        return
    update = {"chat": chat.json(), "message_id": message.id, "user": person.json()}
    update |= {"date": world.date, "old_reaction": old, "new_reaction": new}
    world.updates.put("message_reaction", update)


def press(
    world: World, person: Person, message: Message, label: str | None, data: str | None
) -> Callback:
    """Press the button with this label, or send forged callback data."""
    may_act(message.chat, person)
    _may_see(message, person)
    if data is None:
        data = _data(message, label or "")
    chat_id, at = message.chat.id, world.clock.now()
    query = Callback(str(world.rng.randrange(10**18, 9 * 10**18)), at, person.id, chat_id=chat_id)
    world.callbacks[query.id] = query
    update = {"id": query.id, "from": person.json(), "message": message.view}
    update |= {"chat_instance": str(message.chat.id), "data": data}
    world.updates.put("callback_query", update)
    return query


def _data(message: Message, label: str) -> str:
    rows = (message.keyboard or {}).get("inline_keyboard", [])
    buttons = [button for row in rows for button in row]
    chosen = next((b for b in buttons if b["text"] == label), None) or next(
        (button for button in buttons if label in button["text"]), None
    )
    if chosen is not None and "disabled" in chosen:
        raise bad_request(f"the button {chosen['text']!r} is disabled")
    if chosen is None or "callback_data" not in chosen:
        labels = [button["text"] for button in buttons]
        raise bad_request(f"there is no button {label!r} to press, only {labels}")
    return str(chosen["callback_data"])
