"""Why something is not done, to the person who asked for it."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from aiogram.utils.formatting import Text

from bot.i18n import gettext as _
from bot.texts import names, to_users
from database.models import User
from services import problems

# The most commands that a refusal offers to type.
_MOST_CHOICES = 10


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
        _("Replies from these people were not sent:"),
        " ",
        names.mentions(people),
    )


def problem(refused: problems.Problem, today: date, *, has_buttons: bool = False) -> str:
    """Say why something is not done; without buttons, what to type for one of several tickets."""
    data: dict[str, Any] = {
        key: value for key, value in refused.to_json().items() if isinstance(value, str | int)
    }
    if isinstance(refused, problems.AboutTicket):
        data["ticket"] = names.numbered(refused.daily_id, refused.opened_on, today)
    if isinstance(refused, problems.MostTicketsOpen):
        opened = [names.numbered(*one, today) for one in refused.opened]
        data["tickets"] = ", ".join(opened)
    if isinstance(refused, problems.UnknownCommand) and refused.private:
        return "\n".join([_("I don't know {command}.").format(**data), to_users.user_help()])
    if isinstance(refused, problems.SeveralTickets) and not has_buttons:
        return _which(refused).format(choices=_choices(refused))
    if isinstance(refused, problems.PlaceholderUnknown):
        return _placeholder_unknown(refused)
    return _refusals()[type(refused)]().format(**data)


def _which(refused: problems.SeveralTickets) -> str:
    """Ask for the command again, where there are no buttons."""
    if isinstance(refused, problems.AnotherTicketNamed):
        return _(
            "You replied to one ticket and named another. Write, without replying to a ticket, "
            "{choices}"
        )
    if isinstance(refused, problems.SeveralTicketsShown):
        return _(
            "This message is about several tickets. Write, without replying to a ticket, {choices}"
        )
    return _("Several tickets have this number. Write {choices}")


def _choices(refused: problems.SeveralTickets) -> str:
    """List what can be typed; of very many tickets, the newest."""
    rest = " …" if refused.said else ""
    choices = [f"/{refused.command} {label}{rest}" for label in refused.labels[:_MOST_CHOICES]]
    return f" {_('or')} ".join(choices)


def _refusals() -> dict[type[problems.Problem], Callable[[], str]]:
    return {
        problems.UnknownReply: lambda: _(
            "I don't know which ticket this belongs to. Please reply to its card."
        ),
        problems.UnknownCard: lambda: _("I no longer know this card. Please use a newer one."),
        problems.ReplyToBoard: lambda: _(
            "This message is the board, a list of what is waiting. To answer a user, please reply "
            "to the ticket's card. Commands also take a number, as in /close 7."
        ),
        problems.NoSuchTicket: lambda: _("There is no ticket {typed}."),
        problems.BoardOnOrOff: lambda: _(
            "Write /board on or /board off. The board is a pinned list of what is waiting."
        ),
        problems.TicketNotNamed: lambda: _(
            "Reply to one of the ticket's messages, or give its number: /{command} 7"
        ),
        problems.SeveralTickets: lambda: _("Several tickets have this number. Which one?"),
        problems.AnotherTicketNamed: lambda: _(
            "You replied to one ticket and named another. Which one do you mean?"
        ),
        problems.SeveralTicketsShown: lambda: _(
            "This message is about several tickets. Which one do you mean?"
        ),
        problems.TicketAlreadyClosed: lambda: _("{ticket} is already closed."),
        problems.MoreWasWritten: lambda: _(
            "{ticket} stays open: its user has just written more. It's on its way here: "
            "read it before you close."
        ),
        problems.TicketNotClosed: lambda: _("{ticket} is not closed."),
        problems.TicketAlreadyTaken: lambda: _(
            "{ticket} is with {by}. To take it over, reply /take."
        ),
        problems.TicketAlreadyYours: lambda: _("{ticket} is already yours."),
        problems.TicketToRelease: lambda: _(
            "You have {ticket}. To give it back, press More…, then Release."
        ),
        problems.TicketNotTaken: lambda: _("Nobody has {ticket} now. You can take it."),
        problems.TicketOfColleague: lambda: _(
            "Only {by} can release {ticket}, but you can take it over."
        ),
        problems.UserHasMostTickets: lambda: _(
            "{ticket} stays closed: its user already has {most} open tickets."
        ),
        problems.MergeUnclear: lambda: _(
            "Which two tickets? Write /merge 7 5, or reply to a message of #7 with /merge 5: "
            "#5 becomes part of #7."
        ),
        problems.MergeOfOne: lambda: _("This is all one ticket: {ticket}."),
        problems.MergeOfTwoUsers: lambda: _(
            "These tickets are from different people, so they can't be merged."
        ),
        problems.MergeIntoClosed: lambda: _(
            "{ticket} is closed. Please reopen it first, or name the other ticket first."
        ),
        problems.SplitUnclear: lambda: _(
            "Where does the new question begin? Reply with /split to that message of the user's."
        ),
        problems.SplitOfAll: lambda: _(
            "{ticket} begins with this message, so there is nothing to split off."
        ),
        problems.MostTicketsOpen: lambda: _(
            "You already have several open tickets ({tickets}), so I can't open another one. "
            "Please reply to a message of one of them instead."
        ),
        problems.OfferIsOver: lambda: _(
            "This button no longer works. To ask something else, send /new."
        ),
        problems.ClosedMeanwhile: lambda: _(
            "Ticket {ticket} is closed now, so nothing was moved. "
            "To go on with it, reply to one of its messages."
        ),
        problems.NothingToCancel: lambda: _(
            "There's nothing to cancel: the new ticket is already open, or the hour is over."
        ),
        problems.AnonymousCannotTake: lambda: _(
            "You're writing anonymously, so I can't assign this ticket to you."
        ),
        problems.TicketOfAnotherTeam: lambda: _("This ticket belongs to another team."),
        problems.NotForYou: lambda: _("This button doesn't work in this chat."),
        problems.NotStaff: _members_only,
        problems.RepliesDropped: _members_only,
        problems.NotConfirmed: lambda: _(
            "Telegram hasn't confirmed that you're in this group. Please try again in a minute."
        ),
        problems.KeptIsGone: lambda: _("This has already been dealt with, or it was too long ago."),
        problems.ButtonOutdated: lambda: _("This button is too old. Please use a newer one."),
        problems.UnknownCommand: lambda: _("I don't know {command}. /help shows what I can do."),
        problems.StaffCommand: lambda: _(
            "{command} works only in our team's group. "
            "If this is a message for the team, please send it without the slash."
        ),
        problems.OtherBotNamed: lambda: _("{command} is meant for another bot. I'm @{username}."),
        problems.KindNotRelayed: lambda: _(
            "This kind of message can't be passed on. Please send it as text, a photo or a file."
        ),
        problems.AnswerIsNote: lambda: _("This is a note now, so it won't be sent."),
        problems.NoteStays: lambda: _(
            "{ticket}: this is still a note, and the user won't see it. "
            "To answer, please send a new reply."
        ),
        problems.SetUpUnknown: lambda: _(
            "Telegram doesn't tell me how this group is set up. Please try again in a minute."
        ),
        **_about_settings(),
        problems.NothingToResend: lambda: _("It has already arrived, or is being sent right now."),
    }


def _about_settings() -> dict[type[problems.Problem], Callable[[], str]]:
    return {
        problems.NotAdministrator: lambda: _(
            "Only administrators of this group can change settings."
        ),
        problems.NotMainStaffChat: lambda: _("Settings are changed in the main staff chat."),
        problems.AdministratorUnknown: lambda: _(
            "Telegram doesn't tell me whether you are an administrator. "
            "Please try again in a minute."
        ),
        problems.ButtonOfAnother: lambda: _(
            "These buttons are for somebody else. Send /settings to get your own."
        ),
        problems.SeenByNobody: lambda: _(
            "Only you and I can see this message, so it went to nobody. "
            "To answer a user, reply to the ticket's card."
        ),
        problems.NotAsked: lambda: _(
            "I asked somebody else, so this changes nothing. Send /settings to change it yourself."
        ),
        problems.NoLongerAsked: lambda: _(
            "I'm no longer asking for this, so it changes nothing. Send /settings to start again."
        ),
        problems.QuestionUnconfirmed: lambda: _(
            "I asked this more than once. Please reply to my newest question."
        ),
        problems.ReplyToMenu: lambda: _(
            "I can't take a reply to this menu. Please use its buttons, or reply to my question."
        ),
        problems.WordsNotText: lambda: _("Please send the new text as a text message."),
        problems.WordsInvisible: lambda: _("Users would see nothing. Please send some text."),
        problems.WordsBeginWithSlash: lambda: _(
            "This begins with a slash, so nothing has changed. Please send it without the slash."
        ),
        problems.NumberIsAnExample: lambda: _(
            "{typed} is only an example of a number, so nothing has changed. "
            "Please write {placeholder} where the ticket's number should stand."
        ),
        problems.WordsTooLong: lambda: _(
            "This is too long: {length} characters. The limit is {most}."
        ),
    }


def _placeholder_unknown(refused: problems.PlaceholderUnknown) -> str:
    if refused.allowed:
        return _("I don't know what {typed} stands for. Here I can only fill in {allowed}.").format(
            typed=refused.typed, allowed=", ".join(refused.allowed)
        )
    return _("I don't know what {typed} stands for. Please leave out the braces.").format(
        typed=refused.typed
    )


def _members_only() -> str:
    return _("Only members of this group can answer tickets here.")
