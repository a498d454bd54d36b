"""What happens before the first update, and what an operator gets to read."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiogram.exceptions import TelegramUnauthorizedError
from pydantic import SecretStr
from sqlalchemy import select, text
from structlog.testing import capture_logs

from bot import app, i18n
from bot.client import make_bot
from bot.commands import chats
from bot.process import startup
from bot.texts import to_users
from core.config import Settings
from core.heartbeat import Heartbeat
from database.errors import ForeignDatabase
from database.machinery import BotIdentity
from database.schema import DatabaseNotAtHead
from database.session import make_engine, make_sessions, own_file
from sandbox import Sandbox, Telegram
from sandbox.client import Chat, User
from services import update_records
from services.helpdesk import staff_chats, staff_rights
from services.helpdesk.staff_rights import Rights
from tests.support.office import Sessions, close, open_telegram, running, settings_for
from tests.support.times import NOON

BOT = 1000000001

TRANSLATED = [language for language in i18n.LANGUAGES if language != i18n.DEFAULT]


def described(**by_hand: str) -> dict[str, str]:
    """Describe the bot by language, in our words where there are none by hand."""
    words = {"": to_users.description()}
    for language in TRANSLATED:
        with i18n.speaking(language):
            words[language] = to_users.description()
    return words | by_hand


@dataclass
class Stage:
    """A Telegram, settings for it, and a bot that is about to start."""

    sandbox: Sandbox
    telegram: Telegram
    kate: User
    support: Chat
    settings: Settings
    sessions: Sessions
    folder: Path

    async def prepares(self, settings: Settings | None = None) -> bool:
        """Do what is done before the first update."""
        settings = settings or self.settings
        engine, bot = make_engine(settings.async_url), make_bot(settings)
        try:
            return await startup.prepare(
                bot,
                engine,
                make_sessions(engine),
                asyncio.Event(),
                Heartbeat(self.folder),
            )
        finally:
            await close(bot)
            await engine.dispose()

    async def runs(self, until: str) -> None:
        """Run the bot until it made a call, and answers in the staff chat."""
        since = len(await self.telegram.calls())
        async with running(self.sandbox, self.settings, self.sessions, asyncio.Event()):
            await self.telegram.called(until, since=since)
            await self.kate.writes("/help@sandbox_bot", to=self.support, plain=True)
            await self.kate.sees("makes a note", in_=self.support)

    async def called(self, *methods: str) -> list[dict[str, Any]]:
        """List the calls of some methods."""
        return [call for call in await self.telegram.calls() if call["method"] in methods]


@pytest.fixture
async def stage(sqlite_url: str, file_sessions: Sessions, tmp_path: Path) -> AsyncIterator[Stage]:
    async with open_telegram() as (sandbox, telegram):
        kate = await telegram.user("Kate")
        support = await telegram.group("Support", members=[kate])
        settings = settings_for(sandbox, support, database_url=SecretStr(sqlite_url))
        yield Stage(sandbox, telegram, kate, support, settings, file_sessions, tmp_path)


async def test_a_forgotten_webhook_is_removed_without_dropping_what_waits(stage: Stage) -> None:
    stage.sandbox.world.updates.webhook = "https://example.org/hook"
    waiting = (await stage.telegram.status())["pending_updates"]

    assert await stage.prepares()

    assert stage.sandbox.world.updates.webhook == ""
    assert (await stage.telegram.status())["pending_updates"] == waiting > 0


async def test_commands_are_registered_by_scope_and_language(stage: Stage) -> None:
    await stage.prepares()
    await stage.runs("setMyCommands")

    listed = {
        (one["scope"], one["language_code"]): [c["command"] for c in one["commands"]]
        for one in (await stage.telegram.status())["commands"]
    }
    users = '{"type": "all_private_chats"}'
    staff = f'{{"chat_id": {stage.support.id}, "type": "chat"}}'
    assert listed == {
        (users, ""): ["start", "new", "help"],
        **{(users, language): ["start", "new", "help"] for language in TRANSLATED},
        (staff, ""): [
            "tickets",
            "take",
            "close",
            "reopen",
            "split",
            "merge",
            "settings",
            "board",
            "setup",
            "help",
        ],
    }


async def test_commands_are_set_only_if_they_differ(stage: Stage) -> None:
    await stage.prepares()
    await stage.runs("setMyCommands")
    first = await stage.called("setMyCommands")

    await stage.prepares()
    await stage.runs("getMyCommands")

    assert len(first) == len(i18n.LANGUAGES) + 1
    assert await stage.called("setMyCommands") == first


async def test_an_empty_profile_is_filled_in_once_in_each_language(stage: Stage) -> None:
    await stage.prepares()
    first = await stage.called("setMyDescription", "setMyShortDescription")

    await stage.prepares()

    assert [call["method"] for call in first] == [
        *["setMyDescription"] * len(i18n.LANGUAGES),
        *["setMyShortDescription"] * len(i18n.LANGUAGES),
    ]
    assert await stage.called("setMyDescription", "setMyShortDescription") == first
    profile = stage.sandbox.world.profile
    assert profile["description", ""].startswith("Describe your question here")
    assert profile["short_description", "ru"].startswith("Поддержка")


@pytest.mark.parametrize(
    ("by_hand", "became"),
    [
        ({"": "Ask Max"}, {"": "Ask Max"}),
        ({"ru": "Спросите Макса"}, described(ru="Спросите Макса")),
        ({"de": "Frag Max"}, None),
    ],
)
async def test_what_the_operator_wrote_in_the_profile_stays(
    stage: Stage, by_hand: dict[str, str], became: dict[str, str] | None
) -> None:
    profile = stage.sandbox.world.profile
    profile.update({("description", language): words for language, words in by_hand.items()})

    await stage.prepares()

    now = {language: words for (what, language), words in profile.items() if what == "description"}
    assert by_hand.items() <= now.items()
    assert became is None or now == became


async def test_a_profile_that_cannot_be_set_stops_nothing(stage: Stage) -> None:
    for method in ("getMyDescription", "setMyDescription"):
        await stage.telegram.breaks("error", method=method, status=404, description="Not Found")

    assert await stage.prepares()


@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        ("left", "The bot is not in STAFF_CHAT_ID {id}; add it"),
        ("kicked", "The bot is not in STAFF_CHAT_ID {id}; add it"),
        (
            "restricted",
            "STAFF_CHAT_ID {id}: the bot may not write in this group; give it the right to.",
        ),
    ],
)
async def test_a_staff_chat_where_the_bot_may_not_write_is_said_once_and_asked_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, status: str, sentence: str
) -> None:
    monkeypatch.setattr(startup, "_ASKS_EVERY", 0.01)
    await stage.support.bot_becomes(status)

    with capture_logs() as logs:
        async with running(stage.sandbox, stage.settings, stage.sessions, asyncio.Event()):
            asked = 0
            for _ in range(3):
                call = await stage.telegram.called("getChatMember", since=asked)
                asked = call["number"]
            await stage.support.bot_becomes("member")
            await stage.kate.writes("/help@sandbox_bot", to=stage.support, plain=True)
            await stage.kate.sees("makes a note", in_=stage.support)
            async with asyncio.timeout(10):
                # A log tells nobody that it has grown.
                while "the staff chat is ready" not in {line["event"] for line in logs}:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)

    said = [line["event"] for line in logs if line["log_level"] == "error"]
    assert [line for line in said if "STAFF_CHAT_ID" in line] == said[:1]
    assert said[0].startswith(sentence.format(id=stage.support.id))


async def test_what_the_bot_may_do_in_its_staff_chat_is_asked_at_the_start(stage: Stage) -> None:
    """Telegram told of it long ago, before an upgrade that cares."""
    await stage.support.bot_becomes("administrator")
    await stage.runs(until="getChatMember")
    async with stage.sessions.begin() as session:
        await staff_rights.note(session, stage.support.id, Rights())

    async with running(stage.sandbox, stage.settings, stage.sessions, asyncio.Event()):
        async with asyncio.timeout(10):
            while not await pins_cards(stage):  # noqa: ASYNC110 - a database does not tell
                await asyncio.sleep(0.01)


async def pins_cards(stage: Stage) -> bool:
    async with stage.sessions() as session:
        return (await staff_chats.main(session)).pins_cards


async def test_a_database_of_another_bot_is_refused(stage: Stage) -> None:
    await stage.prepares()
    async with Sandbox(token="2000000002:other") as other:
        settings = stage.settings.model_copy(
            update={"bot_token": SecretStr(other.token), "telegram_api_url": other.url}
        )

        with pytest.raises(ForeignDatabase, match="belongs to the bot 1000000001"):
            await stage.prepares(settings)


async def test_two_that_start_at_once_share_a_new_database(postgres_url: str) -> None:
    engines = [make_engine(postgres_url) for _ in range(3)]
    first, second, watcher = (make_sessions(engine) for engine in engines)

    async with asyncio.TaskGroup() as group, first.begin() as session:
        assert await update_records.claim_database(session, BOT, now=NOON) == BOT
        await session.flush()
        group.create_task(startup.own_database(second, BOT))
        async with asyncio.timeout(10):
            # PostgreSQL does not tell when somebody begins to wait.
            while not await blocked(watcher):  # noqa: ASYNC110
                await asyncio.sleep(0.01)

    async with watcher() as session:
        assert (await session.scalars(select(BotIdentity.bot_id))).all() == [BOT]
    for engine in engines:
        await engine.dispose()


async def blocked(sessions: Sessions) -> int:
    """Count who waits for another's transaction in this database."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    async with sessions() as session:
        return int(await session.scalar(text(f"{waiting} AND wait_event_type = 'Lock'")) or 0)


