"""Every sentence the bot says. English here; translations lie in `bot/locales`."""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

from aiogram.types import User as TelegramUser
from aiogram.utils.formatting import Bold, Text, TextMention, as_list
from babel.dates import format_date

from bot.i18n import gettext as _
from bot.i18n import ngettext as _n
from bot.i18n import spoken
from core.text import BLANKS, LONGEST_NAME
from database.models import Ticket, TicketStatus, User
from services import problems
from services.delivery import failures
from services.helpdesk.content import Person
from services.helpdesk.lookup import Page

# First strong isolate and its end: a right-to-left name turns nothing around it. The mark before
# them keeps a line left-to-right whose first letters are the name's: not all clients skip isolates.
_LEFT_TO_RIGHT, _ISOLATE, _ISOLATE_END = "\u200e", "\u2068", "\u2069"

# A name may not turn what stands around it: embeddings, overrides and isolates, begun or ended.
_TURNS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])

# The most commands that a refusal offers to type.
_MOST_CHOICES = 10

# The most people that a notice names.
_MOST_NAMED = 20

# The longest quotation that stands in a line, in characters.
_LONGEST_QUOTED = 200


def number(daily_id: int, opened_on: date, today: date) -> str:
    """Name a ticket: `#7`, and on another day `#7 · 21 Nov`."""
    if opened_on == today:
        return f"#{daily_id}"
    return f"#{daily_id} · {format_date(opened_on, 'd MMM', locale=spoken())}"


def person(user: User | Person) -> str:
    """Name a person, on one line; who has no visible name is known by the Telegram id."""
    name = " ".join(user.name.translate(_TURNS).split())
    visible = set(name) - BLANKS
    if not any(unicodedata.category(character)[0] in "LNPS" for character in visible):
        return f"id {user.telegram_id}"
    if any(unicodedata.bidirectional(character) in {"R", "AL"} for character in name):
        return f"{_LEFT_TO_RIGHT}{_ISOLATE}{name}{_ISOLATE_END}"
    return name


# To users


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
        "and contacts."
    )


def ticket_opened(ticket: str) -> str:
    return _("Ticket {ticket} is open. We'll reply here; you can add details at any time.").format(
        ticket=ticket
    )


def ticket_closed(ticket: str) -> str:
    return _("Ticket {ticket} is closed. If you still need help, just write again.").format(
        ticket=ticket
    )


def ticket_reopened(ticket: str) -> str:
    return _("Ticket {ticket} is open again.").format(ticket=ticket)


def question_failed() -> str:
    return _(
        "We couldn't pass this message on to our team. Please try sending it in a different form."
    )


def question_described() -> str:
    return _("Our team sees only a description of this. Please send it in a different form.")


def question_under_way() -> str:
    return _("This message hasn't reached our team yet. We keep trying, so please don't resend it.")


def update_failed() -> str:
    return _("Something went wrong on our side. This has been saved, and our team will hear of it.")


# To staff


def staff_help() -> str:
    return _(
        "Reply to a message of mine to answer the ticket's user, with any kind of message.\n"
        "// at the beginning makes a note that stays here. "
        "Editing an answer to begin with // takes it back.\n"
        "/tickets lists the tickets that are not closed\n"
        "/take, /close [reason] and /reopen as a reply to a ticket, or with its number: /close 7"
    )


def card_head(
    ticket: Ticket, today: date, *, closed_by: str | None = None, reason: str | None = None
) -> Text:
    """Stand for a ticket: number, person, and who must act."""
    user = ticket.user
    known_as = f" @{user.username}" if user.username else ""
    head = Text(
        Bold(_signs()[ticket.status], " ", number(ticket.daily_id, ticket.opened_on, today)),
        " · ",
        _mention(user),
        known_as,
    )
    state = _state(ticket, closed_by=closed_by, reason=reason)
    return as_list(head, state)


def _mention(user: User | Person) -> TextMention:
    name = person(user)
    return TextMention(name, user=TelegramUser(id=user.telegram_id, is_bot=False, first_name=name))


def _mentions(people: Sequence[User | Person]) -> Text:
    """Name people in a line; of very many, the first."""
    named: list[Any] = []
    for one in people[:_MOST_NAMED]:
        known_as = f" @{one.username}" if one.username else ""
        named += [", " if named else "", _mention(one), known_as]
    return Text(*named, continued() if len(people) > _MOST_NAMED else "")


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
    named = number(ticket.daily_id, ticket.opened_on, today)
    return _("{ticket} continues below, on a new card.").format(ticket=named)


