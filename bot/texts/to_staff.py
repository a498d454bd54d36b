"""What staff read, beside the cards."""

from collections.abc import Sequence

from aiogram.utils.formatting import Text

from bot.i18n import gettext as _
from bot.i18n import ngettext as _n
from bot.texts import names, reasons
from database.models import User
from services.helpdesk.content import Person

# Longest name in an alert, in UTF-16 units; Telegram allows 200 characters in all.
_LONGEST_IN_ALERT = 80


def staff_help() -> str:
    return _(
        "To answer a user, reply to one of my messages. Any kind of message works.\n"
        "Starting with // makes a note that stays here. "
        "To take an answer back, edit it to start with //.\n"
        "/tickets lists what is waiting, longest first; /tickets 7 finds one\n"
        "/board on pins a list of what is waiting and keeps it true, /board off removes it\n"
        "/take, /close [reason] and /reopen: reply to a ticket, "
        "or give its number, as in /close 7\n"
        "/split, as a reply to a user's message: all from there on becomes a ticket of its own\n"
        "/merge 7 5 makes #5 part of #7, if both are from one person\n"
        "Where tickets have topics, the card in each says what goes to the user, "
        "and commands there need no number\n"
        "/settings lets administrators change what users read from me, "
        "and choose between cards and topics\n"
        "/setup checks how this group and I are set up"
    )


def delivery_failed(ticket: str, reason: str) -> str:
    words = _("{ticket}: this did not arrive ({reason}).")
    return words.format(ticket=ticket, reason=reasons.worded(reason))


def answer_described(ticket: str) -> str:
    words = _("{ticket}: the user sees only a description of this. Please send it another way.")
    return words.format(ticket=ticket)


def answer_under_way(ticket: str) -> str:
    return _(
        "{ticket}: this takes longer than usual to reach the user. I keep trying; "
        "if it does not arrive, I'll say so."
    ).format(ticket=ticket)


def arrived_after_all(ticket: str, count: int) -> str:
    return _n(
        "{ticket}: sent again, it has arrived.",
        "{ticket}: sent again, all {count} have arrived.",
        count,
    ).format(ticket=ticket, count=count)


def became_note(ticket: str) -> str:
    return _("{ticket}: this is a note now, so it wasn't sent again.").format(ticket=ticket)


def failed_again(ticket: str, failed: int, count: int) -> str:
    return _n(
        "{ticket}: sent again, but it did not arrive.",
        "{ticket}: sent again, but {failed} of {count} did not arrive.",
        count,
    ).format(ticket=ticket, failed=failed, count=count)


def on_its_way_again(ticket: str) -> str:
    """Say what stays true however it ends; another notice follows if it fails."""
    return _("{ticket}: sent again. If it does not arrive, I'll say so.").format(ticket=ticket)


def edit_failed(ticket: str, reason: str) -> str:
    words = _("{ticket}: this edit did not arrive ({reason}).")
    return words.format(ticket=ticket, reason=reasons.worded(reason))


def edited_after_close(ticket: str) -> str:
    return _("{ticket} is closed, and the user has edited this message.").format(ticket=ticket)


def edited_after_answer(ticket: str) -> str:
    return _("{ticket}: the user has edited this message since you answered.").format(ticket=ticket)


def not_retracted(ticket: str) -> str:
    return _("{ticket}: this can't be taken back any more; the user still sees it.").format(
        ticket=ticket
    )


def not_retracted_yet(ticket: str) -> str:
    return _(
        "{ticket}: this can't be taken back now, because the user has blocked the bot. "
        "I'll try again when the user is back."
    ).format(ticket=ticket)


def retracted_after_all(ticket: str) -> str:
    return _("{ticket}: the user is back, and this was taken back.").format(ticket=ticket)


def retracted_again(ticket: str) -> str:
    """Say what stays true however it ends; another notice follows if it fails."""
    return _(
        "{ticket}: the user is back, so I'm taking this back. If that fails, I'll say so."
    ).format(ticket=ticket)


def copy_may_remain(ticket: str) -> str:
    return _(
        "{ticket}: Telegram gave no answer when this was sent to the user. If it arrived then, "
        "I can't delete that copy, and the user still sees it."
    ).format(ticket=ticket)


def answer_may_remain(ticket: str) -> str:
    return _(
        "{ticket}: kept as a note, but I don't know what this said before. If it was sent to the "
        "user, I can't take it back, and the user still sees it."
    ).format(ticket=ticket)


def slip_kept(ticket: str) -> str:
    return _(
        "{ticket}: this begins with a slash, so it hasn't been sent. Is it an answer or a note?"
    ).format(ticket=ticket)


