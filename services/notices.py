"""Notices: facts worth telling somebody, as a kind and a few numbers.

Words, language and buttons are made when a notice is delivered (bot/wording), so it always shows
what is true then. A notice's field names are the shape of its JSON in the outbox: add, never
rename. Its rules are on its class; a list of kinds elsewhere is for an index, or for two kinds that
one module posts. `message_id` is the key of a stored message, unless a comment or a field beside it
says that it is Telegram's.
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

    | rule | meaning |
    |---|---|
    | `precedence` | its class, which has a share of the limits |
    | `reported` | somebody would miss it, so staff are told if it does not arrive |
    | `decorates` | it changes or deletes an existing message: a refusal says nothing of the chat |
    | `free` | a reaction, which does not count against the chat's limit |
    | `passes_on` | it passes on, for the first time, what somebody wrote in this direction |
    | `edits` | it passes on a later edit of that |
    | `merges` | several that wait in a lane may become one message |
    | `sent_anew` | it edits what only its id tells apart; a new message may take that one's place |
    | `offers_again` | it has a button to send something again, and later shows the result |
    | `rings` | it makes a sound in a staff chat; a card or a question may, see its wording |
    | `moves_along` | it follows the staff chat to a new group, although it belongs to no ticket |
    | `about_message` | its `message_id` is the key of a message, with which it changes tickets |
    """

    precedence: ClassVar[Precedence] = Precedence.CONFIRMATION
    reported: ClassVar[bool] = False
    decorates: ClassVar[bool] = False
    free: ClassVar[bool] = False
    passes_on: ClassVar[Direction | None] = None
    edits: ClassVar[Direction | None] = None
    merges: ClassVar[bool] = False
    sent_anew: ClassVar[bool] = False
    offers_again: ClassVar[bool] = False
    rings: ClassVar[bool] = False
    moves_along: ClassVar[bool] = False
    about_message: ClassVar[bool] = False
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
    """Give the rules of a kind; the defaults for a kind that this version does not know."""
    return Notice.registry.get(kind, Notice)


def kinds(rule: Callable[[type[Notice]], bool]) -> list[str]:
    """List the kinds that a rule holds for."""
    return [kind for kind, notice in Notice.registry.items() if rule(notice)]


def passing_on() -> list[str]:
    """List the kinds that pass on, for the first time, what somebody wrote."""
    return kinds(lambda notice: notice.passes_on is not None)


def of_answers() -> list[str]:
    """List the kinds that pass on an answer, or an edit of one."""
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
class NoRoomForAnother(Notice):
    """To a user who had asked for another ticket: you have the most, so this joined one."""

    message_id: int
    language: str


@dataclass(frozen=True)
class TicketJoined(Notice):
    """To a user with several tickets: these words joined another one than the last ones."""

    about_message = True
    message_id: int


@dataclass(frozen=True)
class AnswerPosted(Notice):
    """To a user: what staff answered."""

    precedence = Precedence.ANSWER
    reported = True
    merges = True
    passes_on = Direction.ANSWER
    about_message = True
    message_id: int


@dataclass(frozen=True)
class AnswerEdited(Notice):
    """To a user: an answer was edited."""

    precedence = Precedence.ANSWER
    reported = True
    edits = Direction.ANSWER
    about_message = True
    message_id: int


@dataclass(frozen=True)
class AnswerRetracted(Notice):
    """In a user's chat: an answer became a note, so its copies are deleted."""

    precedence = Precedence.ANSWER
    reported = True
    about_message = True
    message_id: int


@dataclass(frozen=True)
class QuestionFailed(Notice):
    """To a user: this message of yours did not reach the team."""

    about_message = True
    message_id: int


@dataclass(frozen=True)
class StillUnderWay(Notice):
    """To the writer, user or staff: this has not arrived yet, and is tried again."""

    about_message = True
    ticket_id: int
    delivery_id: int
    message_id: int


