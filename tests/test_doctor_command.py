"""`python main.py doctor`: what an operator reads, and its exit code."""

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.commands import doctor as doctor_command
from core.heartbeat import Heartbeat, folder_for
from database.session import make_engine, make_sessions
from sandbox import Sandbox
from sandbox.client import Chat
from services import update_records
from services.delivery import relocating
from tests.support import conform
from tests.support.office import settings_for
from tests.support.processes import environment, run
from tests.support.times import NOON

TOKEN = "1000000001:correct-horse"


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(token=TOKEN) as sandbox:
        yield sandbox
        assert conform.missing() or conform.check(sandbox.calls) == []


@pytest.fixture
async def support(sandbox: Sandbox) -> Chat:
    telegram = sandbox.client()
    kate = await telegram.user("Kate")
    return await telegram.group("Support", members=[kate], bot="administrator")


@pytest.fixture
def variables(sandbox: Sandbox, support: Chat, database_url: str, tmp_path: Path) -> dict[str, str]:
    settings = {"bot_token": TOKEN, "staff_chat_id": support.id, "database_url": database_url}
    variables = environment(**settings, telegram_api_url=sandbox.url, log_format="json")
    return variables | {"TMPDIR": str(tmp_path)}


async def doctor(variables: dict[str, str]) -> tuple[int, str]:
    code, said = await run(variables, "doctor")
    return code, "\n".join(said)


async def test_all_is_well(variables: dict[str, str], support: Chat, sandbox: Sandbox) -> None:
    code, said = await doctor(variables)

    assert code == 0
    assert said.endswith("\n\nAll is well.")
    assert (
        f"The main staff chat {support.id} 'Support'\n  ok      The bot is in this group." in said
    )
    asked = {call["method"] for call in await sandbox.client().calls()}
    assert asked == {"getMe", "getWebhookInfo", "getChat", "getChatMember"}


async def test_advice_is_no_error(variables: dict[str, str], support: Chat) -> None:
    await support.bot_becomes("member")

    code, said = await doctor(variables)

    assert code == 0
    assert "  advice  Privacy mode is on." in said
    assert "          → To use bare commands, make the bot an administrator" in said
    assert said.endswith("\n\nThe bot can work. There is advice above.")


@pytest.mark.parametrize("status", ["left", "kicked"])
async def test_a_group_without_the_bot_is_wrong(
    variables: dict[str, str], support: Chat, status: str
) -> None:
    await support.bot_becomes(status)

    code, said = await doctor(variables)

    assert code == 1
    assert (
        "  wrong   The bot is not in this group.\n          → Add it, or correct STAFF_CHAT_ID"
        in said
    )
    assert said.endswith("\n\n1 thing is wrong.")


async def test_a_program_reads_the_same(variables: dict[str, str], support: Chat) -> None:
    await support.bot_becomes("left")

    code, said = await run(variables, "doctor", "--json")

    # `run` leaves out lines that begin as those of the log do: the first one of this.
    found: dict[str, Any] = json.loads("{" + "\n".join(said))
    assert (code, found["well"]) == (1, False)
    assert [line["about"] for line in found["lines"] if line["level"] == "wrong"] == ["group"]
    assert {line["chat_id"] for line in found["lines"]} == {None, support.id}


@pytest.mark.skipif(os.name != "posix", reason="no file has a mode there")
@pytest.mark.parametrize("as_json", [False, True])
async def test_a_file_of_settings_that_everybody_may_read_is_wrong(
    sandbox: Sandbox, support: Chat, database_url: str, file_for_all: Path, *, as_json: bool
) -> None:
    settings = settings_for(sandbox, support, bot_token=TOKEN, database_url=database_url)
    said: list[str] = []

    wrongs = await doctor_command.examine(settings, said.append, as_json=as_json, file=file_for_all)

    assert wrongs == 1
    words = f"Everybody on this machine may read {file_for_all}, which is for the bot's token."
    if as_json:
        lines = json.loads(said[0])["lines"]
        assert [line["said"] for line in lines if line["about"] == "env_file"] == [words]
    else:
        assert f"  wrong   {words}\n          → Run `chmod o-rwx '{file_for_all}'`." in said[0]