async def test_a_database_that_is_not_at_head_is_refused(
    stage: Stage, empty_sqlite_url: str
) -> None:
    settings = stage.settings.model_copy(update={"database_url": SecretStr(empty_sqlite_url)})

    with pytest.raises(DatabaseNotAtHead):
        await stage.prepares(settings)


@pytest.mark.parametrize("token", ["1000000001:wrong", "7:x"])
async def test_a_wrong_token_is_one_sentence(stage: Stage, token: str) -> None:
    settings = stage.settings.model_copy(update={"bot_token": SecretStr(token)})

    with pytest.raises(app.CannotStart, match="BOT_TOKEN is wrong or was revoked") as refused:
        await app.run(settings)

    assert token not in str(refused.value)


async def test_a_token_that_is_revoked_later_ends_the_bot_with_everything_kept(
    stage: Stage,
) -> None:
    bot = make_bot(stage.settings)
    unauthorized = {"method": "getUpdates", "status": 401, "description": "Unauthorized"}

    async def revoke() -> None:
        await stage.sandbox.world.updates.polled.wait()
        await stage.telegram.breaks("error", times=None, **unauthorized)

    revoked = app.App(stage.settings, bot, stage.sessions).run(asyncio.Event())
    with pytest.raises(TelegramUnauthorizedError):
        await asyncio.gather(revoked, revoke())
    await close(bot)


