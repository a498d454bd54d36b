"""The page: static files of one folder, under a policy that allows nothing else.

The page contains no secret. It reads it from the fragment of its own address, which browsers keep
to themselves, and sends it as a header (`sandbox/control.py`).
"""

from __future__ import annotations

from pathlib import Path

from aiohttp import web

FOLDER = Path(__file__).with_name("page")
TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
# Pictures and recordings are fetched with the secret and shown as `blob:`.
POLICY = (
    "default-src 'self'; img-src 'self' blob:; media-src blob:; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def routes() -> list[web.RouteDef]:
    """Where the page lives."""
    return [web.get("/", _index), web.get("/page/{path:.+}", _file)]


async def _index(_request: web.Request) -> web.Response:
    return _answer(FOLDER / "index.html")


async def _file(request: web.Request) -> web.Response:
    """A file of the folder; 404 for paths that lead out of it."""
    path = (FOLDER / request.match_info["path"]).resolve()
    if not path.is_relative_to(FOLDER.resolve()) or path.suffix not in TYPES or not path.is_file():
        raise web.HTTPNotFound
    return _answer(path)


def _answer(path: Path) -> web.Response:
    kind = TYPES[path.suffix]
    return web.Response(body=path.read_bytes(), content_type=kind, charset="utf-8", headers=HEADERS)
