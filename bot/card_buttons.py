"""The buttons of a card: what they carry, and which of them a card has.

A card has at most three. *More…* whispers the rest to whoever pressed it. Where that is not
possible, it opens them below the three, for everybody who sees the card; until somebody closes it
again, or the card changes later (`services/helpdesk/card_menu.py`).
"""

from contextlib import suppress
from typing import Self, override

from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.callbacks import TicketButton
from bot.texts import buttons
from database.models import Ticket, TicketStatus, User

# A longer name of an owner is cut on the button, in UTF-16 units.
LONGEST_OWNER = 24

# What fits beside two other buttons on a phone; a longer one gets a row of its own.
_FITS_BESIDE = 12


class CardButton(TicketButton, prefix="card"):
    """A button that only cards have, so that a reply to a card can be understood.

    Older cards carry only the key; their mark is empty.
    """

    @classmethod
    @override
    def unpack(cls, value: str) -> Self:
        unmarked = value.count(cls.__separator__) == 1
        return super().unpack(value + cls.__separator__ if unmarked else value)


class TakeTicket(CardButton, prefix="take"):
    """Take."""


class TakeOver(CardButton, prefix="over"):
    """Anna has it: asks, and pressed again takes it over."""


class CloseTicket(CardButton, prefix="close"):
    """Close."""


class ReopenTicket(CardButton, prefix="reopen"):
    """Reopen."""


class OpenMenu(CardButton, prefix="more"):
    """More…, which offers the menu."""


class CloseMenu(CardButton, prefix="less"):
    """Less, which closes it; Hide, in a whisper."""


class ReleaseTicket(CardButton, prefix="release"):
    """Release."""


class HowToAnswer(CardButton, prefix="how"):
    """Say how a ticket is answered."""


CARD_BUTTONS: tuple[type[CardButton], ...] = (
    TakeTicket,
    TakeOver,
    CloseTicket,
    ReopenTicket,
    OpenMenu,
    CloseMenu,
    ReleaseTicket,
    HowToAnswer,
)


def card_button(keyboard: InlineKeyboardMarkup | None) -> CardButton | None:
    """Find a card's button; None for a keyboard of anything else."""
    found = [button for row in keyboard.inline_keyboard for button in row] if keyboard else []
    for button in found:
        for kind in CARD_BUTTONS:
            with suppress(TypeError, ValueError):  # unpack raises them for other buttons' data
                return kind.unpack(button.callback_data or "")
    return None


def keyboard(ticket: Ticket, *, menu_open: bool = False) -> InlineKeyboardMarkup:
    """Offer what can be done with the ticket now."""
    if ticket.status is TicketStatus.CLOSED:
        return _rows([_button(buttons.reopen(), ReopenTicket.of(ticket))])
    beside = [
        _button(buttons.close(), CloseTicket.of(ticket)),
        _button(buttons.less(), CloseMenu.of(ticket))
        if menu_open
        else _button(buttons.more(), OpenMenu.of(ticket)),
    ]
    return _rows(
        *_whose(ticket, ticket.assigned_staff, beside),
        *(_menu(ticket, release=ticket.assigned_staff is not None) if menu_open else []),
    )


def whispered_menu(ticket: Ticket, staff: User) -> InlineKeyboardMarkup:
    """Offer the rest to one of the staff, who can release only what is theirs."""
    hide = _button(buttons.hide(), CloseMenu.of(ticket))
    return _rows(*_menu(ticket, release=ticket.assigned_to == staff.id), [hide])


def _whose(
    ticket: Ticket, owner: User | None, beside: list[InlineKeyboardButton]
) -> list[list[InlineKeyboardButton]]:
    """Say who has the ticket, or offer to take it: the button that matters while nobody has it."""
    if owner is None:
        return [[_button(buttons.take(), TakeTicket.of(ticket), style="primary"), *beside]]
    has_it = _button(buttons.has_it(owner, LONGEST_OWNER), TakeOver.of(ticket))
    if len(has_it.text) > _FITS_BESIDE:
        return [[has_it], beside]
    return [[has_it, *beside]]


def _menu(ticket: Ticket, *, release: bool) -> list[list[InlineKeyboardButton]]:
    """Offer what is needed less often."""
    how = _button(buttons.how_to_answer(), HowToAnswer.of(ticket))
    if not release:
        return [[how]]
    return [[_button(buttons.release(), ReleaseTicket.of(ticket)), how]]


def _rows(*rows: list[InlineKeyboardButton]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(inline_keyboard=list(rows))


def _button(text: str, data: CardButton, *, style: str | None = None) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=text, callback_data=data.pack(), style=style)
