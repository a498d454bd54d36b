"""Talking: texts, files, albums, edits, reactions, buttons; and raw updates."""

from __future__ import annotations

import base64
from contextlib import nullcontext

from sandbox import media
from sandbox.actions import action, chat_of, message_of, person_of
from sandbox.files import StoredFile
from sandbox.kinds import dice, poll
from sandbox.model import Json, Message
from sandbox.people import acting, pinning, voting
from sandbox.stage import Stage

POLL_FLAGS = ("is_anonymous", "allows_multiple_answers")


def _post(stage: Stage, body: Json, content: Json) -> Message:
    """Post for `user` in `chat` (default: the private chat); `extra` fields go in as they are.

    `reply_to`, `thread`; `anonymous` true writes in the group's name, `sender_chat` in another's;
    `plain` true does so with a client that knows no ephemeral commands.
    """
    person = person_of(stage, body)
    chat = chat_of(stage, body if "chat" in body else {"chat": person.id})
    sender = chat.json() if body.get("anonymous") else body.get("sender_chat")
    with stage.world.updates.injecting() if "extra" in body else nullcontext():
        return acting.post(
            stage.world,
            person,
            chat,
            content | body.get("extra", {}),
            reply_to=body.get("reply_to"),
            thread=body.get("thread"),
            sender_chat=sender,
            plain=bool(body.get("plain")),
        )


@action("write")
def write(stage: Stage, body: Json) -> Json:
    """A text, with `entities` if it is formatted."""
    content = acting.text_fields(body["text"], body.get("entities"))
    return stage.world.shown(_post(stage, body, content))


def _still(stage: Stage, body: Json) -> StoredFile | None:
    """The picture of a live photo: `still` has its bytes, `data` those of the film."""
    if body["kind"] != "live_photo":
        return None
    data = base64.b64decode(body["still"]) if "still" in body else None
    return media.sample(stage.world, "photo", None, data)


def _caption(body: Json) -> Json:
    if not body.get("caption"):
        return {}
    return acting.text_fields(body["caption"], body.get("caption_entities"), "caption")


def _content(stage: Stage, body: Json) -> Json:
    """What `kind` means: a file kind, rich_message, location, venue, contact, poll or dice."""
    kind = body["kind"]
    if kind in media.FILE_KINDS:
        data = base64.b64decode(body["data"]) if "data" in body else None
        file = media.sample(stage.world, kind, body.get("name"), data, body.get("mime_type"))
        return media.view(file, body, _still(stage, body)) | _caption(body)
    if kind == "rich_message":
        return {"rich_message": {"blocks": body["blocks"]}}
    if kind == "poll":
        more = {name: bool(body[name]) for name in POLL_FLAGS if name in body}
        return {"poll": poll.make(stage.world, body["question"], body["options"], **more)}
    if kind == "dice":
        return {"dice": dice.roll(stage.world.rng, body.get("emoji", dice.DEFAULT))}
    if kind == "contact":
        names = ("phone_number", "first_name", "last_name", "user_id", "vcard")
        return {"contact": {name: body[name] for name in names if name in body}}
    if kind in {"location", "venue"}:
        return _place(kind, body)
    reason = f"nobody can send a {kind}"
    raise ValueError(reason)


def _place(kind: str, body: Json) -> Json:
    place = {"latitude": float(body["latitude"]), "longitude": float(body["longitude"])}
    if "live_period" in body:
        place["live_period"] = int(body["live_period"])
    if kind == "venue":
        named = {"title": body["title"], "address": body["address"]}
        return {"venue": {"location": place} | named, "location": place}
    return {"location": place}


@action("send")
def send(stage: Stage, body: Json) -> Json:
    """Anything except text: `kind` and its own fields."""
    return stage.world.shown(_post(stage, body, _content(stage, body)))


@action("album")
def album(stage: Stage, body: Json) -> list[Json]:
    """Several `items` (each as for send) that belong together."""
    group = {"media_group_id": stage.world.next_album_id()}
    contents = [_content(stage, item) | group for item in body["items"]]
    return [stage.world.shown(_post(stage, body, one)) for one in contents]


@action("edit")
def edit(stage: Stage, body: Json) -> Json:
    """Change one's own `message`: text, caption, or raw fields in `extra`."""
    content: Json = dict(body.get("extra", {}))
    for name in ("text", "caption"):
        if name in body:
            content |= acting.text_fields(body[name], body.get("entities"), name)
    message, person = message_of(stage, body), person_of(stage, body)
    with stage.world.updates.injecting() if "extra" in body else nullcontext():
        return stage.world.shown(acting.edit(stage.world, person, message, content))


@action("delete")
def delete(stage: Stage, body: Json) -> bool:
    """A person deletes a message; the bot is not told."""
    acting.delete(stage.world, person_of(stage, body), message_of(stage, body))
    return True


@action("react")
def react(stage: Stage, body: Json) -> bool:
    """Choose `emoji` (a list, empty to take them back)."""
    acting.react(stage.world, person_of(stage, body), message_of(stage, body), body["emoji"])
    return True


@action("pin")
def pin(stage: Stage, body: Json) -> Json:
    """Pin `message`; `silent` true: nobody hears a sound. The service message that says so."""
    message, person = message_of(stage, body), person_of(stage, body)
    pinning.may_pin(message.chat, person)
    silent = bool(body.get("silent"))
    return stage.world.shown(pinning.pin(stage.world, message, person, silent=silent))


@action("unpin")
def unpin(stage: Stage, body: Json) -> bool:
    """Unpin `message`; the bot is not told."""
    message = message_of(stage, body)
    pinning.may_pin(message.chat, person_of(stage, body))
    pinning.unpin(stage.world, message.chat, {message.id})
    return True


@action("vote")
def vote(stage: Stage, body: Json) -> bool:
    """Vote in a poll: `options` are numbers from 0, an empty list takes the vote back."""
    chosen = [int(number) for number in body["options"]]
    voting.vote(stage.world, person_of(stage, body), message_of(stage, body), chosen)
    return True


@action("press")
def press(stage: Stage, body: Json) -> Json:
    """Press the button `button` (its text), or send forged `data`."""
    message, person = message_of(stage, body), person_of(stage, body)
    query = acting.press(stage.world, person, message, body.get("button"), body.get("data"))
    return {"id": query.id}


@action("callback")
def callback(stage: Stage, body: Json) -> Json | None:
    """What the bot answered to a pressed button, if it did."""
    return stage.world.callbacks[body["id"]].answer


@action("update")
def update(stage: Stage, body: Json) -> int:
    """Queue a raw update: `update` is its body without update_id."""
    return stage.world.updates.put_raw(body["update"])