@dataclass(frozen=True)
class CardPosted(Notice):
    """To staff: a ticket's card, the message that represents it in the chat.

    It shows the text of `message_id`, which reopened the ticket, or opened it beside another one;
    None: what the last card showed, or else the first message.
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
    sent_anew = True
    ticket_id: int


@dataclass(frozen=True)
class QuestionPosted(Notice):
    """To staff: what a user wrote after the card; `our_turn`: with it, staff have to act again.

    `again`: they have seen it, in a thread that is gone (services/helpdesk/shown_again.py).
    """

    precedence = Precedence.FOLLOW_UP
    reported = True
    merges = True
    passes_on = Direction.QUESTION
    about_message = True
    message_id: int
    our_turn: bool = False
    again: bool = False


@dataclass(frozen=True)
class QuestionEdited(Notice):
    """To staff: a user changed a message."""

    precedence = Precedence.FOLLOW_UP
    reported = True
    edits = Direction.QUESTION
    about_message = True
    message_id: int


@dataclass(frozen=True)
class AnswerDelivered(Notice):
    """To staff: the answer has arrived; a reaction on it."""

    precedence = Precedence.REACTION
    decorates = True
    free = True
    about_message = True
    message_id: int


@dataclass(frozen=True)
class NoteKept(Notice):
    """To staff: this was kept as a note; a reaction on it."""

    precedence = Precedence.REACTION
    decorates = True
    free = True
    about_message = True
    message_id: int


@dataclass(frozen=True)
class CommandDone(Notice):
    """To staff: the command, or the reply to a question of ours, was carried out; a reaction on it.

    `asked_in` is the chat of `message_id`: if the group has moved since, its ids start over.
    """

    precedence = Precedence.REACTION
    decorates = True
    free = True
    asked_in: int
    message_id: int


@dataclass(frozen=True)
class DeliveryFailed(Notice):
    """To staff: something could not be delivered, why, and a way to send it again.

    `doubted`: the group itself may refuse everything; sending this notice finds out
    (services/delivery/doubts.py). `told_as` is the id of the notice's own message once it is sent.
    """

    offers_again = True
    rings = True
    ticket_id: int
    delivery_id: int
    reason: str
    doubted: bool = False
    told_as: int | None = None


@dataclass(frozen=True)
class TicketShown(Notice):
    """To staff: this is the card of the ticket that a colleague asked to see."""

    ticket_id: int


@dataclass(frozen=True)
class CopyMayRemain(Notice):
    """To staff: the user may still have a copy of an answer that was taken back.

    Not shown unless Telegram's reply to a send of the answer was lost.
    """

    about_message = True
    message_id: int


@dataclass(frozen=True)
class AnswerMayRemain(Notice):
    """To staff: what this note was before its edit is not known; the user may have been sent it."""

    about_message = True
    message_id: int


@dataclass(frozen=True)
class SentAgain(Notice):
    """To staff: the failure notice `message_id` now shows the result of sending again.

    `told_in` is its chat: if the group has moved since, its ids start over. `others` are the
    deliveries that were sent again together with `delivery_id`.
    """

    precedence = Precedence.REDRAW
    decorates = True
    sent_anew = True
    ticket_id: int
    delivery_id: int
    told_in: int
    message_id: int
    others: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class WordsKept(Notice):
    """To staff: a colleague's words are kept for now, and why; with buttons if staff may decide."""

    rings = True
    moves_along = True
    mark: str


@dataclass(frozen=True)
class UnconfirmedKept(Notice):
    """To staff: words are kept until Telegram says who wrote them; one notice for all of them."""

    moves_along = True


@dataclass(frozen=True)
class WordsWanted(Notice):
    """To a user without a ticket: we can't pass this on; if you meant something by it, write it."""

    message_id: int
    language: str


@dataclass(frozen=True)
class OnlyDescribed(Notice):
    """To the writer: the other side sees a description of this, not the content itself."""

    about_message = True
    message_id: int


@dataclass(frozen=True)
class EditedAfterClose(Notice):
    """To staff: the user has edited a message of a ticket that is closed."""

    precedence = Precedence.FOLLOW_UP
    about_message = True
    message_id: int


@dataclass(frozen=True)
class EditedAfterAnswer(Notice):
    """To staff: the user has edited a message that staff had answered."""

    precedence = Precedence.FOLLOW_UP
    about_message = True
    message_id: int


@dataclass(frozen=True)
class UserReturned(Notice):
    """To staff: a user who had blocked the bot is back, and missed answers on this ticket.

    `since` is when the block began, in whole seconds; `told_as` is as in `DeliveryFailed`.
    """

    offers_again = True
    rings = True
    ticket_id: int
    since: int = 0
    told_as: int | None = None


@dataclass(frozen=True)
class UpdateSetAside(Notice):
    """To staff: from this one on, updates could not be handled, and were set aside.

    It can wait, so anything more urgent goes first.
    """

    precedence = Precedence.REDRAW
    rings = True
    moves_along = True
    dead_update_id: int


@dataclass(frozen=True)
class UpdateFailed(Notice):
    """To the writer: your message could not be handled, the team knows."""

    reply_to: int | None
    language: str


@dataclass(frozen=True)
class CommandAnswered(Notice):
    """To whoever gave a command: its result. `buttons` is a Telegram inline keyboard.

    `entities` are Telegram's. `person_id` is set if it is for one person only, or its buttons are,
    `thread_id` if the command was given in a thread of a forum. `whisper` is a Whisper as JSON, if
    only whoever asked is to see it.
    """

    precedence = Precedence.REFUSAL
    words: str
    buttons: dict[str, Any] | None = None
    person_id: int | None = None
    entities: list[dict[str, Any]] = field(default_factory=list)
    thread_id: int | None = None
    whisper: dict[str, Any] | None = None


