"""What an operator can see and do about updates that were set aside, apart from replaying them."""

import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from database.machinery import DeadUpdate
from database.schema import ensure_at_head
from database.session import make_engine, make_reader, make_sessions
from services import update_records

# Fields with Telegram's own words, not with what a person wrote.
TELEGRAMS_WORDS = frozenset({"type", "status", "language_code"})


class NoSuchUpdate(Exception):
    """No update is set aside under this number."""


async def list_all(url: str, say: Callable[[str], Any]) -> None:
    """Say, a line each, which updates were set aside and still wait."""
    async with _transaction(make_reader(url)) as session:
        waiting = await update_records.not_replayed(session)
    for dead in waiting:
        kind = ", ".join(key for key in json.loads(dead.raw) if key != "update_id")
        say(f"{dead.id}: {kind}, set aside {dead.died_at:%Y-%m-%d %H:%M} UTC: {_error(dead)}")
    say(_advice(waiting[0].id) if waiting else "No updates are set aside.")


async def show(url: str, number: int, say: Callable[[str], Any], *, text: bool = False) -> None:
    """Say all about one update, but what people wrote only with `text`. Raises NoSuchUpdate."""
    async with _transaction(make_reader(url)) as session:
        dead = await _found(session, number)
    raw = json.loads(dead.raw)
    say(json.dumps(raw if text else _masked(raw), indent=2, ensure_ascii=not text))
    say(dead.error if text else "\n".join([*_places(dead), _error(dead)]))


async def drop(url: str, numbers: Sequence[int], say: Callable[[str], Any]) -> None:
    """Delete these updates for good, all or none of them. Raises NoSuchUpdate."""
    async with _transaction(make_engine(url)) as session:
        for number in numbers:
            await session.delete(await _found(session, number))
    for number in numbers:
        say(f"{number}: dropped")


@asynccontextmanager
async def _transaction(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    """Raises DatabaseNotAtHead, and the errors of an outage."""
    try:
        await ensure_at_head(engine)
        async with make_sessions(engine).begin() as session:
            yield session
    finally:
        await engine.dispose()


async def _found(session: AsyncSession, number: int) -> DeadUpdate:
    dead = await session.get(DeadUpdate, number)
    if dead is None:
        raise NoSuchUpdate(f"Nothing is kept as no. {number}: see `replay list`.")
    return dead


def _advice(number: int) -> str:
    return (
        f"`replay` handles them again; `replay show {number}` shows more of no. {number}, "
        f"`replay drop {number}` forgets it for ever."
    )


def _error(dead: DeadUpdate) -> str:
    """Name the error without its message, which may quote what somebody wrote."""
    names = re.findall(r"^([\w.]+)(?::|$)", dead.error, re.MULTILINE)
    return str(names[-1]).rpartition(".")[2] if names else "an error"


def _places(dead: DeadUpdate) -> list[str]:
    return re.findall(r"^ +(File \".*\", line \d+.*)$", dead.error, re.MULTILINE)


def _masked(value: Any, key: str = "") -> Any:
    """Take out what people wrote, their names and places; ids, times and structure stay."""
    match value:
        case dict():
            return {name: _masked(one, name) for name, one in value.items()}
        case list():
            return [_masked(one) for one in value]
        case str() if key not in TELEGRAMS_WORDS:
            return f"({len(value)} characters)"
        case float():
            return "(a number)"
        case _:
            return value
