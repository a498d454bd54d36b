"""The control API: everything that people, and trouble, do to a bot — over HTTP with a secret.

`POST /control/<action>` with a JSON object and the header `X-Sandbox-Secret`. Answers are
`{"ok": true, "result": …}` or `{"ok": false, "error": "…"}`. Other sites' pages are kept out
before (`sandbox/visitors.py`), whatever they know.
"""

from __future__ import annotations

import hmac
import inspect
import json

from aiohttp import web

from sandbox import stream
from sandbox.actions import Refused
from sandbox.controls import ACTIONS
from sandbox.errors import ApiError
from sandbox.model import Json
from sandbox.stage import Stage

HEADER = "X-Sandbox-Secret"
REFUSAL: Json = {"ok": False, "error": "wrong secret"}


class Control:
    """Answers requests that carry the secret."""

    def __init__(self, stage: Stage) -> None:
        """Control what is on `stage`."""
        self.stage = stage

    def routes(self) -> list[web.RouteDef]:
        """Where the control API lives."""
        return [
            web.get("/control/stream", self.stream),
            web.get("/control/file/{file_id}", self.file),
            web.post("/control/{action}", self.handle),
        ]

    async def stream(self, request: web.Request) -> web.StreamResponse:
        """The changes after `since` as server-sent events, for as long as somebody reads."""
        if not self._allowed(request):
            return _answer(403, REFUSAL)
        return await stream.follow(self.stage, request)

    async def file(self, request: web.Request) -> web.Response:
        """The bytes of a file that was sent; never of a kind that a browser would run."""
        if not self._allowed(request):
            return _answer(403, REFUSAL)
        try:
            content = self.stage.world.files.get(request.match_info["file_id"]).content
        except ApiError:
            content = None
        if content is None:
            return _answer(404, {"ok": False, "error": "no such file"})
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=3600"}
        kind = "application/octet-stream"
        return web.Response(body=content, content_type=kind, headers=headers)

    def _allowed(self, request: web.Request) -> bool:
        given = request.headers.get(HEADER, "")
        return hmac.compare_digest(given.encode(), self.stage.secret.encode())

    async def handle(self, request: web.Request) -> web.Response:
        """One request."""
        if not self._allowed(request):
            return _answer(403, REFUSAL)
        function = ACTIONS.get(request.match_info["action"])
        if function is None:
            return _answer(404, {"ok": False, "error": "no such action"})
        try:
            body = json.loads(await request.text() or "{}")
            result = function(self.stage, body)
            if inspect.isawaitable(result):
                result = await result
            if self.stage.recording is not None:
                self.stage.recording.note(request.match_info["action"], body, result)
        except ApiError as error:
            return _answer(400, {"ok": False, "error": error.description})
        except KeyError as error:
            return _answer(400, {"ok": False, "error": f"{error.args[0]} is missing"})
        except (Refused, ValueError, TypeError) as error:
            return _answer(400, {"ok": False, "error": str(error)})
        return _answer(200, {"ok": True, "result": result})


def _answer(status: int, body: Json) -> web.Response:
    return web.Response(status=status, text=json.dumps(body), content_type="application/json")
