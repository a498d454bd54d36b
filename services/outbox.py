"""The outbox: what must reach a person is a row here, written in the same transaction as its cause.

The courier takes it from here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, cast, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from database import bulk_rows
from database.conditions import FOR_THE_EYES, PENDING
from database.dialect import one_of
from database.machinery import Delivery, DeliveryStatus, Precedence
from database.models import Ticket
from services import timers
from services.notices import (
    AnswerEdited,
    AnswerRetracted,
    CardPosted,
    CardRedrawn,
    CommandAnswered,
    Notice,
    QuestionEdited,
    Refusal,
    passing_on,
)
from services.pauses import ALL_CHATS
from services.timers import Due

# Each item of an album comes as a message of its own; a second without a further item ends it.
ALBUM_PAUSE = timedelta(seconds=1)

# An album ends after this time anyway, or when it has as many items as Telegram allows.
ALBUM_LASTS = timedelta(seconds=4)
ALBUM_ITEMS = 10

# No delivery waits longer than this between two tries, and no album longer than its pause. If a due
# time is further ahead, the clock was set back after it was written, so it counts as reached.
LONGEST_BACKOFF = timedelta(minutes=5)

# These show what is true when they are sent, so they need not keep their place in their lane.
DECORATION = (Precedence.REDRAW, Precedence.REACTION, Precedence.SIGN, Precedence.BOARD)

# Lanes for notices that wait until they are due, or for room: they hold up nothing else that has
# no ticket.
STRANGERS_TOLD, DOUBTS_TOLD, BOARDS = 2**60, 2**60 + 1, 2**60 + 2

# A stuck message gets a lane of its own, numbered from here on, so that later messages can pass it.
# Its edit may pass it too: the text is made when the message is sent, and then includes the edit.
STALLED = 2**61

# The kind of best-effort replies (bot/outgoing/best_effort.py), and how long one is worth sending.
ASIDE = "aside"
ASIDES_LAST = timedelta(seconds=30)


# How long rows of what is for the eyes (refusals, results of commands, boards) are kept: long
# enough for a limiter that restarts, and for an operator who asks what happened.
ASIDES_KEPT = timedelta(minutes=10)

# How long after its card a thread shows that the ticket has changed: changes come in rows.
THREADS_FOLLOW_AFTER = timedelta(seconds=2)

_CARD = CardPosted.kind

# Old rows are dropped in portions, to keep each transaction short.
FORGOTTEN_AT_A_TIME = 2_000


@dataclass(frozen=True)
class ThreadLook(Due):
    """The thread of the ticket `subject` may have to look otherwise (see `threads`)."""


def post(
    session: AsyncSession,
    chat_id: int,
    notice: Notice,
    *,
    now: datetime,
    ticket: Ticket | None = None,
    lane: int = 0,
    precedence: Precedence | None = None,
    due_at: datetime | None = None,
    media_group_id: str | None = None,
) -> None:
    """Send `notice` to `chat_id` once this transaction is committed, behind its lane's others.

    Each ticket has its own lane, each kind of notice its precedence; `lane` is for what goes in
    another one. ValueError if no chat can have this id.
    """
    if chat_id == ALL_CHATS:  # a refusal would hold all chats
        raise ValueError("0 is the id of no chat")
    bulk_rows.add(
        session,
        Delivery,
        chat_id=chat_id,
        ticket_id=ticket.id if ticket else None,
        lane=lane or (ticket.id if ticket else 0),
        kind=notice.kind,
        payload=notice.to_json(),
        media_group_id=media_group_id,
        precedence=notice.precedence if precedence is None else precedence,
        status=DeliveryStatus.WAITING,
        created_at=now,
        due_at=due_at or now,
        attempts=0,
        part=0,
    )


async def post_content(
    session: AsyncSession,
    chat_id: int,
    notice: Notice,
    media_group_id: str | None,
    *,
    now: datetime,
    ticket: Ticket,
) -> None:
    """Send what a person wrote; an album's items together, a second after the last of them."""
    if media_group_id is None:
        post(session, chat_id, notice, now=now, ticket=ticket)
        return
    is_follow_up = notice.precedence is Precedence.FOLLOW_UP
    post(
        session,
        chat_id,
        notice,
        now=now,
        ticket=ticket,
        precedence=Precedence.ALBUM if is_follow_up else None,
        media_group_id=media_group_id,
    )
    await _wait_for_album(session, chat_id, ticket.id, media_group_id, now=now)


