"""Notices: facts worth telling somebody, as a kind and a few numbers.

Words, language and buttons are made when a notice is delivered (bot/wording), so it always shows
what is true then. A notice's field names are the shape of its JSON in the outbox: add, never
rename. Its rules stand on its class; nothing elsewhere lists kinds to ask what is true of them.
"""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, override

from database.machinery import Precedence
from database.models import Direction


@dataclass(frozen=True)
class Notice:
    """Something to tell one chat.

    | rule | if it is set |
    |---|---|
    | `precedence` | its class, which has a share of the limits |
    | `reported` | somebody misses it if it does not arrive, so its loss is told |
    | `decorates` | it changes or deletes what stands, so a refusal tells nothing of the chat |
    | `free` | it costs its chat none of its messages: a reaction |
    | `passes_on` | it says for the first time what was written in this direction |
    | `edits` | it says the new wording of that |
    | `merges` | several that wait in a lane become one message |
    | `offers_again` | it offers to send again what it tells of, and comes to show how that ended |
    | `moves_along` | it goes where the staff chat goes, although it belongs to no ticket |
    """

    precedence: ClassVar[Precedence] = Precedence.CONFIRMATION
    reported: ClassVar[bool] = False
    decorates: ClassVar[bool] = False
    free: ClassVar[bool] = False
    passes_on: ClassVar[Direction | None] = None
    edits: ClassVar[Direction | None] = None
    merges: ClassVar[bool] = False
    offers_again: ClassVar[bool] = False
    moves_along: ClassVar[bool] = False
    kind: ClassVar[str]
    registry: ClassVar[dict[str, type["Notice"]]] = {}

    @override
    def __init_subclass__(cls) -> None:
        cls.kind = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", cls.__name__).lower()
        Notice.registry[cls.kind] = cls

    def to_json(self) -> dict[str, Any]:
        """Make the payload that `read` takes."""
        return asdict(self)


def rules_of(kind: str) -> type[Notice]:
    """Give the rules of a kind; of one that this version does not know, those of any notice."""
    return Notice.registry.get(kind, Notice)


def kinds(rule: Callable[[type[Notice]], bool]) -> list[str]:
    """List the kinds that a rule holds for."""
    return [kind for kind, notice in Notice.registry.items() if rule(notice)]


def passing_on() -> list[str]:
    """List the kinds that say for the first time what somebody wrote."""
    return kinds(lambda notice: notice.passes_on is not None)


def of_answers() -> list[str]:
    """List the kinds that say an answer, or its new wording."""
    return kinds(lambda notice: Direction.ANSWER in {notice.passes_on, notice.edits})


def read(kind: str, payload: dict[str, Any]) -> Notice:
    """Read a notice back from the outbox."""
    return Notice.registry[kind](**payload)


@dataclass(frozen=True)
class TicketOpened(Notice):
    """To a user: your ticket has this number."""

    ticket_id: int


@dataclass(frozen=True)
class TicketClosed(Notice):
    """To a user: your ticket is closed."""

    ticket_id: int


@dataclass(frozen=True)
class TicketReopened(Notice):
    """To a user: your ticket is open again."""

    ticket_id: int


@dataclass(frozen=True)
class AnswerPosted(Notice):
    """To a user: what staff answered."""

    precedence = Precedence.ANSWER
    reported = True
    merges = True
    passes_on = Direction.ANSWER
    message_id: int


@dataclass(frozen=True)
class AnswerEdited(Notice):
    """To a user: an answer has a new wording."""

    precedence = Precedence.ANSWER
    reported = True
    edits = Direction.ANSWER
    message_id: int


@dataclass(frozen=True)
class AnswerRetracted(Notice):
    """At a user's: an answer became a note, so its copies are deleted."""

    precedence = Precedence.ANSWER
    reported = True
    message_id: int


@dataclass(frozen=True)
class QuestionFailed(Notice):
    """To a user: this message of yours did not reach the team."""

    message_id: int


@dataclass(frozen=True)
class StillUnderWay(Notice):
    """To whoever wrote it, user or staff: this has not arrived yet, and is tried again."""

    ticket_id: int
    delivery_id: int
    message_id: int


@dataclass(frozen=True)
class CardPosted(Notice):
    """To staff: a ticket's card, the message that stands for it.

    It shows the text of `message_id`, which reopened the ticket; None: of what opened it.
    """

    precedence = Precedence.CARD
    reported = True
    ticket_id: int
    message_id: int | None = None


@dataclass(frozen=True)
class CardRedrawn(Notice):
    """To staff: the card shows the ticket as it is now."""

    precedence = Precedence.REDRAW
    decorates = True
    ticket_id: int


@dataclass(frozen=True)
class CardRetired(Notice):
    """To staff: the ticket's older cards say that there is a new one further down."""

    precedence = Precedence.REDRAW
    decorates = True
    ticket_id: int


@dataclass(frozen=True)
class QuestionPosted(Notice):
    """To staff: what a user wrote after the card."""

    precedence = Precedence.FOLLOW_UP
    reported = True
    merges = True
    passes_on = Direction.QUESTION
    message_id: int


@dataclass(frozen=True)
class QuestionEdited(Notice):
    """To staff: a user changed a message."""

    precedence = Precedence.FOLLOW_UP
    reported = True
    edits = Direction.QUESTION
    message_id: int


@dataclass(frozen=True)
class AnswerDelivered(Notice):
    """To staff: the answer has arrived; a reaction on it."""

    precedence = Precedence.REACTION
    decorates = True
    free = True
    message_id: int


