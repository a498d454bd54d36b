"""Which ticket staff mean: the one they reply to, name, or press a button of."""

from aiogram.filters import CommandObject
from aiogram.types import CallbackQuery, Message
from sqlalchemy.ext.asyncio import AsyncSession

from bot.callbacks import TicketButton
from bot.card_buttons import card_button
from bot.reading.content import content, place_of, replied_to, replies_out, thread_of
from bot.reading.filters import ReplyToBot
from core.team import StaffChat, StaffMode
from database.models import Ticket
from services import links, marks
from services import ticket_service as tickets
from services.helpdesk import boards, lookup, messages, threads
from services.problems import (
    ButtonOutdated,
    MergeUnclear,
    ReplyToBoard,
    SeenByNobody,
    SeveralTicketsShown,
    TicketNotNamed,
    UnknownCard,
    UnknownReply,
)


async def pressed_ticket(
    session: AsyncSession, query: CallbackQuery, button: TicketButton, staff_chat: StaffChat
) -> Ticket:
    """Get the ticket of a pressed button, locked.

    ButtonOutdated if another ticket, or none, has this key now: a restored or new database reuses
    keys. A button without a mark counts only on a message that is stored as this ticket's card.
    TicketOfAnotherTeam if the ticket is not of this staff chat.
    """
    if button.mark:
        known = await marks.fits(session, button.ticket_id, button.mark)
    else:
        known = query.message is not None and await links.is_card(
            session, button.ticket_id, place_of(query.message)
        )
    if not known:
        raise ButtonOutdated
    return await tickets.get(session, button.ticket_id, staff_chat_id=staff_chat.chat_id)


async def told_ticket(session: AsyncSession, query: CallbackQuery, staff_chat: StaffChat) -> Ticket:
    """Get the ticket that the button's message is linked to, locked; ButtonOutdated if none."""
    if query.message is None:
        raise ButtonOutdated
    ticket_id = await links.ticket_id_of(session, place_of(query.message))
    if ticket_id is None:
        raise ButtonOutdated
    return await tickets.get(session, ticket_id, staff_chat_id=staff_chat.chat_id)


async def replied_ticket(session: AsyncSession, message: Message, staff_chat: StaffChat) -> Ticket:
    """Find the ticket of the bot's message that `message` replies to; UnknownReply if none.

    If it is the card of a ticket that is not in this database, UnknownCard, and if it is the board,
    ReplyToBoard, both subclasses; if it shows messages of several tickets, SeveralTicketsShown.

    The message's id belongs to the chat that Telegram names with it: a group that became a
    supergroup still shows old messages, but numbers start over. A card without a link is recognised
    by its buttons, which carry the ticket's key and mark. A whisper is about no ticket,
    SeenByNobody.
    """
    replied = replied_to(message)
    if replied is None:
        raise UnknownReply
    if replied.ephemeral_message_id is not None:  # a card's menu, with the buttons of a card
        raise SeenByNobody
    found = await links.ticket_ids_of(session, place_of(replied))
    if len(found) > 1:
        raise await lookup.several_shown(session, found)
    ticket_id = found[0] if found else None
    if ticket_id is None:
        button = card_button(replied.reply_markup)
        if button is None:
            is_board = await boards.is_at(session, place_of(replied))
            raise ReplyToBoard if is_board else UnknownReply
        if not await marks.fits(session, button.ticket_id, button.mark):
            raise UnknownCard
        ticket_id = button.ticket_id
    return await tickets.get(session, ticket_id, staff_chat_id=staff_chat.chat_id)


async def ticket_here(
    session: AsyncSession, message: Message, staff_chat: StaffChat
) -> Ticket | None:
    """Find the ticket that a command is about if it names none; None if there is no such ticket.

    It is that of the message which it replies to (see `replied_ticket`), or of the thread.
    """
    if await ReplyToBot()(message):
        return await replied_ticket(session, message, staff_chat)
    ticket_id = await threads.ticket_id_in(session, staff_chat.chat_id, thread_of(message))
    if ticket_id is None:
        return None
    return await tickets.get(session, ticket_id, staff_chat_id=staff_chat.chat_id)


async def ticket_meant(session: AsyncSession, message: Message, staff_chat: StaffChat) -> Ticket:
    """Find the ticket that words are about, as `ticket_here` does; UnknownReply if none.

    Unless it is a note, staff are asked with SeveralTicketsShown: with the one ticket in a topic
    that it has left for a card, where they may talk about something else by now; with two in reply
    to what a colleague wrote on another one, in another topic.
    """
    ticket = await ticket_here(session, message, staff_chat)
    if ticket is None:
        raise UnknownReply
    if content(message).is_note or await ReplyToBot()(message):
        return ticket
    other_id = await _ticket_of_colleague(session, message)
    if other_id is not None and other_id != ticket.id:
        raise await lookup.several_shown(session, [ticket.id, other_id])
    if thread_of(message) != ticket.thread_id and staff_chat.mode is not StaffMode.FORUM:
        raise await lookup.several_shown(session, [ticket.id])
    return ticket


async def _ticket_of_colleague(session: AsyncSession, message: Message) -> int | None:
    """Find the ticket on which a colleague wrote, in another topic, what this replies to."""
    replied = replied_to(message) if replies_out(message) else None
    written = await messages.find(session, place_of(replied)) if replied is not None else None
    return written.ticket_id if written is not None else None


async def two_tickets(
    session: AsyncSession, message: Message, command: CommandObject, staff_chat: StaffChat
) -> tuple[int, int]:
    """Find the two tickets that a command names, as in `/merge 7 5`; one may be what it replies to.

    MergeUnclear if it names other than two.
    """
    typed, found = (command.args or "").split(), list[int]()
    if len(typed) == 1:
        here = await ticket_here(session, message, staff_chat)
        found = [here.id] if here is not None else []
    if len(found) + len(typed) != 2 or not all(map(lookup.is_number, typed)):  # noqa: PLR2004
        raise MergeUnclear
    for number in typed:
        before = " ".join([command.command, *typed[: len(found)]]) if len(typed) > 1 else "merge"
        found.append(
            await lookup.find_by_number(
                session, number[:64], staff_chat_id=staff_chat.chat_id, command=before
            )
        )
    return found[0], found[1]


async def named_ticket(
    session: AsyncSession, message: Message, command: CommandObject, staff_chat: StaffChat
) -> tuple[Ticket, str]:
    """Find the ticket that a command is about, and what else it says.

    As a reply to a ticket, or in its thread, all of `/close spam again` after the command is the
    rest; otherwise the first word is the ticket's number, as in `/close 7 spam` or
    `/close 2026-11-22/7`. A reply that names another ticket is refused with AnotherTicketNamed.
    """
    said = (command.args or "").strip()
    number, *rest = said.split(maxsplit=1) or [""]
    try:
        ticket = await ticket_here(session, message, staff_chat)
    except UnknownReply:
        ticket = None
        if not lookup.is_number(number):
            raise
    except SeveralTicketsShown as several:
        ticket = None
        if not lookup.is_number(number):
            several.command, several.said = command.command, said
            raise
    if ticket is not None:
        name = command.command
        return ticket, await lookup.rest_of_command(session, ticket, said, command=name)
    if not said:
        raise TicketNotNamed(command.command)
    ticket_id = await lookup.find_by_number(
        session,
        number[:64],
        staff_chat_id=staff_chat.chat_id,
        command=command.command,
        said="".join(rest),
    )
    return await tickets.get(session, ticket_id, staff_chat_id=staff_chat.chat_id), "".join(rest)