@dataclass(frozen=True)
class Refusal(Notice):
    """To whoever asked: it cannot be done, and why (`problem` is a Problem as JSON).

    `asked_in` is the chat of `reply_to`, and `said` is how the request begins, for a group that has
    moved since, whose ids start over; both are None in rows older than these fields. `person_id` is
    set if each person is to be told, and not only the last one who asked. `whisper` is a Whisper as
    JSON, if nobody else saw the request.
    """

    precedence = Precedence.REFUSAL
    problem: dict[str, Any]
    reply_to: int | None
    language: str
    asked_in: int | None = None
    said: str = ""
    person_id: int | None = None
    whisper: dict[str, Any] | None = None


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
    thread_id: int | None = None


@dataclass(frozen=True)
class QuestionWithdrawn(Notice):
    """To staff: a dialogue's question is deleted.

    `menu_id` is only in older rows: the menu that it was asked from, which goes too.
    """

    decorates = True
    dialogue_id: int
    menu_id: int | None = None


@dataclass(frozen=True)
class WordsChanged(Notice):
    """To staff: what users read from now on. `speaker_id` is only in older rows."""

    key: str
    language: str
    thread_id: int | None = None
    speaker_id: int | None = None


@dataclass(frozen=True)
class ThreadWanted(Notice):
    """Nothing to say: the ticket's thread is made, and its card sent there, if that is not done."""

    precedence = Precedence.REDRAW
    ticket_id: int


@dataclass(frozen=True)
class ThreadRedrawn(Notice):
    """To staff: the ticket's thread has its user's name, and an icon that says who has to act."""

    precedence = Precedence.REDRAW
    decorates = True
    ticket_id: int


@dataclass(frozen=True)
class ThreadsFailed(Notice):
    """To staff: the bot can't make topics, and how to mend that; tickets are under cards."""

    rings = True


@dataclass(frozen=True)
class ModeChosen(Notice):
    """To staff: an administrator chose where tickets are, and what goes to users from threads."""

    mode: str
    everything: bool
    by_id: int | None


@dataclass(frozen=True)
class ClosingChosen(Notice):
    """To staff: an administrator chose whether topics are closed with their tickets."""

    closes: bool
    by_id: int | None


@dataclass(frozen=True)
class KeepingChosen(Notice):
    """To staff: an administrator chose for how many days topics are kept; None: for ever."""

    days: int | None
    by_id: int | None


@dataclass(frozen=True)
class ThreadDeleted(Notice):
    """In a staff chat: a thread (by its key) that is used no more is deleted."""

    precedence = Precedence.BOARD
    decorates = True
    thread_key: int


@dataclass(frozen=True)
class ThreadShut(Notice):
    """To staff: the closed ticket's thread is closed, too."""

    precedence = Precedence.REDRAW
    decorates = True
    ticket_id: int


@dataclass(frozen=True)
class SaidElsewhere(Notice):
    """To staff, where a ticket goes on: what a colleague wrote on it in another place."""

    precedence = Precedence.FOLLOW_UP
    about_message = True
    message_id: int


@dataclass(frozen=True)
class LineRemoved(Notice):
    """In the staff chat `told_in`: a message of ours that should not stand there is deleted."""

    precedence = Precedence.REDRAW
    decorates = True
    told_in: int
    message_id: int


@dataclass(frozen=True)
class CardPinned(Notice):
    """In a staff chat: the card at `message_id`, which is the newest of its thread, is pinned."""

    precedence = Precedence.BOARD
    decorates = True
    thread_key: int
    message_id: int


@dataclass(frozen=True)
class CardUnpinned(Notice):
    """In the staff chat `told_in`: this card has a newer one in its thread, and is unpinned."""

    precedence = Precedence.BOARD
    decorates = True
    told_in: int
    message_id: int


@dataclass(frozen=True)
class BoardShown(Notice):
    """To staff: the board shows what waits now; it is sent if there is none."""

    precedence = Precedence.BOARD
    decorates = True
    board_id: int


@dataclass(frozen=True)
class BoardPinned(Notice):
    """In a staff chat: the board, which stands at `message_id`, is pinned."""

    precedence = Precedence.BOARD
    decorates = True
    board_id: int
    message_id: int


@dataclass(frozen=True)
class BoardUnpinned(Notice):
    """In the staff chat `told_in`: this message is the board no more, and is unpinned."""

    precedence = Precedence.BOARD
    decorates = True
    told_in: int
    message_id: int


@dataclass(frozen=True)
class BoardRetired(Notice):
    """In the staff chat `told_in`: this message is the board no more, and is deleted.

    If it is too old for that, it says where the board is now.
    """

    precedence = Precedence.BOARD
    decorates = True
    told_in: int
    message_id: int


@dataclass(frozen=True)
class PinUntold(Notice):
    """In the staff chat `told_in`: the service message that says what we pinned is deleted."""

    precedence = Precedence.BOARD
    decorates = True
    told_in: int
    message_id: int