def slip_edited(ticket: str) -> str:
    return _(
        "{ticket}: your edit begins with a slash, so the user still sees the earlier text. "
        "Is it an answer or a note?"
    ).format(ticket=ticket)


def unconfirmed_kept() -> str:
    return _(
        "Telegram hasn't told me yet whether you are in this group, so your reply is kept. "
        "It will be sent once that is confirmed."
    )


def several_unconfirmed_kept() -> str:
    return _(
        "Telegram hasn't told me yet who is in this group, so the replies of several people are "
        "kept. Those of members will be sent once that is confirmed."
    )


def orphan_kept() -> str:
    return _(
        "I don't know for sure which ticket this belongs to. Your reply is kept: which one is it? "
        "If it is none of these, please reply to the ticket's card."
    )


def kept_sent(ticket: str, user: User) -> str:
    words = _("{ticket}: sent to {user} as an answer. If it does not arrive, I'll say so.")
    return words.format(ticket=ticket, user=names.person(user))


def kept_noted(ticket: str) -> str:
    return _("{ticket}: kept as a note.").format(ticket=ticket)


def kept_taken_back(ticket: str) -> str:
    return _(
        "{ticket}: kept as a note, and taken back from the user. If that fails, I'll say so."
    ).format(ticket=ticket)


def kept_assigned(ticket: str, user: User) -> str:
    return _("This belongs to {ticket}, {user}.").format(ticket=ticket, user=names.person(user))


def user_returned(ticket: str) -> str:
    return _("{ticket}: the user is back. What did not arrive can be sent again.").format(
        ticket=ticket
    )


def updates_set_aside(numbers: Sequence[int], writers: Sequence[Person]) -> Text:
    """Tell under which numbers they are kept, in order, and from whom they came."""
    if not writers:
        return Text(_set_aside(numbers))
    return Text(_set_aside(numbers), "\n", _("From:"), " ", names.mentions(writers))


def _set_aside(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return _(
            "Something that was sent to me could not be handled. It is not lost, but kept as "
            "no. {id}. Operator: python main.py replay"
        ).format(id=numbers[0])
    return _n(
        "{count} message or button press could not be handled. It is not lost, but kept as "
        "no. {first} to {last}. Operator: python main.py replay",
        "{count} messages or button presses could not be handled. They are not lost, but kept as "
        "no. {first} to {last}. Operator: python main.py replay",
        len(numbers),
    ).format(count=len(numbers), first=numbers[0], last=numbers[-1])


def group_is_not_staff(chat_id: int) -> str:
    return _(
        "This is not the staff chat: users don't receive what is written here. "
        "Operator: to make it the staff chat, set STAFF_CHAT_ID={id}."
    ).format(id=chat_id)


def staff_chat_migrated(new_id: int, *, is_main: bool) -> str:
    if not is_main:
        return _(
            "This group became a supergroup and has a new id. I'll carry on here, with new cards "
            "for the tickets that are not closed."
        )
    return _(
        "This group became a supergroup and has a new id. I'll carry on here, with new cards for "
        "the tickets that are not closed. Operator: please set STAFF_CHAT_ID={id}."
    ).format(id=new_id)


def threads_failed() -> str:
    return _(
        "I can't make topics here. Please make me an administrator with the right to manage "
        "topics, and check that topics are on in this group. Until then, tickets come here, "
        "as cards."
    )


def said_elsewhere(ticket: str, author: User | None, *, is_note: bool) -> str:
    """Stand above what a colleague wrote on a ticket somewhere else in the group."""
    who = names.person(author) if author is not None else _("An administrator")
    if is_note:
        return _("{ticket} · {who} made a note elsewhere").format(ticket=ticket, who=who)
    return _("{ticket} · {who} answered elsewhere").format(ticket=ticket, who=who)


def taken() -> str:
    return _("It's yours.")


def ask_before_taking_over(ticket: str, owner: User) -> str:
    words = _("{owner} has {ticket}. To take it over, press again within a minute.")
    return words.format(ticket=ticket, owner=names.person(owner, _LONGEST_IN_ALERT))


def released() -> str:
    return _("Nobody has it now.")


def how_to_answer() -> str:
    """Explain it in an alert, which has 200 characters."""
    return _(
        "Reply to the card: your reply goes to the user. If it starts with //, it stays here as a "
        "note. To close with a reason, reply /close and the reason."
    )


def closed() -> str:
    return _("Closed.")


def reopened() -> str:
    return _("Reopened.")


def sent_again() -> str:
    return _("Sending again.")
