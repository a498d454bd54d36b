"""Proxies on this machine that lead to a server of the test, whatever host is asked for."""

import asyncio
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

# A host that only these proxies know. The sandbox only answers to this machine's own names.
HOST = b"Host: telegram.invalid"

type Greet = Callable[[StreamReader, StreamWriter], Awaitable[str]]


@dataclass
class Proxy:
    """Where a proxy listens, and what it was asked for: `host:port`, or whom it turned away."""

    address: str = ""
    asked: list[str] = field(default_factory=list)


@asynccontextmanager
async def proxy(greet: Greet, server_port: int) -> AsyncIterator[Proxy]:
    """Lead whoever `greet` lets in to a port of this machine."""
    found = Proxy()

    async def serve(reader: StreamReader, writer: StreamWriter) -> None:
        found.asked.append(await greet(reader, writer))
        if not found.asked[-1].startswith("refused"):
            there = await asyncio.open_connection("127.0.0.1", server_port)
            async with asyncio.TaskGroup() as group:
                group.create_task(_pass_on(reader, there[1]))
                group.create_task(_pass_on(there[0], writer))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        found.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield found


async def _pass_on(reader: StreamReader, writer: StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data.replace(HOST, b"Host: localhost"))
            await writer.drain()
    except ConnectionError:
        pass  # whoever is gone needs no more
    finally:
        writer.close()


def http(credentials: str | None = None) -> Greet:
    """Greet as an HTTP proxy does, by CONNECT; `credentials` as Proxy-Authorization has them."""

    async def greet(reader: StreamReader, writer: StreamWriter) -> str:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, target, _ = head.splitlines()[0].split()
        assert method == "CONNECT"
        if credentials is not None and f"Basic {credentials}" not in head:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            return f"refused {target}"
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return target

    return greet


async def socks5(reader: StreamReader, writer: StreamWriter) -> str:
    """Greet as a SOCKS5 proxy that asks for nobody's name (RFC 1928)."""
    _, methods = await reader.readexactly(2)
    await reader.readexactly(methods)
    writer.write(b"\x05\x00")
    _, command, _, kind = await reader.readexactly(4)
    assert (command, kind) == (1, 3), "a connection, to a host by its name"
    host = await reader.readexactly((await reader.readexactly(1))[0])
    port = int.from_bytes(await reader.readexactly(2))
    writer.write(b"\x05\x00\x00\x01" + bytes(6))
    return f"{host.decode()}:{port}"
