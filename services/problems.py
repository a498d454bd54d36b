"""Refusals: what a service raises when it will not do what it was asked, as data, without words.

A refusal undoes the update's transaction; `bot/texts/refusals.py` has a sentence for each.
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

    `opened_on` is an ISO date; empty in what was posted before there was this field.
    """

    daily_id: int
    opened_on: str = field(default="", kw_only=True)

    @classmethod
    def of(cls, ticket: Ticket, **data: Any) -> Self:
        return cls(ticket.daily_id, opened_on=ticket.opened_on.isoformat(), **data)


@dataclass
class UnknownReply(Problem):
    """The message that was replied to belongs to no ticket that we know.

    Its link may be on its way: the courier settles, and the update is handled once more.
    """


@dataclass
class UnknownCard(UnknownReply):
    """The message that was replied to is a card of a ticket that the database does not know."""


@dataclass
class NoSuchTicket(Problem):
    """There is no ticket with this number."""

    typed: str


@dataclass
class TicketNotNamed(Problem):
    """The command neither replies to a ticket nor names one."""

    command: str


@dataclass
class SeveralTickets(Problem):
    """Several tickets that are not closed have this number, on different days.

    `said` is what the command says besides: a button could not carry it.
    """

    command: str
    ticket_ids: list[int]
    labels: list[str]
    said: str = ""


@dataclass
class AnotherTicketNamed(SeveralTickets):
    """The command replies to one ticket, which is the first, and names another, which follow."""


@dataclass
class TicketAlreadyClosed(AboutTicket, Problem):
    """The ticket is already closed."""


@dataclass
class TicketNotClosed(AboutTicket, Problem):
    """The ticket cannot be reopened, it is not closed."""


@dataclass
class TicketAlreadyTaken(AboutTicket, Problem):
    """Somebody else has the ticket."""

    by: str


@dataclass
class TicketAlreadyYours(AboutTicket, Problem):
    """The person already has this ticket."""


@dataclass
class AnotherTicketOpen(AboutTicket, Problem):
    """The user's other ticket is not closed, and there is at most one such a user."""

    other: int
    other_opened_on: str = ""


@dataclass
class OpenWithAnotherTeam(AboutTicket, Problem):
    """The user has a ticket open in another staff chat; its number stays there."""


@dataclass
class AnonymousCannotTake(Problem):
    """A ticket is taken by a person; an anonymous administrator or a channel is none."""


@dataclass
class NotForYou(Problem):
    """The button is for the staff of this ticket."""


@dataclass
class NotStaff(Problem):
    """Who is not in the staff chat has no say there."""


@dataclass
class RepliesDropped(Problem):
    """Whose replies were kept is no member, as Telegram says by now; `people` by their keys."""

    people: list[int]


@dataclass
class NotConfirmed(Problem):
    """Strangers can write here, and Telegram does not say whether this is one."""


@dataclass
class KeptIsGone(Problem):
    """What was kept is sent, noted or forgotten by now."""


@dataclass
class ButtonOutdated(Problem):
    """The button comes from an older version, or was never ours."""


@dataclass
class UnknownCommand(Problem):
    """No such command; help says which there are."""

    command: str
    private: bool = False


@dataclass
class StaffCommand(Problem):
    """A command of the staff chat, given in private."""

    command: str


@dataclass
class OtherBotNamed(Problem):
    """A command in reply to us that names another bot, or us by a name that we had before."""

    command: str
    username: str


@dataclass
class KindNotRelayed(Problem):
    """This kind of message cannot be passed on."""

    kind: str


@dataclass
class AnswerIsNote(Problem):
    """The answer has become a note since, which goes to nobody."""


@dataclass
class NoteStays(AboutTicket, Problem):
    """The edited message was kept as a note; without its slashes it goes to nobody either."""


@dataclass
class NothingToResend(Problem):
    """The delivery has arrived meanwhile, or is on its way again."""


@dataclass
class NotAdministrator(Problem):
    """Only administrators of the group, and those that the operator names, may do this."""


@dataclass
class AdministratorUnknown(NotAdministrator):
    """Whether this is an administrator is not known yet; then Telegram does not say.

    It is asked outside the transaction, and the update is handled once more.
    """


@dataclass
class ButtonOfAnother(Problem):
    """The button is for the one who asked for it."""


@dataclass
class NotAsked(Problem):
    """A reply to a question that was put to somebody else."""


@dataclass
class NoLongerAsked(Problem):
    """A reply to a question that has its answer, was taken back, or is old."""


@dataclass
class QuestionUnconfirmed(Problem):
    """A reply to a copy of the question, of which Telegram did not say that it was sent."""


@dataclass
class WordsNotText(Problem):
    """What was asked for are words, and this is a picture, a file or the like."""


@dataclass
class WordsInvisible(Problem):
    """There is nothing in it that a reader would see."""


@dataclass
class WordsBeginWithSlash(Problem):
    """It begins with a slash, as commands and notes do."""


@dataclass
class WordsTooLong(Problem):
    """It is longer than users could be sent, or than a preview could show."""

    length: int
    most: int


@dataclass
class PlaceholderUnknown(Problem):
    """What stands in braces is not filled in; `allowed` is what would be."""

    typed: str
    allowed: list[str]
