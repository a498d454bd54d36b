"""What we lean on in libraries without their promise; see "What we lean on" in docs/DECISIONS.md.

When an upgrade takes one of these away, the test for it says what to change. Until then the caps in
pyproject.toml keep such an upgrade out.
"""

import inspect
import sqlite3
import tomllib
from collections.abc import AsyncIterator
from typing import Any

import aiogram.methods
import aiosqlite
import asyncpg  # type: ignore[import-untyped]
import pytest
import sqlalchemy.engine.base
import structlog
from aiogram import Router
from aiogram.client.default import Default
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.session.base import BaseSession
from aiogram.dispatcher.event.bases import UNHANDLED
from aiogram.methods import Response, SendMessage, TelegramMethod
from aiogram.types import Message
from pydantic import SecretStr
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_connection
from sqlalchemy.ext.asyncio import create_async_engine

from bot.client import SendText, Sent, make_bot
from core.config import PROJECT, BotSettings
from database.errors import LOST_BEFORE
from tests.proofs.fuzzing.wire import TOKEN
from tests.support.office import close


def has(thing: object, name: str, change: str) -> Any:
    """Get an attribute; what has to change without it is in `change`."""
    assert hasattr(thing, name), f"{thing} has no {name} any more: change {change}"
    return getattr(thing, name)


# aiosqlite


@pytest.fixture
async def connection() -> AsyncIterator[aiosqlite.Connection]:
    async with aiosqlite.connect(":memory:") as connection:
        yield connection


async def test_aiosqlites_connection_has_the_driver_and_a_thread(
    connection: aiosqlite.Connection,
) -> None:
    driver = "Connection in database/sqlite_driver.py"

    assert isinstance(has(connection, "_conn", driver), sqlite3.Connection)
    assert has(has(connection, "_thread", driver), "daemon", driver) in {True, False}


async def test_aiosqlites_cursor_has_its_connection_and_the_drivers_cursor(
    connection: aiosqlite.Connection,
) -> None:
    driver = "DirectCursor in database/sqlite_driver.py"

    async with connection.execute("SELECT 1") as cursor:
        assert has(cursor, "_conn", driver) is connection
        assert isinstance(has(cursor, "_cursor", driver), sqlite3.Cursor)
        assert await has(cursor, "_execute", driver)(int, "7") == 7


# aiogram


def test_aiograms_session_prepares_values_without_making_strings_of_them() -> None:
    known = inspect.signature(BaseSession.prepare_value).parameters

    assert "_dumps_json" in known, "prepare_value takes no _dumps_json: change bot/client.py"


async def test_aiograms_session_has_the_connector_that_a_proxy_replaces() -> None:
    session = AiohttpSession()

    has(session, "_setup_proxy_connector", "JsonSession in bot/client.py")
    assert "ssl" in has(session, "_connector_init", "JsonSession in bot/client.py")
    has(session, "_connector_type", "JsonSession in bot/client.py")


def test_aiograms_methods_have_no_defaults_but_the_bots() -> None:
    """`parameters` in bot/client.py leaves out what nobody set."""
    listed = [getattr(aiogram.methods, name) for name in aiogram.methods.__all__]
    methods = [one for one in listed if inspect.isclass(one) and issubclass(one, TelegramMethod)]

    assert len(methods) > 150
    assert [
        f"{method.__name__}.{name}"
        for method in methods
        for name, field in method.model_fields.items()
        if not field.is_required() and not isinstance(field.default, Default | None)
    ] == []


def test_aiograms_methods_name_what_they_call_and_what_comes_back() -> None:
    assert has(SendMessage, "__api_method__", "RawUpdates in bot/client.py") == "sendMessage"
    assert has(SendMessage, "__returning__", "SendText in bot/client.py") is Message


async def test_a_narrowed_method_reads_what_it_says() -> None:
    bot = make_bot(BotSettings(bot_token=SecretStr(TOKEN), _env_file=None))
    answer = '{"ok": true, "result": {"message_id": 5, "text": "Hello"}}'

    read = bot.session.check_response(bot, SendText(chat_id=7, text="Hello"), 200, answer)
    await close(bot)

    assert isinstance(read.result, Sent), "__returning__ is not heeded: change bot/client.py"
    assert read.result.message_id == 5


async def test_aiograms_router_says_that_nobody_wanted_an_event() -> None:
    result = await Router().propagate_event("message", object())  # type: ignore[arg-type]

    assert result is UNHANDLED, "nobody's event is no UNHANDLED: change bot/incoming/dispatch.py"


# SQLAlchemy


def test_sqlalchemy_marks_a_transaction_that_was_lost_earlier() -> None:
    source = inspect.getsource(sqlalchemy.engine.base)

    assert f'code="{LOST_BEFORE}"' in source, "change LOST_BEFORE in database/errors.py"


async def test_sqlalchemy_lets_us_open_sqlite() -> None:
    opened = list[aiosqlite.Connection]()

    def opens(*_: Any, **__: Any) -> aiosqlite.Connection:
        opened.append(aiosqlite.connect(":memory:"))
        return opened[0]

    engine = create_async_engine("sqlite+aiosqlite://", connect_args={"async_creator_fn": opens})
    async with engine.connect():
        assert opened, "SQLAlchemy asks no async_creator_fn: change database/session.py"
    await engine.dispose()


@pytest.mark.parametrize("name", ["run_async", "terminate"])
def test_sqlalchemys_adapter_of_asyncpg_hands_on_and_ends(name: str) -> None:
    has(AsyncAdapt_asyncpg_connection, name, "_admitted_by in database/session.py")


# Others


def test_asyncpgs_errors_quote_the_row_in_their_detail_alone() -> None:
    error: Any = asyncpg.NotNullViolationError("null value in a column")
    error.detail = "Failing row contains (what a person wrote)"
    assert "what a person wrote" in str(error)

    error.detail = None

    assert "what a person wrote" not in str(error), "change _do_not_quote_the_row: session.py"


def test_structlog_lets_the_last_processor_choose_the_loggers_arguments() -> None:
    class Logger:
        def info(self, entry: Any) -> Any:
            return entry

    def hands_over(_logger: object, _name: str, entry: Any) -> tuple[tuple[Any], dict[str, Any]]:
        return (entry,), {}

    log = structlog.wrap_logger(Logger(), processors=[hands_over])

    assert log.info("handled", ms=3) == {"event": "handled", "ms": 3}, "change core/logging.py"


def test_pydantic_makes_one_model_of_a_generic_that_somebody_holds() -> None:
    assert Response[Sent] is Response[Sent], "_HELD in bot/client.py holds nothing any more"


@pytest.mark.parametrize(
    "library",
    ["aiogram", "aiohttp", "aiosqlite", "asyncpg", "pydantic", "sqlalchemy[asyncio]", "structlog"],
)
def test_what_we_lean_on_is_capped(library: str) -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]

    (wanted,) = [one for one in project["dependencies"] if one.partition(">")[0] == library]
    assert ",<" in wanted
