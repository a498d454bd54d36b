"""One SQLite file, one bot: no second one starts on it; without the file nothing is accepted."""

import shutil
from pathlib import Path

import pytest
from sqlalchemy import make_url

from database.alarm import GONE
from sandbox.client import User
from tests.proofs.crash.scene import Scene, open_scene
from tests.support.processes import Forked

MISCONFIGURED = 2


@pytest.fixture
def file(sqlite_url: str) -> Path:
    return Path(make_url(sqlite_url).database or "")


async def asks(scene: Scene, name: str, question: str) -> User:
    user = await scene.telegram.user(name)
    await user.writes(question)
    await scene.kate.sees(question, in_=scene.support)
    return user


async def test_a_second_process_does_not_start_and_repeats_nothing(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with open_scene(sqlite_url, tmp_path) as scene:
        await scene.start()
        await asks(scene, "Carla", "Are you there?")
        await scene.telegram.latency(2, 2)  # what it sends stays in flight
        alice = await asks(scene, "Alice", "My order is late")

        second = Forked([], scene.variables, tmp_path / "second.log")

        assert await second.ended(30) == MISCONFIGURED
        _version, sentence = (tmp_path / "second.log").read_text().splitlines()
        assert sentence.startswith("Another bot is running on ")
        await alice.sees("#2")
        await scene.telegram.latency(0, 0)
        await asks(scene, "Bob", "Mine too")
        cards = [message.text for message in await scene.support.messages()]
        assert sum("My order is late" in text for text in cards) == 1
        await scene.stop()


async def test_commands_work_beside_the_bot(sqlite_url: str, tmp_path: Path) -> None:
    async with open_scene(sqlite_url, tmp_path) as scene:
        await scene.start()
        await asks(scene, "Alice", "My order is late")

        assert await scene.command("check") == 0
        assert await scene.command("replay") == 0

        await asks(scene, "Bob", "Mine too")
        await scene.stop()


async def test_a_killed_bot_leaves_the_file_to_the_next_one(
    sqlite_url: str, tmp_path: Path
) -> None:
    async with open_scene(sqlite_url, tmp_path) as scene:
        await scene.start()
        await scene.kill()
        await scene.start()

        await asks(scene, "Alice", "My order is late")
        await scene.stop()


@pytest.mark.parametrize("how", ["deleted", "replaced"])
async def test_nothing_is_accepted_into_a_file_that_is_gone(
    sqlite_url: str, file: Path, tmp_path: Path, how: str
) -> None:
    copy = shutil.copy(file, tmp_path / "copy.db")
    async with open_scene(sqlite_url, tmp_path) as scene:
        await scene.start()
        alice = await asks(scene, "Alice", "before")
        for part in ("", "-wal", "-shm"):
            file.with_name(file.name + part).unlink()
        if how == "replaced":
            shutil.copy(copy, file)

        before = scene.lines()
        await alice.writes("My order is late")
        await scene.says(GONE, since=before)

        await scene.stop()
        assert (await scene.telegram.status())["pending_updates"] > 0
        if how == "replaced":  # then the next start fetches it from Telegram
            await scene.start()
            await scene.kate.sees("My order is late", in_=scene.support)
            await scene.stop()


async def test_it_goes_on_when_the_right_file_comes_back(
    sqlite_url: str, file: Path, tmp_path: Path
) -> None:
    async with open_scene(sqlite_url, tmp_path) as scene:
        await scene.start()
        alice = await asks(scene, "Alice", "before")
        before = scene.lines()
        elsewhere = shutil.move(file, file.parent.parent / "elsewhere.db")  # a copy is another file
        await alice.writes("My order is late")
        await scene.says(GONE, since=before)

        shutil.move(elsewhere, file)

        await scene.kate.sees("My order is late", in_=scene.support)
        await scene.stop()
