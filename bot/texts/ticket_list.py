"""The list of tickets, a few lines for each of them.

A page has at most 1,000 characters: an ephemeral message with more can't be edited
(tdlib/telegram-bot-api#881).
"""

from collections.abc import Callable
from datetime import date, tzinfo

from aiogram.utils.formatting import Italic, Text, as_line, as_list

from bot.i18n import gettext as _
from bot.i18n import ngettext as _n
from bot.texts import names, on_cards
from core.text import on_one_line
from database.models import Message
from services.helpdesk.ticket_list import Filter, Line, Page

# The longest name, and the longest words, in UTF-16 units.
_LONGEST_NAME = 20
_LONGEST_WORDS = 40


def ticket_list(page: Page, today: date, zone: tzinfo) -> Text:
    """Say how many there are and, of each on this page, who waits, since when, with what words."""
    words = head(page)
    if page.pages > 1:
        words += f" ({page.number + 1}/{page.pages})"
    if not page.lines:
        return Text(words)
    lines = (line(one, names.copyable(one.ticket, today), zone) for one in page.lines)
    return as_list(words, "", *lines)


def head(page: Page) -> str:
    """Say how many tickets there are on the list."""
    return _heads(page)[page.which]()


def _heads(page: Page) -> dict[Filter, Callable[[], str]]:
    count, name = page.total, names.person(page.owner, _LONGEST_NAME) if page.owner else ""
    if not page.totals[Filter.ALL]:
        return dict.fromkeys(Filter, lambda: _("All tickets are closed."))
    if not count:
        return {
            Filter.OURS: lambda: _("Nothing waits for our answer."),
            Filter.MINE: lambda: _("{name} has no open tickets.").format(name=name),
            Filter.NOBODYS: lambda: _("Nothing that waits for us is without an owner."),
            Filter.USERS: lambda: _("Nothing waits for its user."),
        }
    return {
        Filter.OURS: lambda: _n(
            "{total} ticket waits for our answer", "{total} tickets wait for our answer", count
        ).format(total=count),
        Filter.MINE: lambda: _n(
            "{name} has {total} ticket", "{name} has {total} tickets", count
        ).format(name=name, total=count),
        Filter.NOBODYS: lambda: _n(
            "{total} ticket waits for us and has no owner",
            "{total} tickets wait for us and have no owner",
            count,
        ).format(total=count),
        Filter.USERS: lambda: _n(
            "{total} ticket waits for its user", "{total} tickets wait for their users", count
        ).format(total=count),
        Filter.ALL: lambda: _n(
            "{total} ticket is not closed", "{total} tickets are not closed", count
        ).format(total=count),
    }


def line(line: Line, number: Text, zone: tzinfo) -> Text:
    """Say of a ticket, known by this number, who waits, since when, with what words."""
    ticket = line.ticket
    parts: list[Text | str] = [
        Text(on_cards.sign(ticket.status), " ", number),
        names.person(ticket.user, _LONGEST_NAME),
        names.clock(ticket.waiting_since, zone),
    ]
    if ticket.assigned_staff is not None:
        parts.append(names.person(ticket.assigned_staff, _LONGEST_NAME))
    first = as_line(*parts, sep=" · ", end="")
    return as_list(first, Italic(_words(line.said))) if line.said else first


def _words(said: Message) -> str:
    """Begin to say what was said, on one line; what is no text is named by its kind."""
    words = on_one_line((said.text or "").translate(names.TURNS))
    return f"“{names.shortened(words, _LONGEST_WORDS)}”" if words else f"[{names.kind(said.kind)}]"
