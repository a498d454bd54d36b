"""The rest of the send family: files, places, contacts, polls, dice, albums."""

from __future__ import annotations

import functools

from sandbox import access, ephemeral, media, posting
from sandbox.errors import bad_request
from sandbox.files import StoredFile
from sandbox.kinds import dice, poll
from sandbox.model import Json
from sandbox.params import Params
from sandbox.registry import method, one
from sandbox.words import words
from sandbox.world import World

SAID = "duration width height length performer title emoji has_spoiler show_caption_above_media"
UNUSED = words("thumbnail cover start_timestamp supports_streaming disable_content_type_detection")
METHODS = {
    "photo": "sendPhoto",
    "live_photo": "sendLivePhoto",
    "document": "sendDocument",
    "video": "sendVideo",
    "animation": "sendAnimation",
    "audio": "sendAudio",
    "voice": "sendVoice",
    "video_note": "sendVideoNote",
    "sticker": "sendSticker",
}


def _send_file(kind: str, world: World, params: Params) -> Json:
    """#sendphoto and its like; an upload may be the parameter itself."""
    given = f"attach://{kind}" if kind in params.uploads else params.text(kind)
    content = posting.caption_of(world, params) if kind in media.CAPTIONED else {}
    said = {name: params.text(name) for name in SAID.split() if name in params}
    access.writable(world, params, kind)
    content |= media.view(media.stored(world, params, kind, given), said, _still(world, params))
    if params.boolean("has_spoiler"):
        content["has_media_spoiler"] = True
    return ephemeral.send(world, params, kind, content).view


def _still(world: World, params: Params) -> StoredFile | None:
    """Of a live photo: “the static photo to send” (#sendlivephoto)."""
    if "live_photo" not in params and "live_photo" not in params.uploads:
        return None
    given = "attach://photo" if "photo" in params.uploads else params.text("photo")
    return media.stored(world, params, "photo", given)


for _kind, _name in METHODS.items():
    _still_photo = "photo" if _kind == "live_photo" else ""
    method(
        _name,
        f"{ephemeral.COMMON} {posting.CAPTION} {SAID} {_kind} {_still_photo}",
        ignored=f"{posting.IGNORED} {' '.join(UNUSED)}",
        cost=one,
    )(functools.partial(_send_file, _kind))


@method(
    "sendLocation",
    f"{ephemeral.COMMON} latitude longitude horizontal_accuracy live_period heading "
    "proximity_alert_radius",
    ignored=posting.IGNORED,
    cost=one,
)
def send_location(world: World, params: Params) -> Json:
    """#sendlocation."""
    return ephemeral.send(world, params, "location", {"location": place(params)}).view


# The fields of a place that does not move.
STILL = ("latitude", "longitude", "horizontal_accuracy")


def place(params: Params) -> Json:
    """https://core.telegram.org/bots/api#location as parameters describe it."""
    found: Json = {name: params.decimal(name) for name in ("latitude", "longitude")}
    if abs(found["latitude"]) > 90 or abs(found["longitude"]) > 180:  # noqa: PLR2004 - degrees
        raise bad_request("wrong location specified")
    for name in ("live_period", "heading", "proximity_alert_radius"):
        if name in params:
            found[name] = params.integer(name)
    if "horizontal_accuracy" in params:
        found["horizontal_accuracy"] = params.decimal("horizontal_accuracy")
    return found


@method(
    "sendVenue",
    f"{ephemeral.COMMON} latitude longitude title address foursquare_id foursquare_type "
    "google_place_id google_place_type",
    ignored=posting.IGNORED,
    cost=one,
)
def send_venue(world: World, params: Params) -> Json:
    """#sendvenue: a message with a venue carries its location too (#message, venue)."""
    where = place(params)
    named = {name: params.text(name) for name in ("title", "address")}
    if not all(named.values()):
        raise bad_request("venue title and address must be non-empty")
    optional = ("foursquare_id", "foursquare_type", "google_place_id", "google_place_type")
    named |= {name: params.text(name) for name in optional if name in params}
    content = {"venue": {"location": where} | named, "location": where}
    return ephemeral.send(world, params, "venue", content).view


