"""Problems: why something that was asked is not done, as data, without words.

One that a service raises rolls back the update's transaction; one that a handler returns leaves
what was stored. `bot/texts/refusals.py` has a sentence for each.
"""

from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Self, override

from database.models import Ticket


@dataclass
class Problem(Exception):
    """What was asked cannot be done."""

    registry: ClassVar[dict[str, type["Problem"]]] = {}

    @override
    def __init_subclass__(cls) -> None:
        Problem.registry[cls.__name__] = cls

    def to_json(self) -> dict[str, Any]:
        """Make the shape that `from_json` reads."""
        return {"name": type(self).__name__, **asdict(self)}

    @staticmethod
    def from_json(data: dict[str, Any]) -> "Problem":
        """Read a problem back from the outbox."""
        fields = dict(data)
        return Problem.registry[fields.pop("name")](**fields)


@dataclass
class AboutTicket:
    """A ticket, named by its number and its day.

    `opened_on` is an ISO date; empty in rows older than this field.
    """

    daily_id: int
    opened_on: str = field(default="", kw_only=True)

    @classmethod
    def of(cls, ticket: Ticket, **data: Any) -> Self:
        return cls(ticket.daily_id, opened_on=ticket.opened_on.isoformat(), **data)


@dataclass
class UnknownReply(Problem):
    """The message replied to belongs to no ticket that we know.

    Its link may not be stored yet: the courier settles, and the update is handled once more.
    """


@dataclass
class UnknownCard(UnknownReply):
    """The message replied to is the card of a ticket that is not in this database."""


@dataclass
class ReplyToBoard(UnknownReply):
    """The message replied to is the board, which is about many tickets."""


@dataclass
class NoSuchTicket(Problem):
    """There is no ticket with this number."""

    typed: str


@dataclass
class BoardOnOrOff(Problem):
    """The command does not say whether there is to be a board."""


@dataclass
class TicketNotNamed(Problem):
    """The command neither replies to a ticket nor names one."""

    command: str


@dataclass
class SeveralTickets(Problem):
    """Several tickets that are not closed have this number, on different days.

    `said` is the rest of the command, which a button could not carry.
    """

    command: str
    ticket_ids: list[int]
    labels: list[str]
    said: str = ""


@dataclass
class AnotherTicketNamed(SeveralTickets):
    """The command replies to one ticket (listed first) and names another (listed after it)."""


@dataclass
class SeveralTicketsShown(SeveralTickets):
    """The message replied to shows messages of several tickets, as some of them were moved."""


@dataclass
class TicketAlreadyClosed(AboutTicket, Problem):
    """The ticket is already closed."""


@dataclass
class MoreWasWritten(AboutTicket, Problem):
    """The ticket can't be closed yet: its user wrote something that staff can't have seen."""


@dataclass
class TicketNotClosed(AboutTicket, Problem):
    """The ticket cannot be reopened because it is not closed."""


@dataclass
class TicketAlreadyTaken(AboutTicket, Problem):
    """Somebody else has the ticket."""

    by: str


@dataclass
class TicketAlreadyYours(AboutTicket, Problem):
    """The person already has this ticket."""


@dataclass
class TicketToRelease(TicketAlreadyYours):
    """The person who has the ticket pressed the button that says so."""


@dataclass
class TicketNotTaken(AboutTicket, Problem):
    """Nobody has the ticket."""


@dataclass
class TicketOfColleague(AboutTicket, Problem):
    """Only the colleague who has the ticket can release it."""

    by: str


@dataclass
class UserHasMostTickets(AboutTicket, Problem):
    """The ticket stays closed: its user has as many open as a user may have."""

    most: int


@dataclass
class MergeUnclear(Problem):
    """The command names no two tickets."""


@dataclass
class MergeOfOne(AboutTicket, Problem):
    """The tickets to merge are one and the same."""


@dataclass
class MergeOfTwoUsers(Problem):
    """The tickets to merge are of different users."""


@dataclass
class MergeIntoClosed(AboutTicket, Problem):
    """The ticket that would take in the other one is closed."""


@dataclass
class SplitUnclear(Problem):
    """The command does not say where the new question begins."""


@dataclass
class SplitOfAll(AboutTicket, Problem):
    """Nothing would be left of the ticket."""


