"""The board: the tickets that wait for our answer, and how many wait for their users."""

from dataclasses import replace
from datetime import date, tzinfo

from aiogram.utils.formatting import Text, TextLink, as_list

from bot.i18n import gettext as _
from bot.message_url import card_url
from bot.texts import names, ticket_list
from services.helpdesk.ticket_list import Filter, Line, Page


def board(page: Page, today: date, zone: tzinfo) -> Text:
    """Say what waits, longest first; a number is a link to its card where there are links."""
    lines = [ticket_list.line(one, _number(one, today), zone) for one in page.lines]
    parts: list[Text | str] = [ticket_list.head(page)]
    parts += ["", *lines] if lines else []
    if (more := page.total - len(lines)) > 0:
        parts.append(_("and {count} more: /tickets").format(count=more))
    if page.totals[Filter.USERS]:
        parts += ["", ticket_list.head(replace(page, which=Filter.USERS))]
    return as_list(*parts)


def _number(line: Line, today: date) -> Text:
    url = card_url(line)
    if url is None:
        return names.copyable(line.ticket, today)
    return TextLink(names.number(line.ticket.daily_id, line.ticket.opened_on, today), url=url)


def elsewhere(url: str | None) -> Text:
    """Say on a former board that there is a newer one; without a link if there are none."""
    words = _("This board is out of date. The current one is further down.")
    return Text(TextLink(words, url=url) if url else words)


def is_unpinned() -> str:
    """Say what a new board lacks, and who gives it."""
    return _(
        "The board is on, but not pinned: I may not pin messages here. The group's owner can make "
        "me an administrator with the right to pin messages. I'll pin it then."
    )


def is_off() -> Text:
    return Text(_("The board is off. /board on brings it back."))