def follow_up(ticket: str) -> str:
    """Stand before what a user wrote later."""
    return f"{ticket} · "


def forwarded(origin: Mapping[str, Any]) -> str:
    """Name whose words a user forwards, as Telegram tells it; the name is somebody's own choice."""
    user, chat = _fields(origin, "sender_user"), _fields(origin, "chat", "sender_chat")
    names = [user.get("first_name"), user.get("last_name")]
    names += [origin.get("sender_user_name"), chat.get("title"), origin.get("author_signature")]
    name = " ".join(str(one) for one in names if one).translate(_TURNS)
    known_as = user.get("username") or chat.get("username")
    shown = " ".join(name.split())[:LONGEST_NAME] + (f" @{known_as}" if known_as else "")
    return "↪ " + (_("Forwarded from {name}").format(name=shown) if shown else _("Forwarded"))


def _fields(said: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """Get the first of these that is there; nothing if Telegram gave it another shape."""
    found = [one for name in names if isinstance(one := said.get(name), Mapping)]
    return found[0] if found else {}


def quoted(words: str) -> str:
    """Repeat what a user answers to, where it can't be pointed at."""
    line = " ".join(words.split())
    return "↩ “" + (line if len(line) <= _LONGEST_QUOTED else f"{line[:_LONGEST_QUOTED]} …") + "”"


def continued() -> str:
    return " …"


def nothing_left() -> str:
    """Stand where a part of a message was before it was shortened."""
    return "—"


def kind(name: str) -> str:
    """Name a kind of message."""
    names = {
        "photo": _("a photo"),
        "document": _("a document"),
        "video": _("a video"),
        "animation": _("an animation"),
        "voice": _("a voice message"),
        "audio": _("an audio file"),
        "video_note": _("a video message"),
        "sticker": _("a sticker"),
        "location": _("a location"),
        "venue": _("a venue"),
        "contact": _("a contact"),
        "poll": _("a poll"),
        "dice": _("dice"),
        "checklist": _("a checklist"),
        "rich_message": _("a formatted message"),
        "live_photo": _("a live photo"),
    }
    return names.get(name, _("a message"))


def described(name: str) -> str:
    """Stand for content that cannot be shown any more."""
    return _("[{kind}, which can't be shown here]").format(kind=kind(name))


def delivery_failed(ticket: str, reason: str) -> str:
    words = _("{ticket}: this did not arrive ({reason}).")
    return words.format(ticket=ticket, reason=_reason(reason))


def answer_described(ticket: str) -> str:
    words = _("{ticket}: the user sees only a description of this. Please send it another way.")
    return words.format(ticket=ticket)


def answer_under_way(ticket: str) -> str:
    return _("{ticket}: this hasn't reached the user yet. I keep trying.").format(ticket=ticket)


def arrived_after_all(ticket: str) -> str:
    return _("{ticket}: sent again, it has arrived.").format(ticket=ticket)


def became_note(ticket: str) -> str:
    return _("{ticket}: this is a note now, so it wasn't sent again.").format(ticket=ticket)


def failed_again(ticket: str) -> str:
    return _("{ticket}: sent again, but it did not arrive.").format(ticket=ticket)


def on_its_way_again(ticket: str) -> str:
    """Stand for what is tried for longer; another notice follows if it fails."""
    return _("{ticket}: being sent again. If it does not arrive, I'll say so.").format(
        ticket=ticket
    )


def edit_failed(ticket: str, reason: str) -> str:
    words = _("{ticket}: this edit did not arrive ({reason}).")
    return words.format(ticket=ticket, reason=_reason(reason))


def edited_after_close(ticket: str) -> str:
    return _("{ticket} is closed, and the user has edited this message.").format(ticket=ticket)


def edited_after_answer(ticket: str) -> str:
    return _("{ticket}: the user has edited this message since you answered.").format(ticket=ticket)


def not_retracted(ticket: str) -> str:
    return _("{ticket}: this can't be taken back any more, the user keeps seeing it.").format(
        ticket=ticket
    )


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


def ticket_choice(ticket: str, user: User) -> str:
    """Name a ticket and its user on a button."""
    return f"{ticket} · {person(user)}"


def kept_sent(ticket: str, user: User) -> str:
    return _("{ticket}: being sent to {user}.").format(ticket=ticket, user=person(user))


def kept_noted(ticket: str) -> str:
    return _("{ticket}: kept as a note.").format(ticket=ticket)


def kept_taken_back(ticket: str) -> str:
    return _("{ticket}: kept as a note. What the user has of it is being taken back.").format(
        ticket=ticket
    )


def kept_assigned(ticket: str, user: User) -> str:
    return _("This belongs to {ticket}, {user}.").format(ticket=ticket, user=person(user))


def user_returned(ticket: str) -> str:
    return _("{ticket}: the user is back. What did not arrive can be sent again.").format(
        ticket=ticket
    )


def updates_set_aside(numbers: Sequence[int], writers: Sequence[Person]) -> Text:
    """Tell under which numbers they are kept, in order, and from whom they came."""
    if not writers:
        return Text(_set_aside(numbers))
    return Text(_set_aside(numbers), "\n", _("From:"), " ", _mentions(writers))


def _set_aside(numbers: Sequence[int]) -> str:
    if len(numbers) == 1:
        return _(
            "An update could not be handled. It is kept as no. {id}. "
            "Operator: python main.py replay"
        ).format(id=numbers[0])
    return _n(
        "{count} update could not be handled. Kept as no. {first} to {last}. "
        "Operator: python main.py replay",
        "{count} updates could not be handled. They are kept as no. {first} to {last}. "
        "Operator: python main.py replay",
        len(numbers),
    ).format(count=len(numbers), first=numbers[0], last=numbers[-1])


def group_is_not_staff(chat_id: int) -> str:
    return _(
        "This is not the staff chat: what is written here reaches no user. The id of this group is "
        "{id}. To make it the staff chat: STAFF_CHAT_ID={id}"
    ).format(id=chat_id)


def staff_chat_migrated(new_id: int) -> str:
    return _(
        "This group became a supergroup and has a new id. I'll carry on here, with new cards for "
        "the tickets that are not closed. Operator: please set STAFF_CHAT_ID={id}."
    ).format(id=new_id)


def tickets(page: Page, today: date) -> str:
    """List a page of what is not closed."""
    if not page.total:
        return _("All tickets are closed.")
    head = _n("{total} ticket is not closed", "{total} tickets are not closed", page.total).format(
        total=page.total
    )
    if page.pages > 1:
        head += f" ({page.number + 1}/{page.pages})"
    return "\n".join([head, "", *(_line(ticket, today) for ticket in page.tickets)])


def taken() -> str:
    return _("It's yours.")


def closed() -> str:
    return _("Closed.")


def reopened() -> str:
    return _("Reopened.")


def sent_again() -> str:
    return _("Sending again.")


# Buttons and commands


def take_button() -> str:
    return _("Take")


def close_button() -> str:
    return _("Close")


def reopen_button() -> str:
    return _("Reopen")


def resend_button() -> str:
    return _("Send again")


def send_as_answer_button() -> str:
    return _("Send as answer")


def keep_as_note_button() -> str:
    return _("Keep as note")


def user_commands() -> dict[str, str]:
    return {"start": _("How this works"), "help": _("What you can do here")}


def staff_commands() -> dict[str, str]:
    return {
        "tickets": _("List the tickets that are not closed"),
        "take": _("Take a ticket (as a reply, or with its number)"),
        "close": _("Close a ticket"),
        "reopen": _("Reopen a closed ticket"),
        "help": _("What I can do"),
    }


# Refusals


def about(words: str, said: str) -> str:
    """Name what the words are about, where it can't be quoted."""
    return f"{words}\n\n" + _("You wrote: “{said}”").format(said=said) if said else words


def about_content(words: str, named: str) -> str:
    """Name what the words are about by its kind, where it can't be quoted and has no text."""
    return f"{words}\n\n" + _("You sent: {content}").format(content=named)


def replies_dropped(people: Sequence[User]) -> Text:
    """Tell several people at once that nobody was sent what they wrote."""
    return Text(
        _members_only(),
        "\n",
        _("The replies of these people were not sent:"),
        " ",
        _mentions(people),
    )


def problem(refused: problems.Problem, today: date) -> str:
    """Say why something is not done."""
    data: dict[str, Any] = {
        key: value for key, value in refused.to_json().items() if isinstance(value, str | int)
    }
    if isinstance(refused, problems.AboutTicket):
        data["ticket"] = _numbered(refused.daily_id, refused.opened_on, today)
    if isinstance(refused, problems.AnotherTicketOpen):
        data["other"] = _numbered(refused.other, refused.other_opened_on, today)
    if isinstance(refused, problems.UnknownCommand) and refused.private:
        return "\n".join([_("I don't know {command}.").format(**data), user_help()])
    if isinstance(refused, problems.SeveralTickets) and refused.said:
        return _which(refused).format(choices=_choices(refused))
    return _refusals()[type(refused)]().format(**data)


def _which(refused: problems.SeveralTickets) -> str:
    """Ask for the command again: a button could not carry what it said besides."""
    if isinstance(refused, problems.AnotherTicketNamed):
        return _("You replied to one ticket and named another. Write {choices}")
    return _("There are several. Write {choices}")


def _choices(refused: problems.SeveralTickets) -> str:
    """List what can be typed; of very many tickets, the newest."""
    choices = [f"/{refused.command} {label} …" for label in refused.labels[:_MOST_CHOICES]]
    return f" {_('or')} ".join(choices)


def _refusals() -> dict[type[problems.Problem], Callable[[], str]]:
    return {
        problems.UnknownReply: lambda: _(
            "I don't know which ticket this belongs to. Please reply to its card."
        ),
        problems.UnknownCard: lambda: _("I no longer know this card. Please use a newer one."),
        problems.NoSuchTicket: lambda: _("There is no ticket {typed}."),
        problems.TicketNotNamed: lambda: _(
            "Reply to a message of the ticket, or name it: /{command} 7"
        ),
        problems.SeveralTickets: lambda: _("There are several. Which one?"),
        problems.AnotherTicketNamed: lambda: _(
            "You replied to one ticket and named another. Which one do you mean?"
        ),
        problems.TicketAlreadyClosed: lambda: _("{ticket} is already closed."),
        problems.TicketNotClosed: lambda: _("{ticket} is not closed."),
        problems.TicketAlreadyTaken: lambda: _(
            "{ticket} is with {by}. To take it over, reply /take."
        ),
        problems.TicketAlreadyYours: lambda: _("{ticket} is already yours."),
        problems.AnotherTicketOpen: lambda: _(
            "{ticket} stays closed: its user has {other} open. Please answer there."
        ),
        problems.AnonymousCannotTake: lambda: _(
            "A ticket needs a person, and I can't see who you are: you write anonymously."
        ),
        problems.NotForYou: lambda: _("This button is not for this chat."),
        problems.NotStaff: _members_only,
        problems.RepliesDropped: _members_only,
        problems.NotConfirmed: lambda: _(
            "Telegram doesn't tell me whether you are in this group. Please try again in a minute."
        ),
        problems.KeptIsGone: lambda: _("This has been dealt with already, or was too long ago."),
        problems.ButtonOutdated: lambda: _("This button is too old. Please use a newer one."),
        problems.UnknownCommand: lambda: _("I don't know {command}. /help says what I do."),
        problems.StaffCommand: lambda: _(
            "{command} works only in our team's group. "
            "If this is a message for the team, please send it without the slash."
        ),
        problems.OtherBotNamed: lambda: _("{command} is meant for another bot. I'm @{username}."),
        problems.KindNotRelayed: lambda: _(
            "This kind of message can't be passed on. Please send it as text, a photo or a file."
        ),
        problems.AnswerIsNote: lambda: _("It is a note now, so it is not sent."),
        problems.NoteStays: lambda: _(
            "{ticket}: this is still a note, and the user won't see it. "
            "To answer, please send a new reply."
        ),
        problems.NothingToResend: lambda: _("It has arrived, or is already being sent."),
    }


def _members_only() -> str:
    return _("Only members of this group can answer tickets here.")


def _numbered(daily_id: int, opened_on: str, today: date) -> str:
    """Name a ticket by its number and an ISO date, which older deliveries did not carry."""
    return number(daily_id, date.fromisoformat(opened_on) if opened_on else today, today)


def _signs() -> dict[TicketStatus, str]:
    """Show who must act, by colour and by shape: warm, we; blue, the user; grey, nobody."""
    return {
        TicketStatus.NEW: "🔶",
        TicketStatus.OPEN: "🟠",
        TicketStatus.PENDING: "🟦",
        TicketStatus.ON_HOLD: "⚪",
        TicketStatus.CLOSED: "✔️",
    }


def _reason(reason: str) -> str:
    """Word why something failed; what Telegram says otherwise is quoted."""
    ours = {
        failures.NOT_WORDED: _("the message could not be prepared"),
        failures.NOT_WRITTEN_DOWN: _("the result could not be saved"),
    }
    if reason in ours:
        return ours[reason]
    said = reason.lower()
    for signs, words in _telegrams_reasons().items():
        if any(sign in said for sign in signs):
            return words
    bare = reason.removeprefix("Bad Request: ").removeprefix("Forbidden: ")
    return _("Telegram refused: {words}").format(words=bare)


def _telegrams_reasons() -> dict[tuple[str, ...], str]:
    """Word Telegram's usual refusals, known by a part of what it says; the first that fits counts.

    The parts are those of bot/outgoing/telegram_errors.py, in lower case.
    """
    return {
        ("bot was blocked by the user", "user_is_blocked"): _("the user has blocked the bot"),
        ("user is deactivated", "user_deactivated"): _("the user's account was deleted"),
        ("can't initiate conversation",): _("the user has not started the bot"),
        ("chat not found", "user not found", "peer_id_invalid"): _("Telegram can't find this chat"),
        ("group is deactivated", "group chat was deactivated", "channel_private"): _(
            "the group no longer exists"
        ),
        ("bot was kicked", "bot is not a member"): _("the bot is no longer in the group"),
        ("voice_messages_forbidden",): _("the user does not accept voice and video messages"),
        (
            "not enough rights to send text",
            "have no rights to send",
            "chat_write_forbidden",
            "need administrator rights",
            "chat_admin_required",
            "chat_restricted",
        ): _("the bot may not write there"),
        ("not enough rights to send", "chat_send_"): _("this kind of message is not allowed there"),
        ("topic_closed", "topic_deleted", "message thread not found"): _(
            "the topic is closed or gone"
        ),
        ("caption is too long", "caption_too_long"): _("the caption is too long"),
        ("message is too long", "message_too_long"): _("the text is too long"),
        ("message text is empty", "text must be non-empty"): _("there is no text"),
        ("file is too big", "entity too large"): _("the file is too large"),
        ("wrong file identifier", "wrong remote file", "file_reference_"): _(
            "the file is no longer available"
        ),
        ("photo_invalid_dimensions", "image_process_failed"): _("the picture can't be processed"),
        ("message to copy not found", "message to forward not found"): _(
            "the original was deleted"
        ),
        ("can't be copied",): _("Telegram does not let this be copied"),
        ("message to edit not found", "message can't be edited"): _("it can't be edited any more"),
        ("message can't be deleted",): _("it can't be deleted any more"),
        ("message to be replied not found", "reply message not found"): _(
            "what it replies to was deleted"
        ),
        ("can't parse entities", "entity_"): _("Telegram does not accept the formatting"),
        ("telegramservererror", "telegramnetworkerror", "answer is not telegram's"): _(
            "Telegram gave no answer"
        ),
    }


def _state(ticket: Ticket, *, closed_by: str | None, reason: str | None) -> str:
    names = {
        TicketStatus.NEW: _("new"),
        TicketStatus.OPEN: _("open"),
        TicketStatus.PENDING: _("answered, waiting for the user"),
        TicketStatus.ON_HOLD: _("on hold"),
        TicketStatus.CLOSED: _("closed"),
    }
    parts = [names[ticket.status]]
    if ticket.status is TicketStatus.CLOSED:
        parts += [part for part in (closed_by, reason) if part]
    elif ticket.assigned_staff is not None:
        parts.append(person(ticket.assigned_staff))
    if ticket.user.blocked_at is not None:
        parts.append(_("the user has blocked the bot"))
    return " · ".join(parts)


def _line(ticket: Ticket, today: date) -> str:
    parts = [number(ticket.daily_id, ticket.opened_on, today), person(ticket.user)]
    return f"{_signs()[ticket.status]} {' · '.join(parts)} · " + _state(
        ticket, closed_by=None, reason=None
    )
