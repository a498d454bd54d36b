"""Which commands a person is offered.

https://core.telegram.org/bots/api#determining-list-of-commands: “The following algorithm is used
to determine the list of commands for a particular user viewing the bot menu. The first list of
commands which is set is returned.”
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from sandbox.model import ADMIN_STATUSES, Chat, Json, Person
from sandbox.world import World


def offered(world: World, chat: Chat, person: Person) -> list[Json]:
    """The bot's commands as `person` sees them in `chat`."""
    for scope in _scopes(chat, person):
        key = json.dumps(scope, sort_keys=True)
        for language in ((person.language_code or "")[:2], ""):
            if (key, language) in world.commands:
                return world.commands[key, language]
    return []


def _scopes(chat: Chat, person: Person) -> Iterator[Json]:
    """From the narrowest scope to the widest."""
    here = {"chat_id": chat.id}
    admin = chat.status_of(person.id) in ADMIN_STATUSES
    if not chat.private:
        yield {"type": "chat_member", "user_id": person.id} | here
        if admin:
            yield {"type": "chat_administrators"} | here
    yield {"type": "chat"} | here
    if not chat.private and admin:
        yield {"type": "all_chat_administrators"}
    yield {"type": "all_private_chats" if chat.private else "all_group_chats"}
    yield {"type": "default"}
