"""The program as an operator meets it: what it says, and its exit codes."""

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

import main
from core import config
from core.config import PROJECT
from core.heartbeat import NO_HEARTBEAT, Heartbeat, folder_for
from core.version import version
from database.session import make_engine, make_sessions
from sandbox import Sandbox
from services import update_records
from tests.support import conform, tunnels
from tests.support.processes import environment, run
from tests.support.times import NOON

TOKEN = "1000000001:correct-horse"
STAFF_CHAT_ID = -77


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    async with Sandbox(token=TOKEN) as sandbox:
        yield sandbox
        if not conform.missing():
            assert conform.check(sandbox.calls) == []


@pytest.fixture
def variables(sqlite_url: str, tmp_path: Path) -> dict[str, str]:
    """Name all settings; nobody listens at the address until a test puts a sandbox there."""
    settings = {"bot_token": TOKEN, "staff_chat_id": STAFF_CHAT_ID, "database_url": sqlite_url}
    nowhere = "http://127.0.0.1:1"
    variables = environment(**settings, telegram_api_url=nowhere, log_format="json")
    nobodys = {name: "" for name in os.environ if name.lower().endswith("_proxy")}
    return variables | nobodys | {"TMPDIR": str(tmp_path)}


@pytest.fixture
async def session(sqlite_url: str) -> AsyncIterator[AsyncSession]:
    engine = make_engine(sqlite_url)
    async with make_sessions(engine)() as session:
        yield session
    await engine.dispose()


# Settings ---------------------------------------------------------------------------------------


@pytest.fixture
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "load", partial(config.load, env_file=None))
    for name in config.Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.mark.usefixtures("no_settings")
