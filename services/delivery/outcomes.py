"""What became of one send, in the courier's terms, as `bot/outgoing/sender.py` reads the answer.

Each outcome says only what to do next.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Delivered:
    """Telegram took it; the ids of the messages it made, in order (none for a deletion).

    Not `whole`: content that could not be sent was described in words. `beside`: the message could
    not be edited, so a new one was sent, and the old one remains.
    """

    message_ids: tuple[int, ...] = ()
    whole: bool = True
    beside: bool = False


@dataclass(frozen=True)
class Paused:
    """429: the chat accepts nothing for this many seconds."""

    seconds: float


@dataclass(frozen=True)
class Unknown:
    """No answer from Telegram, or none that says whether it was done; try again later.

    `maybe_delivered`: the request had left us, so the next try may be a duplicate. `anew`: it was
    to make a new message, possibly in place of one that could not be edited.
    """

    reason: str
    maybe_delivered: bool = True
    anew: bool = field(default=False, compare=False)  # about the request, not its result


@dataclass(frozen=True)
class BotRefused:
    """401, 404: Telegram knows no such bot; nothing will go until an operator acts."""

    reason: str


@dataclass(frozen=True)
class ChatRefused:
    """The bot may not write in this group now; the group is held and probed."""

    reason: str


@dataclass(frozen=True)
class UserGone:
    """The user blocked the bot or has left Telegram."""

    reason: str


@dataclass(frozen=True)
class Migrated:
    """The group lives on under another id."""

    new_id: int


@dataclass(frozen=True)
class Refused:
    """Telegram will never take this.

    `uncopiable`: the original can't be copied; the chat is not to blame.
    """

    reason: str
    uncopiable: bool = False


@dataclass(frozen=True)
class ThreadGone:
    """The thread is not there; or it seemed to be, but these messages landed in General."""

    reason: str
    landed: tuple[int, ...] = ()


@dataclass(frozen=True)
class ThreadClosed:
    """The thread is closed, and we may not write in closed ones."""

    reason: str


@dataclass(frozen=True)
class ThreadsRefused:
    """No thread may be made there, or opened again."""

    reason: str


Outcome = (
    Delivered
    | Paused
    | Unknown
    | BotRefused
    | ChatRefused
    | UserGone
    | Migrated
    | Refused
    | ThreadGone
    | ThreadClosed
    | ThreadsRefused
)
