"""Pins in threads: the newest card of each is pinned, where the bot may remove the line about it.

1. When a card has arrived in a thread, it is pinned. If a newer one has come by then, it is not.
2. Once it is pinned, the one that was pinned there before is unpinned.

All of it takes what everything else leaves of the limits. A pin that Telegram refuses is not tried
again: the next card is.
"""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.address import Place
from database.models import MessageLink, Ticket
from database.team import Thread
from services import links, outbox
from services.helpdesk import staff_chats, threads
from services.notices import CardPinned, CardUnpinned, Notice, PinUntold


async def stands(session: AsyncSession, card: Place, thread_id: int, *, now: datetime) -> None:
    """Have a card pinned that has arrived in a thread."""
    chat = await staff_chats.at(session, card.chat_id)
    thread = await threads.find(session, card.chat_id, thread_id)
    if thread is not None and chat is not None and chat.pins_cards:
        _post(session, card.chat_id, CardPinned(thread.id, card.message_id), now=now)


async def newest(session: AsyncSession, thread_key: int, message_id: int) -> MessageLink | None:
    """Get the card that is to be pinned, if it is still the newest one of its thread."""
    thread = await session.get(Thread, thread_key)
    ticket = await session.get(Ticket, thread.card_of) if thread and thread.card_of else None
    card = await links.newest_card(session, ticket) if ticket is not None else None
    if thread is None or card is None or card.thread_id != thread.thread_id:
        return None
    return card if card.message_id == message_id else None


async def hangs(session: AsyncSession, thread_key: int, card: Place, *, now: datetime) -> None:
    """Record that a card is pinned in a thread, and have the one before it unpinned."""
    thread = await session.get(Thread, thread_key)
    if thread is None:
        return
    former, thread.pinned_id = thread.pinned_id, card.message_id
    if former not in {None, card.message_id}:
        _post(session, card.chat_id, CardUnpinned(card.chat_id, former), now=now)


async def untell(session: AsyncSession, pin: Place, told_by: int, *, now: datetime) -> None:
    """Have a service message of ours, `told_by`, deleted if it says that a card was pinned."""
    if await links.ticket_id_of(session, pin) is not None:
        _post(session, pin.chat_id, PinUntold(pin.chat_id, told_by), now=now)


def _post(session: AsyncSession, chat_id: int, notice: Notice, *, now: datetime) -> None:
    outbox.post(session, chat_id, notice, now=now, lane=outbox.BOARDS)
