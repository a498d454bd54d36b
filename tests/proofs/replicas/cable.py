"""A cable between a process and its database, which can be cut."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from sqlalchemy import make_url

CHUNK = 2**16


class Cable:
    """Carries bytes between a loopback port and a database."""

    def __init__(self, database_url: str) -> None:
        self._target = make_url(database_url)
        self._whole = asyncio.Event()
        self._whole.set()
        self.url = ""

    def cut(self) -> None:
        """Carry nothing more, as if it were pulled out: connections stay open, and bytes wait."""
        self._whole.clear()

    def mend(self) -> None:
        self._whole.set()

    async def carry(self, client: StreamReader, to_client: StreamWriter) -> None:
        """Serve one connection until either end closes it."""
        try:
            await self._whole.wait()
            server, to_server = await asyncio.open_connection(self._target.host, self._target.port)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._copy(client, to_server))
                group.create_task(self._copy(server, to_client))
        finally:
            to_client.close()

    async def _copy(self, source: StreamReader, to: StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await source.read(CHUNK):
                await self._whole.wait()
                to.write(data)
                await to.drain()
            await self._whole.wait()
        to.close()


@asynccontextmanager
async def open_cable(database_url: str) -> AsyncIterator[Cable]:
    cable = Cable(database_url)
    async with await asyncio.start_server(cable.carry, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        here = make_url(database_url).set(host="127.0.0.1", port=port)
        cable.url = here.render_as_string(hide_password=False)
        yield cable
        cable.mend()