async def _wait_for_album(
    session: AsyncSession, chat_id: int, lane: int, media_group_id: str, *, now: datetime
) -> None:
    """Make the items of an album that are here wait for more, up to ten items or ALBUM_LASTS."""
    waiting = (
        Delivery.chat_id == chat_id,
        Delivery.lane == lane,
        Delivery.media_group_id == media_group_id,
        PENDING,
        Delivery.status == DeliveryStatus.WAITING,
    )
    items = select(func.count(), func.min(Delivery.created_at)).where(*waiting)
    count, begun_at = (await session.execute(items)).one()
    is_whole = count >= ALBUM_ITEMS or now - begun_at >= ALBUM_LASTS
    due_at = now if is_whole else min(now + ALBUM_PAUSE, begun_at + ALBUM_LASTS)
    await session.execute(update(Delivery).where(*waiting).values(due_at=due_at))


async def post_latest(
    session: AsyncSession,
    chat_id: int,
    notice: CommandAnswered | Refusal,
    *,
    now: datetime,
    lane: int = 0,
    due_at: datetime | None = None,
) -> None:
    """Answer or refuse a command, and drop an older notice that says the same and is still unsent.

    This way nobody can fill the outbox with requests, and the latest one gets the answer. Two
    answers say the same if their words and their thread are the same, two refusals if their problem
    is; and if they name a person, it must be the same one.
    """
    await session.execute(
        delete(Delivery).where(
            Delivery.chat_id == chat_id,
            Delivery.lane == lane,
            Delivery.kind == notice.kind,
            PENDING,
            Delivery.status == DeliveryStatus.WAITING,
            Delivery.attempts == 0,
            _says_the_same(notice),
        )
    )
    post(session, chat_id, notice, now=now, lane=lane, due_at=due_at)


def _says_the_same(notice: CommandAnswered | Refusal) -> ColumnElement[bool]:
    """Match notices of the same kind that say the same."""
    payload = Delivery.payload
    same: ColumnElement[bool]
    if isinstance(notice, CommandAnswered):
        same = and_(
            payload["words"].as_string() == notice.words,
            cast(payload["thread_id"].as_string(), BigInteger).is_not_distinct_from(
                notice.thread_id
            ),
        )
    else:
        same = payload["problem"]["name"].as_string() == notice.problem["name"]
    if notice.person_id is None:
        return same
    # A person's id does not fit into an INTEGER of PostgreSQL.
    person_id = cast(payload["person_id"].as_string(), BigInteger)
    return and_(same, person_id == notice.person_id)


async def forget_asides(session: AsyncSession, *, now: datetime) -> bool:
    """Drop some rows of what was only for the eyes; return whether more may be left."""
    old = (
        select(Delivery.id)
        .where(
            FOR_THE_EYES,
            Delivery.created_at < now - ASIDES_KEPT,
            Delivery.status.in_([DeliveryStatus.DELIVERED, DeliveryStatus.FAILED]),
        )
        .order_by(Delivery.created_at)
        .limit(FORGOTTEN_AT_A_TIME)
    )
    forgotten = await session.execute(delete(Delivery).where(Delivery.id.in_(old)))
    return bulk_rows.touched(forgotten) == FORGOTTEN_AT_A_TIME


def count_aside(session: AsyncSession, chat_id: int, *, now: datetime) -> None:
    """Record a send that bypasses the outbox, for a limiter that restarts (recent_sends.py).

    It leaves within ASIDES_LAST; exactly when is not known, so it counts from the end of that time.
    """
    bulk_rows.add(
        session,
        Delivery,
        chat_id=chat_id,
        kind=ASIDE,
        payload={},
        precedence=Precedence.REFUSAL,
        status=DeliveryStatus.DELIVERED,
        created_at=now,
        due_at=now,
        sent_at=now + ASIDES_LAST,
        attempts=0,
        part=0,
    )


