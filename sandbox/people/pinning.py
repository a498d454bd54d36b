"""Pinning: the same for the bot and for people, but for the rights to it.

Several messages can be pinned at once. Bots are told of a pin, also of their own, by its service
message, which stands in the topic of what is pinned, and never of what is unpinned (levlam in
tdlib/telegram-bot-api#731).
"""

from __future__ import annotations

from sandbox import threads
from sandbox.errors import bad_request
from sandbox.model import Chat, Json, Message, Person
from sandbox.people import acting
from sandbox.world import World

RIGHT = "can_pin_messages"


def pin(world: World, message: Message, by: Person, *, silent: bool) -> Message:
    """Pin a message; the service message that says so. `silent`: nobody hears a sound."""
    chat = message.chat
    acting.ordinary(message)
    if message.service:
        raise bad_request("message can't be pinned")
    if message.id not in chat.pinned:
        chat.pinned.append(message.id)
    content: Json = threads.inside(chat, threads.topic_of(message))
    content |= {"pinned_message": threads.quoted(message)}
    said = world.add_message(chat, by, content, service=True, silent=silent or chat.private)
    _show(world, chat)
    return said


def unpin(world: World, chat: Chat, message_ids: set[int]) -> None:
    """Unpin these, as far as they are pinned."""
    chat.pinned = [one for one in chat.pinned if one not in message_ids]
    _show(world, chat)


def _show(world: World, chat: Chat) -> None:
    world.feed.put("pins", chat.id, pinned=[world.shown(one) for one in chat.pins()])


def may_pin(chat: Chat, person: Person) -> None:
    """Members may, too, where members may write: Telegram's default for groups."""
    acting.may_act(chat, person)
    member = chat.members[person.id]
    as_member = not chat.muted and member.status in {"member", "administrator"}
    if not (chat.private or member.may(RIGHT) or as_member):
        raise bad_request(f"{person.first_name} may not pin messages here")
