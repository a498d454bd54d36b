"""The program among others: streams that nobody reads, and signals at any time."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.config import PROJECT
from sandbox import Sandbox
from tests.support.processes import environment

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")

MAIN = [sys.executable, "main.py"]


def variables(**settings: object) -> dict[str, str]:
    return os.environ | environment(**settings)


def settings_of(sandbox: Sandbox, sqlite_url: str, folder: Path) -> dict[str, str]:
    return variables(
        bot_token=sandbox.token,
        telegram_api_url=sandbox.url,
        staff_chat_id=-1,
        database_url=sqlite_url,
    ) | {"TMPDIR": str(folder)}


@pytest.mark.parametrize("stderr", ["not read", "closed"])
async def test_a_clean_stop_is_one_whatever_becomes_of_the_log(
    sqlite_url: str, tmp_path: Path, stderr: str
) -> None:
    async with Sandbox() as sandbox:
        telegram = sandbox.client()
        alice = await telegram.user("Alice")
        await alice.writes("My order is late")
        bot = started(settings_of(sandbox, sqlite_url, tmp_path), closed=stderr == "closed")
        await telegram.called("sendMessage", timeout=60)

        bot.terminate()

        assert await asyncio.to_thread(bot.wait, 20) == 0


def started(settings: dict[str, str], *, closed: bool) -> subprocess.Popen[bytes]:
    """Start the bot with a stderr that is closed, or a pipe whose other end is."""
    if closed:
        closing = ["/bin/sh", "-c", 'exec "$0" main.py 2>&-', sys.executable]
        return subprocess.Popen(closing, cwd=PROJECT, env=settings)
    reads, writes = os.pipe()
    os.close(reads)
    with os.fdopen(writes, "wb") as stderr:
        return subprocess.Popen(MAIN, cwd=PROJECT, env=settings, stderr=stderr)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_while_it_still_imports(tmp_path: Path, number: signal.Signals) -> None:
    imports_for_ever = "import time\nprint('importing', flush=True)\nwhile True: time.sleep(0.01)"
    (tmp_path / "aiogram.py").write_text(imports_for_ever)
    settings = variables(bot_token="1:x", staff_chat_id=-1, db_name=tmp_path / "support.db")
    bot = subprocess.Popen(
        MAIN,
        cwd=PROJECT,
        env=settings | {"PYTHONPATH": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert bot.stdout is not None
    assert bot.stdout.readline() == "importing\n"

    bot.send_signal(number)

    _, said = bot.communicate(timeout=10)
    assert bot.returncode == 128 + number
    assert "Traceback" not in said


def test_a_refusal_keeps_its_exit_code_if_nobody_reads_it(tmp_path: Path) -> None:
    reads, writes = os.pipe()
    os.close(reads)
    settings = variables(db_name=tmp_path / "absent.db")

    done = subprocess.run([*MAIN, "check"], cwd=PROJECT, env=settings, stderr=writes, check=False)

    os.close(writes)
    assert done.returncode == 2
