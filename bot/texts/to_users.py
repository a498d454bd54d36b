"""What users read."""

from bot.i18n import gettext as _


def greeting() -> str:
    return _(
        "Hello! You've reached support.\n"
        "Describe your question here; photos and files are welcome.\n"
        "You'll get a ticket number, and we'll reply in this chat."
    )


def description() -> str:
    """Greet in an empty chat, in at most 512 characters."""
    return _(
        "Describe your question here; photos and files are welcome. "
        "You'll get a ticket number, and our team replies in this chat."
    )


def short_description() -> str:
    """Stand in the profile, in at most 120 characters."""
    return _("Support: write here, and our team replies in this chat.")


def user_help() -> str:
    return _(
        "Just write to us: your first message opens a ticket, and later ones are added to it.\n"
        "If you edit a message, we'll see the change.\n"
        "You can also send photos, videos, documents, voice messages, stickers, locations "
        "and contacts.\n"
        "To ask about something else, send /new: that opens another ticket. To add to one of "
        "several tickets, reply to one of its messages."
    )


def ticket_opened(ticket: str) -> str:
    return _("Ticket {ticket} is open. We'll reply here; you can add details at any time.").format(
        ticket=ticket
    )


def another_awaited() -> str:
    return _("What else can we help with? Your next message, within an hour, opens a new ticket.")


def another_dropped() -> str:
    return _("OK, no new ticket. You can go on writing as before.")


def no_room_for_another(ticket: str) -> str:
    return _("You already have several open tickets, so this was added to ticket {ticket}.").format(
        ticket=ticket
    )


def ticket_joined(ticket: str, *, may_move: bool) -> str:
    if not may_move:
        return _("Added to ticket {ticket}.").format(ticket=ticket)
    return _("Added to ticket {ticket}. To move it to another one, choose that one below.").format(
        ticket=ticket
    )


def question_moved(ticket: str) -> str:
    return _("Moved to ticket {ticket}.").format(ticket=ticket)


def ticket_closed(ticket: str) -> str:
    return _("Ticket {ticket} is closed. If you still need help, just write again.").format(
        ticket=ticket
    )


def ticket_closed_beside(ticket: str) -> str:
    return _("Ticket {ticket} is closed. To go on with it, reply to one of its messages.").format(
        ticket=ticket
    )


def go_on_by_reply(ticket: str) -> str:
    return _("To go on with {ticket}, reply to one of its messages.").format(ticket=ticket)


def ticket_reopened(ticket: str) -> str:
    return _("Ticket {ticket} is open again.").format(ticket=ticket)


def question_failed() -> str:
    return _(
        "We couldn't pass this message on to our team. Please try sending it in a different form."
    )


def question_described() -> str:
    return _("Our team sees only a description of this. Please send it in a different form.")


def question_under_way() -> str:
    return _(
        "This message hasn't reached our team yet. "
        "We're still trying; there's no need to send it again."
    )


def update_failed() -> str:
    return _(
        "Something went wrong on our side. This has been saved, and our team will be notified."
    )
