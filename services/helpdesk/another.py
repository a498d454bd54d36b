"""A user's wish for another ticket beside the open ones: their next message opens it.

`/new` and a button under the confirmation make the wish; after an hour it lapses.
"""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from database.models import User
from services import outbox
from services.helpdesk import current, joining, people
from services.helpdesk.content import Content, Person
from services.notices import NoRoomForAnother
from services.problems import MostTicketsOpen, NothingToCancel

LASTS = timedelta(hours=1)

# How long the button under a confirmation works.
OFFERED_FOR = timedelta(days=1)

# A user has at most this many open tickets.
MOST_OPEN = 5


async def wish(session: AsyncSession, person: Person, *, now: datetime) -> None:
    """Have the person's next message open a ticket; MostTicketsOpen if it can't."""
    user = await people.remember(session, person, now=now)
    opened = await current.all_open(session, user.id)
    if len(opened) >= MOST_OPEN:
        raise MostTicketsOpen([(one.daily_id, one.opened_on.isoformat()) for one in opened])
    user.wants_another_at = now


async def drop(session: AsyncSession, person: Person, *, now: datetime) -> None:
    """Take the wish back; NothingToCancel if it was fulfilled, or has lapsed."""
    user = await people.remember(session, person, now=now)
    if not _is_wished(user, now=now):
        raise NothingToCancel
    user.wants_another_at = None


async def is_opened(
    session: AsyncSession, user: User, content: Content, *, asked: bool, now: datetime
) -> bool:
    """Whether a message opens a ticket beside the open ones: `asked` for with it, or before it.

    The rest of an album doesn't. A wish is fulfilled by this, or given up if there is no room.
    """
    wished = _is_wished(user, now=now)
    if not (asked or wished) or await joining.album_of(session, content) is not None:
        return False
    user.wants_another_at = None
    return await may_open(session, user, content, now=now)


async def may_open(session: AsyncSession, user: User, content: Content, *, now: datetime) -> bool:
    """Whether a message may open or reopen a ticket; if not, its writer hears what becomes of it.

    It is not refused, because of several refusals in a row only the last is told.
    """
    if await _has_room(session, user):
        return True
    told = NoRoomForAnother(content.message_id, user.language)
    outbox.post(session, user.chat_id, told, now=now)
    return False


def _is_wished(user: User, *, now: datetime) -> bool:
    """Whether the wish is recent; a clock that was set back may put it ahead of now."""
    return user.wants_another_at is not None and abs(now - user.wants_another_at) < LASTS


async def _has_room(session: AsyncSession, user: User) -> bool:
    return await current.number_open(session, user.id) < MOST_OPEN
