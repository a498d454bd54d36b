"""Measures what a minute does not show: memory over many messages, speed on a full database."""

from collections.abc import Callable

from benchmarks import databases, filling, loads, telegram
from benchmarks.figures import Figure, ratio
from benchmarks.rounds import Size
from benchmarks.subjects import ours, running

# How many times memory is measured on the way.
LOOKS = 10


async def memory(messages: int, size: Size) -> list[int]:
    """Send messages; return the bytes of memory held after each tenth of them."""
    async with (
        databases.sqlite() as url,
        telegram.opened() as seen,
        running(ours("SQLite", url), seen) as bot,
    ):
        held = []
        for _ in range(LOOKS):
            await loads.flood(seen, bot, size.users, messages // LOOKS)
            seen.forget()
            held.append(bot.memory())
        return held


async def growth(tickets: int, size: Size, say: Callable[[str], None]) -> dict[str, Figure]:
    """Compare a full database with an empty one, in turns: the rate, and one message's time."""
    rates: dict[str, list[float]] = {"full": [], "empty": []}
    alone: dict[str, list[float]] = {"full": [], "empty": []}
    async with databases.sqlite() as full:
        say(f"filling a database with {tickets} tickets")
        await filling.fill(full, tickets)
        for number in range(size.rounds):
            say(f"growth, round {number + 1} of {size.rounds}")
            async with databases.sqlite() as empty:
                for name, url in (("empty", empty), ("full", full)):
                    async with (
                        telegram.opened(first_user=number * 1000) as seen,
                        running(ours(name, url), seen) as bot,
                    ):
                        loop = await loads.loop_of_users(seen, bot, size.users, size.seconds)
                        one = await loads.one_by_one(seen, bot, size.near)
                    rates[name].append(loop.rate)
                    alone[name].append(one.latencies[len(one.latencies) // 2])
    return {
        "rate": ratio(rates["full"], rates["empty"]),
        "latency": ratio(alone["full"], alone["empty"]),
    }