def test_each_missing_setting_gets_one_line_and_the_exit_code_is_2(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main.main([]) == 2

    said = capsys.readouterr().err
    assert [line.split(" ")[:3] for line in said.splitlines()] == [
        ["BOT_TOKEN", "is", "missing."],
        ["STAFF_CHAT_ID", "is", "missing."],
    ]


@pytest.mark.usefixtures("no_settings")
@pytest.mark.parametrize("command", ["run", "chats", "health", "replay"])
def test_a_wrong_setting_is_named_but_its_value_is_not_repeated(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STAFF_CHAT_ID", str(STAFF_CHAT_ID))
    monkeypatch.setenv("BOT_TOKEN", "correct horse")

    assert main.main([command]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(
        "BOT_TOKEN is wrong: what it is set to does not have the form of a token. "
    )
    assert "horse" not in line


def test_an_unknown_command_is_answered_with_those_that_exist(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main.main(["dance"])

    assert stopped.value.code == 2
    said = capsys.readouterr().err
    assert "argument command: invalid choice: 'dance' (choose from 'run', 'chats'" in said


def test_help_says_what_each_command_does(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main.main(["--help"])

    said = capsys.readouterr().out
    assert stopped.value.code == 0
    for command in ("run", "chats", "health", "check", "doctor", "replay"):
        assert re.search(rf"^    {command} +\S+ \S+ \S+", said, re.MULTILINE)


def test_the_version_is_that_of_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]

    with pytest.raises(SystemExit) as stopped:
        main.main(["--version"])

    assert stopped.value.code == 0
    assert capsys.readouterr().out == f"support-bot {project['version']}\n"


def test_the_changelog_ends_with_no_version_that_is_newer_than_the_project() -> None:
    headings = re.findall(
        r"^## \[(.+?)\]", (PROJECT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE
    )

    assert headings[0] == "Unreleased"
    assert headings[1:2] in ([], [version()])


@pytest.mark.usefixtures("no_settings")
def test_an_interruption_before_the_bot_listens_for_it_is_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_kind: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(config, "load", interrupted)

    assert main.main([]) == 130
    assert capsys.readouterr().err == ""


# Start ------------------------------------------------------------------------------------------


async def test_a_database_that_is_not_at_head_is_one_sentence(
    variables: dict[str, str], empty_sqlite_url: str
) -> None:
    code, said = await run(variables | {"DATABASE_URL": empty_sqlite_url})

    assert code == 2
    (sentence,) = said
    assert sentence.endswith(": run `alembic upgrade head`.")


async def test_the_first_line_tells_the_version_and_what_is_set(
    variables: dict[str, str], empty_sqlite_url: str, tmp_path: Path
) -> None:
    await run(variables | {"DATABASE_URL": empty_sqlite_url, "LIMIT_TOTAL": "25"})

    first = json.loads((tmp_path / "output").read_text("utf-8").splitlines()[0])
    assert (first["event"], first["version"]) == ("support-bot", version())
    assert (first["bot"], first["staff_chat_id"], first["limit_total"]) == (1000000001, -77, 25)
    assert "limit_per_group" not in first


async def test_a_misspelt_variable_is_named_in_the_log(
    variables: dict[str, str], empty_sqlite_url: str, tmp_path: Path
) -> None:
    del variables["STAFF_BATCH_SECONDS"]
    await run(variables | {"DATABASE_URL": empty_sqlite_url, "STAFF_BATCH_SECOND": "3"})

    warned = json.loads((tmp_path / "output").read_text("utf-8").splitlines()[0])
    assert warned["level"] == "warning"
    assert warned["reason"].endswith("Did you mean STAFF_BATCH_SECONDS?")


async def test_a_wrong_token_is_one_sentence(variables: dict[str, str], sandbox: Sandbox) -> None:
    variables |= {"TELEGRAM_API_URL": sandbox.url, "BOT_TOKEN": f"{TOKEN}-battery"}

    code, said = await run(variables)

    assert code == 2
    (sentence,) = said
    assert sentence.startswith("Telegram does not know this bot: BOT_TOKEN is wrong")


async def test_a_token_that_is_revoked_while_the_bot_runs_ends_it_with_a_sentence(
    variables: dict[str, str], sandbox: Sandbox
) -> None:
    revoked = {"status": 401, "description": "Unauthorized", "times": None}
    await sandbox.client().breaks("error", method="getUpdates", **revoked)

    code, said = await run(variables | {"TELEGRAM_API_URL": sandbox.url})

    assert code == 2
    (sentence,) = said
    assert "was revoked" in sentence


async def test_the_database_of_another_bot_is_refused(
    variables: dict[str, str], sandbox: Sandbox, session: AsyncSession
) -> None:
    await update_records.claim_database(session, 4711, now=NOON)
    await session.commit()

    code, said = await run(variables | {"TELEGRAM_API_URL": sandbox.url})

    assert code == 2
    (sentence,) = said
    assert "belongs to the bot 4711, and BOT_TOKEN is of 1000000001." in sentence


# Subcommands ------------------------------------------------------------------------------------


async def test_chats_prints_the_chats_that_wrote_and_confirms_nothing(
    variables: dict[str, str], sandbox: Sandbox
) -> None:
    telegram = sandbox.client()
    kate = await telegram.user("Kate")
    support = await telegram.group("Support", members=[kate])
    await kate.writes("Hello")
    waiting = (await telegram.status())["pending_updates"]

    code, said = await run(variables | {"TELEGRAM_API_URL": sandbox.url}, "chats")

    assert code == 0
    assert said == [f"{support.id}\tgroup\t'Support'", f"{kate.id}\tprivate\t'Kate'"]
    assert (await telegram.status())["pending_updates"] == waiting > 0


@pytest.mark.parametrize("name", ["TELEGRAM_PROXY", "HTTP_PROXY", "http_proxy", "ALL_PROXY"])
async def test_telegram_is_reached_through_the_proxy_that_a_variable_names(
    variables: dict[str, str], sandbox: Sandbox, name: str
) -> None:
    kate = await sandbox.client().user("Kate")
    await kate.writes("Hello")
    variables["TELEGRAM_API_URL"] = "http://telegram.invalid"

    async with tunnels.proxy(tunnels.http(), urlsplit(sandbox.url).port or 0) as proxy:
        code, said = await run(variables | {name: f"http://{proxy.address}"}, "chats")

    assert (code, said) == (0, [f"{kate.id}\tprivate\t'Kate'"])
    assert proxy.asked[0] == "telegram.invalid:80"


async def test_chats_without_a_network_says_so_in_words(variables: dict[str, str]) -> None:
    code, said = await run(variables | {"TELEGRAM_API_URL": "http://telegram.invalid"}, "chats")

    looked_up = "the name telegram.invalid can't be looked up (no network, or no DNS)"
    assert (code, said) == (2, [f"No answer from http://telegram.invalid: {looked_up}"])


async def test_chats_without_an_answer_says_where_it_asked(variables: dict[str, str]) -> None:
    code, said = await run(variables, "chats")

    assert code == 2
    (sentence,) = said
    assert sentence.startswith("No answer from http://127.0.0.1:1: ")
    assert "Connect call failed" in sentence


async def test_chats_beside_a_running_bot_says_what_to_do(
    variables: dict[str, str], sandbox: Sandbox
) -> None:
    conflict = "Conflict: terminated by other getUpdates request"
    await sandbox.client().breaks("error", method="getUpdates", status=409, description=conflict)

    code, said = await run(variables | {"TELEGRAM_API_URL": sandbox.url}, "chats")

    assert code == 2
    (sentence,) = said
    assert sentence.startswith("The bot's messages go to somebody else now: the bot is running")


async def test_chats_with_a_wrong_token_is_one_sentence(
    variables: dict[str, str], sandbox: Sandbox
) -> None:
    variables |= {"TELEGRAM_API_URL": sandbox.url, "BOT_TOKEN": f"{TOKEN}-battery"}

    code, said = await run(variables, "chats")

    assert code == 2
    (sentence,) = said
    assert sentence.startswith("Telegram does not know this bot: BOT_TOKEN is wrong")


# Health -----------------------------------------------------------------------------------------


DATABASE = "postgresql://bot:secret@host/support"


@pytest.fixture
def heartbeat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Heartbeat:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("BOT_TOKEN", TOKEN)
    monkeypatch.setenv("DATABASE_URL", DATABASE)
    return Heartbeat(folder_for(1000000001, DATABASE.replace("://", "+asyncpg://")))


def test_health_is_0_while_poller_and_courier_are_alive(
    heartbeat: Heartbeat, capsys: pytest.CaptureFixture[str]
) -> None:
    heartbeat.start()

    assert main.main(["health"]) == 0
    assert capsys.readouterr().out == "healthy\n"


def test_health_is_1_and_says_what_is_wrong(
    heartbeat: Heartbeat, capsys: pytest.CaptureFixture[str]
) -> None:
    heartbeat.beat("poller")
    heartbeat.trouble("poller", "file is not a database")

    assert main.main(["health"]) == 1
    assert capsys.readouterr().out == "no heartbeat: courier\nfile is not a database\n"


def test_health_is_about_one_database(
    heartbeat: Heartbeat, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    heartbeat.start()
    monkeypatch.setenv("DATABASE_URL", f"{DATABASE}2")

    assert main.main(["health"]) == 1
    assert capsys.readouterr().out == f"{NO_HEARTBEAT}\n"


def test_health_imports_no_aiogram(variables: dict[str, str]) -> None:
    program = "import sys, main; print(main.main(['health']), 'aiogram' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env=variables,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.splitlines()[-1] == "1 False"
