"""Groups: making, joining, leaving, rights, upgrade, settings."""

from __future__ import annotations

from sandbox.actions import action, chat_of, person_of
from sandbox.model import ADMIN_STATUSES, GENERAL_FIELDS, PRESENT, RIGHTS, Json
from sandbox.people import membership
from sandbox.stage import Stage
from sandbox.world import ANONYMOUS

STATUSES = PRESENT | {"left", "kicked"}


@action("group")
def add_group(stage: Stage, body: Json) -> Json:
    """A group: title, members (ids, the first owns it), supergroup, forum, bot, id.

    `bot` is its status there: member (default), administrator, or null when it is not in it;
    `without` are rights that it lacks. `administrators` are ids of members. The arguments of
    `settings` are taken as well.
    """
    people = [stage.world.people[int(one)] for one in body.get("members", ())]
    chat = membership.create_group(
        stage.world,
        body["title"],
        people,
        supergroup=bool(body.get("supergroup")),
        forum=bool(body.get("forum")),
        bot=body.get("bot", "member"),
        chat_id=body.get("id"),
    )
    for person_id in body.get("administrators", ()):
        chat.members[int(person_id)].status = "administrator"
    if (there := chat.members.get(stage.world.bot.id)) is not None:
        there.without = _without(body)
    settings(stage, body | {"chat": chat.id})
    return chat.json()


@action("chats")
def chats(stage: Stage, _body: Json) -> list[Json]:
    """All chats, with their members."""
    shown = []
    for chat in stage.world.chats.values():
        members = [
            {"user": member.person.json(), "status": member.status}
            for member in chat.members.values()
        ]
        more = {"members": members, "blocked": chat.blocked, "migrated_to": chat.migrated_to}
        shown.append(
            chat.json() | more | {"topics": [topic.name for topic in chat.topics.values()]}
        )
    return shown


def _without(body: Json) -> list[str]:
    """The rights that an administrator is to lack; refuses those on which nothing here depends."""
    without = [str(one) for one in body.get("without", ())]
    if strange := [one for one in without if one not in RIGHTS]:
        reason = f"the sandbox does not model {', '.join(strange)}, only {', '.join(RIGHTS)}"
        raise ValueError(reason)
    return without


@action("member")
def member(stage: Stage, body: Json) -> bool:
    """Give `user` (default: the bot) a `status` in `chat`; `can_send`.

    An administrator has all rights but those listed in `without`.
    """
    chat, status = chat_of(stage, body), body["status"]
    if status not in STATUSES:
        reason = f"a status is one of {', '.join(sorted(STATUSES))}"
        raise ValueError(reason)
    person = person_of(stage, body) if "user" in body else stage.world.bot
    owners = [m.person for m in chat.members.values() if m.status in ADMIN_STATUSES]
    by = person_of(stage, body, "by") if "by" in body else (owners or [ANONYMOUS])[0]
    membership.change(
        stage.world,
        chat,
        person,
        status,
        by=by,
        can_send=bool(body.get("can_send", status != "restricted")),
        without=_without(body),
    )
    return True


@action("upgrade")
def upgrade(stage: Stage, body: Json) -> Json:
    """Make a basic group a supergroup; the new chat."""
    chat = chat_of(stage, body)
    return membership.upgrade(stage.world, chat, membership.owner_of(chat)).json()


@action("settings")
def settings(stage: Stage, body: Json) -> bool:
    """Change what a chat allows.

    `reactions` (a list of emoji, or null for all), `protected`, `muted`, `title`,
    `drops_threads` (what is sent to a thread silently lands in General), `loses_ephemeral` (those
    messages of the bot never arrive), `username` (a public group has one), `linked_chat_id` (the
    channel whose discussion group it is), `general` (name, closed, hidden: of a forum's General).
    """
    chat = chat_of(stage, body)
    for name in GENERAL_FIELDS:
        if name in body.get("general", {}):
            setattr(chat.general, name, body["general"][name])
    if "reactions" in body:
        chat.reactions = body["reactions"]
    if "protected" in body:
        chat.protected = bool(body["protected"])
    for name in ("muted", "drops_threads", "loses_ephemeral"):
        if name in body:
            setattr(chat, name, bool(body[name]))
    for name in ("username", "linked_chat_id"):
        if name in body:
            setattr(chat, name, body[name])
    if "title" in body:
        chat.title = str(body["title"])
    stage.world.feed.put("chat", chat.id)
    return True
