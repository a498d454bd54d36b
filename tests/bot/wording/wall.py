"""Chats without a network: what people would see once all that waits has been sent.

The courier's own parts do the work, in one session; only the calls end here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from aiogram.methods import (
    CopyMessage,
    DeleteMessage,
    EditMessageMedia,
    EditMessageText,
    SendMediaGroup,
    SetMessageReaction,
    TelegramMethod,
)
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.client import SendText
from bot.outgoing.composer import Composer
from bot.wording.calls import Call
from core.team import Team
from core.text import utf16_len, utf16_slice
from database.machinery import Delivery, DeliveryStatus
from services import read_ahead
from services.delivery import lanes, settling
from services.delivery.outcomes import Delivered
from services.delivery.parcel import Parcel
from services.delivery.rings import Head
from services.delivery.stalls import Stalls
from tests.services.factories import STAFF, claim, heads, trip_of
from tests.support.times import NOON

type Method = TelegramMethod[Any]


@dataclass
class Seen:
    """A message as people see it."""

    id: int
    text: str = ""
    entities: list[dict[str, Any]] = field(default_factory=list)
    reply_to: int | None = None
    buttons: list[str] = field(default_factory=list)
    method: Method | None = None

    def formatted(self, kind: str) -> list[str]:
        """List the parts that are formatted so."""
        return [
            utf16_slice(self.text, one["offset"], one["length"])
            for one in self.entities
            if one["type"] == kind
        ]


class Wall:
    """All chats, each with its messages in order."""

    def __init__(self, session: AsyncSession, *, language: str = "en") -> None:
        self.now = NOON
        self.calls: list[Method] = []
        self.reactions: list[tuple[int, str]] = []
        self._session = session
        self._compose = Composer(Team(STAFF, language, UTC), lambda: self.now)
        self._chats: dict[int, dict[int, Seen]] = {}
        self._ids = count(5000)

    def chat(self, chat_id: int = STAFF) -> list[Seen]:
        """List the messages in a chat."""
        return list(self._chats.get(chat_id, {}).values())

    def texts(self, chat_id: int = STAFF) -> list[str]:
        return [message.text for message in self.chat(chat_id)]

    async def catch_up(self) -> None:
        """Send all that waits, in the courier's order."""
        while await self.step():
            pass

    async def step(self) -> str | None:
        """Send what goes next; tell its kind, or None if nothing waits."""
        await self._session.flush()
        head = await self._next()
        if head is None:
            return None
        offered = (await lanes.offered(self._session, [head], now=self.now))[head.id]
        await read_ahead.for_deliveries(self._session, offered)
        parcel = await self._compose(self._session, offered)
        del self._session.info["read_ahead"]  # it is of one turn
        if parcel is None:
            offered[0].status = DeliveryStatus.DELIVERED
        else:
            await self._send(parcel, offered[: parcel.carries])
        await self._session.flush()
        return head.kind

    async def parcels(self) -> list[Parcel | None]:
        """Compose what waits, without sending it."""
        found = await self._session.scalars(select(Delivery).order_by(Delivery.id))
        return [await self._compose(self._session, [one]) for one in found]

    async def _next(self) -> Head | None:
        """Find what goes next, by class alone: here is always room for all."""
        ready = await heads(self._session, now=self.now)
        return min(ready, key=lambda head: (head.precedence, head.id), default=None)

    async def _send(self, parcel: Parcel, batch: Sequence[Delivery]) -> None:
        await claim(self._session, *batch, now=self.now)
        outcome = Delivered(tuple(self._take(parcel)))
        trip = trip_of(batch, parcel, left_at=self.now)
        await settling.settle_all(self._session, [(trip, outcome)], stalls=Stalls(), now=self.now)

    def _take(self, parcel: Parcel) -> Sequence[int]:
        assert isinstance(parcel.call, Call)
        method, chat = parcel.call.method, self._chats.setdefault(parcel.address.chat_id, {})
        self.calls.append(method)
        match method:
            case SendText() | EditMessageText():
                seen = self._text(method)
                chat[seen.id] = seen
                return (seen.id,)
            case DeleteMessage():
                del chat[method.message_id]
                return ()
            case EditMessageMedia():
                assert method.message_id is not None
                chat[method.message_id].method = method
                return (method.message_id,)
            case CopyMessage():
                replied = method.reply_parameters.message_id if method.reply_parameters else None
                copied = Seen(next(self._ids), reply_to=replied, method=method)
                chat[copied.id] = copied
                return (copied.id,)
            case SendMediaGroup():
                ids = [next(self._ids) for _ in method.media]
                chat.update({one: Seen(one, method=method) for one in ids})
                return ids
            case SetMessageReaction():
                sign = (method.reaction or [])[0]
                self.reactions.append((method.message_id, str(getattr(sign, "emoji", ""))))
                return ()
        raise AssertionError(method)

    def _text(self, method: SendText | EditMessageText) -> Seen:
        """Take a text as strictly as Telegram does."""
        text = method.text or ""
        entities = [one.model_dump(exclude_none=True) for one in method.entities or []]
        assert text.strip()
        assert 1 <= utf16_len(text) <= 4096
        assert all(0 <= one["offset"] < utf16_len(text) for one in entities)
        assert all(one["offset"] + one["length"] <= utf16_len(text) for one in entities)
        reply = method.reply_parameters if isinstance(method, SendText) else None
        rows = getattr(method.reply_markup, "inline_keyboard", None) or []
        message_id = getattr(method, "message_id", None)
        return Seen(
            id=message_id if message_id is not None else next(self._ids),
            text=text,
            entities=entities,
            reply_to=reply.message_id if reply else None,
            buttons=[button.text for row in rows for button in row],
            method=method,
        )


def at(hours: float) -> datetime:
    """Give the time this many hours after noon."""
    return NOON + timedelta(hours=hours)
