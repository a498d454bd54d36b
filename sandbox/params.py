"""A call's parameters, read as leniently as Telegram reads them.

Four ways of passing them are allowed (https://core.telegram.org/bots/api#making-requests): URL
query, application/x-www-form-urlencoded, application/json and multipart/form-data. In any
case a parameter is a string here; objects are JSON in that string.
"""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web
from aiohttp.multipart import BodyPartReader

from sandbox.errors import bad_request
from sandbox.model import Upload


class Params:
    """Strings by name, and uploads by the name of their part."""

    def __init__(self, values: dict[str, str], uploads: dict[str, Upload] | None = None) -> None:
        """Keep both as they are."""
        self.values = values
        self.uploads = uploads or {}

    @classmethod
    def of(cls, values: dict[str, Any]) -> Params:
        """Parameters from JSON values, as they would travel in a form."""
        return cls({name: _as_text(value) for name, value in values.items()})

    def __contains__(self, name: object) -> bool:
        """Whether the parameter was passed at all."""
        return name in self.values

    def text(self, name: str) -> str:
        """A string; empty when it is missing."""
        return self.values.get(name, "")

    def integer(self, name: str, default: int = 0) -> int:
        """An integer; anything else counts as absent (get_integer_arg)."""
        try:
            return int(self.values.get(name, default))
        except ValueError:
            return default

    def decimal(self, name: str) -> float:
        """A float that must be there."""
        try:
            return float(self.values[name])
        except (KeyError, ValueError):
            raise bad_request(f"{name} is empty") from None

    def boolean(self, name: str) -> bool:
        """True for `true`, `yes` and `1` in any case (to_bool in tdlib/telegram-bot-api)."""
        return self.text(name).lower() in {"true", "yes", "1"}

    def json(self, name: str, what: str) -> Any:
        """A JSON value, or None when it is missing."""
        raw = self.text(name)
        if not raw:
            return None
        try:
            return json.loads(raw)
        except ValueError:
            raise bad_request(f"can't parse {what} JSON object") from None

    def identifiers(self, name: str) -> list[int]:
        """A JSON list of message ids."""
        found = self.json(name, "message identifiers")
        if not isinstance(found, list) or not found:
            raise bad_request("message identifiers are not specified")
        try:
            return [int(item) for item in found]
        except (TypeError, ValueError):
            raise bad_request("message identifier must be a Number") from None


def _as_text(value: object) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)


async def read(request: web.Request) -> Params:
    """Collect the parameters of a request, however they are passed."""
    values = dict(request.query)
    if request.method != "POST" or not request.can_read_body:
        return Params(values)
    if request.content_type == "application/json":
        return Params(values | _from_json(await request.text()))
    if request.content_type == "multipart/form-data":
        return await _from_multipart(request, values)
    form = await request.post()
    return Params(values | {name: str(value) for name, value in form.items()})


def _from_json(body: str) -> dict[str, str]:
    try:
        parsed = json.loads(body) if body.strip() else {}
    except ValueError:
        raise bad_request("can't parse request: JSON expected") from None
    if not isinstance(parsed, dict):
        raise bad_request("can't parse request: object expected")
    return {name: _as_text(value) for name, value in parsed.items() if value is not None}


def _decoded(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise bad_request("strings must be encoded in UTF-8") from None


async def _from_multipart(request: web.Request, values: dict[str, str]) -> Params:
    uploads: dict[str, Upload] = {}
    reader = await request.multipart()
    while isinstance(part := await reader.next(), BodyPartReader):
        name = part.name or ""
        content = bytes(await part.read(decode=True))
        if part.filename is None:
            values[name] = _decoded(content)
        else:
            mime = part.headers.get("Content-Type", "application/octet-stream")
            uploads[name] = Upload(part.filename, content, mime)
    return Params(values, uploads)
