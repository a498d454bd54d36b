"""What a ticket, a person and a kind of message are called."""

import unicodedata
from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from functools import lru_cache
from typing import Any

from aiogram.types import User as TelegramUser
from aiogram.utils.formatting import Code, DateTime, Text, TextMention
from babel.dates import format_date

from bot.i18n import gettext as _
from bot.i18n import spoken
from core.text import on_one_line, shows_nothing, split
from database.models import ContentKind, Ticket, User
from services.helpdesk.content import Person

# First strong isolate and its end: a right-to-left name turns nothing around it. The mark before
# them keeps a line left-to-right whose first letters are the name's: not all clients skip isolates.
_LEFT_TO_RIGHT, _ISOLATE, _ISOLATE_END = "\u200e", "\u2068", "\u2069"

# A name must not change the direction of the text around it: embeddings, overrides and isolates.
TURNS = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])

# The longest name of a thread in UTF-16 units (core.telegram.org/bots/api#createforumtopic).
LONGEST_THREAD_NAME = 128

# The most people that a notice names.
_MOST_NAMED = 20


def number(daily_id: int, opened_on: date, today: date) -> str:
    """Name a ticket: `#7`, and on another day `#7 · 21 Nov`."""
    if opened_on == today:
        return f"#{daily_id}"
    return f"#{daily_id} · {day(opened_on, spoken())}"


def day(named: date, language: str, *, year: bool = False) -> str:
    """Name a day, `21 Nov`; months have no stop, as sentences may end with a day."""
    pattern = "d MMM y" if year else "d MMM"
    return format_date(named, pattern, locale=language).replace(".", "")


def copyable(ticket: Ticket, today: date) -> Text:
    """Name a ticket as `number` does; a tap on the number copies it, as commands take it."""
    named = number(ticket.daily_id, ticket.opened_on, today)
    typed = f"#{ticket.daily_id}"
    return Text(Code(typed), named.removeprefix(typed))


def clock(at: datetime, zone: tzinfo) -> DateTime:
    """Say how long ago it was; a client that can't shows the time itself, by the team's clock."""
    seconds = int(at.timestamp())
    written = _written(seconds // 60, zone, spoken())
    return DateTime(written, unix_time=seconds, date_time_format="r")


@lru_cache(1024)
def _written(minute: int, zone: tzinfo, language: str) -> str:
    """Write a time, given in minutes; it stands on every card, and Babel is slow."""
    here = datetime.fromtimestamp(minute * 60, zone)
    return f"{day(here, language)}, {here:%H:%M %Z}"


def timed(words: str, when: Text) -> Text:
    """Put a clock where a sentence has `{when}`."""
    before, _placeholder, after = words.partition("{when}")
    return Text(before, when, after)


def person(user: User | Person, longest: int | None = None) -> str:
    """Name a person, on one line; who has no visible name is known by the Telegram id.

    A name of more UTF-16 units than `longest` is cut, and ends with a sign of that.
    """
    name = on_one_line(user.name.translate(TURNS))
    if shows_nothing(name):
        return by_id(user)
    if longest is not None:
        name = shortened(name, longest)
    if any(unicodedata.bidirectional(character) in {"R", "AL"} for character in name):
        return f"{_LEFT_TO_RIGHT}{_ISOLATE}{name}{_ISOLATE_END}"
    return name


def of_thread(user: User | Person) -> str:
    """Name a thread by the person whose tickets are in it."""
    around = f"{_LEFT_TO_RIGHT}{_ISOLATE}{continued()}{_ISOLATE_END}"
    return person(user, LONGEST_THREAD_NAME - len(around))


def by_id(user: User | Person) -> str:
    """Name a person in plain letters and digits, which nothing refuses."""
    return f"id {user.telegram_id}"


def mention(user: User | Person) -> TextMention:
    return _mention(user, person(user))


def copyable_mention(user: User | Person) -> Text:
    """Mention a person; a tap on the id of one without a visible name copies it."""
    name, id_ = person(user), str(user.telegram_id)
    if name != by_id(user):
        return _mention(user, name)
    return Text(_mention(user, "id"), " ", Code(id_))


def _mention(user: User | Person, name: str) -> TextMention:
    return TextMention(name, user=TelegramUser(id=user.telegram_id, is_bot=False, first_name=name))


def mentions(people: Sequence[User | Person]) -> Text:
    """Name people in a line; of very many, the first."""
    named: list[Any] = []
    for one in people[:_MOST_NAMED]:
        known_as = f" @{one.username}" if one.username else ""
        named += [", " if named else "", mention(one), known_as]
    return Text(*named, continued() if len(people) > _MOST_NAMED else "")


def shortened(words: str, longest: int) -> str:
    """Cut words that are longer than this, in UTF-16 units."""
    (begin, _entities), *rest = split(words, [], longest, longest)
    return begin.rstrip() + continued() if rest else begin


def continued() -> str:
    return " …"


def kept(days: int | None) -> str:
    """Say for how long topics are kept."""
    known = {None: _("for ever"), 365: _("a year"), 90: _("90 days"), 30: _("30 days")}
    return known[days]


def kind(name: str) -> str:
    """Name a kind of message."""
    names: dict[str, str] = {
        ContentKind.PHOTO: _("a photo"),
        ContentKind.DOCUMENT: _("a document"),
        ContentKind.VIDEO: _("a video"),
        ContentKind.ANIMATION: _("an animation"),
        ContentKind.VOICE: _("a voice message"),
        ContentKind.AUDIO: _("an audio file"),
        ContentKind.VIDEO_NOTE: _("a video message"),
        ContentKind.STICKER: _("a sticker"),
        ContentKind.LOCATION: _("a location"),
        ContentKind.VENUE: _("a venue"),
        ContentKind.CONTACT: _("a contact"),
        ContentKind.POLL: _("a poll"),
        ContentKind.DICE: _("dice"),
        ContentKind.CHECKLIST: _("a checklist"),
        ContentKind.RICH_MESSAGE: _("a formatted message"),
        ContentKind.LIVE_PHOTO: _("a live photo"),
    }
    return names.get(name, _("a message"))


def numbered(daily_id: int, opened_on: str, today: date) -> str:
    """Name a ticket by its number and an ISO date, which older deliveries did not carry."""
    return number(daily_id, date.fromisoformat(opened_on) if opened_on else today, today)
