"""What the team may change of what users read, and the menu in which it does."""

from datetime import date

from aiogram.utils.formatting import Code, Text
from babel import Locale

from bot.i18n import gettext as _
from bot.i18n import speaking, spoken
from bot.texts import names, to_users
from core.text import Piece, fill, join
from database.models import User
from database.team import SettingChange
from services.helpdesk.team_settings import EXAMPLE, PLACEHOLDERS, TICKET, Words


def worded(which: Words, own: Piece | None, ticket: str = "") -> Piece:
    """Give what a user reads: the team's own words, or the default in the language spoken."""
    if own is not None:
        return fill(own, TICKET, ticket)
    match which:
        case Words.GREETING:
            return to_users.greeting(), []
        case Words.CONFIRMATION:
            return to_users.ticket_opened(ticket), []
        case Words.CLOSING:
            return to_users.ticket_closed(ticket), []


def closed_beside(own: Piece | None, ticket: str) -> Piece:
    """Give the closing words for a user who has another ticket open, which other words join."""
    if own is None:
        return to_users.ticket_closed_beside(ticket), []
    return join([fill(own, TICKET, ticket), (to_users.go_on_by_reply(ticket), [])], "\n\n")


def name(which: Words) -> str:
    return {
        Words.GREETING: _("Greeting"),
        Words.CONFIRMATION: _("Confirmation"),
        Words.CLOSING: _("Closing words"),
    }[which]


def language(tag: str) -> str:
    """Name a language in itself, as those who look for theirs know it."""
    own = Locale.parse(tag).get_display_name() or tag
    return own[:1].upper() + own[1:]


def menu(person: User | None) -> str:
    """Begin; named is the person whose buttons these are, None for one who is anonymous."""
    if person is None:
        return _("What do you want to change? These buttons are for administrators.")
    return _("What do you want to change? These buttons are for {person}.").format(
        person=names.person(person)
    )


def languages(which: Words) -> str:
    said = {
        Words.GREETING: _("Greeting: what users read first."),
        Words.CONFIRMATION: _("Confirmation: sent when a ticket is opened."),
        Words.CLOSING: _("Closing words: sent when a ticket is closed."),
    }
    return f"{said[which]}\n{_('In which language? Users of all other languages read English.')}"


def page(
    which: Words, tag: str, own: Piece | None, change: SettingChange | None, today: date
) -> Piece:
    """Show how it reads, in the language `tag`, and who changed it last."""
    heading = f"{title(which, tag)}\n{_changed(change, today)}"
    with speaking(tag):
        words = worded(which, own, EXAMPLE)
    return join([(heading, []), words], "\n\n")


def title(which: Words, tag: str) -> str:
    """Begin what shows words."""
    return f"{name(which)} · {language(tag)}"


def _changed(change: SettingChange | None, today: date) -> str:
    if change is None:
        return _("This is the default:")
    is_past_year = change.changed_at.year != today.year
    day = names.day(change.changed_at.date(), spoken(), year=is_past_year)
    person = names.person(change.person) if change.person else _("an administrator")
    if change.value is None:
        return _("The default again, since {day} ({person}):").format(day=day, person=person)
    return _("Changed on {day} ({person}):").format(day=day, person=person)


def as_typed(which: Words, tag: str, own: Piece | None) -> Piece:
    """Show the words of today as they are typed, with their placeholders."""
    with speaking(tag):
        words = worded(which, own, TICKET)
    return join([(_("The text now:"), []), words], "\n\n")


def question(which: Words, tag: str, person: User | None) -> Text:
    """Ask for words, of a person who is mentioned, or of an anonymous administrator.

    The command is shown as code: one that is pressed would be sent, and not as a reply.
    """
    words = _("please reply to this message with the new text: {words}, {language}.").format(
        words=name(which), language=language(tag)
    )
    filled = (
        _("Write {placeholder} where the ticket's number should stand.").format(placeholder=TICKET)
        if PLACEHOLDERS[which]
        else ""
    )
    who = names.mention(person) if person else _("Administrator")
    before, _command, after = _("To leave it as it is, reply /cancel.").partition("/cancel")
    cancelled = Text(before, Code("/cancel"), after)
    return Text(who, ", ", words, *(["\n", filled] if filled else []), "\n", cancelled)
