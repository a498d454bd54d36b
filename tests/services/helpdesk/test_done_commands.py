"""Which commands of the staff's were carried out."""

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from services.helpdesk import done_commands
from services.notices import CommandDone
from tests.services import factories
from tests.support.times import NOON

SUPERGROUP, COMMAND = -1009000000009, 7
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize("sent", [True, False])
async def test_a_command_that_was_marked_as_done_is_known(
    session: AsyncSession, *, sent: bool
) -> None:
    mark, sent_at = CommandDone(SUPERGROUP, COMMAND), NOON + MINUTE if sent else None
    await factories.delivery(session, mark, chat_id=SUPERGROUP, sent_at=sent_at)

    assert await done_commands.was_done(session, SUPERGROUP, COMMAND, since=NOON)
    assert not await done_commands.was_done(session, SUPERGROUP, COMMAND + 1, since=NOON)
    assert not await done_commands.was_done(session, SUPERGROUP - 1, COMMAND, since=NOON)
