"""Where a staff chat's tickets are, and what goes to users there: chosen in `/settings`."""

from collections.abc import Sequence
from datetime import date

from bot.i18n import gettext as _
from bot.i18n import spoken
from bot.texts import names, set_up
from core.team import StaffChat, StaffMode
from database.models import User
from database.team import SettingChange


def page(staff_chat: StaffChat, change: SettingChange | None, today: date) -> str:
    """Explain what there is to choose, and say who chose last."""
    parts = [
        _(
            "Where do you answer tickets?\n"
            "Cards: each ticket has a card in the group, and you reply to it.\n"
            "Topics: each open ticket has a topic of its own, named after its user."
        )
    ]
    if staff_chat.mode is StaffMode.FORUM:
        parts.append(f"{_('What goes to the user from a topic?')}\n{_kinds_of_hearing()}")
        parts.append(
            _(
                "A topic can be closed with its ticket. Then only administrators can write there, "
                "but Reopen on the card works for everybody."
            )
        )
    if change is not None:
        parts.append(_changed(change, today))
    return "\n\n".join(parts)


def question() -> str:
    """Ask what goes to users, once tickets are to get topics."""
    switched = _("Tickets get topics now; open ones follow, a few at a time.")
    asked = _("Should everything you write in a topic go to the user?")
    until = _("Until you choose, only replies do.")
    return f"{switched}\n\n{asked}\n{_kinds_of_hearing()}\n\n{until}"


def missing(what: Sequence[tuple[str, str]]) -> str:
    """Say why tickets can't have topics, with a cure for each reason."""
    lines = [f"❗ {said}\n→ {cure}" for said, cure in what]
    return "\n".join([*lines, _("Nothing was changed. When that is done, press Topics again.")])


def chosen(mode: StaffMode, person: User | None, *, everything: bool) -> str:
    """Tell all of staff what an administrator chose."""
    if mode is StaffMode.PLAIN:
        words = _(
            "Changed by {person}: tickets no longer have topics. "
            "Open ones get cards here, a few at a time; please reply to those."
        )
    elif everything:
        words = _(
            "Changed by {person}: everything you write in a ticket's topic now goes to the user. "
            "Only what begins with // stays among you."
        )
    else:
        words = _(
            "Changed by {person}: each open ticket has a topic of its own, "
            "and only replies to my messages there go to the user."
        )
    return words.format(person=_name(person))


def closing_chosen(person: User | None, *, closes: bool) -> str:
    """Tell all of staff what an administrator chose about topics of closed tickets."""
    if closes:
        words = _(
            "Changed by {person}: a topic is closed with its ticket now. To open both again, "
            "press Reopen on the card, or send /reopen with the number in General."
        )
    else:
        words = _("Changed by {person}: topics stay open when their tickets are closed.")
    return words.format(person=_name(person))


def keeping(*, may_delete: bool) -> str:
    """Explain what there is to choose about topics of closed tickets."""
    words = _(
        "How long is a topic kept once its ticket is closed?\n"
        "Very many topics make a group slow. With a topic, all its messages are deleted for "
        "everybody in this group; users keep theirs. If the ticket is opened again, it gets "
        "another topic."
    )
    if may_delete:
        return words
    return f"{words}\n\n❗ {set_up.topics_not_deleted()}\n→ {set_up.allow_deleting()}"


def keeping_chosen(person: User | None, days: int | None) -> str:
    """Tell all of staff what an administrator chose about old topics."""
    if days is None:
        words = _("Changed by {person}: topics are kept for ever.")
    else:
        words = _(
            "Changed by {person}: topics are deleted once their tickets have been closed for "
            "{how_long}."
        )
    return words.format(person=_name(person), how_long=names.kept(days))


def _kinds_of_hearing() -> str:
    return _(
        "Everything: all that you write there, except what begins with //.\n"
        "Only replies: your replies to my messages; the rest stays among you."
    )


def _changed(change: SettingChange, today: date) -> str:
    is_past_year = change.changed_at.year != today.year
    day = names.day(change.changed_at.date(), spoken(), year=is_past_year)
    return _("Changed on {day} ({person}).").format(day=day, person=_name(change.person))


def _name(person: User | None) -> str:
    return names.person(person) if person is not None else _("an administrator")
