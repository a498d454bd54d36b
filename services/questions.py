"""What a user changes afterwards."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Message, Ticket
from services import messages, outbox
from services.content import Content
from services.notices import QuestionEdited


async def edit(session: AsyncSession, written: Message, content: Content, *, now: datetime) -> None:
    """Take over the new wording; the staff's copies follow."""
    if not messages.reword(written, content):
        return
    ticket = await session.get_one(Ticket, written.ticket_id)
    notice = QuestionEdited(written.id)
    await outbox.post_once(session, ticket.staff_chat_id, notice, now=now, ticket=ticket)
