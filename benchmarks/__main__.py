"""`make bench`: the table and the pictures of the README. `--smoke` shows that it works."""

import argparse
import asyncio
from dataclasses import asdict

from benchmarks import (
    databases,
    lasting,
    machine,
    plots,
    pressure,
    quiet,
    report,
    rounds,
    starting,
)
from benchmarks.figures import Figure
from benchmarks.rounds import SMOKE, Size
from core.config import PROJECT

RESULTS = PROJECT / "benchmarks" / "results.json"
PICTURES = PROJECT / "docs"
README = PROJECT / "README.md"

MESSAGES_FOR_MEMORY = 100_000
STARTS = 5


async def smoke() -> None:
    """Run every load once, briefly, and keep nothing."""
    both = {
        name: make for name, make in rounds.subjects(postgres="").items() if name != "PostgreSQL"
    }
    measured = await rounds.compare(both, SMOKE, print)
    made = report.Report(machine.described(), list(both))
    made.compare(measured)
    print(made.markdown())


async def bench(size: Size, tickets: int, messages: int) -> None:
    """Measure everything and write it down."""
    with databases.postgres_server() as server:
        compared = rounds.subjects(server)
        measured = await rounds.compare(compared, size, print)
    made = report.Report(machine.described(), list(compared))
    made.compare(measured)
    await _start(made)
    await _memory(made, messages, size)
    await _growth(made, tickets, size)
    await asyncio.to_thread(_pressure, made)
    await _quiet(made)
    plots.throughput_and_latency(measured, PICTURES / "benchmark.svg")
    made.save(RESULTS)
    report.put_into(README, made.markdown())
    print(made.markdown())


async def _start(made: report.Report) -> None:
    print("start")
    whole = Figure.of(await starting.first_get_updates(STARTS))
    aiogram = Figure.of(await starting.importing_aiogram(STARTS))
    ours = whole.median - aiogram.median
    words = f"{whole.written(' s')}; beyond importing aiogram {ours:.2g} s"
    made.add("start to first getUpdates", words, start=whole.median, importing=aiogram.median)


async def _memory(made: report.Report, messages: int, size: Size) -> None:
    print(f"memory over {messages} messages")
    held = [one / report.MEGABYTE for one in await lasting.memory(messages, size)]
    words = f"{held[0]:.0f} MB after a tenth, {held[-1]:.0f} MB at the end"
    made.add(f"memory over {messages:,} messages", words, memory=held)


async def _growth(made: report.Report, tickets: int, size: Size) -> None:
    found = await lasting.growth(tickets, size, print)
    words = (
        f"{found['rate'].written(' ×')} messages a second, {found['latency'].written(' ×')} latency"
    )
    made.add(
        f"with {tickets:,} tickets and {tickets * 10:,} messages, against an empty database",
        words,
        growth={name: figure.median for name, figure in found.items()},
    )


def _pressure(made: report.Report) -> None:
    """Run this in a thread: the simulation has event loops of its own."""
    print("under Telegram's limits")
    found = pressure.measure()
    words = (
        f"all seen after {found.seconds:.0f} s by {len(found.sends)} sends, "
        f"{found.ratio:.2f} × the time that a message a send takes"
    )
    what = f"under limits, {found.messages:,} messages to 240 tickets within 10 s"
    made.add(what, words, pressure={"seconds": found.seconds, "ratio": found.ratio})
    plots.backlog(found.waiting, found.sends, PICTURES / "limits.svg")


async def _quiet(made: report.Report) -> None:
    print("what the group sees of a ticket")
    for name, seen in (await quiet.measure()).items():
        made.add(f"what the group sees of a ticket, {name}", seen.written(), **{name: asdict(seen)})


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a few seconds: that it works")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tickets", type=int, default=1_000_000, help="in the full database")
    parser.add_argument("--messages", type=int, default=MESSAGES_FOR_MEMORY, help="for memory")
    chosen = parser.parse_args()
    if chosen.smoke:
        asyncio.run(smoke())
    else:
        asyncio.run(bench(Size(rounds=chosen.rounds), chosen.tickets, chosen.messages))


if __name__ == "__main__":
    main()
