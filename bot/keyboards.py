"""The buttons under messages other than cards."""

from collections.abc import Sequence
from datetime import date
from itertools import batched
from typing import Any

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup

from bot.callbacks import (
    ChangeWords,
    ChooseClosing,
    ChooseHearing,
    ChooseKeeping,
    ChooseMode,
    ChooseTicket,
    CloseSettings,
    MoveQuestion,
    NeverMind,
    ResendFailed,
    ResendMissed,
    RestoreDefault,
    SettingsButton,
    SettleKept,
    ShowKeeping,
    ShowMode,
    ShowTicket,
    StartAnother,
    TicketButton,
    TicketsPage,
)
from bot.i18n import LANGUAGES
from bot.message_url import card_url
from bot.texts import buttons, names, team_words
from core.team import StaffChat, StaffMode
from database.machinery import Delivery
from database.models import Ticket
from services.helpdesk import thread_keeping
from services.helpdesk.team_settings import Words
from services.helpdesk.ticket_list import Filter, Line, Page

# The most that Telegram accepts on one message (limits.tginfo.me).
MOST_BUTTONS = 100


def resend(ticket: Ticket, failed: Delivery) -> InlineKeyboardMarkup:
    """Offer to send a failed delivery of the ticket again."""
    posted_at = int(failed.created_at.timestamp())
    button = ResendFailed.of(ticket, delivery_id=failed.id, posted_at=posted_at)
    return _row((buttons.resend(), button))


def resend_missed(ticket: Ticket, since: int) -> InlineKeyboardMarkup:
    """Offer to send again all answers that the user has missed since then (in whole seconds)."""
    return _row((buttons.resend(), ResendMissed.of(ticket, since=since)))


def start_another() -> InlineKeyboardMarkup:
    """Offer a user another ticket."""
    return _row((buttons.start_another(), StartAnother()))


def never_mind() -> InlineKeyboardMarkup:
    """Take the wish for another ticket back."""
    return _row((buttons.never_mind(), NeverMind()))


def move_question(
    message_id: int, others: Sequence[Ticket], today: date
) -> InlineKeyboardMarkup | None:
    """Offer a user to move a message to another ticket of theirs; None if there is none."""
    to_tickets = [
        _button(
            names.number(one.daily_id, one.opened_on, today),
            MoveQuestion.of(one, message_id=message_id),
        )
        for one in others
    ]
    rows = list(map(list, batched(to_tickets, 4)))
    return InlineKeyboardMarkup(inline_keyboard=rows) if rows else None


def settle_kept(mark: str) -> InlineKeyboardMarkup:
    """Ask whether kept words are an answer or a note."""
    return _row(
        (buttons.send_as_answer(), SettleKept(mark=mark, as_note=False)),
        (buttons.keep_as_note(), SettleKept(mark=mark, as_note=True)),
    )


def choose_ticket(mark: str, labels: Sequence[str]) -> InlineKeyboardMarkup:
    """Ask which ticket was meant, each in a row of its own: names are long."""
    rows = [
        _row((label, ChooseTicket(mark=mark, choice=number))).inline_keyboard[0]
        for number, label in enumerate(labels)
    ]
    return InlineKeyboardMarkup(inline_keyboard=rows)


def ticket_list(page: Page, today: date) -> InlineKeyboardMarkup | None:
    """Lead to the tickets of a page, to other pages, and to other lists; None if all are closed."""
    if not page.totals[Filter.ALL]:
        return None
    to_tickets = [_to_ticket(line, today) for line in page.lines]
    in_a_row = 3 if all(button.url for button in to_tickets) else 2
    rows = [
        *map(list, batched(to_tickets, in_a_row)),
        _neighbours(page),
        [_filter(page, Filter.OURS), _filter(page, Filter.MINE)],
        [_filter(page, Filter.NOBODYS), _filter(page, Filter.ALL)],
        [_filter(page, Filter.USERS)],
    ]
    return InlineKeyboardMarkup(inline_keyboard=[row for row in rows if row])


def to_ticket(line: Line, today: date) -> InlineKeyboardMarkup:
    """Lead to one ticket."""
    return InlineKeyboardMarkup(inline_keyboard=[[_to_ticket(line, today)]])


def board(page: Page, today: date) -> InlineKeyboardMarkup | None:
    """Lead to those tickets of a board that its text has no links to."""
    shown = [_to_ticket(line, today) for line in page.lines]
    rows = [list(row) for row in batched([one for one in shown if not one.url], 2)]
    return InlineKeyboardMarkup(inline_keyboard=rows) if rows else None


def _to_ticket(line: Line, today: date) -> InlineKeyboardButton:
    """Lead to the newest card: by a link, or where there are none, by a reply to it."""
    ticket = line.ticket
    number = names.number(ticket.daily_id, ticket.opened_on, today)
    url = card_url(line)
    if url is not None:
        return InlineKeyboardButton(text=number, url=url)
    return _button(buttons.show(number), ShowTicket.of(ticket))


