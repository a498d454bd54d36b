"""Rings: how the courier finds what may go next, no matter how much waits.

The lanes of one class in one staff chat are a ring, and so are the lanes of one class in all other
chats together. Each turn of the courier reads a few lanes of each ring, by an index, and continues
behind the lane that was served last: no lane is served twice before every other one had its turn,
and a lane with a million rows is a single step.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import NamedTuple

from sqlalchemy import BigInteger, Boolean, Executable, column, text
from sqlalchemy.ext.asyncio import AsyncSession

from database.dialect import join_first, rows_of_json
from database.machinery import Delivery, Precedence
from services.outbox import DECORATION

# How many lanes of each ring one turn reads.
LANES_A_LOOK = 50

# Chat and lane.
type Place = tuple[int, int]

# Before and beyond every chat, and beyond every lane.
_FIRST, _LAST = -(2**63), 2**63 - 1


class Head(NamedTuple):
    """The first delivery of a lane, and what keeps it from going.

    `found_as` is the class of the ring. `busy`: something of the lane is in flight. `behind`:
    content goes first. `followed`: the lane has more.
    """

    ring: int
    found_as: int
    chat_id: int
    lane: int
    id: int
    precedence: int
    kind: str
    due_at: datetime
    created_at: datetime
    attempts: int
    media_group_id: str | None
    busy: bool
    behind: bool
    followed: bool

    @property
    def place(self) -> Place:
        return self.chat_id, self.lane

    @property
    def is_first(self) -> bool:
        """Whether this ring sends it. Answers' ring also sends what is before one in its lane."""
        ours = self.found_as in {self.precedence, Precedence.ANSWER}
        return ours and not self.busy and not self.behind


@dataclass
class Ring:
    """The lanes of one class; `chat_id` is that of a staff chat, or None for all other chats."""

    chat_id: int | None
    precedence: Precedence
    place: Place | None = None
    looked: list[Head] = field(default_factory=list)
    has_more: bool = False

    def segments(self) -> list[tuple[Place, Place]]:
        """List where to look, from and to: behind the last place, then from the start up to it."""
        first = (_FIRST, 0) if self.chat_id is None else (self.chat_id, 0)
        last = (_LAST, 0) if self.chat_id is None else (self.chat_id, _LAST)
        if self.place is None:
            return [(first, last)]
        chat_id, lane = self.place
        return [((chat_id, lane + 1), last), (first, self.place)]

    def move(self, served: Collection[Place], ready: Collection[Place]) -> bool:
        """Continue behind the lane that was served last, but pass over none that is ready.

        First messages go in the order of their tickets, so their ring starts from the beginning.
        Returns whether to read more lanes: only if none of these waits for room.
        """
        passed = []
        for head in self.looked:
            if head.place in ready and head.place not in served:
                break
            passed.append(head.place)
        ours = [place for place in passed if place in served]
        further = self.has_more and len(passed) == len(self.looked)
        if self.precedence is Precedence.CARD:
            self.place = passed[-1] if further and not ours else None
        elif ours or further:
            self.place = ours[-1] if ours else passed[-1]
        return further


class Rings:
    """All rings of one courier."""

    def __init__(self) -> None:
        self._everywhere = [Ring(None, precedence) for precedence in Precedence]
        self._staff: dict[int, list[Ring]] = {}
        self._looked: list[Ring] = []
        self._before: dict[tuple[int | None, int], Place] = {}

    def remember(self, sent: Iterable[tuple[int, int, int]]) -> None:
        """Continue behind what was sent before we started: (chat, lane, class), oldest first."""
        for chat_id, lane, precedence in sent:
            self._before[chat_id, precedence] = self._before[None, precedence] = (chat_id, lane)
        for ring in self._everywhere:
            ring.place = self._before.get((None, ring.precedence))

    async def look(
        self,
        session: AsyncSession,
        *,
        without: Collection[int],
        full: Collection[int] = (),
        boards: bool = True,
    ) -> list[Head]:
        """List the heads of the next lanes of each ring; `without` are chats to leave out.

        Of staff chats that are `full` only reactions are listed, which take no room. Boards can
        wait, so not every look has to look for them. A group that has lanes of tickets is a staff
        chat, and has rings of its own.
        """
        staff = [
            ring
            for chat, its in self._staff.items()
            for ring in its
            if chat not in without and (chat not in full or ring.precedence is Precedence.REACTION)
        ]
        every = self._everywhere + staff
        rings = [ring for ring in every if boards or ring.precedence != Precedence.BOARD]
        segments = [(ring, start, end) for ring in rings for start, end in ring.segments()]
        left_out = {*without, *full, *self._staff}
        found = await _look(session, segments, without=left_out)
        for ring in every:
            ring.looked, ring.has_more = [], False
        for number, (ring, _, _) in enumerate(segments):
            if not ring.has_more:
                heads = found.get(number, [])
                ring.has_more = len(heads) == LANES_A_LOOK
                ring.looked += heads
        ours = [one for one in _heads(self._everywhere) if one.chat_id not in left_out]
        new = {one.chat_id for one in ours if one.chat_id < 0 < one.lane}
        if new:
            self._staff |= {chat_id: self._rings_of(chat_id) for chat_id in new}
            return await self.look(session, without=without, full=full, boards=boards)
        self._looked = rings
        return ours + _heads(staff)

    def move(self, served: Collection[Place], ready: Collection[Place]) -> bool:
        """Continue behind what was `served` of what is `ready`; whether to read more lanes."""
        further = [ring.move(served, ready) for ring in self._looked if ring.looked]
        return any(further)

    def is_staff(self, chat_id: int) -> bool:
        return chat_id in self._staff

    def _rings_of(self, chat_id: int) -> list[Ring]:
        places = {one: self._before.get((chat_id, one)) for one in Precedence}
        places[Precedence.CARD] = None
        return [Ring(chat_id, precedence, place) for precedence, place in places.items()]


