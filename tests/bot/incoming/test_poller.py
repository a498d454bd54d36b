"""Taking updates: what goes wrong on the way loses none, and none is handled twice."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, override

import pytest
from aiogram import Bot
from aiogram.methods import TelegramMethod
from sqlalchemy import func, select

from bot.app import App
from bot.client import RawUpdates, make_bot, read
from bot.incoming import flow as flows
from bot.incoming import patience
from bot.incoming import poller as polling
from bot.incoming.fate import Fate
from bot.incoming.flow import FULL, Flow
from bot.incoming.inbox import Inbox
from bot.incoming.poller import Poller
from database.errors import DatabaseUnreachable
from database.machinery import DeadUpdate, SeenUpdate
from database.models import Message
from sandbox.client import User
from services import update_records
from services.delivery.bell import Bell
from services.sweep import SWEPT_EVERY
from tests.proofs.fuzzing.wire import TOKEN, Wire
from tests.support.office import Office, Sessions, close, open_telegram, running, settings_for
from tests.support.times import NOON

TROUBLE: dict[str, dict[str, Any]] = {
    "a proxy's page": {"kind": "html", "times": 2},
    "a cut connection": {"kind": "cut_before", "times": 2},
    "a lost answer": {"kind": "cut_after", "times": 1},
    "an answer that is no JSON": {"kind": "html_after", "times": 1},
    "another poller": {"kind": "error", "status": 409, "description": "Conflict: terminated"},
    "a flood limit": {
        "kind": "error",
        "status": 429,
        "description": "Too Many Requests: retry after 1",
        "parameters": {"retry_after": 1},
    },
    "a server's trouble": {"kind": "error", "status": 500, "description": "Internal Server Error"},
    "a strange refusal": {"kind": "error", "status": 400, "description": "Bad Request: what?"},
}


async def questions(office: Office) -> int:
    async with office.sessions() as session:
        return await session.scalar(select(func.count()).select_from(Message)) or 0


@pytest.mark.parametrize("name", TROUBLE)
async def test_trouble_while_asking_for_updates_loses_and_doubles_nothing(
    office: Office, alice: User, name: str
) -> None:
    await office.opens(alice, "My order is late")

    await office.telegram.breaks(method="getUpdates", **TROUBLE[name])
    for number in range(3):
        await alice.writes(f"more {number}")

    await office.sees("more 2")
    await office.says_in_staff_chat()
    assert await questions(office) == 4
    shown = " ".join(m.text for m in await office.support.messages())
    assert [shown.count(f"more {number}") for number in range(3)] == [1, 1, 1]


async def test_who_is_told_to_wait_for_an_hour_is_alive_all_the_time(
    file_sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(polling, "_LONGEST_REST", 0.01)
    hour = {"status": 429, "parameters": {"retry_after": 3600}}
    async with open_telegram() as (sandbox, telegram):
        await telegram.breaks("error", method="getUpdates", times=None, **hour)
        settings = settings_for(sandbox, await telegram.group("Support"))
        beats = asyncio.Queue[None]()
        bot = make_bot(settings)
        poller = Poller(
            bot,
            App(settings, bot, file_sessions).inbox,
            Flow(Bell()),
            on_turn=lambda: beats.put_nowait(None),
        )
        async with asyncio.timeout(10), asyncio.TaskGroup() as group:
            group.create_task(poller.run())
            for _ in range(5):
                await beats.get()
            poller.stop()
        asked = await telegram.calls()
        await close(bot)

    assert [call["method"] for call in asked] == ["getUpdates"]


async def test_however_long_the_database_is_away_it_is_tried_every_few_seconds(
    file_sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    rests: list[float] = []

    async def rest(_poller: Poller, seconds: float) -> None:
        rests.append(seconds)

    async def handle() -> Fate:
        if len(rests) < 20:
            raise DatabaseUnreachable
        return Fate.COMMITTED

    monkeypatch.setattr(Poller, "_rest", rest)
    async with open_telegram() as (sandbox, telegram):
        settings = settings_for(sandbox, await telegram.group("Support"))
        bot = make_bot(settings)
        poller = Poller(bot, App(settings, bot, file_sessions).inbox, Flow(Bell()))
        assert await poller._until_committed(handle) is Fate.COMMITTED
        await close(bot)

    assert (rests[0], max(rests)) == (0.5, 5.0)


async def test_what_was_written_while_the_bot_was_off_is_handled_when_it_is_on(
    file_sessions: Sessions,
) -> None:
    async with open_telegram() as (sandbox, telegram):
        kate, alice = await telegram.user("Kate"), await telegram.user("Alice")
        support = await telegram.group("Support", members=[kate])
        for number in range(120):
            await alice.writes(f"question {number}")

        settings = settings_for(sandbox, support)
        async with running(sandbox, settings, file_sessions, asyncio.Event()):
            await kate.sees("question 119", in_=support)

        shown = " ".join(m.text for m in await support.messages())
        places = [shown.index(f"question {number}") for number in range(120)]
        assert places == sorted(places)


async def test_a_stop_confirms_what_was_committed(file_sessions: Sessions) -> None:
    async with open_telegram() as (sandbox, telegram):
        kate, alice = await telegram.user("Kate"), await telegram.user("Alice")
        support = await telegram.group("Support", members=[kate])
        sandbox.world.updates.clear()  # that the bot joined the group is long ago
        settings, stopped = settings_for(sandbox, support), asyncio.Event()
        async with running(sandbox, settings, file_sessions, stopped) as app:
            handle = app.inbox.handle_one

            async def handle_and_wait(raw: dict[str, Any]) -> Fate:
                """Keep the poller from asking on, which confirms too, until it is stopped."""
                fate = await handle(raw)
                await stopped.wait()
                return fate

            app.inbox.handle_one = handle_and_wait  # type: ignore[method-assign]
            await alice.writes("My order is late")
            await kate.sees("My order is late", in_=support)
            waiting = (await telegram.status())["pending_updates"]

        assert waiting > 0
        assert (await telegram.status())["pending_updates"] == 0


async def test_what_comes_again_is_not_handled_again(file_sessions: Sessions) -> None:
    async with open_telegram() as (sandbox, telegram):
        kate, alice = await telegram.user("Kate"), await telegram.user("Alice")
        support = await telegram.group("Support", members=[kate])
        sandbox.world.updates.clear()  # that the bot joined the group is long ago
        settings = settings_for(sandbox, support)
        async with running(sandbox, settings, file_sessions, asyncio.Event()) as app:
            handle = app.inbox.handle_one

            async def handle_and_cut(raw: dict[str, Any]) -> Fate:
                """Let no confirmation through, as if the bot had been killed."""
                fate = await handle(raw)
                await telegram.breaks("cut_before", method="getUpdates", times=None)
                return fate

            app.inbox.handle_one = handle_and_cut  # type: ignore[method-assign]
            await alice.writes("My order is late")
            await kate.sees("My order is late", in_=support)
            await alice.sees("Ticket #1")
        assert (await telegram.status())["pending_updates"] > 0
        await telegram.mends()

        async with running(sandbox, settings, file_sessions, asyncio.Event()):
            await alice.writes("by three weeks")
            await kate.sees("by three weeks", in_=support)

        assert sum("My order is late" in m.text for m in await support.messages()) == 1
        assert sum("Ticket #1" in m.text for m in await alice.chat.messages()) == 1


async def test_a_press_that_comes_again_is_answered_again(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    press = await office.kate.presses(card, "Take")
    await press.answer()
    query = {
        "id": press.id,
        "from": {"id": office.kate.id, "is_bot": False, "first_name": "Kate"},
        "chat_instance": "1",
        "data": "take:1",
        "message": {k: card.raw[k] for k in ("message_id", "chat", "from", "date", "text")},
    }
    async with office.sessions() as session:
        last = await session.scalar(select(func.max(SeenUpdate.update_id)))

    await office.app.inbox.handle_one({"update_id": last, "callback_query": query})

    calls = await office.telegram.calls("answerCallbackQuery")
    await office.telegram.called("answerCallbackQuery", since=calls[0]["number"])
    edited = await office.kate.sees_edit(card, "open · Kate")
    assert edited.edits == 1


async def test_old_update_ids_are_forgotten_after_two_days(
    office: Office, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update_records, "NEWEST_KEPT", 1)
    await office.opens(alice, "My order is late")
    await office.telegram.advance(49 * 3600)
    await alice.writes("by three weeks")
    await office.sees("by three weeks")
    await office.telegram.advance(SWEPT_EVERY.total_seconds() + 1)  # it may just have swept

    async with asyncio.timeout(30):
        while await known_updates(office) != 1:  # noqa: ASYNC110 - of a sweep nobody hears
            await asyncio.sleep(0.05)


async def known_updates(office: Office) -> int:
    async with office.sessions() as session:
        return await session.scalar(select(func.count()).select_from(SeenUpdate)) or 0


@pytest.mark.parametrize("number", [260, 250, 200, 3])
async def test_sending_begins_when_telegram_has_no_more(
    number: int,
) -> None:
    wire = Wire(lambda: NOON, {})
    happened, told = list[int | str](), asyncio.Event()

    class Watched(Inbox):
        def __init__(self) -> None:
            """Need nothing."""

        @override
        async def handle_batch(self, batch: Sequence[dict[str, Any]]) -> Fate:
            if not told.is_set():
                happened.append(len(batch))
            return Fate.COMMITTED

    class Told(Bell):
        @override
        def expect(self) -> None:
            happened.append("more")

        @override
        def wake(self) -> None:
            told.set()

    poller = Poller(Bot(TOKEN, session=wire), Watched(), Flow(Told()))
    wire.offer([{"update_id": one} for one in range(1, number + 1)])
    async with asyncio.TaskGroup() as group:
        group.create_task(poller.run())
        async with asyncio.timeout(10):
            await told.wait()
        poller.stop()

    full, rest = number // FULL, number % FULL
    assert happened == ["more", FULL] * full + ([rest] if rest else [])


@pytest.mark.parametrize(("number", "gathers"), [(2, True), (1, False), (FULL, False)])
async def test_more_gathers_while_several_are_sent(
    monkeypatch: pytest.MonkeyPatch, number: int, gathers: bool
) -> None:
    monkeypatch.setattr(flows, "GATHERS", 3600.0)
    async with gathering(number) as (handled, sent):
        for _ in range(50):
            await asyncio.sleep(0)
        assert (len(handled) == number) is gathers
        sent.set()


async def test_it_does_not_gather_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(flows, "GATHERS", 0.0)
    async with gathering(2) as (handled, _):
        assert handled == [1, 2]
    assert handled == [1, 2, 3]


@asynccontextmanager
async def gathering(
    number: int,
) -> AsyncIterator[tuple[list[int], asyncio.Event]]:
    """Offer this many updates, then one more, which is the last to be taken."""
    wire, handled, sent = Wire(lambda: NOON, {}), list[int](), asyncio.Event()

    class Watched(Inbox):
        def __init__(self) -> None:
            """Need nothing."""

        @override
        async def handle_batch(self, batch: Sequence[dict[str, Any]]) -> Fate:
            handled.extend(raw["update_id"] for raw in batch)
            return Fate.COMMITTED

        @override
        async def handle_one(self, raw: dict[str, Any]) -> Fate:
            handled.append(raw["update_id"])
            return Fate.COMMITTED

    class Told(Bell):
        @override
        async def all_back(self) -> None:
            await sent.wait()

    async def until(count: int) -> None:
        async with asyncio.timeout(10):
            while len(handled) < count:  # noqa: ASYNC110
                await asyncio.sleep(0)

    flow = Flow(Told())
    poller = Poller(Bot(TOKEN, session=wire), Watched(), flow)
    wire.offer([{"update_id": one} for one in range(1, number + 1)])
    async with asyncio.TaskGroup() as group:
        group.create_task(poller.run())
        await until(number)
        wire.offer([{"update_id": number + 1}])
        yield handled, sent
        await until(number + 1)
        poller.stop()


async def test_an_update_without_a_number_does_not_end_the_bot() -> None:
    wire = Wire(lambda: NOON, {})
    bot, handled = Bot(TOKEN, session=wire), list[int]()

    class Watched(Inbox):
        def __init__(self) -> None:
            """Need nothing."""

        @override
        async def handle_one(self, raw: dict[str, Any]) -> Fate:
            handled.append(raw["update_id"])
            return Fate.COMMITTED

    poller = Poller(bot, Watched(), Flow(Bell()))
    async with asyncio.TaskGroup() as group:
        group.create_task(poller.run())
        wire.offer([{}, {"update_id": "5"}, {"update_id": 7}])
        await wire.taken()
        poller.stop()

    assert handled == [7]


class Deep(Wire):
    """Telegram, one of whose updates nobody can read."""

    @override
    async def make_request(
        self, bot: Bot, method: TelegramMethod[Any], timeout: int | None = None
    ) -> Any:
        if isinstance(method, RawUpdates) and (method.offset or 0) <= 7:
            body = b'{"ok": true, "result": [{"update_id": 7, "message": ' + b"[" * 9999
            return read(self, bot, method, 200, body)
        return await super().make_request(bot, method, timeout)


async def test_an_update_that_cannot_be_read_holds_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience, "after", lambda _failures: 0.0)
    wire, happened = Deep(lambda: NOON, {}), list[object]()

    class Watched(Inbox):
        def __init__(self) -> None:
            """Need nothing."""

        @override
        async def set_aside_unreadable(self, update_id: int, body: str) -> Fate:
            happened.append((update_id, body[:12]))
            return Fate.COMMITTED

        @override
        async def handle_one(self, raw: dict[str, Any]) -> Fate:
            happened.append(raw["update_id"])
            return Fate.COMMITTED

    poller = Poller(Bot(TOKEN, session=wire), Watched(), Flow(Bell()))
    wire.offer([{"update_id": 8}])
    async with asyncio.TaskGroup() as group:
        group.create_task(poller.run())
        await wire.taken()
        poller.stop()

    assert happened == [(7, '{"ok": true,'), 8]


async def test_what_cannot_be_read_is_kept_and_staff_hear_of_it(office: Office) -> None:
    await office.app.inbox.set_aside_unreadable(7, '{"ok": true, "result": [[[')
    office.app.courier.wake()

    await office.sees("no. 1")
    async with office.sessions() as session:
        dead = await session.scalar(select(DeadUpdate))
    assert dead is not None
    assert json.loads(dead.raw) == {"update_id": 7, "unreadable": '{"ok": true, "result": [[['}


async def test_what_has_no_number_is_got_past_step_by_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patience, "after", lambda _failures: 0.0)
    wire, handled = Wire(lambda: NOON, {}), list[int]()

    class Watched(Inbox):
        def __init__(self) -> None:
            """Need nothing."""

        @override
        async def handle_one(self, raw: dict[str, Any]) -> Fate:
            handled.append(raw["update_id"])
            return Fate.COMMITTED

    poller = Poller(Bot(TOKEN, session=wire), Watched(), Flow(Bell()))
    async with asyncio.TaskGroup() as group:
        group.create_task(poller.run())
        wire.offer([{"update_id": 5}, None, 7, {"update_id": 8}])
        await wire.taken()
        poller.stop()

    assert handled == [5, 8]
