"""The Bot API over HTTP: https://core.telegram.org/bots/api#making-requests."""

from __future__ import annotations

import inspect
import json
import re
from email.utils import formatdate

from aiohttp import web

from sandbox import faults, params
from sandbox.calls import Call
from sandbox.errors import ApiError, GatewayError
from sandbox.faults import Fault
from sandbox.methods import METHODS
from sandbox.model import Json
from sandbox.params import Params
from sandbox.registry import Method
from sandbox.stage import Stage

_TOKEN = re.compile(r"\d+:[\w-]+")
_PAGE = "<html><head><title>{0} Bad Gateway</title></head><body>nginx</body></html>"


class Server:
    """Answers calls of one bot."""

    def __init__(self, stage: Stage) -> None:
        """Serve what is on `stage`."""
        self.stage = stage

    def routes(self) -> list[web.RouteDef]:
        """Where the Bot API lives; everything else is 404."""
        return [
            web.route("*", "/bot{token}/{method}", self.call),
            web.get("/file/bot{token}/{path:.+}", self.download),
        ]

    def refuse_token(self, token: str) -> ApiError | None:
        """401 for a wrong token, 404 for a malformed one (as api.telegram.org does)."""
        if token == self.stage.token:
            return None
        known = _TOKEN.fullmatch(token)
        return ApiError(401, "Unauthorized") if known else ApiError(404, "Not Found")

    async def download(self, request: web.Request) -> web.Response:
        """#getfile: `https://api.telegram.org/file/bot<token>/<file_path>`."""
        if error := self.refuse_token(request.match_info["token"]):
            return _json(error.code, error.answer())
        file = self.stage.world.files.at(request.match_info["path"])
        if file is None:
            return _json(404, ApiError(404, "Not Found").answer())
        return web.Response(body=file.content, content_type="application/octet-stream")

    async def call(self, request: web.Request) -> web.StreamResponse:
        """One call: read, delay, refuse or process, delay, answer; and log everything."""
        call = Call(0, request.match_info["method"], {}, self.stage.world.clock.now())
        response = await self._answer(request, call)
        response.headers["Date"] = formatdate(self.stage.world.clock.now(), usegmt=True)
        call.done, call.took = True, self.stage.world.clock.now() - call.at
        self.stage.world.feed.put(
            "call", call.chat_id, number=call.number, method=call.method, status=call.status
        )
        return response

    async def _answer(self, request: web.Request, call: Call) -> web.Response:
        try:
            if error := self.refuse_token(request.match_info["token"]):
                raise error
            given = await params.read(request)
            method = self._describe(call, given)
        except ApiError as error:
            self.stage.record(call)
            return _finish(call, error.code, error.answer())
        self.stage.record(call)
        await faults.pause(self.stage.faults.delay())
        fault = self.stage.faults.pick(call.method, call.chat_id)
        call.fault = fault.kind if fault else None
        if fault is not None:
            self.stage.tell_trouble()
        response = await self._process(request, call, method, given, fault)
        await faults.pause(self.stage.faults.delay())
        return response

    def _describe(self, call: Call, given: Params) -> Method:
        """Fill in the log's entry and find the method (names are case-insensitive)."""
        call.params, call.files = given.values, sorted(given.uploads)
        chat_id = given.text("chat_id")
        call.chat_id = int(chat_id) if chat_id.lstrip("-").isdigit() else None
        method = METHODS.get(call.method.lower())
        if method is None:
            call.known = False
            raise ApiError(404, "Not Found: method not found")
        call.method = method.name
        passed = set(given.values)
        call.ignored = sorted(passed & method.ignored)
        call.unknown = sorted(passed - method.ignored - method.params)
        return method

    async def _process(
        self, request: web.Request, call: Call, method: Method, given: Params, fault: Fault | None
    ) -> web.Response:
        if fault is not None and fault.kind in faults.BEFORE:
            return _strike(request, call, fault)
        try:
            result = await self._run(call, method, given)
        except ApiError as error:
            return _finish(call, error.code, error.answer())
        except GatewayError:
            return _page(call, 502)
        call.processed = True
        if call.method == "getUpdates" and isinstance(result, list):
            given_ids = [update["update_id"] for update in result]
            call.injected = [i for i in given_ids if i in self.stage.world.updates.injected]
        if fault is not None and fault.kind != "garbage":
            return _strike(request, call, fault)
        shown = faults.garbage(result) if fault is not None else result
        return _finish(call, 200, {"ok": True, "result": shown})

    async def _run(self, call: Call, method: Method, given: Params) -> object:
        """Process a call within Telegram's limits; only what succeeds counts."""
        world, limits = self.stage.world, self.stage.limits
        count = method.cost(given) if method.cost is not None else 0
        if count and call.chat_id is not None:
            limits.check(world.clock.now(), call.chat_id, count)
        result = method.handler(world, given)
        if inspect.isawaitable(result):
            return await result
        if count and call.chat_id is not None:
            limits.charge(world.clock.now(), call.chat_id, count)
        return result


def _strike(request: web.Request, call: Call, fault: Fault) -> web.Response:
    """Answer as the fault says; a cut connection gets no answer at all."""
    if fault.kind == "error":
        error = fault.error()
        return _finish(call, error.code, error.answer())
    if fault.kind in {"html", "html_after"}:
        return _page(call, fault.status)
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


def _page(call: Call, status: int) -> web.Response:
    call.status = status
    return web.Response(status=status, text=_PAGE.format(status), content_type="text/html")


def _finish(call: Call, status: int, answer: Json) -> web.Response:
    call.status, call.answer = status, answer
    return _json(status, answer)


def _json(status: int, answer: Json) -> web.Response:
    body = json.dumps(answer, separators=(",", ":"))
    return web.Response(status=status, text=body, content_type="application/json")