@method(
    "sendContact",
    f"{ephemeral.COMMON} phone_number first_name last_name vcard",
    ignored=posting.IGNORED,
    cost=one,
)
def send_contact(world: World, params: Params) -> Json:
    """#sendcontact."""
    names = ("phone_number", "first_name", "last_name", "vcard")
    contact = {name: params.text(name) for name in names if params.text(name)}
    for required in ("phone_number", "first_name"):
        if required not in contact:
            raise bad_request(f"{required} must be non-empty")
    return ephemeral.send(world, params, "contact", {"contact": contact}).view


@method(
    "sendPoll",
    f"{posting.COMMON} question question_parse_mode question_entities options is_anonymous type "
    "allows_multiple_answers correct_option_ids explanation is_closed",
    ignored=f"{posting.IGNORED} allows_revoting shuffle_options allow_adding_options "
    "hide_results_until_closes members_only country_codes explanation_parse_mode "
    "explanation_entities explanation_media open_period close_date description "
    "description_parse_mode description_entities media",
    cost=one,
)
def send_poll(world: World, params: Params) -> Json:
    """#sendpoll."""
    return posting.send(world, params, "poll", {"poll": poll.asked(world, params)}).view


@method("sendDice", f"{posting.COMMON} emoji", ignored=posting.IGNORED, cost=one)
def send_dice(world: World, params: Params) -> Json:
    """#senddice."""
    content = {"dice": dice.roll(world.rng, params.text("emoji") or dice.DEFAULT)}
    return posting.send(world, params, "dice", content).view


ALBUM_KINDS = frozenset({"photo", "live_photo", "video", "audio", "document"})
MIXED = frozenset({"photo", "live_photo", "video"})
SMALLEST_ALBUM, LARGEST_ALBUM = 2, 10


def _items(params: Params) -> list[Json]:
    """The items of an album: “must include 2-10 items”; audio and documents keep apart."""
    items = params.json("media", "media")
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise bad_request("can't parse media JSON object")
    if not SMALLEST_ALBUM <= len(items) <= LARGEST_ALBUM:
        raise bad_request("media group must include 2-10 items")
    kinds = {item.get("type") for item in items}
    if not kinds <= ALBUM_KINDS or (len(kinds) > 1 and not kinds <= MIXED):
        raise bad_request("can't use the media of the specified type in the album")
    return items


def _count(params: Params) -> int:
    return len(_items(params))


@method(
    "sendMediaGroup",
    f"{posting.TARGET} reply_parameters media",
    ignored=posting.IGNORED,
    cost=_count,
)
def send_media_group(world: World, params: Params) -> list[Json]:
    """#sendmediagroup: all items or none; they share a media_group_id."""
    contents = [item_content(world, params, item) for item in _items(params)]
    where = posting.target(world, params, "photo")
    where.extra["media_group_id"] = world.next_album_id()
    sent = [posting.put(world, where, one) for one in contents]
    return [message.view for message in sent]


def item_content(world: World, params: Params, item: Json) -> Json:
    """One InputMedia as message fields; its caption has its own formatting."""
    names = ("caption", "parse_mode", "show_caption_above_media", "caption_entities")
    inner = {name: item[name] for name in names if item.get(name) is not None}
    caption = posting.caption_of(world, Params.of(inner))
    kind = str(item.get("type"))
    file = media.stored(world, params, kind, str(item.get("media", "")))
    still = None
    if kind == "live_photo":
        still = media.stored(world, params, "photo", str(item.get("photo", "")))
    spoiler = {"has_media_spoiler": True} if item.get("has_spoiler") else {}
    return caption | media.view(file, item, still) | spoiler
