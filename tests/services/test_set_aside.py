"""What an operator sees of an update that was set aside, and what is left of it."""

import traceback

import pytest
from pydantic import TypeAdapter
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from database.machinery import DeadUpdate
from services import set_aside, update_records
from services.set_aside import NoSuchUpdate
from tests.services.factories import STAFF
from tests.support.times import NOON

ALICE = {"id": 5, "is_bot": False, "first_name": "Alice", "language_code": "en"}
MESSAGE = {
    "message_id": 2,
    "date": 1795780800,
    "chat": {"id": 5, "type": "private", "first_name": "Alice"},
    "from": ALICE,
    "text": "My order is late",
    "entities": [{"type": "bold", "offset": 0, "length": 2}],
    "location": {"latitude": 55.75, "longitude": 37.61},
}


def error() -> str:
    """Fail as a handler does, with what somebody wrote in the error's words."""
    try:
        TypeAdapter(int).validate_python(MESSAGE["text"])
    except ValueError as failed:
        return "".join(traceback.format_exception(failed))
    raise AssertionError


@pytest.fixture
async def dead(sessions: async_sessionmaker[AsyncSession]) -> DeadUpdate:
    async with sessions.begin() as session:
        raw = {"update_id": 1, "message": MESSAGE}
        return await update_records.set_aside(session, raw, error(), staff_chat_id=STAFF, now=NOON)


@pytest.mark.usefixtures("dead")
async def test_what_was_set_aside_is_listed_without_words_of_anybody(database_url: str) -> None:
    said: list[str] = []

    await set_aside.list_all(database_url, said.append)

    assert said[0] == f"1: message, set aside {NOON:%Y-%m-%d %H:%M} UTC: ValidationError"
    assert said[1].startswith("`replay` handles them again")


@pytest.mark.usefixtures("dead")
async def test_what_is_shown_of_one_has_its_shape_and_no_words_of_anybody(
    database_url: str,
) -> None:
    said: list[str] = []

    await set_aside.show(database_url, 1, said.append)

    shown = "\n".join(said)
    for word in ("late", "Alice", "55.75"):
        assert word not in shown
    for kept in ('"text": "(16 characters)"', '"type": "bold"', '"id": 5', '"date": 1795780800'):
        assert kept in shown
    assert said[-1].splitlines()[-1] == "ValidationError"
    assert f'File "{__file__}", line ' in said[-1]


@pytest.mark.usefixtures("dead")
async def test_whoever_asks_for_it_sees_all_of_it(database_url: str) -> None:
    said: list[str] = []

    await set_aside.show(database_url, 1, said.append, text=True)

    assert "My order is late" in said[0]
    assert "input_value='My order is late'" in said[1]


@pytest.mark.usefixtures("dead")
async def test_what_is_dropped_is_gone(
    database_url: str, sessions: async_sessionmaker[AsyncSession]
) -> None:
    said: list[str] = []

    await set_aside.drop(database_url, [1], said.append)

    assert said == ["1: dropped"]
    async with sessions() as session:
        assert (await session.scalars(select(DeadUpdate))).all() == []


@pytest.mark.usefixtures("dead")
async def test_a_number_that_is_none_drops_nothing(
    database_url: str, sessions: async_sessionmaker[AsyncSession]
) -> None:
    said: list[str] = []

    with pytest.raises(NoSuchUpdate, match=r"as no\. 7: see `replay list`"):
        await set_aside.drop(database_url, [1, 7], said.append)
    with pytest.raises(NoSuchUpdate):
        await set_aside.show(database_url, 7, said.append)

    assert said == []
    async with sessions() as session:
        assert len((await session.scalars(select(DeadUpdate))).all()) == 1
