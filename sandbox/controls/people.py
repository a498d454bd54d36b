"""People: making them, blocking the bot."""

from __future__ import annotations

from sandbox.actions import action, person_of
from sandbox.model import Json, Person
from sandbox.people import membership
from sandbox.stage import Stage


@action("user")
def add_user(stage: Stage, body: Json) -> Json:
    """A new person: first_name, and perhaps last_name, username, language_code, id.

    Or another bot: `is_bot`, and `talks_to_bots` for its Bot-to-Bot Communication Mode.
    """
    world = stage.world
    person = Person(
        int(body.get("id") or world.free_user_id()),
        body["first_name"],
        body.get("last_name"),
        body.get("username"),
        body.get("language_code"),
        is_bot=bool(body.get("is_bot")),
        talks_to_bots=bool(body.get("talks_to_bots")),
    )
    if person.id in world.people:
        reason = f"there is a user {person.id} already"
        raise ValueError(reason)
    world.add_person(person)
    world.feed.put("user", person.id)
    return person.json()


@action("rename")
def rename(stage: Stage, body: Json) -> Json:
    """Change a person's names or language."""
    person = person_of(stage, body)
    for name in ("first_name", "last_name", "username", "language_code"):
        if name in body:
            setattr(person, name, body[name])
    stage.world.feed.put("user", person.id)
    return person.json()


@action("block")
def block(stage: Stage, body: Json) -> bool:
    """Block the bot, or unblock it with `blocked` false."""
    blocked = bool(body.get("blocked", True))
    membership.block(stage.world, person_of(stage, body), blocked=blocked)
    return blocked


@action("deactivate")
def deactivate(stage: Stage, body: Json) -> bool:
    """Delete someone's account."""
    person_of(stage, body).deactivated = True
    return True


@action("bot")
def bot(stage: Stage, body: Json) -> Json:
    """The bot; `privacy` and `talks_to_bots` switch these modes of it."""
    world = stage.world
    if "privacy" in body:
        world.privacy_mode = bool(body["privacy"])
    if "talks_to_bots" in body:
        world.bot.talks_to_bots = bool(body["talks_to_bots"])
    modes = {"privacy": world.privacy_mode, "talks_to_bots": world.bot.talks_to_bots}
    return world.bot.json() | modes | {"token": stage.token}
