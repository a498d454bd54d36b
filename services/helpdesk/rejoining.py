"""Rejoining: a user moves what joined one ticket into another one of theirs."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm.attributes import set_committed_value

from core.address import Place
from database.conditions import stands_at
from database.models import EventKind, MessageLink, Ticket, User
from services import marks, outbox
from services.helpdesk import current, history, messages, moving, owing, people
from services.helpdesk.content import Person
from services.notices import QuestionPosted
from services.problems import ButtonOutdated


async def move(
    session: AsyncSession,
    person: Person,
    message_id: int,
    target_id: int,
    mark: str,
    *,
    told_at: Place,
    now: datetime,
) -> Ticket:
    """Move a message of the person's (an album as a whole), and make its new ticket current.

    Staff see it below the card of that ticket, and its copies say where it went. `told_at` is the
    notice with the button; a reply to it follows. ButtonOutdated if the ticket is not open any
    more, or the message is there already, or its ticket has no other.
    """
    user = await people.remember(session, person, now=now)
    question = await messages.find(session, Place(user.chat_id, message_id))
    if question is None or not await marks.fits(session, target_id, mark):
        raise ButtonOutdated
    source, target = await _locked(session, user, question.ticket_id, target_id)
    moved = await messages.album(session, source, question.media_group_id) or [question]
    if not await moving.leaves_any(session, source, moved):
        raise ButtonOutdated
    our_turn, waiting = await owing.asked(session, target, now=now), set[int]()
    for one in moved:
        waiting |= {one.id} if await moving.waits(session, one) else set()
    await moving.carry(session, moved, source, target)
    await moving.show(session, moved[0], source, target, now=now)
    for one in moved:
        if one.id not in waiting:
            shown, album = QuestionPosted(one.id, our_turn), one.media_group_id
            chat_id = target.staff_chat_id
            await outbox.post_content(session, chat_id, shown, album, now=now, ticket=target)
    told = update(MessageLink).where(stands_at(MessageLink, told_at))
    await session.execute(
        told.where(MessageLink.ticket_id == source.id).values(ticket_id=target.id)
    )
    await current.make(session, target, now=now)
    user.last_joined_id = target.id
    waits = await moving.waits_from(session, target, moved) if our_turn else {}
    history.record(session, target, user, EventKind.MOVED, now, came_from=source.id, **waits)
    await moving.left(session, source, now=now)
    return target


async def _locked(
    session: AsyncSession, user: User, source_id: int, target_id: int
) -> tuple[Ticket, Ticket]:
    """Get two tickets of the user's, locked; ButtonOutdated if the other one is not open."""
    tickets = select(Ticket).where(Ticket.id.in_([source_id, target_id])).order_by(Ticket.id)
    found = {
        ticket.id: ticket
        for ticket in await session.scalars(
            tickets.where(Ticket.user_id == user.id).with_for_update(key_share=True)
        )
    }
    target = found.get(target_id)
    if len(found) < 2 or target is None or target.closed_at is not None:  # noqa: PLR2004 - both
        raise ButtonOutdated
    for ticket in found.values():
        set_committed_value(ticket, "user", user)
    return found[source_id], target