def _heads(rings: Iterable[Ring]) -> list[Head]:
    return [head for ring in rings for head in ring.looked]


# For each segment: its first lane, the next one behind it, and so on; a chat that is left out is
# one step. Of each lane: its first row of the class, and its first row of content.
_LOOK = """
WITH RECURSIVE
starts AS ({starts}),
looked AS (
    SELECT ring, precedence, chat_id, lane - 1 AS lane, last_chat, last_lane, leaves_out,
           0 AS number, CAST(0 AS BIGINT) AS id
    FROM starts
    UNION ALL
    SELECT l.ring, l.precedence, d.chat_id, d.lane, l.last_chat, l.last_lane, l.leaves_out,
           l.number + 1, d.id
    FROM looked l {next_lane}
    WHERE l.number < {most}
),
lanes AS (
    SELECT l.*, (
        SELECT x.id FROM deliveries x
        WHERE {in_lane} AND x.status = 'waiting' AND x.precedence NOT IN ({decoration})
        ORDER BY x.id LIMIT 1
    ) AS content
    FROM looked l WHERE l.number > 0
)
SELECT l.ring, l.precedence AS found_as, l.chat_id, l.lane, h.id, h.precedence, h.kind, h.due_at,
       h.created_at, h.attempts, h.media_group_id,
       (SELECT x.id FROM deliveries x
        WHERE x.chat_id = l.chat_id AND x.lane = l.lane AND x.status = 'claimed' LIMIT 1)
           IS NOT NULL AS busy,
       l.precedence IN ({behind}) AND l.content IS NOT NULL AS behind,
       (SELECT x.id FROM deliveries x WHERE {in_lane} AND x.status = 'waiting' AND x.id <> h.id
        LIMIT 1) IS NOT NULL AS followed
FROM lanes l {head}
ORDER BY l.ring, l.number
"""
# A partial index serves only a query that repeats its condition.
_IN_LANE = "x.chat_id = l.chat_id AND x.lane = l.lane AND x.status IN ('waiting', 'claimed')"
# The class is part of what is compared and ordered: with `x.precedence = l.precedence` PostgreSQL
# takes the order from the index of lanes, and reads all classes to find one.
_NEXT_LANE = """x.status = 'waiting'
    AND (x.precedence, x.chat_id, x.lane) > (
        l.precedence, l.chat_id, CASE WHEN {left_out} THEN {last} ELSE l.lane END
    )
    AND (x.precedence, x.chat_id, x.lane) <= (l.precedence, l.last_chat, l.last_lane)"""
_HEAD = "x.id = CASE WHEN l.precedence IN ({decoration}) THEN l.id ELSE l.content END"
_STARTS = ("ring", "precedence", "chat_id", "lane", "last_chat", "last_lane", "leaves_out")


async def _look(
    session: AsyncSession,
    segments: Sequence[tuple[Ring, Place, Place]],
    *,
    without: Collection[int],
) -> dict[int, list[Head]]:
    """Read the first lanes of each segment; their heads, by the number of the segment."""
    starts = [
        (number, ring.precedence, *start, *end, int(ring.chat_id is None))
        for number, (ring, start, end) in enumerate(segments)
    ]
    rows = await session.execute(
        _statement(session.get_bind().dialect.name),
        {"starts": json.dumps(starts), "without": json.dumps([[one] for one in without])},
    )
    found: dict[int, list[Head]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(Head._make(row))
    return found


@cache
def _statement(dialect: str) -> Executable:
    """Make the statement; cached, as SQLAlchemy takes longer to make it than to run it."""
    left_out = f"l.leaves_out = 1 AND l.chat_id IN ({rows_of_json(dialect, 'without', 'chat_id')})"
    decoration = _listed(DECORATION)
    next_lane = _NEXT_LANE.format(left_out=left_out, last=_LAST)
    statement = _LOOK.format(
        starts=rows_of_json(dialect, "starts", *_STARTS),
        next_lane=join_first(dialect, "d", next_lane, "x.precedence, x.chat_id, x.lane, x.id"),
        most=LANES_A_LOOK,
        in_lane=_IN_LANE,
        decoration=decoration,
        behind=_listed([Precedence.REDRAW, Precedence.REACTION]),
        head=join_first(dialect, "h", _HEAD.format(decoration=decoration)),
    )
    numbers = [column(name, BigInteger) for name in ("ring", "found_as", "chat_id", "lane")]
    of_head = ("id", "precedence", "kind", "due_at", "created_at", "attempts", "media_group_id")
    columns = [column(name, Delivery.__table__.c[name].type) for name in of_head]
    facts = [column(name, Boolean) for name in ("busy", "behind", "followed")]
    return text(statement).columns(*numbers, *columns, *facts)


def _listed(precedences: Iterable[Precedence]) -> str:
    return ", ".join(str(int(one)) for one in precedences)
