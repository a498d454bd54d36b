"""Asking for updates: no failure makes the bot deaf for long, or is said more than once."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any, override

import pytest
from aiogram import Bot
from aiogram.client.session.base import BaseSession
from aiogram.exceptions import TelegramNetworkError, TelegramUnauthorizedError
from aiogram.methods import TelegramMethod
from structlog.testing import capture_logs

from bot.client import RawUpdates, read
from bot.incoming import fetching as fetchings
from bot.incoming.fetching import LONG_POLL, TRIES, Broken, Fetching
from core.waiting import Wait
from tests.proofs.fuzzing.wire import TOKEN

EMPTY = (200, b'{"ok": true, "result": []}')
ONE = (200, b'{"ok": true, "result": [{"update_id": 5}]}')
PAGE = (502, "<html>Доступ ограничен</html>".encode("cp1251"))
DOWN = (500, b'{"ok": false, "description": "Internal Server Error"}')
CONFLICT = (409, b'{"ok": false, "description": "Conflict"}')
FLOOD = (429, b'{"ok": false, "description": "Flood", "parameters": {"retry_after": 3600}}')
VOID = (401, b'{"ok": false, "description": "Unauthorized"}')
DEEP = b'{"ok": true, "result": [{"update_id": 7, "message": ' + b"[" * 9999 + b"]" * 9999 + b"}]}"


class Script(BaseSession):
    """Answers one question after the other; at the end, and to a long poll of `None`, nothing."""

    def __init__(self, *answers: tuple[int, bytes] | None) -> None:
        super().__init__()
        self.answers = list(answers)
        self.asked: list[RawUpdates] = []
        self.open = asyncio.Event()

    @override
    async def make_request(
        self, bot: Bot, method: TelegramMethod[Any], timeout: int | None = None
    ) -> Any:
        assert isinstance(method, RawUpdates)
        self.asked.append(method)
        answer = self.answers.pop(0) if self.answers else None
        if answer is None:
            self.open.set()
            await asyncio.sleep(timeout or 3600)
            raise TelegramNetworkError(method, "Request timeout error")
        return read(self, bot, method, *answer)

    @override
    async def close(self) -> None:
        """There is no connection to close."""

    @override
    async def stream_content(self, *_args: Any, **_how: Any) -> AsyncGenerator[bytes, None]:
        raise NotImplementedError
        yield b""


class Desk:
    """A fetching that rests without waiting, and remembers how long it would have."""

    def __init__(self, *answers: tuple[int, bytes] | None) -> None:
        self.script = Script(*answers)
        self.rests: list[float] = []
        self.returns = 0
        bot = Bot(TOKEN, session=self.script)
        self.fetching = Fetching(bot, self._rest, allowed=self._go, on_answer=self._answered)

    async def fetch(self) -> list[Any] | Broken:
        return await self.fetching.fetch(None, at_once=False)

    async def fetch_all(self) -> list[list[Any] | Broken]:
        return [await self.fetch() for _ in range(len(self.script.answers))]

    async def _rest(self, seconds: float) -> None:
        self.rests.append(seconds)

    async def _go(self) -> None:
        """Have nothing to wait for."""

    def _answered(self, after_silence: bool) -> None:
        self.returns += after_silence


@pytest.mark.parametrize("failure", [DOWN, PAGE, (200, b""), (200, b"null"), (200, b'{"ok":true}')])
async def test_telegram_is_asked_every_three_seconds_at_least(failure: tuple[int, bytes]) -> None:
    desk = Desk(*[failure] * 40)

    await desk.fetch_all()

    assert len(desk.rests) == 40
    assert desk.rests[0] <= 0.5
    assert max(desk.rests) <= 3
    assert min(desk.rests[-20:]) >= 1.5
    assert len(set(desk.rests[-20:])) > 10


async def test_a_question_that_hangs_is_given_up_soon_after_the_answer_was_due() -> None:
    assert LONG_POLL + fetchings.SLACK <= 15


async def test_no_answer_and_the_return_are_said_once() -> None:
    desk = Desk(DOWN, DOWN, PAGE, EMPTY, EMPTY)

    with capture_logs() as logs:
        await desk.fetch_all()

    assert [entry["event"] for entry in logs] == [
        "Telegram does not answer",
        "Telegram answers again",
    ]


async def test_a_long_silence_is_told_again_with_its_reason_and_address() -> None:
    now = 0.0
    desk = Desk(*[DOWN] * 12)
    desk.fetching._wait = Wait(fetchings.log.warning, lambda: now)
    with capture_logs() as said:
        for _ in range(12):  # a minute between two questions
            await desk.fetching.fetch(None, at_once=False)
            now += 60.0

    told = [(line["address"], line["reason"], line.get("waited_seconds")) for line in said]
    place, why = "https://api.telegram.org", "Internal Server Error"
    assert told == [(place, why, None), (place, why, 300), (place, why, 600)]


async def test_what_is_cut_off_by_a_stop_is_no_return() -> None:
    desk = Desk(CONFLICT, None)
    with capture_logs() as logs:
        await desk.fetch()
        async with asyncio.TaskGroup() as group:
            last = group.create_task(desk.fetch())
            await desk.script.open.wait()
            desk.fetching.cut()

    assert last.result() == []
    assert not any("again" in entry["event"] for entry in logs)


async def test_another_program_that_polls_is_left_alone_for_longer_and_longer() -> None:
    desk = Desk(*[CONFLICT] * 9)

    await desk.fetch_all()

    assert desk.rests == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]


async def test_a_flood_limit_is_waited_for_as_long_as_telegram_says() -> None:
    desk = Desk(FLOOD)

    await desk.fetch_all()

    assert desk.rests == [3600]


async def test_a_void_token_is_for_an_operator() -> None:
    with pytest.raises(TelegramUnauthorizedError):
        await Desk(VOID).fetch()


async def test_a_return_is_told_only_after_a_silence_that_made_others_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loop, now = asyncio.get_running_loop(), 0.0
    desk = Desk(DOWN, EMPTY, DOWN, DOWN, EMPTY, EMPTY)
    monkeypatch.setattr(loop, "time", lambda: now)

    for _ in range(2):
        now += 1
        await desk.fetch()
    assert desk.returns == 0
    for _ in range(4):
        now += 2
        await desk.fetch()
    assert desk.returns == 1


async def test_an_update_that_cannot_be_read_is_found_by_asking_for_one_at_a_time() -> None:
    desk = Desk(*[(200, DEEP)] * TRIES, ONE, *[(200, DEEP)] * TRIES, ONE)

    found = await desk.fetch_all()

    assert found == [
        *[[]] * TRIES,
        [{"update_id": 5}],
        *[[]] * (TRIES - 1),
        Broken(DEEP.decode(), 7),
        [{"update_id": 5}],
    ]
    limits = [call.limit for call in desk.script.asked]
    assert limits == [None] * TRIES + [1] * (TRIES + 1) + [None]


async def test_a_page_is_never_taken_for_an_update() -> None:
    desk = Desk(*[PAGE] * 20, (200, b""), (200, b'{"ok": true}'))

    assert await desk.fetch_all() == [[]] * 22
