"""The feed of changes as server-sent events, one `data:` line a change.

https://html.spec.whatwg.org/multipage/server-sent-events.html. The page reads it with `fetch`,
because an EventSource cannot send the secret's header.
"""

from __future__ import annotations

import json

from aiohttp import web

from sandbox.model import Json
from sandbox.stage import Stage

# How often a comment keeps the connection alive, or shows that the reader has gone.
HEARTBEAT_SECONDS = 15.0
HEADERS = {
    "Content-Type": "text/event-stream",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}


async def follow(stage: Stage, request: web.Request) -> web.StreamResponse:
    """Write the changes after `since` (default: from now on) until the reader leaves."""
    feed = stage.world.feed
    known = int(request.query.get("since", feed.last))
    response = web.StreamResponse(headers=HEADERS)
    await response.prepare(request)
    await response.write(b": welcome\n\n")
    while not feed.closed:
        found = await feed.wait(known, HEARTBEAT_SECONDS)
        known = found[-1]["seq"] if found else known
        lines = "".join(event(stage, change) for change in found)
        try:
            await response.write(lines.encode("utf-8", "backslashreplace") or b": still here\n\n")
        except ConnectionError:
            break
    return response


def event(stage: Stage, change: Json) -> str:
    """One change; a call carries its line of the log."""
    if change["kind"] == "call" and (call := stage.find_call(change["number"])) is not None:
        change = change | {"call": call.brief()}
    return f"id: {change['seq']}\ndata: {json.dumps(change)}\n\n"
