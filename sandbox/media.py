"""Files as messages carry them: https://core.telegram.org/bots/api#photosize and what follows."""

from __future__ import annotations

import base64

from sandbox.errors import bad_request
from sandbox.files import SMALL, StoredFile
from sandbox.model import Json
from sandbox.params import Params
from sandbox.world import World

FILE_KINDS = (
    "photo",
    "live_photo",
    "document",
    "video",
    "animation",
    "audio",
    "voice",
    "video_note",
    "sticker",
)
CAPTIONED = frozenset({"photo", "live_photo", "document", "video", "animation", "audio", "voice"})
MIME = {
    "photo": "image/png",
    "live_photo": "video/mp4",
    "document": "application/octet-stream",
    "video": "video/mp4",
    "animation": "video/mp4",
    "audio": "audio/mpeg",
    "voice": "audio/ogg",
    "video_note": "video/mp4",
    "sticker": "image/webp",
}
NAMES = {
    "photo": "photo.png",
    "live_photo": "live.mp4",
    "document": "file.bin",
    "video": "video.mp4",
    "animation": "animation.mp4",
    "audio": "music.mp3",
    "voice": "voice.ogg",
    "video_note": "round.mp4",
    "sticker": "sticker.webp",
}
# One grey pixel: what a person sends when a test does not care.
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mM0NDT8DwAC9AHEr8mF7wAAAABJRU5ErkJggg=="
)


def stored(world: World, params: Params, kind: str, given: str) -> StoredFile:
    """The file a parameter means: an upload, `attach://part`, or a file_id of this bot.

    Addresses are not fetched: the sandbox talks to nobody.
    """
    part = given.removeprefix("attach://") if given.startswith("attach://") else None
    if part is not None and part not in params.uploads:
        raise bad_request(f"there is no file with the name {part} in the request")
    if part is not None:
        upload = params.uploads[part]
        if not upload.content:
            raise bad_request("file must be non-empty")
        return world.files.add(kind, upload.name, upload.content, upload.mime_type)
    if given.startswith(("http://", "https://")):
        raise bad_request("failed to get HTTP URL content")
    if not given:
        raise bad_request(f"there is no {kind.replace('_', ' ')} in the request")
    file = world.files.get(given)
    if (file.kind == "photo") != (kind == "photo"):
        # Only photos are apart; the rest are documents to Telegram (FileManager in tdlib/td).
        raise bad_request(f"can't use file of type {_type(file.kind)} as {_type(kind)}")
    return file


def _type(kind: str) -> str:
    return "".join(word.capitalize() for word in kind.split("_"))


def view(file: StoredFile, asked: Json | None = None, still: StoredFile | None = None) -> Json:
    """The message field for a file, with what the sender said of it; a live photo has a `still`.

    What a file is was decided when it was first sent: a video sent by its file_id as a document
    stays a video.
    """
    said = asked or {}
    base = file.json()
    if file.kind == "photo":
        return {"photo": _sizes(base)}
    details = _details(file, said)
    if file.kind == "live_photo":
        return _live_photo(base | details, still or file)
    if file.kind == "animation":
        # “For backward compatibility, when this field is set, the document field will also be
        # set” (#message, animation).
        document = base | {"file_name": file.name, "mime_type": file.mime_type}
        return {"animation": base | details, "document": document}
    return {file.kind: base | details}


def _live_photo(film: Json, still: StoredFile) -> Json:
    """“… when this field is set, the photo field will also be set” (#message, live_photo)."""
    sizes = _sizes(still.json())
    return {"live_photo": film | {"photo": sizes}, "photo": sizes}


def _sizes(photo: Json) -> list[Json]:
    names = {"file_id": photo["file_id"] + SMALL, "file_unique_id": photo["file_unique_id"] + "s"}
    small = photo | names | {"width": 90, "height": 90}
    return [small, photo | {"width": 800, "height": 800}]


def _details(file: StoredFile, said: Json) -> Json:
    typed = {"mime_type": file.mime_type}
    named = {"file_name": file.name} | typed
    duration = {"duration": _number(said, "duration", 1)}
    size = {"width": _number(said, "width", 640), "height": _number(said, "height", 360)}
    if file.kind == "document":
        return named
    if file.kind in {"live_photo", "video", "animation"}:
        return size | duration | (typed if file.kind == "live_photo" else named)
    if file.kind == "audio":
        who = {key: said[key] for key in ("performer", "title") if said.get(key)}
        return duration | who | named
    if file.kind == "voice":
        return duration | typed
    if file.kind == "video_note":
        return duration | {"length": _number(said, "length", 240)}
    flags = {"type": "regular", "is_animated": False, "is_video": False}
    return {"width": 512, "height": 512, "emoji": said.get("emoji") or "🙂"} | flags


def _number(said: Json, name: str, default: int) -> int:
    """A number that the sender gave for a file, if it is above zero."""
    text = str(said.get(name, ""))
    return (int(text) if text.isdecimal() else 0) or default


def sample(
    world: World, kind: str, name: str | None, content: bytes | None, mime_type: str | None = None
) -> StoredFile:
    """A file that a person sends from their own device."""
    default = PIXEL if kind == "photo" else f"a {kind} of the sandbox".encode()
    data = default if content is None else content
    return world.files.add(kind, name or NAMES[kind], data, mime_type or MIME[kind])
