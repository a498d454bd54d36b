"""The data of buttons. Anybody can forge it, so every press is checked against chat and person.

A button says whom it is for: `audience`, users or staff; a `PersonalButton` names one person.
A button about a ticket is a `TicketButton`, made by `of(ticket)`; the handler of a press gets its
ticket from `pressed_ticket` of `bot/reading/ticket_reference.py`. Those of cards are in
`bot/card_buttons.py`.
"""

from enum import Enum, auto
from typing import Annotated, Any, ClassVar, Self, override

from aiogram.filters.callback_data import CallbackData
from aiogram.types import InlineKeyboardMarkup
from pydantic import Field

from core.team import StaffMode
from database.models import Ticket
from services.helpdesk.team_settings import Words
from services.helpdesk.ticket_list import Filter

# A value that cannot be a primary key was not made by us.
Key = Annotated[int, Field(gt=0, lt=2**63)]

Mark = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]*$", max_length=16)]


class Audience(Enum):
    """Who may press: the staff of a group, or a user in the private chat."""

    STAFF = auto()
    USERS = auto()


class Button(CallbackData, prefix="button"):
    """A button of ours."""

    audience: ClassVar[Audience] = Audience.STAFF


class PersonalButton(Button, prefix="personal"):
    """A button for the person who asked for it.

    `speaker_id` is a person's Telegram id, or the group's for its anonymous administrators: we
    can't know in advance which of them will press.
    """

    speaker_id: int


class TicketButton(Button, prefix="ticket"):
    """A button about one ticket, and not about another one that has the same key now."""

    ticket_id: Key
    mark: Mark

    @classmethod
    def of(cls, ticket: Ticket, **carried: Any) -> Self:
        """Make the button; `carried` is what it carries besides the ticket."""
        return cls(ticket_id=ticket.id, mark=ticket.mark, **carried)


class TakeThis(TicketButton, prefix="take_this"):
    """Of several tickets with one number, take this one."""


class CloseThis(TicketButton, prefix="close_this"):
    """Of several tickets with one number, close this one."""


class ReopenThis(TicketButton, prefix="reopen_this"):
    """Of several tickets with one number, reopen this one."""


class ResendFailed(TicketButton, prefix="again"):
    """Send again what did not arrive.

    `posted_at` is when the delivery was posted, in whole seconds, as its key may be reused too.
    """

    delivery_id: Key
    posted_at: int


class ResendMissed(TicketButton, prefix="missed"):
    """Send again the answers of the ticket that did not arrive since the block began.

    `since` is in whole seconds; 0 on messages posted before it was carried.
    """

    since: Annotated[int, Field(ge=0, lt=2**35)] = 0

    @classmethod
    @override
    def unpack(cls, value: str) -> Self:
        without = value.count(cls.__separator__) == 2  # noqa: PLR2004 - the ticket and its mark
        return super().unpack(f"{value}{cls.__separator__}0" if without else value)


class ResendDelivery(Button, prefix="resend"):
    """Send again, on an old message whose buttons have no marks."""

    delivery_id: Key


class SettleKept(Button, prefix="kept"):
    """Send kept words as an answer, or keep them as a note."""

    mark: Mark
    as_note: bool


class ChooseTicket(Button, prefix="orphan"):
    """Choose the ticket that the message replied to belongs to."""

    mark: Mark
    choice: Annotated[int, Field(ge=0, lt=100)]


class TicketsPage(Button, prefix="tickets"):
    """Show a page of a list; pages count from 0.

    `owner_id` is whose tickets are listed; without it, those of whoever presses. Older messages
    carry only the number, and list all.
    """

    number: int
    which: Filter
    owner_id: Key | None = None

    @classmethod
    @override
    def unpack(cls, value: str) -> Self:
        number_only = value.count(cls.__separator__) == 1
        return super().unpack(f"{value}:{Filter.ALL}:" if number_only else value)


class ShowTicket(TicketButton, prefix="show"):
    """Lead to the ticket's card, where there are no links to messages."""


class StartAnother(Button, prefix="another"):
    """Have the next message open another ticket."""

    audience = Audience.USERS


class NeverMind(Button, prefix="never_mind"):
    """Have the next message open no other ticket after all."""

    audience = Audience.USERS


class MoveQuestion(TicketButton, prefix="move"):
    """Move a message of the user's to this ticket; `message_id` is the one in the private chat."""

    audience = Audience.USERS

    message_id: Key


class SettingsButton(PersonalButton, prefix="settings"):
    """Show what the team may change: all settings, one's languages, or its words in one of them."""

    which: Words | None = None
    language: str = ""


class ChangeWords(PersonalButton, prefix="words"):
    """Ask for new words."""

    which: Words
    language: str


class RestoreDefault(PersonalButton, prefix="default"):
    """Restore the default."""

    which: Words
    language: str


class ShowMode(PersonalButton, prefix="where"):
    """Show where tickets are."""


class ChooseMode(PersonalButton, prefix="mode"):
    """Choose where tickets are."""

    mode: StaffMode


class ChooseHearing(PersonalButton, prefix="hearing"):
    """Choose what goes to users of what staff write in threads: everything, or only replies."""

    everything: bool


class ChooseClosing(PersonalButton, prefix="shuts"):
    """Choose whether threads are closed with their tickets."""

    closes: bool


class ShowKeeping(PersonalButton, prefix="keeping"):
    """Show for how long threads are kept."""


class ChooseKeeping(PersonalButton, prefix="keep"):
    """Choose for how many days threads are kept; 0: for ever."""

    days: int


class CloseSettings(PersonalButton, prefix="done"):
    """Delete the menu."""


# The buttons under "Which one?", by command; of another command, one types it again.
CHOICES: dict[str, type[TicketButton]] = {
    "take": TakeThis,
    "close": CloseThis,
    "reopen": ReopenThis,
}


def speaker_of(keyboard: InlineKeyboardMarkup | None) -> int | None:
    """Find whom a keyboard of ours names, as the menus of `/settings` do; None if nobody."""
    kinds = {kind.__prefix__ for kind in _kinds(PersonalButton)}
    rows = keyboard.inline_keyboard if keyboard else []
    for button in [button for row in rows for button in row]:
        prefix, *carried = (button.callback_data or "").split(Button.__separator__)
        if prefix in kinds:
            return int(carried[0])
    return None


def audience(data: str) -> Audience | None:
    """Find whom the button with this data is for; None if it is not one of ours."""
    prefix = data.partition(Button.__separator__)[0]
    return next((kind.audience for kind in _kinds(Button) if kind.__prefix__ == prefix), None)


def _kinds(kind: type[Button]) -> list[type[Button]]:
    return [kind, *(one for child in kind.__subclasses__() for one in _kinds(child))]
