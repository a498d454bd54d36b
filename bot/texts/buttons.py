"""The words on buttons."""

from bot.i18n import gettext as _
from bot.texts import names
from core.team import StaffMode
from database.models import User
from services.helpdesk.ticket_list import Filter


def ticket_choice(ticket: str, user: User) -> str:
    """Name a ticket and its user on a button."""
    return f"{ticket} · {names.person(user)}"


def take() -> str:
    return _("Take")


def has_it(owner: User, longest: int) -> str:
    """Say who has a ticket; a long name is cut."""
    return _("{name} has it").format(name=names.person(owner, longest))


def more() -> str:
    return _("More…")


def less() -> str:
    return _("Less")


def hide() -> str:
    """Have a menu go that only its reader sees."""
    return _("Hide")


def release() -> str:
    """Give a ticket back, so that nobody has it."""
    return _("Release")


def how_to_answer() -> str:
    return _("How to answer")


def show(ticket: str) -> str:
    """Lead to a ticket's card, where there are no links to messages."""
    return _("Show {ticket}").format(ticket=ticket)


def filtered(which: Filter, total: int | None, *, chosen: bool) -> str:
    """Choose what is listed, and say how much that is, if it is the same for whoever looks."""
    names = {
        Filter.OURS: _("To answer"),
        Filter.MINE: _("Mine"),
        Filter.NOBODYS: _("Nobody's"),
        Filter.USERS: _("Waiting for users"),
        Filter.ALL: _("All"),
    }
    words = names[which] + (f" · {total}" if total is not None else "")
    return _ticked(words, chosen=chosen)


def close() -> str:
    return _("Close")


def reopen() -> str:
    return _("Reopen")


def resend() -> str:
    return _("Send again")


def start_another() -> str:
    return _("Start another")


def never_mind() -> str:
    return _("Never mind")


def send_as_answer() -> str:
    return _("Send as answer")


def keep_as_note() -> str:
    return _("Keep as note")


def change() -> str:
    return _("Change")


def cards_or_topics() -> str:
    """Lead to where tickets are."""
    return _("Cards or topics")


def mode(which: StaffMode, *, chosen: bool) -> str:
    """Choose where tickets are."""
    names = {StaffMode.PLAIN: _("Cards"), StaffMode.FORUM: _("Topics")}
    return _ticked(names[which], chosen=chosen)


def hearing(*, everything: bool, chosen: bool) -> str:
    """Choose what goes to users of what staff write in topics."""
    if everything:
        return _ticked(_("Everything we write goes to the user"), chosen=chosen)
    return _ticked(_("Only replies go to the user"), chosen=chosen)


def closes_topics(*, chosen: bool) -> str:
    """Choose whether topics are closed with their tickets, or no longer."""
    return _ticked(_("Close topics with their tickets"), chosen=chosen)


def keeps_topics(days: int | None) -> str:
    """Lead to how long topics are kept."""
    return _("Keep topics: {how_long}").format(how_long=names.kept(days))


def keeping(days: int | None, *, chosen: bool) -> str:
    """Choose how long topics are kept."""
    words = names.kept(days)
    return _ticked(words[:1].upper() + words[1:], chosen=chosen)


def restore_default() -> str:
    return _("Back to the default")


def back() -> str:
    return _("Back")


def done() -> str:
    return _("Done")


def _ticked(words: str, *, chosen: bool) -> str:
    return f"✓ {words}" if chosen else words