def _neighbours(page: Page) -> list[InlineKeyboardButton]:
    """Lead to the previous and next page."""
    owner_id = page.owner.id if page.owner is not None else None
    return [
        _button(sign, TicketsPage(number=number, which=page.which, owner_id=owner_id))
        for sign, number in [("◀", page.number - 1), ("▶", page.number + 1)]
        if 0 <= number < page.pages
    ]


def _filter(page: Page, which: Filter) -> InlineKeyboardButton:
    """Lead to another list; whoever presses *Mine* gets their own, so it has no number."""
    total = page.totals[which] if which is not Filter.MINE else None
    words = buttons.filtered(which, total, chosen=which is page.which)
    return _button(words, TicketsPage(number=0, which=which))


def choose(
    kind: type[TicketButton], tickets: Sequence[Ticket], labels: Sequence[str]
) -> InlineKeyboardMarkup:
    """Ask which of these tickets a command means, whose buttons are of this kind."""
    return InlineKeyboardMarkup(
        inline_keyboard=[
            [InlineKeyboardButton(text=label, callback_data=kind.of(ticket).pack())]
            for ticket, label in zip(tickets, labels, strict=False)
        ]
    )


def settings_menu(speaker_id: int) -> InlineKeyboardMarkup:
    """Lead to what the team may change."""
    return _column(
        *[
            (team_words.name(one), SettingsButton(speaker_id=speaker_id, which=one))
            for one in Words
        ],
        (buttons.cards_or_topics(), ShowMode(speaker_id=speaker_id)),
        (buttons.done(), CloseSettings(speaker_id=speaker_id)),
    )


def settings_languages(speaker_id: int, which: Words) -> InlineKeyboardMarkup:
    """Lead to the words in each language."""
    pages = {
        one: SettingsButton(speaker_id=speaker_id, which=which, language=one) for one in LANGUAGES
    }
    return _column(
        *[(team_words.language(one), page) for one, page in pages.items()],
        (buttons.back(), SettingsButton(speaker_id=speaker_id)),
    )


def settings_page(
    speaker_id: int, which: Words, language: str, *, is_default: bool
) -> InlineKeyboardMarkup:
    """Offer to change the words, and to restore the default if it was changed."""
    about: dict[str, Any] = {"speaker_id": speaker_id, "which": which, "language": language}
    restore = [] if is_default else [(buttons.restore_default(), RestoreDefault(**about))]
    return _column(
        (buttons.change(), ChangeWords(**about)),
        *restore,
        (buttons.back(), SettingsButton(speaker_id=speaker_id, which=which)),
    )


def settings_mode(speaker_id: int, staff_chat: StaffChat) -> InlineKeyboardMarkup:
    """Offer to have tickets elsewhere, and in threads, to have other things go to users."""
    modes = [
        (
            buttons.mode(mode, chosen=mode is (staff_chat.mode or StaffMode.PLAIN)),
            ChooseMode(speaker_id=speaker_id, mode=mode),
        )
        for mode in StaffMode
    ]
    rules: list[tuple[str, CallbackData]] = []
    if staff_chat.mode is StaffMode.FORUM:
        closes = staff_chat.closes_threads
        rules = [
            *_hearing(speaker_id, chosen=staff_chat.hears_threads),
            (
                buttons.closes_topics(chosen=closes),
                ChooseClosing(speaker_id=speaker_id, closes=not closes),
            ),
            (
                buttons.keeps_topics(staff_chat.threads_kept_days),
                ShowKeeping(speaker_id=speaker_id),
            ),
        ]
    return _column(
        *modes,
        *rules,
        (buttons.back(), SettingsButton(speaker_id=speaker_id)),
    )


def settings_keeping(speaker_id: int, kept_days: int | None) -> InlineKeyboardMarkup:
    """Offer to keep threads for ever, or not."""
    choices = [
        (
            buttons.keeping(days, chosen=days == kept_days),
            ChooseKeeping(speaker_id=speaker_id, days=days or 0),
        )
        for days in thread_keeping.CHOICES
    ]
    return _column(*choices, (buttons.back(), ShowMode(speaker_id=speaker_id)))


def settings_hearing(speaker_id: int) -> InlineKeyboardMarkup:
    """Ask what goes to users."""
    return _column(*_hearing(speaker_id, chosen=None))


def _hearing(speaker_id: int, *, chosen: bool | None) -> list[tuple[str, CallbackData]]:
    return [
        (
            buttons.hearing(everything=everything, chosen=everything is chosen),
            ChooseHearing(speaker_id=speaker_id, everything=everything),
        )
        for everything in (True, False)
    ]


def _column(*buttons: tuple[str, CallbackData]) -> InlineKeyboardMarkup:
    rows = [_row(button).inline_keyboard[0] for button in buttons]
    return InlineKeyboardMarkup(inline_keyboard=rows)


def _row(*buttons: tuple[str, CallbackData]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(inline_keyboard=[[_button(text, data) for text, data in buttons]])


def _button(text: str, data: CallbackData) -> InlineKeyboardButton:
    return InlineKeyboardButton(text=text, callback_data=data.pack())
