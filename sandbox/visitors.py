"""Who may talk to the sandbox: programs of this machine, and its own page.

Whatever site a developer visits can make the browser send requests to loopback, and read the
answers once its own name leads to 127.0.0.1 (DNS rebinding). A browser says who sent it: in Host
the name it asked for, in Origin and Sec-Fetch-Site the page that asks
(https://www.w3.org/TR/fetch-metadata/). Programs say nothing of the kind but Host.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Middleware

DESCRIPTION = "Forbidden: the sandbox is for programs of this machine and for its own page"
REFUSAL = {"ok": False, "error_code": 403, "description": DESCRIPTION, "error": DESCRIPTION}

# The page's files hold no secret, and any site may link to them.
_PAGE = ("/", "/page/")


def checked(host: str) -> Middleware:
    """Refuse requests of other sites; `host` is the name that the sandbox was told to listen on."""

    @web.middleware
    async def check(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        if not _is_named(request.host, host) or _is_of_another_site(request):
            return web.json_response(REFUSAL, status=403)
        return await handler(request)

    return check


def _is_named(asked: str, host: str) -> bool:
    """Whether the request names this machine; a port may be forwarded, so any will do."""
    try:
        name = urlsplit(f"//{asked}").hostname or ""
    except ValueError:
        return False
    if name in {"localhost", host.lower()} or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _is_of_another_site(request: web.Request) -> bool:
    origin = request.headers.get("Origin")
    if origin is not None:
        return origin != f"{request.scheme}://{request.host}"
    if request.path == _PAGE[0] or request.path.startswith(_PAGE[1]):
        return False
    return request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}