async def post_once(
    session: AsyncSession,
    chat_id: int,
    notice: Notice,
    *,
    now: datetime,
    ticket: Ticket,
    precedence: Precedence | None = None,
) -> None:
    """Send `notice` unless the very same one waits; `precedence` overrides that of its kind."""
    await post_each_once(session, chat_id, [(ticket, notice)], now=now, precedence=precedence)


async def post_each_once(
    session: AsyncSession,
    chat_id: int,
    notices: Sequence[tuple[Ticket, Notice]],
    *,
    now: datetime,
    precedence: Precedence | None = None,
) -> None:
    """Do what `post_once` does for notices of several tickets, with one look at what waits.

    A waiting card that shows the message which reopened its ticket replaces one that shows none.
    """
    waiting = await _waiting(session, chat_id, notices)
    waiting += [(kind, said | {"message_id": None}) for kind, said in waiting if kind == _CARD]
    for ticket, notice in notices:
        if (notice.kind, notice.to_json()) not in waiting:
            post(session, chat_id, notice, now=now, ticket=ticket, precedence=precedence)


async def post_change(
    session: AsyncSession,
    chat_id: int,
    notice: AnswerEdited | AnswerRetracted | QuestionEdited,
    *,
    now: datetime,
    ticket: Ticket,
) -> None:
    """Send what becomes of a message behind the message itself, unless the very same one waits.

    A message that was moved to this ticket may still be on its way in another one's lane
    (services/helpdesk/moving.py).
    """
    await session.flush()
    elsewhere = select(Delivery.lane).where(
        Delivery.ticket_id == ticket.id,
        Delivery.chat_id == chat_id,
        Delivery.lane != ticket.id,
        Delivery.lane < STALLED,
        Delivery.kind.in_(passing_on()),
        Delivery.payload["message_id"].as_integer() == notice.message_id,
        PENDING,
    )
    lane = await session.scalar(elsewhere.limit(1))
    if lane is None:
        await post_once(session, chat_id, notice, now=now, ticket=ticket)
    else:
        post(session, chat_id, notice, now=now, ticket=ticket, lane=lane)


async def redraw_card(session: AsyncSession, ticket: Ticket, *, now: datetime) -> None:
    """Redraw the card to show the ticket as it is now; at most one redraw waits."""
    await post_once(session, ticket.staff_chat_id, CardRedrawn(ticket.id), now=now, ticket=ticket)
    await redraw_thread(session, ticket, now=now)


async def redraw_thread(session: AsyncSession, ticket: Ticket, *, now: datetime) -> None:
    """Have its thread follow a little later, as each change of a thread is a line in it."""
    if ticket.thread_id is not None:
        await timers.set(session, ThreadLook(ticket.id), now + THREADS_FOLLOW_AFTER, now=now)


async def is_waiting(session: AsyncSession, ticket: Ticket, kind: type[Notice]) -> bool:
    """Whether such a notice waits in the ticket's lane, of which nothing was sent yet."""
    waits = select(Delivery.id).where(
        Delivery.chat_id == ticket.staff_chat_id,
        Delivery.lane == ticket.id,
        Delivery.kind == kind.kind,
        PENDING,
        Delivery.part == 0,
    )
    return await session.scalar(waits.limit(1)) is not None


async def _waiting(
    session: AsyncSession, chat_id: int, notices: Sequence[tuple[Ticket, Notice]]
) -> list[tuple[str, dict[str, Any]]]:
    """List the waiting notices of these kinds; found by lane, so as not to read the whole chat."""
    await session.flush()
    ids = [ticket.id for ticket, _ in notices]
    waiting = select(Delivery.kind, Delivery.payload).where(
        Delivery.chat_id == chat_id,
        Delivery.kind.in_({notice.kind for _, notice in notices}),
        PENDING,
        Delivery.status == DeliveryStatus.WAITING,
        Delivery.part == 0,
    )
    in_order = waiting.where(one_of(Delivery.lane, "ids"))
    stuck = waiting.where(Delivery.lane >= STALLED, one_of(Delivery.ticket_id, "ids"))
    found = await session.execute(in_order.union_all(stuck), {"ids": ids})
    return [(kind, payload) for kind, payload in found]
