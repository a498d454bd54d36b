"""The words on a card and around a copy."""

from collections.abc import Mapping, Sequence
from datetime import date, tzinfo
from typing import Any

from aiogram.utils.formatting import Code, Text, as_line, as_list

from bot.i18n import gettext as _
from bot.i18n import ngettext as _n
from bot.texts import names
from core.text import LONGEST_NAME, on_one_line
from database.models import Ticket, TicketStatus, User

_SIGNS = {
    TicketStatus.NEW: "🔶",
    TicketStatus.OPEN: "🟠",
    TicketStatus.PENDING: "🟦",
    TicketStatus.ON_HOLD: "⚪",
    TicketStatus.CLOSED: "✔️",
}

# The longest quotation in a line, in characters.
_LONGEST_QUOTED = 200

# The most numbers of merged tickets on a card: there has to be room for the question.
_MOST_MERGED = 20


def card_head(
    ticket: Ticket,
    today: date,
    zone: tzinfo,
    *,
    closed_by: str | None = None,
    reason: str | None = None,
    merged: Sequence[str] = (),
) -> Text:
    """Stand for a ticket: number, person, and who must act, since when; and what it is made of.

    `merged` are the numbers of tickets that are part of it now, oldest first.
    """
    user = ticket.user
    known_as = f" @{user.username}" if user.username else ""
    number = names.copyable(ticket, today)
    head = Text(sign(ticket.status), " ", number, " · ", names.copyable_mention(user), known_as)
    lines = [head, _state(ticket, zone, closed_by=closed_by, reason=reason)]
    if ticket.link_payload is not None:
        lines.append(Text("🔗 ", _("Came by the link"), " ", Code(ticket.link_payload)))
    if merged:
        named = ", ".join(merged[-_MOST_MERGED:])
        more = names.continued() if len(merged) > _MOST_MERGED else ""
        lines.append(Text("↪ ", _("Merged with {tickets}").format(tickets=named), more))
    return as_list(*lines)


def hearing(user: User, *, everything: bool) -> str:
    """Say on the card in a topic what goes to the user of what staff write there."""
    if everything:
        words = _("All you write here goes to {user}, except what begins with //.")
    else:
        words = _("Only replies to me go to {user}. Everything else stays among you.")
    return "💬 " + words.format(user=names.person(user))


def backlog(waiting: int, minutes: int, *, at_least: bool = False) -> str:
    """Tell on a card how much more is to come; `at_least` that much."""
    if at_least:
        words = _("over {waiting} more waiting, more than {minutes} min")
        return "⏳ " + words.format(waiting=waiting, minutes=minutes)
    return "⏳ " + _n(
        "{waiting} more waiting, about {minutes} min",
        "{waiting} more waiting, about {minutes} min",
        waiting,
    ).format(waiting=waiting, minutes=minutes)


def retired_card(ticket: Ticket, today: date) -> str:
    return _continues(_("{ticket} continues below, on a new card."), ticket, today)


def card_in_topic(ticket: Ticket, today: date) -> str:
    """Say that another topic has a newer card."""
    return _continues(_("{ticket} continues in another topic."), ticket, today)


def card_outside_topic(ticket: Ticket, today: date) -> str:
    """Say that no topic has the newest card."""
    return _continues(_("{ticket} continues outside this topic."), ticket, today)


def _continues(words: str, ticket: Ticket, today: date) -> str:
    return words.format(ticket=names.number(ticket.daily_id, ticket.opened_on, today))


def follow_up(ticket: str) -> str:
    """Stand before what a user wrote later."""
    return f"{ticket} · "


def forwarded(origin: Mapping[str, Any]) -> str:
    """Name whose words a user forwards, as Telegram tells it; the name is somebody's own choice."""
    user, chat = _fields(origin, "sender_user"), _fields(origin, "chat", "sender_chat")
    said = [user.get("first_name"), user.get("last_name")]
    said += [origin.get("sender_user_name"), chat.get("title"), origin.get("author_signature")]
    name = " ".join(str(one) for one in said if one).translate(names.TURNS)
    known_as = user.get("username") or chat.get("username")
    shown = on_one_line(name)[:LONGEST_NAME] + (f" @{known_as}" if known_as else "")
    return "↪ " + (_("Forwarded from {name}").format(name=shown) if shown else _("Forwarded"))


def moved(came_from: Mapping[str, Any], to: Mapping[str, Any]) -> str:
    """Tell in a line which ticket a message was in, and which it is in now."""
    days = [date.fromisoformat(one["opened_on"]) for one in (came_from, to)]
    before, after = (
        names.number(one["daily_id"], day, max(days))
        for one, day in zip((came_from, to), days, strict=True)
    )
    return "↪ " + _("Moved from {before} to {after}").format(before=before, after=after)


def _fields(said: Mapping[str, Any], *fields: str) -> Mapping[str, Any]:
    """Get the first of these that is there; nothing if Telegram gave it another shape."""
    found = [one for field in fields if isinstance(one := said.get(field), Mapping)]
    return found[0] if found else {}


def quoted(words: str) -> str:
    """Repeat what a user answers to, where it can't be pointed at."""
    line = on_one_line(words)
    return "↩ “" + (line if len(line) <= _LONGEST_QUOTED else f"{line[:_LONGEST_QUOTED]} …") + "”"


def nothing_left() -> str:
    """Stand where a part of a message was before it was shortened."""
    return "—"


def described(name: str) -> str:
    """Stand for content that cannot be shown any more."""
    return _("[{kind} that can't be shown here]").format(kind=names.kind(name))


def shown(ticket: str, user: User) -> str:
    """Lead from the list to a ticket's card, which this replies to."""
    words = _("{ticket} · {user}. A reply to this message goes to the user, too.")
    return words.format(ticket=ticket, user=names.person(user))


def menu(ticket: Ticket, today: date) -> Text:
    """Say whose ticket a menu is about that does not stand by its card."""
    return Text(names.copyable(ticket, today), " · ", names.person(ticket.user))


def sign(status: TicketStatus) -> str:
    """Show who must act, by colour and by shape: warm, we; blue, the user; grey, nobody."""
    return _SIGNS[status]


def _state(ticket: Ticket, zone: tzinfo, *, closed_by: str | None, reason: str | None) -> Text:
    """Say who must act, and since when."""
    states = {
        TicketStatus.NEW: _("new"),
        TicketStatus.OPEN: _("open"),
        TicketStatus.PENDING: _("answered, waiting for the user"),
        TicketStatus.ON_HOLD: _("on hold"),
        TicketStatus.CLOSED: _("closed"),
    }
    parts = [states[ticket.status]]
    if ticket.status is TicketStatus.CLOSED:
        parts += [part for part in (closed_by, reason) if part]
    elif ticket.assigned_staff is not None:
        parts.append(names.person(ticket.assigned_staff))
    if ticket.user.blocked_at is not None:
        parts.append(_("the user has blocked the bot"))
    return as_line(*parts, _since(ticket, zone), sep=" · ", end="")


def _since(ticket: Ticket, zone: tzinfo) -> Text:
    """Say since when; it reads well both as "5 minutes ago" and as a date."""
    since = names.clock(ticket.waiting_since, zone)
    if ticket.status not in {TicketStatus.NEW, TicketStatus.OPEN}:
        return since
    asked = ticket.waiting_since == ticket.opened_at
    return names.timed(_("asked {when}") if asked else _("came back {when}"), since)
