"""The way to Telegram through a proxy: HTTP's CONNECT, SOCKS4 or SOCKS5."""

from typing import override

from aiohttp import ClientProxyConnectionError, ClientRequest, ClientTimeout
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
from aiohttp_socks import ProxyConnectionError, ProxyConnector, ProxyError, ProxyTimeoutError


class Tunnel(ProxyConnector):
    """Raises aiohttp's error if no connection is made, instead of aiohttp-socks's own errors."""

    @override
    async def connect(
        self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout
    ) -> Connection:
        try:
            return await super().connect(req, traces, timeout)
        except (ProxyConnectionError, ProxyError, ProxyTimeoutError) as error:
            reason = OSError(0, str(error))
            raise ClientProxyConnectionError(req.connection_key, reason) from error
