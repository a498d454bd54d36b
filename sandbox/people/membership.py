"""Membership: joining, leaving, promotion, blocking, and a group's upgrade.

Updates: `my_chat_member` whenever the bot's own status changes, `chat_member` for others, to
administrators that ask for it (https://core.telegram.org/bots/api#update).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sandbox import members
from sandbox.errors import bad_request
from sandbox.model import ADMIN_STATUSES, PRESENT, Chat, Json, Member, Person
from sandbox.world import ANONYMOUS, World


def change(
    world: World,
    chat: Chat,
    person: Person,
    status: str,
    *,
    by: Person,
    can_send: bool = True,
    without: Iterable[str] = (),
) -> None:
    """Give `person` a new status in `chat`, with the service message and updates it brings.

    An administrator has all rights but those that it is made `without`.
    """
    member = chat.members.setdefault(person.id, Member(person, "left"))
    old, was = members.view(member, chat), member.status
    member.status, member.can_send, member.without = status, can_send, list(without)
    _tell(world, chat, member, old, by)
    if was not in PRESENT and status in PRESENT:
        world.add_message(chat, by, {"new_chat_members": [person.json()]}, service=True)
    elif was in PRESENT and status not in PRESENT:
        world.add_message(chat, by, {"left_chat_member": person.json()}, service=True)


def _tell(world: World, chat: Chat, member: Member, old: Json, by: Person) -> None:
    update = {
        "chat": chat.json(),
        "from": by.json(),
        "date": world.date,
        "old_chat_member": old,
        "new_chat_member": members.view(member, chat),
    }
    if member.person is world.bot:
        world.updates.put("my_chat_member", update)
    elif chat.status_of(world.bot.id) in ADMIN_STATUSES:
        world.updates.put("chat_member", update)
    world.feed.put("member", chat.id, person_id=member.person.id, status=member.status)


def block(world: World, person: Person, *, blocked: bool) -> None:
    """Block the bot, or let it write again."""
    chat = world.chats[person.id]
    if chat.blocked == blocked:
        return
    member = chat.members[world.bot.id]
    old = members.view(member, chat)
    chat.blocked = blocked
    member.status = "kicked" if blocked else "member"
    _tell(world, chat, member, old, person)


def owner_of(chat: Chat) -> Person:
    """Whoever owns a group."""
    owners = (one.person for one in chat.members.values() if one.status == "creator")
    return next(owners, ANONYMOUS)


def create_group(
    world: World,
    title: str,
    people: list[Person],
    *,
    supergroup: bool,
    forum: bool,
    bot: str | None,
    chat_id: int | None = None,
) -> Chat:
    """A group of `people` (the first one owns it); then the bot is added, as `bot` says."""
    if chat_id in world.chats:
        raise bad_request(f"there is a chat {chat_id} already")
    chat = world.add_group(title, supergroup=supergroup or forum, forum=forum, chat_id=chat_id)
    for number, person in enumerate(people):
        chat.members[person.id] = Member(person, "member" if number else "creator")
    owner = people[0] if people else ANONYMOUS
    if bot is not None:
        change(world, chat, world.bot, "member", by=owner)
        if bot != "member":
            change(world, chat, world.bot, bot, by=owner)
    world.feed.put("chat", chat.id)
    return chat


def upgrade(world: World, chat: Chat, by: Person) -> Chat:
    """Make a basic group a supergroup, with a new id, and message ids from 1.

    The old chat ends with `migrate_to_chat_id`, the new one begins with `migrate_from_chat_id`
    (https://core.telegram.org/bots/api#message).
    """
    if chat.type != "group" or chat.migrated_to is not None:
        raise bad_request("only a basic group becomes a supergroup")
    new = world.add_group(chat.title or "", supergroup=True)
    new.members = {key: replace(member) for key, member in chat.members.items()}
    new.reactions, new.muted, new.protected = chat.reactions, chat.muted, chat.protected
    world.add_message(chat, by, {"migrate_to_chat_id": new.id}, service=True)
    chat.migrated_to = new.id
    content = {"migrate_from_chat_id": chat.id}
    world.add_message(new, ANONYMOUS, content, sender_chat=new.json(), service=True)
    world.feed.put("chat", new.id)
    return new