@dataclass(frozen=True)
class NoteKept(Notice):
    """To staff: this was taken as a note; a reaction on it."""

    precedence = Precedence.REACTION
    decorates = True
    free = True
    message_id: int


@dataclass(frozen=True)
class CommandDone(Notice):
    """To staff: what was asked is done; a reaction on the command.

    `asked_in` is the chat of `message_id`: a group that has moved since counts its messages anew.
    """

    precedence = Precedence.REACTION
    decorates = True
    free = True
    asked_in: int
    message_id: int


@dataclass(frozen=True)
class DeliveryFailed(Notice):
    """To staff: something did not arrive for good, why, and a way to send it again.

    `doubted`: perhaps it is the group that takes nothing, which this notice finds out
    (services/delivery/doubts.py). `told_as` is its own message, once it stands in the chat.
    """

    offers_again = True
    ticket_id: int
    delivery_id: int
    reason: str
    doubted: bool = False
    told_as: int | None = None


@dataclass(frozen=True)
class CopyMayRemain(Notice):
    """To staff: of an answer that was taken back, the user may have a copy that we don't know.

    Says nothing if no answer to a send of it was lost.
    """

    message_id: int


@dataclass(frozen=True)
class AnswerMayRemain(Notice):
    """To staff: what became this note is not known; the user may have been sent it."""

    message_id: int


@dataclass(frozen=True)
class SentAgain(Notice):
    """To staff: the notice `message_id` of a failure shows what sending again led to.

    `told_in` is its chat: a group that has moved since counts its messages anew. `others` are the
    deliveries that were sent again with `delivery_id`.
    """

    precedence = Precedence.REDRAW
    decorates = True
    ticket_id: int
    delivery_id: int
    told_in: int
    message_id: int
    others: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class WordsKept(Notice):
    """To staff: what one of them wrote is kept, and why; with buttons where a press decides."""

    moves_along = True
    mark: str


@dataclass(frozen=True)
class UnconfirmedKept(Notice):
    """To staff: what is kept until Telegram says who wrote it; one for all that is kept so."""

    moves_along = True


@dataclass(frozen=True)
class WordsWanted(Notice):
    """To a user without a ticket: we can't pass this on, if you meant to say something by it."""

    message_id: int
    language: str


@dataclass(frozen=True)
class OnlyDescribed(Notice):
    """To whoever wrote it: the other side sees a description of this, not the content itself."""

    message_id: int


@dataclass(frozen=True)
class EditedAfterClose(Notice):
    """To staff: the user has edited a message of a ticket that is closed."""

    precedence = Precedence.FOLLOW_UP
    message_id: int


@dataclass(frozen=True)
class EditedAfterAnswer(Notice):
    """To staff: the user has edited a message that staff had answered."""

    precedence = Precedence.FOLLOW_UP
    message_id: int


@dataclass(frozen=True)
class UserReturned(Notice):
    """To staff: a user who had blocked the bot is back, and has missed answers on this ticket.

    `since` is when the block began, in whole seconds; `told_as` as of `DeliveryFailed`.
    """

    offers_again = True
    ticket_id: int
    since: int = 0
    told_as: int | None = None


@dataclass(frozen=True)
class UpdateSetAside(Notice):
    """To staff: from this one on, updates could not be handled and are kept.

    It may wait for its time, so what has one goes before it.
    """

    precedence = Precedence.REDRAW
    moves_along = True
    dead_update_id: int


@dataclass(frozen=True)
class UpdateFailed(Notice):
    """To whoever wrote it: your message could not be handled, the team knows."""

    reply_to: int | None
    language: str


@dataclass(frozen=True)
class CommandAnswered(Notice):
    """To whoever gave a command: what it shows. `buttons` is an inline keyboard of Telegram's."""

    precedence = Precedence.REFUSAL
    words: str
    buttons: dict[str, Any] | None = None


@dataclass(frozen=True)
class Refusal(Notice):
    """To whoever asked: it cannot be done, and why (`problem` is a Problem as JSON).

    `asked_in` is the chat of `reply_to`, and `said` how what was asked begins: a group that has
    moved since counts its messages anew. None in what was posted before there were these fields.
    `person_id` if each person is to hear it, and not only who asked last.
    """

    precedence = Precedence.REFUSAL
    problem: dict[str, Any]
    reply_to: int | None
    language: str
    asked_in: int | None = None
    said: str = ""
    person_id: int | None = None


@dataclass(frozen=True)
class GroupIsNotStaff(Notice):
    """To a group that is not the staff chat: this is your id."""

    precedence = Precedence.REFUSAL
    chat_id: int


@dataclass(frozen=True)
class StaffChatMigrated(Notice):
    """To staff: the group has a new id; if it is the main one, the operator should set it."""

    old_id: int
    new_id: int
    is_main: bool = True


@dataclass(frozen=True)
class WordsAsked(Notice):
    """To staff: one of them is asked for words, to be written in reply to this message."""

    dialogue_id: int


@dataclass(frozen=True)
class QuestionWithdrawn(Notice):
    """To staff: the message of a dialogue that asked goes, and so does the menu it was asked from.

    `menu_id` is None if the menu is still in use.
    """

    decorates = True
    dialogue_id: int
    menu_id: int | None = None


@dataclass(frozen=True)
class WordsChanged(Notice):
    """To staff: what users read from now on, with the buttons of the one who changed it.

    `speaker_id` is a person's Telegram id, or the group's for its anonymous administrators.
    """

    speaker_id: int
    key: str
    language: str
