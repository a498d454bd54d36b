"""What buttons carry. Anybody can forge it, so every press is checked against chat and person."""

from typing import Annotated

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardMarkup
from pydantic import Field

# What is no key of the database is none of our buttons.
Key = Annotated[int, Field(gt=0, lt=2**63)]


class TicketButton(CallbackData, prefix="ticket"):
    """A button of a ticket's card: a reply to the card is understood by it."""

    ticket_id: Key


class TakeTicket(TicketButton, prefix="take"):
    """Take."""


class CloseTicket(TicketButton, prefix="close"):
    """Close."""


class ReopenTicket(TicketButton, prefix="reopen"):
    """Reopen."""


class ResendDelivery(CallbackData, prefix="resend"):
    """Send again what did not arrive."""

    delivery_id: Key


class TicketsPage(CallbackData, prefix="tickets"):
    """Show another page of the list; pages count from 0."""

    number: int


TICKET_BUTTONS: tuple[type[TicketButton], ...] = (TakeTicket, CloseTicket, ReopenTicket)


def ticket_id_in(keyboard: InlineKeyboardMarkup | None) -> int | None:
    """Read off a card's buttons which ticket it stands for."""
    if keyboard is None:
        return None
    for button in (button for row in keyboard.inline_keyboard for button in row):
        for kind in TICKET_BUTTONS:
            if (button.callback_data or "").startswith(f"{kind.__prefix__}:"):
                return kind.unpack(button.callback_data or "").ticket_id
    return None
