"""What SQLAlchemy spells differently for each database, or not at all."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncSession

from database.dialect import insert, insert_new, one_of
from database.machinery import Delivery, DeliveryStatus, SeenUpdate
from services.notices import StaffChatMigrated
from tests.services import factories
from tests.support.times import NOON

LARGEST = 2**63 - 1

BY_CHAT = select(Delivery.chat_id).where(one_of(Delivery.chat_id, "chats")).order_by(Delivery.id)


async def in_chats(session: AsyncSession, numbers: Sequence[int]) -> list[int]:
    return list(await session.scalars(BY_CHAT, {"chats": numbers}))


@pytest.mark.parametrize("numbers", [[], [2], [-3, 2], [LARGEST, -LARGEST, 7, 7], range(-500, 500)])
async def test_what_is_one_of_many_is_found(session: AsyncSession, numbers: Sequence[int]) -> None:
    everywhere = [1, 2, -3, LARGEST, -LARGEST]
    for chat_id in everywhere:
        await factories.delivery(session, StaffChatMigrated(1, 2), chat_id=chat_id)

    found = await in_chats(session, numbers)

    assert found == [chat_id for chat_id in everywhere if chat_id in numbers]


async def test_however_many_there_are_the_statement_is_the_same(session: AsyncSession) -> None:
    statements = set[str]()

    def note(*execution: Any) -> None:
        statements.add(execution[2])

    engine = session.get_bind()
    event.listen(engine, "before_cursor_execute", note)
    for count in range(5):
        await in_chats(session, range(count))
        if count:
            ids = [{"update_id": 10 * count + one, "seen_at": NOON} for one in range(count)]
            await insert_new(session, SeenUpdate, "update_id", *ids)
    event.remove(engine, "before_cursor_execute", note)

    of_lists = [one for one in statements if one.startswith("SELECT")]
    assert len(of_lists) == 1
    if engine.dialect.name == "postgresql":
        assert len(statements) == 2


async def test_rows_hold_what_was_given(session: AsyncSession) -> None:
    odd = 'a "quote", a \\, {braces}, NULL, a\nline and 👨‍👩‍👧'
    common = {"created_at": NOON, "due_at": NOON + timedelta(microseconds=1), "precedence": 5}
    common |= {"kind": "x", "status": DeliveryStatus.CLAIMED, "part": 0, "attempts": 3}
    given: list[dict[str, Any]] = [
        {**common, "chat_id": -LARGEST, "payload": [{"a": 1}, {"b": odd}], "error": odd},
        {**common, "chat_id": 1, "payload": [], "error": None},
        {**common, "chat_id": 2, "payload": {"a": [1, None, odd]}, "error": ""},
        {**common, "chat_id": 3, "payload": {}, "error": "NULL"},
    ]

    await insert(session, Delivery, given)

    found = list(await session.scalars(select(Delivery).order_by(Delivery.id)))
    assert [{name: getattr(row, name) for name in given[0]} for row in found] == given
    assert {(row.sent_at, row.ticket_id) for row in found} == {(None, None)}


async def test_no_rows_are_no_statement(session: AsyncSession) -> None:
    await insert(session, Delivery, [])

    assert await in_chats(session, range(9)) == []


async def test_only_new_ones_are_inserted(session: AsyncSession) -> None:
    def update(number: int) -> dict[str, Any]:
        return {"update_id": number, "seen_at": NOON}

    first = await insert_new(session, SeenUpdate, "update_id", update(1), update(2))
    again = await insert_new(session, SeenUpdate, "update_id", update(2), update(3), update(3))

    assert (sorted(first), list(again)) == ([1, 2], [3])
