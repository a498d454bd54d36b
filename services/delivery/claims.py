"""Claiming: what goes now, best first, as far as the limiter lets it.

A claim is in the database before anything is sent, so after a crash it is known what may have been
said.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import chain
from math import inf
from typing import assert_never

import structlog
from sqlalchemy.exc import DBAPIError, PendingRollbackError
from sqlalchemy.ext.asyncio import AsyncSession

from database.errors import is_outage
from database.machinery import Delivery, DeliveryStatus, Precedence
from services import outbox, pauses, read_ahead
from services.delivery import doubts, failures, lanes
from services.delivery.backlog import Backlog
from services.delivery.backlog_line import BacklogLine
from services.delivery.decisions import Again, Claimed, Decision, Later, Nothing, Room
from services.delivery.gathering import Gathering
from services.delivery.limiter import Limiter
from services.delivery.parcel import Compose, Parcel
from services.delivery.queue import Queue
from services.delivery.recent_sends import Lately
from services.delivery.rings import Head, Rings
from services.delivery.shares import Division
from services.delivery.turn import Turn

log = structlog.get_logger(__name__)

# How often to look for boards, in seconds; nobody waits for one.
LOOKS_FOR_BOARDS = 1.0

# When none of the lanes looked at may go, how soon to look at others, in seconds.
LOOKS_FURTHER = 0.1


class Claims:
    """Makes the claims of one courier."""

    def __init__(self, compose: Compose, limiter: Limiter, gathers: timedelta) -> None:
        self.compose = compose
        self.line = BacklogLine(limiter.per_group)
        self._limiter = limiter
        self._gathering = Gathering(gathers)
        self._rings = Rings()
        self._division = Division()
        self._boards_at = 0.0

    def remember(self, sent: Sequence[Lately]) -> None:
        """Continue with turns, shares and bursts where they were; oldest first."""
        self._rings.remember([one[:3] for one in sent])
        self._gathering.remember(sent)
        for chat_id, lane, precedence, _ in sent:
            self._division.charge(chat_id if lane and chat_id < 0 else 0, precedence, 1)

    async def make(
        self,
        session: AsyncSession,
        turn: Turn,
        *,
        travelling: Collection[int],
        held: Collection[int] = (),
    ) -> None:
        """Claim for `turn` what may go now.

        `travelling` are the chats of what is on its way, `held` those that get nothing for now.
        """
        paused = await pauses.read(session, now=turn.now)
        turn.wait_until(paused.next_end)
        probes_all = pauses.ALL_CHATS in paused.probed
        if paused.everything or (probes_all and travelling):
            return
        if (room_at := self._limiter.has_room_at(turn.monotonic)) > turn.monotonic:
            turn.look_at(room_at)
            return
        for chat_id in paused.questioned - {*travelling, *held}:
            self._note(await self._find_out(session, chat_id, turn), turn)
        full = self._limiter.full(turn.monotonic)
        turn.look_at(min(full.values(), default=inf))
        without = paused.blocked.union(held)
        ready, next_at = await self._ready(session, turn, without=without, full=full)
        turn.wait_until(next_at)
        chosen = self._chosen(ready, turn)
        offered = await lanes.offered(session, [head for _, head in chosen], now=turn.now)
        await read_ahead.for_deliveries(session, list(chain.from_iterable(offered.values())))
        queue = Queue(chosen, self._division)
        closed = paused.probed & set(travelling)
        while (next_one := queue.first()) is not None:
            if probes_all and turn.trips:
                break
            owner, head = next_one
            decision = await self._decide(
                session, owner, head, offered.get(head.id, ()), turn, closed=closed
            )
            self._note(decision, turn)
            queue.note(owner, head, decision)
            if isinstance(decision, Room) or head.chat_id in paused.probed:
                closed |= {head.chat_id}
        await turn.write_claims(session)
        if self._rings.move(queue.served, {head.place for head in ready}):
            turn.look_at(turn.monotonic + (0 if turn.trips else LOOKS_FURTHER))

    def _note(self, decision: Decision, turn: Turn) -> None:
        """Do what was decided: claim it, or look again in time."""
        match decision:
            case Claimed(batch, parcel):
                self._limiter.leave(parcel.address.chat_id, parcel.cost)
                self._gathering.leave(batch[0], turn.monotonic)
                turn.claim(batch, parcel)
            case Later(at) | Room(at):
                turn.look_at(at)
            case Again():
                turn.look_at(turn.monotonic)
            case Nothing():
                pass
            case _:
                assert_never(decision)

    async def _ready(
        self,
        session: AsyncSession,
        turn: Turn,
        *,
        without: Collection[int],
        full: Collection[int],
    ) -> tuple[list[Head], datetime | None]:
        """List what may go by its time, of the lanes looked at; and when the next of them may.

        When what is gathered may, the turn knows itself.
        """
        boards = turn.monotonic >= self._boards_at
        if boards:
            self._boards_at = turn.monotonic + LOOKS_FOR_BOARDS
        ready, later = [], []
        found = await self._rings.look(session, without=without, full=full, boards=boards)
        for head in found:
            if head.is_first:
                at = lanes.ready_at(head, now=turn.now)
                if at <= turn.now:
                    ready.append(head)
                else:
                    later.append(at)
        waits = await self._gathering.held(session, ready, turn)
        return [head for head in ready if head.id not in waits], min(later, default=None)

    def _chosen(self, ready: Sequence[Head], turn: Turn) -> list[tuple[int, Head]]:
        """Take no more of a class than there is room for, each with its staff chat, or 0.

        Reactions take none.
        """
        chosen, counts = [], Counter[tuple[int, int]]()
        for head in ready:
            owner = head.chat_id if self._rings.is_staff(head.chat_id) else 0
            counts[owner, head.found_as] += 1
            room = self._limiter.room(turn.monotonic, owner)
            if head.precedence == Precedence.REACTION or counts[owner, head.found_as] <= room:
                chosen.append((owner, head))
        return chosen

    async def _decide(
        self,
        session: AsyncSession,
        owner: int,
        head: Head,
        offered: Sequence[Delivery],
        turn: Turn,
        *,
        closed: Collection[int],
    ) -> Decision:
        """Decide about the first of a lane; to chats that are `closed` nothing more goes."""
        if head.chat_id in closed:
            return Nothing()
        if head.precedence == Precedence.BOARD:
            when = self._limiter.leftover_at(turn.monotonic, head.chat_id)
        elif head.precedence == Precedence.REACTION:
            when = turn.monotonic
        else:
            spare = not owner and head.precedence == Precedence.REFUSAL
            when = self._limiter.next_at(turn.monotonic, head.chat_id, spare=spare)
        if when > turn.monotonic:
            return Later(when)
        return await self._pack(session, offered, turn) if offered else Again()

    async def _find_out(self, session: AsyncSession, chat_id: int, turn: Turn) -> Decision:
        """Decide about the notice that finds out whether the chat is at fault, or a message was."""
        notice = await doubts.probe(session, chat_id)
        if notice is None:
            await pauses.forget(session, chat_id)
            return Again()
        if notice.status is DeliveryStatus.CLAIMED:
            return Nothing()
        if turn.now < notice.due_at <= turn.now + outbox.LONGEST_BACKOFF:
            return Later(turn.monotonic_at(notice.due_at))
        if (when := self._limiter.next_at(turn.monotonic, chat_id)) > turn.monotonic:
            return Later(when)
        return await self._pack(session, [notice], turn)

    async def _pack(
        self, session: AsyncSession, offered: Sequence[Delivery], turn: Turn
    ) -> Decision:
        """Decide about a lane's first delivery, and what can travel with it."""
        last_room = self._limiter.is_last_room(turn.monotonic, offered[0].chat_id)
        fit = partial(self._fit, session, offered, turn)
        return await self.line.pack(session, offered[0], turn, last_room=last_room, pack=fit)

    async def _fit(
        self,
        session: AsyncSession,
        offered: Sequence[Delivery],
        turn: Turn,
        backlog: Backlog | None,
    ) -> Decision:
        """Word it; it goes if there is room."""
        first = offered[0]
        try:
            parcel = await self._word(session, offered, backlog, turn)
        except Exception as error:
            if _spoils_the_transaction(error, turn):
                raise
            log.exception("delivery could not be composed", delivery=first.id, kind=first.kind)
            await failures.fail(session, [first], failures.NOT_WORDED, now=turn.now)
            return Again()
        if parcel is None:
            first.status = DeliveryStatus.DELIVERED
            return Again()
        when = self._limiter.next_at(turn.monotonic, parcel.address.chat_id, parcel.cost)
        return Room(when) if when > turn.monotonic else Claimed(offered[: parcel.carries], parcel)

    async def _word(
        self,
        session: AsyncSession,
        offered: Sequence[Delivery],
        backlog: Backlog | None,
        turn: Turn,
    ) -> Parcel | None:
        if not turn.careful:
            return await self.compose(session, offered, backlog)
        async with session.begin_nested():
            return await self.compose(session, offered, backlog)


def _spoils_the_transaction(error: Exception, turn: Turn) -> bool:
    """Whether this turn can do nothing more; a careful one has a savepoint to go back to."""
    of_database = isinstance(error, DBAPIError | PendingRollbackError)
    return is_outage(error) or (of_database and not turn.careful)
