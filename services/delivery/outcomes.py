"""What became of one send, in the courier's terms, as `bot/outgoing/sender.py` reads the answer.

Nothing here is a guess about content: each outcome says only what to do next.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Delivered:
    """Telegram took it; the ids of the messages it made, in order (none for a deletion).

    Not `whole`: content that could not be sent was described in words. `beside`: what was to be
    edited can't be, so it was sent anew, and the old message stands beside the new one.
    """

    message_ids: tuple[int, ...] = ()
    whole: bool = True
    beside: bool = False


@dataclass(frozen=True)
class Paused:
    """429: the chat takes nothing for so many seconds."""

    seconds: float


@dataclass(frozen=True)
class Unknown:
    """No word from Telegram, or none that says whether it was done; try again later.

    `perhaps_done`: the request had left us, so that the next try may be a duplicate. `anew`: it was
    to make a message, in place of one that can't be edited too.
    """

    reason: str
    perhaps_done: bool = True
    anew: bool = field(default=False, compare=False)  # of the request, not of what came of it


@dataclass(frozen=True)
class BotRefused:
    """401, 404: Telegram knows no such bot; nothing will go until an operator acts."""

    reason: str


@dataclass(frozen=True)
class ChatRefused:
    """We may not write in this group now; it is held and probed."""

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

    `uncopiable`: it says of the original that it can't be copied, not of the chat.
    """

    reason: str
    uncopiable: bool = False


Outcome = Delivered | Paused | Unknown | BotRefused | ChatRefused | UserGone | Migrated | Refused