async def test_telegram_that_is_away_at_the_start_is_waited_for(stage: Stage) -> None:
    await stage.telegram.breaks("html", method="getMe", times=2)

    assert await stage.prepares()


async def test_what_the_start_waits_for_is_told_with_its_address_and_its_reason(
    stage: Stage,
) -> None:
    await stage.telegram.breaks("error", method="getMe", status=502, description="Bad Gateway")

    with capture_logs() as logs:
        assert await stage.prepares()

    waits = [line for line in logs if line["event"].startswith("waiting")]
    assert [(line["event"], line["address"], line["reason"]) for line in waits] == [
        ("waiting for Telegram", stage.sandbox.url, "Bad Gateway")
    ]


async def test_a_database_that_is_away_at_the_start_is_told_without_its_password(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = SecretStr("postgresql+asyncpg://kate:xyzzy@127.0.0.1:1/support")
    told, stopped = asyncio.Event(), asyncio.Event()
    lines: list[dict[str, Any]] = []

    def tell(event: str, **facts: Any) -> None:
        lines.append({"event": event} | facts)
        told.set()

    monkeypatch.setattr(startup.log, "warning", tell)
    engine = make_engine(away.get_secret_value())
    bot = make_bot(stage.settings)
    async with asyncio.TaskGroup() as group:
        waits = startup.prepare(
            bot, engine, make_sessions(engine), stopped, Heartbeat(stage.folder)
        )
        group.create_task(waits)
        await told.wait()
        stopped.set()
    await close(bot)

    (line,) = lines
    assert (line["event"], line["address"]) == (
        "waiting for the database",
        "postgresql://127.0.0.1:1/support",
    )
    assert "Connect call failed" in line["reason"]


async def test_chats_are_listed_with_their_ids_and_nothing_is_confirmed(stage: Stage) -> None:
    alice = await stage.telegram.user("Alice")
    await alice.writes("Hello?")
    waiting = (await stage.telegram.status())["pending_updates"]

    lines = await chats.listed(stage.settings, print)

    assert lines == [f"{stage.support.id}\tgroup\t'Support'", f"{alice.id}\tprivate\t'Alice'"]
    assert (await stage.telegram.status())["pending_updates"] == waiting


async def test_a_name_in_the_list_of_chats_forges_no_line_of_it(stage: Stage) -> None:
    stage.sandbox.world.updates.clear()
    name = "Support\n-100777\tgroup\t\x1b[32mSupport"
    await (await stage.telegram.user(name)).writes("Hello?")

    [line] = await chats.listed(stage.settings, print)

    assert line.isprintable() or line.replace("\t", "").isprintable()
    assert "\\n-100777" in line


async def test_chats_says_when_the_bot_is_running_already(stage: Stage) -> None:
    await stage.telegram.breaks(
        "error", method="getUpdates", status=409, description="Conflict: other getUpdates"
    )

    with pytest.raises(app.CannotStart, match="bot is running"):
        await chats.listed(stage.settings, print)


async def test_chats_says_what_to_do_when_nobody_wrote(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    stage.sandbox.world.updates.clear()
    monkeypatch.setattr(chats, "_WAIT_SECONDS", 0)

    said: list[str] = []
    [advice] = await chats.listed(stage.settings, said.append)

    assert advice.startswith("Nobody wrote.")
    assert said == [chats.WAITING]


async def test_chats_says_what_it_waits_for_and_ends_with_the_first_message(stage: Stage) -> None:
    stage.sandbox.world.updates.clear()
    alice, said = await stage.telegram.user("Alice"), asyncio.Event()

    async with asyncio.TaskGroup() as group:
        listed = group.create_task(chats.listed(stage.settings, lambda _words: said.set()))
        await said.wait()
        await alice.writes("Hello?")

    assert listed.result() == [f"{alice.id}\tprivate\t'Alice'"]


async def test_chats_asks_telegram_nothing_beside_a_bot_that_runs(stage: Stage) -> None:
    own = own_file(stage.settings.async_url)
    assert own is not None
    own.take()
    try:
        with pytest.raises(app.CannotStart, match="The bot is running, and"):
            await chats.listed(stage.settings, print)
    finally:
        own.release()

    assert await stage.telegram.calls("getUpdates") == []
