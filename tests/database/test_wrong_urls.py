"""A DATABASE_URL with a slip is answered with a sentence, however the libraries take it."""

import asyncio

import pytest

from core.values import async_url
from database.errors import WrongUrl
from database.leadership import LockedLead
from database.session import make_engine
from tests.support.postgres import free_port

AT = "postgresql://bot@127.0.0.1"


async def connect(url: str) -> None:
    engine = make_engine(async_url(url))
    async with engine.connect():
        pass


@pytest.mark.parametrize(
    ("url", "why"),
    [
        pytest.param(f"{AT}:99999/support", "port must be 0-65535", id="port"),
        pytest.param(f"{AT}/support?channel_binding=require", "channel_binding", id="option"),
        pytest.param(f"{AT}/support?sslmode=banana", "`sslmode` parameter must be", id="sslmode"),
        pytest.param(f"{AT}/support?timeout=soon", "unsupported operand", id="time-out"),
        pytest.param(f"{AT}/support?prepared_statement_cache_size=x", "invalid literal", id="size"),
        pytest.param("postgresql://bot@data..base/support", "label empty", id="host"),
        pytest.param("sqlite:///support.db?timeout=soon", "could not convert", id="sqlite"),
    ],
)
async def test_a_slip_is_named(url: str, why: str) -> None:
    with pytest.raises(WrongUrl, match=rf"^DATABASE_URL cannot be used: .*{why}"):
        await connect(url)


async def test_a_pooler_that_would_give_the_lead_away_is_named() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(8)  # whether to encrypt
        writer.write(b"N")
        await reader.read(4)
        fields = b"SFATAL\0C08P01\0Munsupported startup parameter: idle_session_timeout\0\0"
        writer.write(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", port := free_port()):
        lead = LockedLead(async_url(f"{AT}:{port}/support"))

        with pytest.raises(WrongUrl, match="PgBouncer"):
            await lead.win(asyncio.Event())

        await lead.engine.dispose()
