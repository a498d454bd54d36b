from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from database.machinery import ChatPause
from services import pauses
from tests.services.factories import ANN, HOUR, MINUTE, SECOND, STAFF
from tests.support.times import NOON

USER = ANN.telegram_id


async def pause(session: AsyncSession, chat_id: int, **fields: object) -> ChatPause:
    made = ChatPause(chat_id=chat_id, **{"since": NOON, "until": NOON + MINUTE} | fields)
    session.add(made)
    await session.flush()
    return made


async def test_a_paused_chat_is_blocked_until_its_time(session: AsyncSession) -> None:
    await pause(session, STAFF)
    await pause(session, USER, until=NOON + 9 * SECOND)

    paused = await pauses.read(session, now=NOON + SECOND)

    assert paused.blocked == {STAFF, USER}
    assert paused.next_end == NOON + 9 * SECOND
    assert not paused.everything


async def test_without_a_pause_nothing_is_blocked(session: AsyncSession) -> None:
    paused = await pauses.read(session, now=NOON)

    none = frozenset[int]()
    assert paused == pauses.Pauses(none, none, none, everything=False, next_end=None)


async def test_a_pause_that_is_over_is_forgotten(session: AsyncSession) -> None:
    await pause(session, STAFF)

    paused = await pauses.read(session, now=NOON + MINUTE)

    assert (paused.blocked, paused.probed) == (frozenset(), frozenset())
    assert (await session.scalars(select(ChatPause))).all() == []


async def test_chat_0_means_all_chats(session: AsyncSession) -> None:
    await pause(session, 0)

    assert (await pauses.read(session, now=NOON)).everything


async def test_a_held_chat_is_probed_when_its_minute_is_over(session: AsyncSession) -> None:
    held = await pause(session, STAFF, held_because="Forbidden: bot was kicked")

    assert (await pauses.read(session, now=NOON)).blocked == {STAFF}
    paused = await pauses.read(session, now=NOON + MINUTE)

    assert paused.blocked == frozenset()
    assert paused.probed == {STAFF}
    assert held in session


async def test_a_held_chat_can_be_probed_at_once(session: AsyncSession) -> None:
    await pause(session, STAFF, held_because="Forbidden: bot was kicked")

    await pauses.try_now(session, STAFF, now=NOON + SECOND)

    assert (await pauses.read(session, now=NOON + SECOND)).probed == {STAFF}


async def test_a_chat_that_is_only_paused_waits_for_its_time(session: AsyncSession) -> None:
    await pause(session, STAFF)

    await pauses.try_now(session, STAFF, now=NOON + SECOND)

    assert (await pauses.read(session, now=NOON + SECOND)).blocked == {STAFF}


async def test_a_pause_lasts_as_long_after_the_clock_was_set_back(session: AsyncSession) -> None:
    await pause(session, STAFF)

    earlier = NOON - 24 * HOUR
    paused = await pauses.read(session, now=earlier)

    assert paused.next_end == earlier + MINUTE
    assert (await pauses.read(session, now=earlier + MINUTE)).blocked == frozenset()


async def test_a_chat_may_be_held_and_take_something_in_one_turn(session: AsyncSession) -> None:
    """Both answers came with the same turn, after the clock was set back."""
    await pauses.hold(session, STAFF, "Bad Request: not enough rights", now=NOON)
    await pauses.release(session, {STAFF: NOON + HOUR})

    assert not (await pauses.read(session, now=NOON)).blocked
    assert (await session.scalars(select(ChatPause))).all() == []


async def test_a_pause_is_said_once_however_many_calls_it_strikes(session: AsyncSession) -> None:
    with capture_logs() as logs:
        for seconds in (58, 58, 57, 60):
            await pauses.begin(session, STAFF, timedelta(seconds=seconds), now=NOON)

    assert [entry["event"] for entry in logs] == ["paused"]
    assert (await pauses.read(session, now=NOON)).next_end == NOON + MINUTE


async def test_when_two_chats_are_paused_one_send_finds_out_about_all_after_a_minute(
    session: AsyncSession,
) -> None:
    for chat_id in (7, 8):
        await pauses.begin(session, chat_id, HOUR, now=NOON)
    assert (await pauses.read(session, now=NOON)).everything

    paused = await pauses.read(session, now=NOON + MINUTE)
    assert not paused.everything
    assert paused.probed == {0}
    await pauses.release(session, {9: NOON + MINUTE})

    paused = await pauses.read(session, now=NOON + MINUTE)
    assert not paused.everything
    assert paused.probed == set()
    assert paused.blocked == {7, 8}


async def test_two_busy_groups_pause_nobody_else(session: AsyncSession) -> None:
    for chat_id in (STAFF, STAFF - 1):
        await pauses.begin(session, chat_id, HOUR, now=NOON)

    paused = await pauses.read(session, now=NOON)
    assert not paused.everything
    assert paused.blocked == {STAFF, STAFF - 1}


async def test_if_the_probe_meets_a_429_too_all_is_paused_again(session: AsyncSession) -> None:
    for chat_id in (7, 8):
        await pauses.begin(session, chat_id, HOUR, now=NOON)

    await pauses.begin(session, 9, HOUR, now=NOON + MINUTE)

    assert (await pauses.read(session, now=NOON + MINUTE)).everything
