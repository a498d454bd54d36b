"""Who has a say in a group; Telegram is asked first, and its answer remembered for a while.

In a public group, or one linked to a channel, people who have not joined can read the cards, press
their buttons and reply to them.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

import structlog
from aiogram import Bot
from aiogram.exceptions import AiogramError
from aiogram.types import ChatMemberBanned, ChatMemberLeft, ChatMemberRestricted

from bot.reading.speakers import Speaker, asks_something, movements, speaker

log = structlog.get_logger(__name__)

# How long Telegram's answer counts, in seconds.
REMEMBERED = 300.0

# Timeout of such a request, in seconds.
TIMEOUT = 5

# How long to wait after a failure before asking again, in seconds.
NOT_ASKED = 30.0

# The same if words are kept until Telegram says who the writer is.
ASKED_SOON = 3.0

# Most answers to remember: strangers may be many.
MOST = 10_000


class Standing(Enum):
    """How much say a speaker has."""

    INSIDE = auto()
    OUTSIDE = auto()
    # Strangers can write here, and Telegram does not say whether this is one.
    UNCONFIRMED = auto()
    # Another bot, or a channel post that Telegram forwarded here: nobody waits for an answer.
    PROGRAM = auto()


@dataclass(frozen=True)
class Group:
    """The facts that decide whether strangers can write in a group."""

    public: bool
    linked_chat_id: int | None

    @property
    def is_open(self) -> bool:
        return self.public or self.linked_chat_id is not None


class Members:
    """Asks through one bot. Setting the system's clock does not change how long answers count."""

    def __init__(self, bot: Bot, monotonic: Callable[[], float]) -> None:
        self._bot = bot
        self._monotonic = monotonic
        self._known: dict[tuple[int, int], tuple[Standing, float]] = {}
        self._gone: set[tuple[int, int]] = set()
        self._strangers: set[tuple[int, int]] = set()
        # By id alone: the same people go on in a group with another id.
        self._doubted: set[int] = set()
        # Speakers about whom Telegram was silent and has now answered (incoming/confirmations.py).
        self.now_known: list[Speaker] = []
        self._groups: dict[int, tuple[Group, float]] = {}

    def note(self, raw: Mapping[str, Any]) -> None:
        """Note who joined and who left, if the update says so: it counts at once."""
        for chat_id, person_id, inside in movements(raw):
            self._known.pop((chat_id, person_id), None)
            self._strangers.discard((chat_id, person_id))
            (self._gone.discard if inside else self._gone.add)((chat_id, person_id))

    def doubt(self, speakers: Iterable[Speaker]) -> None:
        """Note about whom Telegram has been silent, and whose words are kept for that."""
        self._doubted.update(who.id for who in speakers)

    async def standings(self, batch: Sequence[Mapping[str, Any]]) -> list[Standing]:
        """Find for each update whether the person who wrote or pressed has a say there.

        Telegram is asked about all of them at the same time, once about each, and only if the
        update needs a right; so a person who wrote several of these is in or out in all of them.
        """
        askers = [self._asker(raw) for raw in batch]
        asked = list(dict.fromkeys(who for who in askers if who is not None))
        found = dict(zip(asked, await asyncio.gather(*map(self.standing, asked)), strict=True))
        return [
            self._standing_unasked(raw) if who is None else found[who]
            for raw, who in zip(batch, askers, strict=True)
        ]

    def _asker(self, raw: Mapping[str, Any]) -> Speaker | None:
        """Find the speaker to ask Telegram about; None if that is not needed."""
        who = speaker(raw)
        if who is None or who.is_program or who.private:
            return None
        return who if asks_something(raw, self._bot.id) else None

    @staticmethod
    def _standing_unasked(raw: Mapping[str, Any]) -> Standing:
        who = speaker(raw)
        return Standing.PROGRAM if who is not None and who.is_program else Standing.INSIDE

    async def standing(self, who: Speaker) -> Standing:
        """Find how much say a person or a chat has in a group."""
        standing = await self._find_out(who)
        if standing is Standing.UNCONFIRMED:
            self._doubted.add(who.id)
        elif who.id in self._doubted:
            self._doubted.discard(who.id)
            self.now_known.append(who)
        return standing

    async def _find_out(self, who: Speaker) -> Standing:
        if not who.as_chat:
            return await self._of_person(who)
        if who.id == who.chat_id:
            return Standing.INSIDE
        return await self._of_channel(who) if who.as_channel else Standing.OUTSIDE

    async def _of_channel(self, who: Speaker) -> Standing:
        """Let a channel have a say where only members can write, or where it is the linked one."""
        group = await self._group(who)
        if group is None:
            return Standing.UNCONFIRMED
        own = not group.is_open or who.id == group.linked_chat_id
        return Standing.INSIDE if own else Standing.OUTSIDE

    async def _of_person(self, who: Speaker) -> Standing:
        now, key = self._monotonic(), (who.chat_id, who.id)
        known, until = self._known.get(key, (Standing.OUTSIDE, now))
        if until > now:
            return known
        inside = await self._is_inside(who)
        if inside is None:
            standing = await self._of_unknown(who)
        else:
            standing = Standing.INSIDE if inside else Standing.OUTSIDE
            self._take_down(key, inside=inside)
        if standing is Standing.UNCONFIRMED:
            self._remember(key, standing, now + ASKED_SOON)
        elif standing is Standing.INSIDE:
            self._remember(key, standing, now + (NOT_ASKED if inside is None else REMEMBERED))
        return standing

    def _take_down(self, key: tuple[int, int], *, inside: bool) -> None:
        """Remember Telegram's last answer, for when it is silent."""
        if inside:
            self._gone.discard(key)
            self._strangers.discard(key)
        else:
            if len(self._strangers) >= MOST:
                self._strangers.clear()
            self._strangers.add(key)

    async def _is_inside(self, who: Speaker) -> bool | None:
        """Ask whether a person is in the group; without admin rights we may get no answer."""
        try:
            member = await self._bot.get_chat_member(who.chat_id, who.id, request_timeout=TIMEOUT)
        except AiogramError as error:
            log.info("membership check failed", reason=type(error).__name__)
            return None
        if isinstance(member, ChatMemberRestricted):
            return member.is_member
        return not isinstance(member, ChatMemberLeft | ChatMemberBanned)

    async def _of_unknown(self, who: Speaker) -> Standing:
        """Trust a writer where only members can write, unless Telegram said otherwise before."""
        key = who.chat_id, who.id
        if key in self._gone:
            return Standing.OUTSIDE
        if who.public_group or key in self._strangers:
            return Standing.UNCONFIRMED
        group = await self._group(who)
        closed = group is not None and not group.is_open
        return Standing.INSIDE if closed else Standing.UNCONFIRMED

    async def _group(self, who: Speaker) -> Group | None:
        """Ask what kind of group it is; the last answer counts while Telegram is silent."""
        now = self._monotonic()
        known, until = self._groups.get(who.chat_id, (None, now))
        if until > now:
            return known
        try:
            chat = await self._bot.get_chat(who.chat_id, request_timeout=TIMEOUT)
        except AiogramError as error:
            log.info("kind of group not known", reason=type(error).__name__)
            return known
        group = Group(bool(chat.username or chat.active_usernames), chat.linked_chat_id)
        self._groups[who.chat_id] = group, now + REMEMBERED
        return group

    def _remember(self, key: tuple[int, int], standing: Standing, until: float) -> None:
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[key] = standing, until
