"""PostgreSQL stops, crashes, and drops connections, under traffic."""

import asyncio

from sqlalchemy import NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

from tests.proofs.torture.databases import own_server
from tests.proofs.torture.outages import lasts, outage
from tests.proofs.torture.run import Run

DROP = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE pid <> pg_backend_pid() AND datname = 'support'
"""


async def postgres_stops(run: Run) -> None:
    """Stop the server as an operator does, and start it again later."""
    async with own_server() as (server, url), run.scene(url) as scene:
        await scene.start()
        async with run.traffic(scene) as traffic:
            await traffic.reaches(5)
            async with outage(run, scene) as begun:
                await asyncio.to_thread(server.halt)
                await lasts(run, scene, begun, run.choose(long=30, short=3))
            await asyncio.to_thread(server.resume)
            await traffic.reaches(5)
        await run.judge(scene, traffic)
        run.expect(scene.starts == 1, "the bot had to be started again")


async def postgres_fails_over(run: Run) -> None:
    """Drop every connection again and again, and sometimes crash the server."""
    rounds = run.choose(long=20, short=2)
    async with own_server() as (server, url), run.scene(url) as scene:
        await scene.start()
        dropped = 0
        async with run.traffic(scene) as traffic:
            await traffic.reaches(5)
            for number in range(rounds):
                if number % 4 == 1:
                    await asyncio.to_thread(server.crash)
                    await asyncio.to_thread(server.resume)
                else:
                    dropped += await _drop_everybody(url)
                await asyncio.sleep(run.rng.uniform(0.1, run.choose(long=3, short=0.5)))
                await traffic.reaches(1)
        await run.judge(scene, traffic)
        run.expect(dropped, "there was no connection to drop")
        run.remarks.append(f"{rounds} rounds, {dropped} connections dropped")


async def _drop_everybody(url: str) -> int:
    engine = create_async_engine(url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return int(await connection.scalar(text(DROP)) or 0)
    finally:
        await engine.dispose()
