"""Mishaps: hooks that change a bot before it starts, so that it dies at a chosen point.

The product knows nothing of this: its functions are wrapped, in the forked child alone.
"""

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, Never

from sqlalchemy.ext.asyncio import AsyncSession

from bot.incoming import dispatch, transactions
from bot.incoming.fate import Fate
from bot.incoming.fetching import Broken, Fetching
from bot.incoming.poller import Poller
from bot.outgoing.sender import Sender
from database.machinery import Timer
from services import timers
from services.delivery import relocating
from services.delivery.outcomes import Outcome
from services.delivery.parcel import Parcel
from services.helpdesk import boards, staff_modes, threads
from services.helpdesk.set_aside_news import StaffToldAgain


def all_of(hooks: Sequence[Callable[[], None]]) -> None:
    """Call each in turn."""
    for hook in hooks:
        hook()


def die() -> Never:
    """Kill this process at once, as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("SIGKILL did not kill this process")


def looks_at_boards_often() -> None:
    """Have boards show what waits within a second, so that a test is short."""
    vars(boards)["EDITED_EVERY"] = timedelta(seconds=1)


def shows_icons_often() -> None:
    """Have icons show within seconds what is true."""
    vars(threads)["ICON_CHANGES_EVERY"] = timedelta(seconds=3)


def tries_threads_often() -> None:
    """Have threads be tried again within seconds where none could be made."""
    for module in (threads, staff_modes):
        vars(module)["TRIED_AGAIN_AFTER"] = timedelta(seconds=5)


def dies_before_the_commit() -> None:
    """Die when the first update is handled and its rows are written, just before the commit."""

    async def feed_and_die(bot: Any, session: AsyncSession, raw: Any, **more: Any) -> Any:
        await dispatch.feed(bot, session, raw, **more)
        await session.flush()
        die()

    vars(transactions)["feed"] = feed_and_die


def dies_before_the_confirmation() -> None:
    """Die when the first update is committed, just before the getUpdates that confirms it."""
    fetch = Fetching.fetch

    async def die_or_fetch(
        self: Fetching, offset: int | None, *, at_once: bool
    ) -> list[Any] | Broken:
        if offset is not None:
            die()
        return await fetch(self, offset, at_once=at_once)

    Fetching.fetch = die_or_fetch  # type: ignore[method-assign]


def dies_before_the_settling() -> None:
    """Die when the first message to the staff chat has arrived, just before it is settled."""
    send = Sender.__call__

    async def send_and_die(self: Sender, parcel: Parcel) -> Outcome:
        outcome = await send(self, parcel)
        if parcel.address.chat_id < 0:
            die()
        return outcome

    Sender.__call__ = send_and_die  # type: ignore[method-assign]


def dies_between_portions() -> None:
    """Die when one ticket or delivery has moved to the group's new id, just before the next one."""
    vars(relocating).update(TICKETS_AT_A_TIME=1, DELIVERIES_AT_A_TIME=1)
    go_on = relocating.go_on
    begun: list[bool] = []

    async def die_or_go_on(*what: Any, **more: Any) -> bool:
        if any(begun):
            die()
        begun.append(await go_on(*what, **more))
        return begun[-1]

    vars(relocating)["go_on"] = die_or_go_on


def dies_before_the_timer_is_done() -> None:
    """Die when a due notice is posted and its timer set again, just before the commit."""
    do = timers.do

    async def do_and_die(session: AsyncSession, row: Timer, moment: timers.Moment) -> None:
        kind = row.kind
        await do(session, row, moment)
        if kind == StaffToldAgain.kind:
            await session.flush()
            die()

    vars(timers)["do"] = do_and_die


def confirms_before_it_commits() -> None:
    """Make the mistake of aiogram's own polling, to see that the tests find it."""
    take = Poller._take

    async def confirm_and_take(self: Poller, batch: Sequence[Any]) -> Fate:
        self._offset = batch[-1]["update_id"] + 1
        await self._confirm()
        return await take(self, batch)

    Poller._take = confirm_and_take  # type: ignore[method-assign]


def confirms_before_it_commits_and_dies() -> None:
    """Make that mistake, and die where it costs a message."""
    confirms_before_it_commits()
    dies_before_the_commit()


def is_slow_until_it_is_stopped() -> None:
    """Take updates, but handle them only once the program is asked to stop."""
    stop, stopped = Poller.stop, asyncio.Event()

    def stop_and_say_so(self: Poller) -> None:
        stop(self)
        stopped.set()

    async def wait_and_feed(*what: Any, **more: Any) -> Any:
        await stopped.wait()
        return await dispatch.feed(*what, **more)

    Poller.stop = stop_and_say_so  # type: ignore[method-assign]
    vars(transactions)["feed"] = wait_and_feed
