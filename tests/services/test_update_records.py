import json

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import BotIdentity, DeadUpdate, SeenUpdate
from services import update_records
from tests.services.factories import HOUR, MINUTE, SECOND, STAFF
from tests.support.times import NOON

BOT = 123456


async def test_an_update_is_new_the_first_time_only(session: AsyncSession) -> None:
    assert await update_records.new_among(session, [5, 9], now=NOON) == {5, 9}
    assert await update_records.new_among(session, [5], now=NOON) == set()
    assert await update_records.new_among(session, [4, 5, 6, 9], now=NOON) == {4, 6}


async def test_known_updates_are_kept_for_48_hours_whatever_their_number(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update_records, "NEWEST_KEPT", 1)
    for update_id, hours in ((900, 49), (5, 47), (7, 48)):
        await update_records.new_among(session, [update_id], now=NOON - hours * HOUR)

    await update_records.forget_old(session, now=NOON)

    kept = await session.scalars(select(SeenUpdate.update_id).order_by(SeenUpdate.update_id))
    assert kept.all() == [5, 7]


async def test_a_clock_that_is_set_ahead_makes_nobody_forget_the_newest_updates(
    session: AsyncSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(update_records, "NEWEST_KEPT", 2)
    for update_id, minutes in ((900, 3), (5, 2), (7, 1)):
        await update_records.new_among(session, [update_id], now=NOON - minutes * MINUTE)

    await update_records.forget_old(session, now=NOON + 8 * 24 * HOUR)

    assert await update_records.new_among(session, [5, 7, 900], now=NOON) == {900}


@pytest.mark.parametrize(
    "text", ["Hello", "\x00", "\ud800", "\udfff\ud800", "😀", "{}\\u0000", "\u202e", '"']
)
async def test_an_update_that_cannot_be_handled_is_kept_whole(
    session: AsyncSession, text: str
) -> None:
    raw = {"update_id": 5, "message": {"text": text, text: [text]}}

    dead = await update_records.set_aside(session, raw, "Traceback", staff_chat_id=STAFF, now=NOON)
    await session.refresh(dead)

    assert json.loads(dead.raw) == raw
    assert dead.raw.isascii()
    assert (dead.update_id, dead.error, dead.died_at) == (5, "Traceback", NOON)
    assert dead.replayed_at is None


@pytest.mark.parametrize("unstorable", ["\x00", "\ud800"])
async def test_what_no_database_stores_is_replaced_in_the_traceback(
    session: AsyncSession, unstorable: str
) -> None:
    error = f"ValueError: {unstorable}!"

    dead = await update_records.set_aside(
        session, {"update_id": 5}, error, staff_chat_id=STAFF, now=NOON
    )
    await session.refresh(dead)

    assert dead.error == "ValueError: \ufffd!"


async def test_an_update_that_fails_again_is_kept_once_with_the_newest_error(
    session: AsyncSession,
) -> None:
    first = await update_records.set_aside(
        session, {"update_id": 5}, "one", staff_chat_id=STAFF, now=NOON
    )
    first.replayed_at = NOON

    again = await update_records.set_aside(
        session, {"update_id": 5}, "two", staff_chat_id=STAFF, now=NOON + HOUR
    )

    assert again is first
    assert (again.error, again.replayed_at, again.died_at) == ("two", None, NOON)


async def test_what_was_set_aside_is_listed_until_it_is_replayed(session: AsyncSession) -> None:
    dead: list[DeadUpdate] = [
        await update_records.set_aside(
            session, {"update_id": update_id}, "", staff_chat_id=STAFF, now=NOON
        )
        for update_id in (9, 5, 7)
    ]
    dead[1].replayed_at = NOON + SECOND

    assert await update_records.not_replayed(session) == [dead[0], dead[2]]


async def test_a_new_database_becomes_the_bots(session: AsyncSession) -> None:
    assert await update_records.claim_database(session, BOT, now=NOON) == BOT

    owner = (await session.scalars(select(BotIdentity))).one()
    assert (owner.bot_id, owner.since) == (BOT, NOON)


async def test_a_database_stays_its_first_bots(session: AsyncSession) -> None:
    await update_records.claim_database(session, BOT, now=NOON)

    assert await update_records.claim_database(session, BOT, now=NOON + HOUR) == BOT
    assert await update_records.claim_database(session, 654321, now=NOON + HOUR) == BOT
    assert (await session.scalars(select(BotIdentity.bot_id))).all() == [BOT]
