"""Which ticket staff mean: the one they reply to, or the one they name."""

from aiogram.filters import CommandObject
from aiogram.types import Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.callbacks import ticket_id_in
from bot.filters import ReplyToBot
from database.models import Ticket
from services import board, links
from services import ticket_service as tickets
from services.problems import TicketNotNamed, UnknownReply


async def replied_ticket(session: AsyncSession, message: Message, staff_chat_id: int) -> Ticket:
    """Find the ticket of the bot's message that `message` replies to; UnknownReply if none.

    The id counts in the chat that Telegram names with it: a group that became a supergroup shows
    old messages too, and counts anew. A card is also known by its buttons, which carry the
    ticket's id, even if its link is missing.
    """
    replied = message.reply_to_message
    if replied is None:
        raise UnknownReply
    ticket_id = await links.ticket_id_of(session, replied.chat.id, replied.message_id)
    if ticket_id is None:
        ticket_id = ticket_id_in(replied.reply_markup)
    if ticket_id is None:
        raise UnknownReply
    return await tickets.get(session, ticket_id, staff_chat_id=staff_chat_id)


async def named_ticket(
    session: AsyncSession, message: Message, command: CommandObject, staff_chat_id: int
) -> tuple[Ticket, str]:
    """Find the ticket that a command is about, and what else it says.

    As a reply to a ticket, all of `/close spam again` after the command is the rest; otherwise the
    first word is the ticket's number, as in `/close 7 spam` or `/close 2026-11-22/7`.
    """
    said = (command.args or "").strip()
    number, *rest = said.split(maxsplit=1) or [""]
    if await ReplyToBot()(message):
        try:
            return await replied_ticket(session, message, staff_chat_id), said
        except UnknownReply:
            if not board.is_number(number):
                raise
    if not said:
        raise TicketNotNamed(command.command)
    ticket_id = await board.find_by_number(
        session,
        number[:64],
        staff_chat_id=staff_chat_id,
        command=command.command,
        said="".join(rest),
    )
    return await tickets.get(session, ticket_id, staff_chat_id=staff_chat_id), "".join(rest)
