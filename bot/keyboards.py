"""Buttons."""

from itertools import islice

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot import texts
from bot.callbacks import (
    TICKET_BUTTONS,
    CloseTicket,
    ReopenTicket,
    ResendDelivery,
    TakeTicket,
    TicketsPage,
)
from database.models import Ticket, TicketStatus
from services.board import Page
from services.problems import SeveralTickets

# Telegram takes no more on one message (limits.tginfo.me).
MOST_BUTTONS = 100


def card(ticket: Ticket) -> InlineKeyboardMarkup:
    """What can be done with the ticket now."""
    if ticket.status is TicketStatus.CLOSED:
        return _row((texts.reopen_button(), ReopenTicket(ticket_id=ticket.id)))
    close = (texts.close_button(), CloseTicket(ticket_id=ticket.id))
    if ticket.assigned_to is not None:
        return _row(close)
    return _row((texts.take_button(), TakeTicket(ticket_id=ticket.id)), close)


def resend(delivery_id: int) -> InlineKeyboardMarkup:
    """Offer to send a failed delivery again."""
    return _row((texts.resend_button(), ResendDelivery(delivery_id=delivery_id)))


def pages(page: Page) -> InlineKeyboardMarkup | None:
    """Lead to the pages before and after; none if there is only one."""
    neighbours = [("◀", page.number - 1), ("▶", page.number + 1)]
    buttons = [
        (sign, TicketsPage(number=number))
        for sign, number in neighbours
        if 0 <= number < page.pages
    ]
    return _row(*buttons) if buttons else None


def choose(problem: SeveralTickets) -> InlineKeyboardMarkup:
    """Ask which of several tickets a command means; of very many, the newest."""
    kinds = {kind.__prefix__: kind for kind in TICKET_BUTTONS}
    kind = kinds[problem.command]
    named = zip(problem.ticket_ids, problem.labels, strict=True)
    return InlineKeyboardMarkup(
        inline_keyboard=[
            [InlineKeyboardButton(text=label, callback_data=kind(ticket_id=ticket_id).pack())]
            for ticket_id, label in islice(named, MOST_BUTTONS)
        ]
    )


def _row(*buttons: tuple[str, CallbackData]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        inline_keyboard=[
            [InlineKeyboardButton(text=text, callback_data=data.pack()) for text, data in buttons]
        ]
    )
