"""SIGTERM: updates in hand are finished and confirmed, and sends in flight are settled."""

import os
import signal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from database.machinery import Delivery, DeliveryStatus
from database.models import Message, MessageLink
from services.notices import CardPosted
from tests.proofs.crash import mishaps
from tests.proofs.crash.scene import Scene

type Sessions = async_sessionmaker[AsyncSession]


async def test_sigterm_finishes_what_is_in_hand_and_confirms_it_but_takes_nothing_more(
    scene: Scene, sessions: Sessions
) -> None:
    alice = await scene.telegram.user("Alice")
    await alice.writes("One")
    await scene.start(mishaps.is_slow_until_it_is_stopped)
    await scene.telegram.called("getUpdates", status=200)
    await alice.writes("Two")

    await scene.stop()

    async with sessions() as session:
        assert (await session.scalars(select(Message.text))).all() == ["One"]
    assert (await scene.telegram.status())["pending_updates"] == 1
    await scene.start()
    await scene.kate.sees("Two", in_=scene.support)
    await scene.stop()
    assert scene.log("update was handled before") == []


async def test_sigterm_waits_for_a_send_in_flight_and_settles_it(
    scene: Scene, sessions: Sessions
) -> None:
    alice = await scene.telegram.user("Alice")
    await scene.start()
    await scene.telegram.latency(0.6, 0.6)
    await alice.writes("My order is late")
    # The card is in the chat, but Telegram's answer is still on its way to the bot.
    card = await scene.kate.sees("My order is late", in_=scene.support)

    await scene.stop()

    async with sessions() as session:
        sent = await session.scalar(select(Delivery.status).where(Delivery.kind == CardPosted.kind))
        linked = await session.scalars(
            select(MessageLink.message_id).where(MessageLink.chat_id == scene.support.id)
        )
        assert (sent, linked.all()) == (DeliveryStatus.DELIVERED, [card.id])
    assert (await scene.telegram.status())["pending_updates"] == 0
    await scene.telegram.latency(0, 0)
    await scene.start()
    await alice.writes("Hello?")
    await scene.kate.sees("Hello?", in_=scene.support)
    await scene.stop()
    assert scene.announced() == []


async def test_sigterm_ends_a_bot_that_waits_for_telegram(scene: Scene) -> None:
    await scene.telegram.breaks("error", method="getMe", times=None)
    await scene.start(answered=502)

    await scene.stop()


async def test_a_terminal_that_is_closed_is_a_clean_stop(scene: Scene, sessions: Sessions) -> None:
    alice = await scene.telegram.user("Alice")
    await scene.start(_is_in_a_terminal)
    await alice.writes("My order is late")
    await scene.kate.sees("My order is late", in_=scene.support)
    assert scene.bot is not None

    os.kill(scene.bot.pid, signal.SIGHUP)

    assert await scene.ended(10) == 0
    async with sessions() as session:
        assert set(await session.scalars(select(Delivery.status))) == {DeliveryStatus.DELIVERED}


async def test_after_a_clean_stop_health_says_so_at_once(scene: Scene) -> None:
    alice = await scene.telegram.user("Alice")
    await alice.writes("My order is late")
    await scene.start()
    await scene.kate.sees("My order is late", in_=scene.support)
    assert await scene.command("health") == 0

    await scene.stop()

    assert await scene.command("health") == 1


def _is_in_a_terminal() -> None:
    """Do not ignore SIGHUP, as `nohup` would have it."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