@dataclass
class MostTicketsOpen(Problem):
    """To a user: you have as many open tickets as a user may have.

    `opened` lists them: the number of each, and its day as an ISO date.
    """

    opened: list[tuple[int, str]] = field(default_factory=list)


@dataclass
class OfferIsOver(Problem):
    """The button that asks for another ticket is too old; the command still works."""


@dataclass
class ClosedMeanwhile(AboutTicket, Problem):
    """To a user: the ticket that a message was to move to is closed now."""


@dataclass
class NothingToCancel(Problem):
    """The wish for another ticket was fulfilled, or has lapsed."""


@dataclass
class AnonymousCannotTake(Problem):
    """Only a person can take a ticket, not an anonymous administrator or a channel."""


@dataclass
class NotForYou(Problem):
    """The button is for other people."""


@dataclass
class TicketOfAnotherTeam(Problem):
    """The ticket belongs to another staff chat."""


@dataclass
class NotStaff(Problem):
    """The person is not a member of the staff chat, and has no say there."""


@dataclass
class RepliesDropped(Problem):
    """The writers of kept replies are no members, as Telegram now says; `people` are their keys."""

    people: list[int]


@dataclass
class NotConfirmed(Problem):
    """Strangers can write here, and Telegram does not say whether this is one."""


@dataclass
class KeptIsGone(Problem):
    """The kept words were already sent, made a note, or forgotten."""


@dataclass
class ButtonOutdated(Problem):
    """The button comes from an older version, or was never ours."""


@dataclass
class UnknownCommand(Problem):
    """There is no such command; help lists those that there are."""

    command: str
    private: bool = False


@dataclass
class StaffCommand(Problem):
    """A command of the staff chat, given in private."""

    command: str


@dataclass
class OtherBotNamed(Problem):
    """A command in reply to us that names another bot, or us by a former name."""

    command: str
    username: str


@dataclass
class KindNotRelayed(Problem):
    """This kind of message cannot be passed on."""

    kind: str


@dataclass
class AnswerIsNote(Problem):
    """The answer has since become a note, which is sent to nobody."""


@dataclass
class NoteStays(AboutTicket, Problem):
    """The edited message is a note, and stays one without its slashes: it is sent to nobody."""


@dataclass
class NothingToResend(Problem):
    """The delivery has since arrived, or is on its way again."""


@dataclass
class NotAdministrator(Problem):
    """Only administrators of the group, and those that the operator names, may do this."""


@dataclass
class NotMainStaffChat(Problem):
    """What is the team's is changed in the main staff chat, not in this one."""


@dataclass
class AdministratorUnknown(NotAdministrator):
    """Whether this is an administrator is not known yet, or Telegram does not say.

    Telegram is asked outside the transaction, and the update is handled once more.
    """


@dataclass
class SetUpUnknown(Problem):
    """How the group is set up is not known yet, or Telegram does not say.

    Telegram is asked outside the transaction, and the update is handled once more.
    """


@dataclass
class ButtonOfAnother(Problem):
    """The button is only for the person who asked for it."""


@dataclass
class SeenByNobody(Problem):
    """Somebody wrote to the bot alone what is no question; colleagues don't see it."""


@dataclass
class NotAsked(Problem):
    """A reply to a question that was put to somebody else."""


@dataclass
class NoLongerAsked(Problem):
    """A reply to a question that was answered already, was taken back, or is too old."""


@dataclass
class QuestionUnconfirmed(Problem):
    """A reply to a copy of the question that Telegram never confirmed as sent."""


@dataclass
class ReplyToMenu(Problem):
    """A reply to a menu of `/settings`, not to a question."""


@dataclass
class WordsNotText(Problem):
    """Words were asked for, and this is a picture, a file or the like."""


@dataclass
class WordsInvisible(Problem):
    """The text has nothing that a reader would see."""


@dataclass
class WordsBeginWithSlash(Problem):
    """The text begins with a slash, as commands and notes do."""


@dataclass
class WordsTooLong(Problem):
    """The text is too long to be sent to users, or to be shown in a preview."""

    length: int
    most: int


@dataclass
class NumberIsAnExample(Problem):
    """The text has the number that previews show, `typed`, where it was to have `placeholder`."""

    typed: str
    placeholder: str


@dataclass
class PlaceholderUnknown(Problem):
    """The text has something in braces that is no placeholder; `allowed` lists the placeholders."""

    typed: str
    allowed: list[str]
