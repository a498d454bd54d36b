"""`python main.py replay` as an operator meets it."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import DeadUpdate
from database.models import Message
from database.session import make_engine, make_sessions
from services import update_records
from tests.services.factories import STAFF
from tests.support.processes import environment, run
from tests.support.times import NOON

TOKEN = "1000000001:correct-horse"


@pytest.fixture
def variables(sqlite_url: str, tmp_path: Path) -> dict[str, str]:
    settings = {"bot_token": TOKEN, "staff_chat_id": -77, "database_url": sqlite_url}
    return environment(**settings, log_format="json") | {"TMPDIR": str(tmp_path)}


@pytest.fixture
async def session(sqlite_url: str) -> AsyncIterator[AsyncSession]:
    engine = make_engine(sqlite_url)
    async with make_sessions(engine)() as session:
        yield session
    await engine.dispose()


async def test_replay_handles_what_was_set_aside_once(
    variables: dict[str, str], session: AsyncSession
) -> None:
    await set_aside(session, text="My order is late")

    first, second = await run(variables, "replay"), await run(variables, "replay")

    assert first == (0, ["1: handled", "1 handled, 0 left"])
    assert second == (0, [*first[1], "0 handled, 0 left"])
    assert (await session.scalars(select(Message.text))).all() == ["My order is late"]


async def test_replay_keeps_what_still_fails_and_says_so(
    variables: dict[str, str], session: AsyncSession
) -> None:
    await set_aside(session, date="never")

    code, said = await run(variables, "replay")

    assert (code, said[:2]) == (1, ["1: failed, ValidationError", "0 handled, 1 left"])
    assert "`replay drop 1`" in said[2]
    assert (await session.scalars(select(DeadUpdate.replayed_at))).all() == [None]


async def test_what_can_never_be_handled_can_be_dropped(
    variables: dict[str, str], session: AsyncSession
) -> None:
    await set_aside(session, date="never")

    listed = await run(variables, "replay", "list")
    dropped = await run(variables, "replay", "drop", "1")
    replayed = await run(variables, "replay")

    code, (line, advice) = listed
    assert (code, line) == (0, f"1: message, set aside {NOON:%Y-%m-%d %H:%M} UTC: an error")
    assert "`replay show 1` shows more of no. 1" in advice
    assert dropped == (0, [*listed[1], "1: dropped"])
    assert replayed == (0, [*dropped[1], "0 handled, 0 left"])


@pytest.mark.parametrize("arguments", [(), ("list",), ("show", "1"), ("drop", "1")], ids=" ".join)
async def test_replay_on_a_database_that_is_away_is_one_sentence_and_2(
    variables: dict[str, str], arguments: tuple[str, ...]
) -> None:
    variables["DATABASE_URL"] = "postgresql://kate:xyzzy@127.0.0.1:1/support"

    code, said = await run(variables, "replay", *arguments)

    assert code == 2
    (sentence,) = said
    assert sentence.startswith("The database postgresql://127.0.0.1:1/support cannot be used: ")
    assert "Connect call failed" in sentence


async def test_replay_is_done_with_what_is_refused(
    variables: dict[str, str], session: AsyncSession
) -> None:
    await set_aside(session, text="/nonsense", entities=COMMAND)

    code, said = await run(variables, "replay")

    refused = "1: refused, UnknownCommand; the person is told"
    assert (code, said) == (0, [refused, "1 handled, 0 left"])
    assert None not in (await session.scalars(select(DeadUpdate.replayed_at))).all()


async def test_replay_on_a_database_that_is_not_at_head_is_one_sentence(
    variables: dict[str, str], empty_sqlite_url: str
) -> None:
    code, said = await run(variables | {"DATABASE_URL": empty_sqlite_url}, "replay")

    assert code == 2
    (sentence,) = said
    assert sentence.endswith(": run `alembic upgrade head`.")


COMMAND = [{"type": "bot_command", "offset": 0, "length": 9}]


async def set_aside(session: AsyncSession, **fields: Any) -> None:
    alice = {"id": 5, "is_bot": False, "first_name": "Alice"}
    chat = {"id": 5, "type": "private", "first_name": "Alice"}
    message = {"message_id": 2, "date": 0, "chat": chat, "from": alice, "text": "Hello"} | fields
    raw = {"update_id": 1, "message": message}
    await update_records.set_aside(session, raw, "a bug", staff_chat_id=STAFF, now=NOON)
    await session.commit()
