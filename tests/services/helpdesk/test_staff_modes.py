"""Administrators choose where tickets are: remembered with who and when, and told to all."""

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.team import StaffMode
from database.machinery import Delivery
from database.models import User
from database.team import SettingChange
from services.helpdesk import staff_chats, staff_modes
from services.invariants import settings
from services.notices import ModeChosen
from services.problems import ButtonOutdated
from tests.services import factories
from tests.services.factories import HOUR, KATE
from tests.support.times import NOON


async def now_is(session: AsyncSession) -> tuple[StaffMode | None, bool]:
    chat = await staff_chats.main(session)
    return chat.mode, chat.hears_threads


async def switch(session: AsyncSession, mode: StaffMode) -> None:
    chat = await staff_chats.main(session)
    await staff_modes.switch(session, chat, mode, by=None, now=NOON)


async def who(session: AsyncSession) -> User:
    """Get Kate, who may be known already."""
    known = await session.scalar(select(User).where(User.telegram_id == KATE.telegram_id))
    return known or await factories.kate(session)


async def hear(session: AsyncSession, *, everything: bool) -> None:
    """Have Kate choose what goes to users, an hour later."""
    chat, kate = await staff_chats.main(session), await who(session)
    await staff_modes.switch_hearing(session, chat, everything=everything, by=kate, now=NOON + HOUR)


async def test_the_last_choice_is_remembered_with_its_person(session: AsyncSession) -> None:
    await switch(session, StaffMode.FORUM)
    await hear(session, everything=True)

    change = await staff_modes.last_change(session, await staff_chats.main(session))

    assert await now_is(session) == (StaffMode.FORUM, True)
    assert change is not None
    assert (change.person, change.changed_at) == (await who(session), NOON + HOUR)


async def test_each_choice_is_told_to_staff_once(session: AsyncSession) -> None:
    for _ in range(2):
        await switch(session, StaffMode.FORUM)
        await hear(session, everything=True)

    told = select(Delivery.payload).where(Delivery.kind == ModeChosen.kind).order_by(Delivery.id)
    assert [(one["mode"], one["everything"]) for one in await session.scalars(told)] == [
        ("forum", False),
        ("forum", True),
    ]
    assert len((await session.scalars(select(SettingChange))).all()) == 2


async def test_only_replies_count_after_each_switch(session: AsyncSession) -> None:
    await switch(session, StaffMode.FORUM)
    await hear(session, everything=True)
    await switch(session, StaffMode.PLAIN)
    await switch(session, StaffMode.FORUM)

    assert await now_is(session) == (StaffMode.FORUM, False)


async def test_under_cards_there_is_nothing_to_choose(session: AsyncSession) -> None:
    await switch(session, StaffMode.PLAIN)

    with pytest.raises(ButtonOutdated):
        await hear(session, everything=True)


async def test_what_the_operator_set_since_is_nobodys_choice(session: AsyncSession) -> None:
    await switch(session, StaffMode.FORUM)
    chat = await staff_chats.main(session)
    await staff_modes.choose(session, chat, StaffMode.PLAIN, now=NOON)

    assert await staff_modes.last_change(session, await staff_chats.main(session)) is None


async def test_a_choice_breaks_no_rule(session: AsyncSession) -> None:
    await switch(session, StaffMode.FORUM)

    for rule in settings.rules():
        assert not (await session.execute(rule.broken)).all(), rule.name
