"""Which commands of the staff's were carried out."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from services import outbox
from services.helpdesk import commands
from services.notices import CommandDone
from tests.times import NOON

SUPERGROUP, COMMAND = -1009000000009, 7
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("sent", [True, False])
async def test_a_command_that_was_marked_as_done_is_known(
    session: AsyncSession, *, sent: bool
) -> None:
    mark = outbox.post(session, SUPERGROUP, CommandDone(SUPERGROUP, COMMAND), now=NOON)
    mark.sent_at = NOON + MINUTE if sent else None
    await session.flush()

    assert await commands.was_done(session, SUPERGROUP, COMMAND, since=NOON)
    assert not await commands.was_done(session, SUPERGROUP, COMMAND + 1, since=NOON)
    assert not await commands.was_done(session, SUPERGROUP - 1, COMMAND, since=NOON)
