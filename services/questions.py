"""What a user changes afterwards."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Message, Ticket
from services import messages, outbox
from services.content import Content
from services.notices import QuestionEdited, QuestionPosted


async def edit(session: AsyncSession, written: Message, content: Content, *, now: datetime) -> None:
    """Take over the new wording; the staff's copies follow.

    A card holds text only: what stood on it and becomes a file is shown below it.
    """
    was_text = written.kind == "text"
    if not messages.reword(written, content):
        return
    ticket = await session.get_one(Ticket, written.ticket_id)
    notice = QuestionEdited(written.id)
    await outbox.post_once(session, ticket.staff_chat_id, notice, now=now, ticket=ticket)
    if was_text and written.kind != "text" and await messages.is_first(session, written):
        shown, album = QuestionPosted(written.id), written.media_group_id
        await outbox.post_content(
            session, ticket.staff_chat_id, shown, album, now=now, ticket=ticket
        )
