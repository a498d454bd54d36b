"""Copying and forwarding: https://core.telegram.org/bots/api#copymessage, #forwardmessage."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from sandbox import access, posting
from sandbox.errors import ApiError, bad_request
from sandbox.kinds import dice, poll
from sandbox.model import Chat, Json, Message
from sandbox.params import Params
from sandbox.registry import method, one
from sandbox.words import words
from sandbox.world import World

# Everything a copy can be made of; what has none of these (“service messages, paid media
# messages, giveaway messages, … and invoice messages can't be copied”) is refused.
KINDS = words(
    "text rich_message live_photo photo document video animation audio voice video_note sticker "
    "location venue contact poll dice"
)
COPIED = frozenset(KINDS)
CONTENT = (
    *KINDS,
    *words(
        "entities link_preview_options caption caption_entities has_media_spoiler "
        "show_caption_above_media"
    ),
)
MOST = 100


def content_of(world: World, message: Message) -> Json:
    """What a copy holds: dice are rolled again, polls start without votes."""
    view = message.view
    content = {name: view[name] for name in CONTENT if name in view}
    if "dice" in content:
        content["dice"] = dice.roll(world.rng, content["dice"]["emoji"])
    if "poll" in content:
        old = content["poll"]
        options = [option["text"] for option in old["options"]]
        kept = {key: old[key] for key in ("type", "is_anonymous", "allows_multiple_answers")}
        content["poll"] = poll.make(world, old["question"], options, **kept)
    if "live_period" in content.get("location", {}):
        content["location"] = {k: content["location"][k] for k in ("latitude", "longitude")}
    return content


def source_of(chat: Chat, message_id: int, verb: str, participle: str) -> Message:
    """A message that may leave its chat: neither service nor protected."""
    message = access.message_of(chat, message_id, verb)
    if message.service or message.protected or not COPIED & message.view.keys():
        raise bad_request(f"message can't be {participle}")
    return message


def _kind(message: Message) -> str:
    return next(name for name in message.view if name in COPIED)


@method(
    "copyMessage",
    f"{posting.COMMON} {posting.CAPTION} from_chat_id message_id show_caption_above_media",
    ignored=f"{posting.IGNORED} video_start_timestamp",
    cost=one,
)
def copy_message(world: World, params: Params) -> Json:
    """#copymessage: without a link to the original; a new caption if one is passed."""
    source = access.readable(world, params, "from_chat_id")
    original = source_of(source, params.integer("message_id"), "copy", "copied")
    content = content_of(world, original)
    if "caption" in params and "text" not in content:
        for name in ("caption", "caption_entities", "show_caption_above_media"):
            content.pop(name, None)
        content |= posting.caption_of(world, params)
    return {"message_id": posting.send(world, params, _kind(original), content).id}


@method(
    "forwardMessage",
    f"{posting.TARGET} from_chat_id message_id",
    ignored=f"{posting.IGNORED} video_start_timestamp",
    cost=one,
)
def forward_message(world: World, params: Params) -> Json:
    """#forwardmessage: “Service messages and messages with protected content can't be”."""
    source = access.readable(world, params, "from_chat_id")
    original = source_of(source, params.integer("message_id"), "forward", "forwarded")
    content = _forwarded(original)
    return posting.send(world, params, _kind(original), content).view


def _forwarded(message: Message) -> Json:
    view = message.view
    content = {name: view[name] for name in CONTENT if name in view}
    if "forward_origin" in view:
        return content | {"forward_origin": view["forward_origin"]}
    if "sender_chat" in view:
        origin = {"type": "chat", "date": view["date"], "sender_chat": view["sender_chat"]}
    else:
        origin = {"type": "user", "date": view["date"], "sender_user": view["from"]}
    return content | {"forward_origin": origin}


def _identifiers(params: Params) -> list[int]:
    """“A JSON-serialized list of 1-100 identifiers … in a strictly increasing order.”."""
    found = params.identifiers("message_ids")
    if len(found) > MOST:
        raise bad_request("too many message identifiers specified")
    if any(later <= earlier for earlier, later in itertools.pairwise(found)):
        raise bad_request("message identifiers must be in a strictly increasing order")
    return found


def _count(params: Params) -> int:
    return len(_identifiers(params))


def _several(
    world: World, params: Params, verb: str, participle: str, made: Callable[[Message], Json]
) -> list[Json]:
    """Copy or forward several: what can't be copied is skipped silently, albums stay albums."""
    source = access.readable(world, params, "from_chat_id")
    where = posting.target(world, params, "text")
    albums: dict[str, str] = {}
    sent = []
    for message_id in _identifiers(params):
        try:
            original = source_of(source, message_id, verb, participle)
        except ApiError:
            continue
        content = made(original)
        album = original.view.get("media_group_id")
        if album:
            content["media_group_id"] = albums.setdefault(album, world.next_album_id())
        sent.append({"message_id": posting.put(world, where, content).id})
    return sent


@method(
    "copyMessages",
    f"{posting.TARGET} from_chat_id message_ids remove_caption",
    ignored=posting.IGNORED,
    cost=_count,
)
def copy_messages(world: World, params: Params) -> list[Json]:
    """#copymessages."""

    def made(message: Message) -> Json:
        content = content_of(world, message)
        if params.boolean("remove_caption"):
            content.pop("caption", None)
            content.pop("caption_entities", None)
        return content

    return _several(world, params, "copy", "copied", made)


@method(
    "forwardMessages",
    f"{posting.TARGET} from_chat_id message_ids",
    ignored=posting.IGNORED,
    cost=_count,
)
def forward_messages(world: World, params: Params) -> list[Json]:
    """#forwardmessages."""
    return _several(world, params, "forward", "forwarded", _forwarded)
