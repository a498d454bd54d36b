"""Everything at once, as the page needs it when it opens."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice

from sandbox import commands, threads, topics
from sandbox.actions import action, chat_of, person_of
from sandbox.model import RIGHTS, Chat, Json, Message
from sandbox.stage import Stage

# How many of the latest calls are listed.
RECENT = 100


@action("overview")
def overview(stage: Stage, _body: Json) -> Json:
    """The time, the bot, people, chats, trouble, process, calls; and `seq`."""
    world = stage.world
    return {
        "seq": world.feed.last,
        "now": world.clock.now(),
        "icons": topics.ICONS,
        "bot": world.bot.json() | {"privacy": world.privacy_mode},
        "people": [person.json() for person in world.people.values() if person is not world.bot],
        "chats": [_chat(stage, chat) for chat in world.chats.values()],
        "trouble": stage.trouble(),
        "process": stage.runner.json() if stage.runner else None,
        "recording": stage.recording is not None,
        "calls": [call.brief() for call in islice(reversed(stage.calls), RECENT) if call.done][
            ::-1
        ],
    }


def _chat(stage: Stage, chat: Chat) -> Json:
    last = next((one for one in reversed(chat.messages.values()) if one.only_for is None), None)
    members = [
        {"id": one.person.id, "name": one.person.first_name, "status": one.status}
        | {"can_send": one.can_send, "rights": [right for right in RIGHTS if one.may(right)]}
        for one in chat.members.values()
    ]
    return chat.json() | {
        "members": members,
        "topics": _topics(stage, chat) if chat.is_forum else [],
        "last": stage.world.shown(last) if last else None,
        "blocked": chat.blocked,
        "started": chat.started,
        "muted": chat.muted,
        "drops_threads": chat.drops_threads,
        "loses_ephemeral": chat.loses_ephemeral,
        "migrated_to": chat.migrated_to,
        "pinned": [stage.world.shown(one) for one in chat.pins()],
    }


def _topics(stage: Stage, chat: Chat) -> list[Json]:
    """The topics of a forum, General first, each with its emoji and its last message."""
    last: dict[int, Message] = {}
    for message in chat.messages.values():
        if message.only_for is None:
            last[(threads.topic_of(message) or chat.general).id] = message
    return [
        asdict(topic)
        | {"emoji": topics.ICONS.get(topic.icon or "")}
        | {"last": stage.world.shown(last[topic.id]) if topic.id in last else None}
        for topic in (chat.general, *chat.topics.values())
    ]


@action("commands")
def menu(stage: Stage, body: Json) -> list[Json]:
    """The commands that `user` is offered in `chat`, by scope and language."""
    return commands.offered(stage.world, chat_of(stage, body), person_of(stage, body))
