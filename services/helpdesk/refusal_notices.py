"""Refusals: whoever asks is told why not, and nobody can fill the outbox by asking.

At most one refusal of a kind waits in a private chat; in a group, one for all who are not members:
strangers may be many. They are told once a minute, in reply to the newest request. Those who had
been told that their reply is kept are named when it is dropped. Colleagues are told each time.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.conditions import FOR_THE_EYES, PENDING
from database.machinery import Delivery, DeliveryStatus
from services import outbox
from services.notices import Refusal
from services.problems import NotConfirmed, NotStaff, RepliesDropped

STRANGERS_TOLD_EVERY = timedelta(minutes=1)

# Problems of people who are not members.
_TO_STRANGERS = frozenset({NotStaff.__name__, RepliesDropped.__name__})

_problem_name = Delivery.payload["problem"]["name"].as_string()


async def post(session: AsyncSession, chat_id: int, refusal: Refusal, *, now: datetime) -> None:
    """Refuse something in the chat where it was asked for, or in the one that it has become."""
    kind = refusal.problem["name"]
    if chat_id > 0 or kind == NotConfirmed.__name__:
        await outbox.post_latest(session, chat_id, refusal, now=now)
    elif kind in _TO_STRANGERS:
        if kind == RepliesDropped.__name__:
            refusal = await _with_those_who_wait(session, chat_id, refusal)
        due_at = await _may_tell_strangers_at(session, chat_id, now=now)
        await outbox.post_latest(
            session, chat_id, refusal, now=now, lane=outbox.STRANGERS_TOLD, due_at=due_at
        )
    else:
        outbox.post(session, chat_id, refusal, now=now)


async def _with_those_who_wait(session: AsyncSession, chat_id: int, refusal: Refusal) -> Refusal:
    """Name also those whose replies were dropped earlier, and who have not been told yet."""
    waiting = await session.scalars(
        select(Delivery.payload)
        .where(
            Delivery.chat_id == chat_id,
            Delivery.lane == outbox.STRANGERS_TOLD,
            Delivery.kind == Refusal.kind,
            PENDING,
            Delivery.status == DeliveryStatus.WAITING,
            Delivery.attempts == 0,
            _problem_name == RepliesDropped.__name__,
        )
        .order_by(Delivery.id)
    )
    before = [one for payload in waiting for one in payload["problem"]["people"]]
    people = list(dict.fromkeys([*before, *refusal.problem["people"]]))
    return replace(refusal, problem={**refusal.problem, "people": people})


async def _may_tell_strangers_at(session: AsyncSession, chat_id: int, *, now: datetime) -> datetime:
    """Say when a minute has passed since strangers were told; a notice on its way counts too."""
    told = await session.scalars(
        select(Delivery.sent_at).where(
            FOR_THE_EYES,
            Delivery.created_at > now - 2 * STRANGERS_TOLD_EVERY,
            Delivery.chat_id == chat_id,
            Delivery.kind == Refusal.kind,
            Delivery.status.in_([DeliveryStatus.CLAIMED, DeliveryStatus.DELIVERED]),
            _problem_name.in_(_TO_STRANGERS),
        )
    )
    last = max((sent_at or now for sent_at in told), default=None)
    return now if last is None else max(now, last + STRANGERS_TOLD_EVERY)
