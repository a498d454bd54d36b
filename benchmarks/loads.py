"""The loads: a loop of users, a flood, and one message after the other."""

import asyncio
import time
from dataclasses import dataclass
from itertools import pairwise

from benchmarks.subjects import Running
from benchmarks.telegram import Telegram
from sandbox.model import Chat


@dataclass(frozen=True)
class Load:
    """The results of a load; `latencies` in seconds, `cpu` in seconds a message."""

    rate: float
    latencies: list[float]
    cpu: float
    out_of_order: int


async def tickets(telegram: Telegram, count: int) -> list[Chat]:
    """Have `count` users write for the first time, and wait until staff see all of it."""
    chats = [telegram.user(f"User {number}") for number in range(count)]
    for token in [telegram.write(chat) for chat in chats]:
        await telegram.sees(token)
    return chats


async def loop_of_users(telegram: Telegram, bot: Running, users: int, seconds: float) -> Load:
    """Let users write for `seconds`, each as soon as their last message is seen."""
    chats = await tickets(telegram, users)
    begun, cpu = time.perf_counter(), bot.cpu()
    latencies: list[float] = []

    async def writes(chat: Chat) -> None:
        while time.perf_counter() - begun < seconds:
            latencies.append(await telegram.sees(telegram.write(chat)))

    async with asyncio.TaskGroup() as group:
        for chat in chats:
            group.create_task(writes(chat))
    return _load(begun, bot.cpu() - cpu, latencies, 0)


async def flood(telegram: Telegram, bot: Running, users: int, messages: int) -> Load:
    """Have all messages written at the same time, and wait until staff see them."""
    chats = await tickets(telegram, users)
    telegram.order.clear()
    begun, cpu = time.perf_counter(), bot.cpu()
    written = [
        (number % users, telegram.write(chats[number % users])) for number in range(messages)
    ]
    latencies = [await telegram.sees(token) for _, token in written]
    of_user = {token: user for user, token in written}
    shown: dict[int, list[int]] = {}
    for token in telegram.order:
        shown.setdefault(of_user[token], []).append(token)
    late = sum(b < a for tokens in shown.values() for a, b in pairwise(tokens))
    return _load(begun, bot.cpu() - cpu, latencies, late)


async def one_by_one(telegram: Telegram, bot: Running, messages: int) -> Load:
    """Send one message at a time."""
    (chat,) = await tickets(telegram, 1)
    begun, cpu = time.perf_counter(), bot.cpu()
    latencies = [await telegram.sees(telegram.write(chat)) for _ in range(messages)]
    return _load(begun, bot.cpu() - cpu, latencies, 0)


def _load(begun: float, cpu: float, latencies: list[float], late: int) -> Load:
    count = len(latencies)
    return Load(count / (time.perf_counter() - begun), sorted(latencies), cpu / count, late)