async def test_a_wrong_clock_is_wrong(variables: dict[str, str], sandbox: Sandbox) -> None:
    await sandbox.client().advance(2 * 3600)

    code, said = await doctor(variables)

    assert code == 1
    assert "The clock of the bot's machine is slow: 2 hours." in said


async def test_a_wrong_token_is_wrong(variables: dict[str, str]) -> None:
    code, said = await doctor(variables | {"BOT_TOKEN": f"{TOKEN}-battery"})

    assert code == 1
    assert "  wrong   Telegram does not know this bot: BOT_TOKEN is wrong or was revoked." in said


async def test_telegrams_silence_is_said_with_what_is_to_be_checked(
    variables: dict[str, str],
) -> None:
    code, said = await doctor(variables | {"TELEGRAM_API_URL": "http://127.0.0.1:1"})

    assert code == 1
    assert "  wrong   No answer from http://127.0.0.1:1: " in said
    assert "→ Check the network, TELEGRAM_API_URL and TELEGRAM_PROXY, and run this again." in said


async def test_a_webhook_is_wrong(variables: dict[str, str], sandbox: Sandbox) -> None:
    sandbox.world.updates.webhook = "https://example.org/hook"

    code, said = await doctor(variables)

    assert code == 1
    assert "A webhook is set" in said
    assert sandbox.world.updates.webhook


async def test_wrong_settings_are_2(variables: dict[str, str]) -> None:
    code, said = await doctor(variables | {"STAFF_CHAT_ID": "77"})

    assert code == 2
    assert said.startswith('STAFF_CHAT_ID is wrong: "77" is not less than 0. Expected: ')


async def test_a_program_reads_of_wrong_settings_too(variables: dict[str, str]) -> None:
    wrong = variables | {"STAFF_CHAT_ID": "77", "DAY_ZONE": "Atlantis"}

    code, said = await run(wrong, "doctor", "--json")

    found: dict[str, Any] = json.loads("{" + "\n".join(said))
    assert (code, found["well"]) == (2, False)
    assert {line["about"] for line in found["lines"]} == {"settings"}
    assert found["lines"][0]["said"].startswith('STAFF_CHAT_ID is wrong: "77" is not less than 0.')


async def test_a_database_that_is_not_at_head_is_wrong(
    variables: dict[str, str], empty_sqlite_url: str
) -> None:
    code, said = await doctor(variables | {"DATABASE_URL": empty_sqlite_url})

    assert code == 1
    assert ": run `alembic upgrade head`." in said


async def test_a_database_that_is_away_is_wrong(variables: dict[str, str]) -> None:
    away = "postgresql://bot:hunter2@127.0.0.1:1/support"

    code, said = await doctor(variables | {"DATABASE_URL": away})

    assert code == 1
    assert "  wrong   postgresql://127.0.0.1:1/support can't be used: " in said
    assert "hunter2" not in said


async def test_the_database_of_another_bot_is_wrong(
    variables: dict[str, str], database_url: str
) -> None:
    engine = make_engine(database_url)
    async with make_sessions(engine).begin() as session:
        await update_records.claim_database(session, 4711, now=NOON)
    await engine.dispose()

    code, said = await doctor(variables)

    assert code == 1
    assert "The database belongs to the bot 4711" in said


async def test_a_group_that_moved_is_found_again(
    variables: dict[str, str], support: Chat, database_url: str
) -> None:
    moved = await support.becomes_supergroup()
    engine = make_engine(database_url)
    async with make_sessions(engine).begin() as session:
        await relocating.migrated(session, support.id, moved.id, now=NOON)
    await engine.dispose()

    code, said = await doctor(variables)

    assert code == 0
    assert f"→ Set STAFF_CHAT_ID={moved.id}." in said
    assert f"The main staff chat {moved.id} 'Support'" in said


async def test_a_running_bot_that_is_ill_is_wrong(
    variables: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", variables["TMPDIR"])
    heartbeat = Heartbeat(folder_for(1000000001, variables["DATABASE_URL"]))
    heartbeat.start()
    assert "The bot is running, and well." in (await doctor(variables))[1]

    heartbeat.trouble("poller", "file is not a database")

    code, said = await doctor(variables)
    assert code == 1
    assert "The bot is running, but not well: file is not a database" in said
