"""What each of Telegram's answers leads to, from the outcome on."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from structlog.testing import capture_logs

from database.machinery import ChatPause, Delivery, DeliveryStatus
from database.models import Direction, LinkKind, MessageLink, Ticket, User
from database.team import Thread
from services import outbox
from services import pauses as pauses_of
from services.delivery import arrivals, doubts, lanes, relocating, settling
from services.delivery.outcomes import (
    BotRefused,
    ChatRefused,
    Delivered,
    Migrated,
    Outcome,
    Paused,
    Refused,
    Unknown,
    UserGone,
)
from services.delivery.parcel import (
    AnswerArrived,
    LinkDropped,
    LinkRewritten,
    Parcel,
    Shown,
    ThreadMade,
    links_of,
)
from services.delivery.stalls import Stalls
from services.helpdesk import orphans
from services.notices import (
    AnswerDelivered,
    AnswerEdited,
    AnswerPosted,
    AnswerRetracted,
    CardPosted,
    CardRedrawn,
    CardRetired,
    DeliveryFailed,
    GroupIsNotStaff,
    NoteKept,
    Notice,
    QuestionEdited,
    QuestionFailed,
    QuestionPosted,
    Refusal,
    StaffChatMigrated,
    ThreadWanted,
    TicketClosed,
    TicketOpened,
    TicketReopened,
    UpdateFailed,
    UpdateSetAside,
)
from services.problems import NotForYou
from tests.services import factories
from tests.services.factories import (
    ANN,
    HOUR,
    MINUTE,
    SECOND,
    STAFF,
    TODAY,
    claim,
    claimed,
    offered,
    told,
    trip_of,
)
from tests.support.times import NOON

USER = ANN.telegram_id
NEW_STAFF = -1002


async def settle(
    session: AsyncSession,
    outcome: Outcome,
    *batch: Delivery,
    parcel: Parcel | None = None,
    now: datetime = NOON,
    left_at: datetime | None = None,
) -> None:
    await settling.settle(
        session,
        trip_of(batch, parcel or in_a_parcel(*batch), left_at=left_at or now),
        batch,
        outcome,
        now=now,
    )
    await session.flush()


def in_a_parcel(*batch: Delivery) -> Parcel:
    """Compose deliveries as the bot does: a message for each, answers arrive with it."""
    made = links_of(*[[Shown()] for _ in batch])
    answers = [one.payload["message_id"] for one in batch if one.kind == AnswerPosted.kind]
    arrived = [AnswerArrived(message_id) for message_id in answers]
    return factories.parcel(batch[0].chat_id, effects=[*made, *arrived])


async def answer_on_its_way(
    session: AsyncSession, ticket: Ticket, *, album: str | None = None, **changes: object
) -> Delivery:
    written = factories.content(chat_id=STAFF, media_group_id=album)
    answer = await factories.message(session, ticket, written, Direction.ANSWER)
    posted = AnswerPosted(answer.id)
    return await claimed(session, posted, ticket, chat_id=USER, media_group_id=album, **changes)


async def question_on_its_way(session: AsyncSession, ticket: Ticket, **changes: object) -> Delivery:
    question = await factories.message(session, ticket)
    return await claimed(session, QuestionPosted(question.id), ticket, **changes)


async def links(session: AsyncSession) -> list[tuple[int, int, int | None, LinkKind, int, int]]:
    found = await session.scalars(select(MessageLink).order_by(MessageLink.id))
    return [
        (one.chat_id, one.message_id, one.copy_of, one.kind, one.part, one.revision)
        for one in found
    ]


async def pauses(session: AsyncSession) -> dict[int, tuple[timedelta, str | None]]:
    found = await session.scalars(select(ChatPause))
    return {one.chat_id: (one.until - one.since, one.held_because) for one in found}


async def test_what_was_prepared_is_written_down_once_although_the_commit_seemed_lost(
    session: AsyncSession, ticket: Ticket
) -> None:
    """What it was prepared for was claimed in the same transaction."""
    wanted = await claimed(session, ThreadWanted(ticket.id), ticket)
    made = factories.parcel(effects=[ThreadMade(ticket.id, "Ann", None)], prepares=True)
    trip = trip_of([wanted], made)

    for _ in range(2):
        settled = [(trip, Delivered((500,)))]
        await settling.settle_all(session, settled, stalls=Stalls(), now=NOON)
        wanted.status = DeliveryStatus.CLAIMED

    assert (await session.scalars(select(Thread.thread_id))).all() == [500]
    assert wanted.prepared == 1


async def test_all_that_travelled_behind_what_was_prepared_for_waits_again_without_an_answer(
    session: AsyncSession, ticket: Ticket
) -> None:
    both = [await claimed(session, QuestionPosted(number), ticket) for number in (1, 2)]
    both[0].prepared = 2

    settled = [(trip_of(both, factories.parcel(carries=2)), Unknown("Bad Gateway"))]
    await settling.settle_all(session, settled, stalls=Stalls(), now=NOON)

    assert [one.status for one in both] == [DeliveryStatus.WAITING] * 2


# The table


@pytest.mark.parametrize(
    ("outcome", "status", "paused"),
    [
        pytest.param(Delivered((5,)), "delivered", None, id="ok"),
        pytest.param(Delivered(()), "delivered", None, id="not modified"),
        pytest.param(Paused(30), "waiting", USER, id="429"),
        pytest.param(Unknown("Bad Gateway"), "waiting", None, id="5xx, HTML, network"),
        pytest.param(BotRefused("Unauthorized"), "waiting", 0, id="401, 404"),
        pytest.param(ChatRefused("Forbidden"), "waiting", USER, id="staff chat: 403"),
        pytest.param(UserGone("Forbidden"), "failed", None, id="user chat: 403"),
        pytest.param(Migrated(NEW_STAFF), "waiting", None, id="400 migrate_to_chat_id"),
        pytest.param(Refused("Bad Request"), "failed", None, id="other 400"),
    ],
)
async def test_the_table_of_telegrams_answers(
    session: AsyncSession,
    ticket: Ticket,
    outcome: Outcome,
    status: str,
    paused: int | None,
) -> None:
    sent = await answer_on_its_way(session, ticket)

    await settle(session, outcome, sent)

    assert sent.status == status
    assert list(await pauses(session)) == ([] if paused is None else [paused])


# Delivered


async def test_what_arrived_is_noted_with_its_time_and_its_links(
    session: AsyncSession, ticket: Ticket
) -> None:
    question = await question_on_its_way(session, ticket, error="Bad Gateway")
    shown = Shown(question.payload["message_id"], LinkKind.COPY, part=0, revision=2)

    later = NOON + SECOND
    await settle(
        session,
        Delivered((77,)),
        question,
        parcel=factories.parcel(effects=links_of([shown])),
        now=later,
    )

    assert (question.status, question.sent_at) == (DeliveryStatus.DELIVERED, later)
    assert question.error is None
    assert await links(session) == [(STAFF, 77, shown.copy_of, LinkKind.COPY, 0, 2)]


async def test_a_merged_message_holds_several_copies(session: AsyncSession, ticket: Ticket) -> None:
    batch = [await question_on_its_way(session, ticket) for _ in range(2)]
    pks = [one.payload["message_id"] for one in batch]
    parcel = factories.parcel(effects=links_of([Shown(pk, LinkKind.COPY) for pk in pks]))

    await settle(session, Delivered((77,)), *batch, parcel=parcel)

    assert [one.status for one in batch] == [DeliveryStatus.DELIVERED] * 2
    assert await links(session) == [(STAFF, 77, pk, LinkKind.COPY, 0, 0) for pk in pks]


async def test_each_item_of_an_album_has_its_own_link(
    session: AsyncSession, ticket: Ticket
) -> None:
    batch = [await question_on_its_way(session, ticket) for _ in range(2)]
    pks = [one.payload["message_id"] for one in batch]
    parcel = factories.parcel(effects=links_of(*[[Shown(pk, LinkKind.COPY)] for pk in pks]), cost=2)

    await settle(session, Delivered((77, 78)), *batch, parcel=parcel)

    assert [(row[1], row[2]) for row in await links(session)] == [(77, pks[0]), (78, pks[1])]


async def test_a_message_that_telegram_scheduled_is_an_orphan_once_it_is_posted(
    session: AsyncSession, ticket: Ticket
) -> None:
    """It has no id yet; a video is posted after Telegram has converted it."""
    question = await question_on_its_way(session, ticket)
    parcel = factories.parcel(
        effects=links_of([Shown(question.payload["message_id"], LinkKind.COPY)])
    )

    await settle(session, Delivered(()), question, parcel=parcel)

    assert await links(session) == []
    replied = factories.content(chat_id=STAFF, sent_at=NOON + timedelta(minutes=50))
    (choice,) = await orphans.choices(session, replied)
    assert choice["ticket_id"] == ticket.id


async def test_what_belongs_to_no_ticket_leaves_no_link(session: AsyncSession) -> None:
    news = await claimed(session, StaffChatMigrated(STAFF, NEW_STAFF))

    await settle(session, Delivered((77,)), news)

    assert news.status is DeliveryStatus.DELIVERED
    assert await links(session) == []


async def test_an_edited_message_keeps_its_link_at_the_new_revision(
    session: AsyncSession, ticket: Ticket
) -> None:
    message = await factories.message(session, ticket)
    link = await factories.link(session, ticket, 77, kind=LinkKind.COPY, copy_of=message.id)
    edit = await claimed(session, QuestionEdited(message.id), ticket)
    newest = LinkRewritten(link.id, Shown(message.id, LinkKind.COPY, revision=3))

    parcel = factories.parcel(effects=[newest])
    await settle(session, Delivered(()), edit, parcel=parcel)

    assert await links(session) == [(STAFF, 77, message.id, LinkKind.COPY, 0, 3)]


async def test_a_message_that_was_sent_again_is_found_by_its_new_id(
    session: AsyncSession, ticket: Ticket
) -> None:
    link = await factories.link(session, ticket, 77)
    redraw = await claimed(session, CardRedrawn(ticket.id), ticket)
    parcel = factories.parcel(effects=[LinkRewritten(link.id, Shown(kind=LinkKind.CARD))])

    await settle(session, Delivered((99,)), redraw, parcel=parcel)

    assert await links(session) == [(STAFF, 99, None, LinkKind.CARD, 0, 0)]


async def test_a_message_that_is_told_of_below_keeps_its_id(
    session: AsyncSession, ticket: Ticket
) -> None:
    message = await factories.message(session, ticket)
    link = await factories.link(session, ticket, 77, kind=LinkKind.COPY, copy_of=message.id)
    edit = await claimed(session, QuestionEdited(message.id), ticket)
    newest = Shown(message.id, LinkKind.COPY, revision=3)

    parcel = factories.parcel(effects=[LinkRewritten(link.id, newest, stays=True)])
    await settle(session, Delivered((99,)), edit, parcel=parcel)

    assert await links(session) == [(STAFF, 77, message.id, LinkKind.COPY, 0, 3)]


async def test_a_deleted_message_loses_its_link(session: AsyncSession, ticket: Ticket) -> None:
    link = await factories.link(session, ticket, 77, kind=LinkKind.COPY, chat_id=USER)
    retraction = await claimed(session, AnswerRetracted(1), ticket, chat_id=USER)

    parcel = factories.parcel(USER, effects=[LinkDropped(link.id)])
    await settle(session, Delivered(()), retraction, parcel=parcel)

    assert await links(session) == []


async def test_a_message_of_several_parts_goes_on_with_the_next(
    session: AsyncSession, ticket: Ticket
) -> None:
    long = await question_on_its_way(session, ticket, attempts=4)

    later = NOON + SECOND
    await settle(session, Delivered((77,)), long, parcel=factories.parcel(more=True), now=later)

    assert (long.status, long.part) == (DeliveryStatus.WAITING, 1)
    assert (long.due_at, long.attempts, long.sent_at) == (later, 0, later)


async def test_an_answer_that_arrived_is_confirmed_where_it_was_written(
    session: AsyncSession, ticket: Ticket
) -> None:
    sent = await answer_on_its_way(session, ticket)

    await settle(session, Delivered((5,)), sent)

    confirmation = AnswerDelivered(sent.payload["message_id"])
    assert await told(session, sent) == [(STAFF, confirmation)]


async def test_an_album_of_answers_is_confirmed_once(session: AsyncSession, ticket: Ticket) -> None:
    album = [await answer_on_its_way(session, ticket, album="album") for _ in range(3)]

    await settle(session, Delivered((5, 6, 7)), *album)

    confirmation = AnswerDelivered(album[0].payload["message_id"])
    assert await told(session, *album) == [(STAFF, confirmation)]


async def test_answers_that_became_an_album_are_confirmed_each(
    session: AsyncSession, ticket: Ticket
) -> None:
    answers = [await answer_on_its_way(session, ticket) for _ in range(2)]

    await settle(session, Delivered((5, 6)), *answers)

    confirmations = [AnswerDelivered(one.payload["message_id"]) for one in answers]
    assert await told(session, *answers) == [(STAFF, one) for one in confirmations]


async def test_an_answer_is_confirmed_only_after_its_last_part(
    session: AsyncSession, ticket: Ticket
) -> None:
    sent = await answer_on_its_way(session, ticket)

    await settle(session, Delivered((5,)), sent, parcel=factories.parcel(USER, more=True))

    assert await told(session, sent) == []


async def rows(session: AsyncSession) -> list[list[tuple[Any, ...]]]:
    """List all that settling writes to; links by their order, not by their keys."""
    await session.flush()
    found = []
    for model in (Delivery, MessageLink, ChatPause):
        columns = [one for one in model.__table__.c if model is Delivery or one.name != "id"]
        listed = await session.execute(select(*columns).order_by(*model.__table__.primary_key))
        found.append([tuple(row) for row in listed])
    return found


@pytest.mark.parametrize(
    ("message_ids", "shows"),
    [
        pytest.param((77,), [[Shown(kind=LinkKind.CARD)]], id="one message"),
        pytest.param((77,), [[Shown(part=1), Shown(part=2, revision=3)]], id="merged"),
        pytest.param((77, 78), [[Shown()], [Shown(revision=1)]], id="album"),
        pytest.param((77,), [[Shown()], [Shown(revision=1)]], id="fewer than were to be made"),
        pytest.param((0,), [[Shown()]], id="made later"),
        pytest.param((), [], id="nothing made"),
    ],
)
@pytest.mark.parametrize("of_ticket", [True, False])
@pytest.mark.parametrize("held", [True, False])
async def test_what_simply_arrived_is_settled_together_as_it_is_alone(
    sessions: async_sessionmaker[AsyncSession],
    ann: Ticket,
    message_ids: tuple[int, ...],
    shows: list[list[Shown]],
    *,
    of_ticket: bool,
    held: bool,
) -> None:
    whose, parcel = ann if of_ticket else None, factories.parcel(effects=links_of(*shows))
    async with sessions.begin() as session:
        batch = [await claimed(session, CardPosted(ann.id), whose, error="502") for _ in "12"]
        trip = trip_of(batch, parcel, left_at=NOON + SECOND)
        if held:
            await pauses_of.hold(session, STAFF, "kicked", now=NOON)
    async with sessions() as session:
        claimed_now = await lanes.still_claimed(session, trip.delivery_ids)
        arrived, alone = Delivered(message_ids), list(claimed_now.values())
        await arrivals.note(session, trip, alone, arrived, now=NOON + MINUTE)
        expected = await rows(session)
    assert arrivals.is_plain(trip)

    async with sessions() as session:
        await arrivals.note_plain(session, [(trip, message_ids)], now=NOON + MINUTE)
        assert await rows(session) == expected


async def test_a_chat_that_was_held_takes_messages_again(
    session: AsyncSession, ticket: Ticket
) -> None:
    question = await question_on_its_way(session, ticket)
    await settle(session, ChatRefused("kicked"), question)

    await settle(session, Delivered((77,)), question, now=NOON + MINUTE)

    assert await pauses(session) == {}


async def test_what_left_before_a_chat_was_held_does_not_prove_that_it_takes_messages_again(
    session: AsyncSession, ticket: Ticket
) -> None:
    question = await question_on_its_way(session, ticket)
    card = await claimed(session, CardPosted(ticket.id), ticket)
    await settle(session, ChatRefused("kicked"), question, now=NOON + SECOND)

    await settle(session, Delivered((77,)), card, left_at=NOON, now=NOON + 2 * SECOND)

    assert list(await pauses(session)) == [STAFF]


async def test_a_429_is_waited_for_although_something_arrived_meanwhile(
    session: AsyncSession, ticket: Ticket
) -> None:
    question, card = [await claimed(session, CardPosted(ticket.id), ticket) for _ in range(2)]

    await settle(session, Paused(30), question)
    await settle(session, Delivered((77,)), card)

    assert await pauses(session) == {STAFF: (30 * SECOND, None)}


# 429


async def test_a_paused_delivery_was_surely_not_sent_so_others_may_join_it(
    session: AsyncSession, ticket: Ticket
) -> None:
    question = await question_on_its_way(session, ticket)

    await settle(session, Paused(30), question)

    assert (question.attempts, question.batch_id) == (0, None)
    assert await pauses(session) == {STAFF: (30 * SECOND, None)}


async def test_what_may_have_been_sent_before_keeps_its_composition(
    session: AsyncSession, ticket: Ticket
) -> None:
    question = await question_on_its_way(session, ticket, attempts=2)

    await settle(session, Paused(30), question)

    assert (question.attempts, question.batch_id) == (2, question.id)


async def test_429_of_two_chats_at_the_same_time_pauses_all(
    session: AsyncSession, ticket: Ticket
) -> None:
    to_staff = await question_on_its_way(session, ticket)
    to_user = await answer_on_its_way(session, ticket)

    await settle(session, Paused(30), to_staff)
    await settle(session, Paused(20), to_user, now=NOON + 29 * SECOND)

    assert (await pauses_of.read(session, now=NOON + 48 * SECOND)).everything
    assert not (await pauses_of.read(session, now=NOON + 49 * SECOND)).everything


async def test_429_of_two_chats_one_after_the_other_pauses_each(
    session: AsyncSession, ticket: Ticket
) -> None:
    to_staff = await question_on_its_way(session, ticket)
    to_user = await answer_on_its_way(session, ticket)

    await settle(session, Paused(30), to_staff)
    await settle(session, Paused(20), to_user, now=NOON + 31 * SECOND)

    paused = await pauses_of.read(session, now=NOON + 31 * SECOND)
    assert paused.blocked == {USER}
    assert not paused.everything


async def test_a_second_429_of_the_same_chat_pauses_only_it(
    session: AsyncSession, ticket: Ticket
) -> None:
    question = await question_on_its_way(session, ticket)

    await settle(session, Paused(30), question)
    await settle(session, Paused(60), question, now=NOON + SECOND)

    assert await pauses(session) == {STAFF: (MINUTE, None)}


# No answer


@pytest.mark.parametrize(
    ("attempts", "shortest", "longest"),
    [(1, 1, 2), (2, 2, 4), (3, 4, 8), (8, 128, 256), (9, 150, 300), (1000, 150, 300)],
)
def test_the_backoff_doubles_with_jitter_and_stays_below_five_minutes(
    attempts: int, shortest: float, longest: float
) -> None:
    delays = [settling.backoff(attempts) for _ in range(200)]

    assert timedelta(seconds=shortest) <= min(delays)
    assert max(delays) <= timedelta(seconds=longest) <= outbox.LONGEST_BACKOFF
    assert len(set(delays)) > 100


async def test_without_an_answer_the_lane_is_postponed(
    session: AsyncSession, ticket: Ticket
) -> None:
    batch = [await question_on_its_way(session, ticket, batch_id=1) for _ in range(2)]

    await settle(session, Unknown("Bad Gateway"), *batch)

    assert {one.due_at for one in batch} == {batch[0].due_at}
    assert NOON + SECOND <= batch[0].due_at <= NOON + 2 * SECOND
    for one in batch:
        assert (one.status, one.batch_id, one.attempts) == (DeliveryStatus.WAITING, 1, 1)
        assert one.error == "Bad Gateway"
    assert await told(session, *batch) == []


@pytest.mark.parametrize(
    ("maybe_delivered", "words"),
    [(True, "no answer from Telegram; a duplicate is possible"), (False, "not sent")],
)
async def test_a_possible_duplicate_is_logged_as_such(
    session: AsyncSession, ticket: Ticket, maybe_delivered: bool, words: str
) -> None:
    question = await question_on_its_way(session, ticket)

    with capture_logs() as logs:
        await settle(session, Unknown("cut off", maybe_delivered=maybe_delivered), question)

    assert words in [entry["event"] for entry in logs]


async def test_after_24_hours_without_an_answer_it_has_failed_and_is_told(
    session: AsyncSession, ticket: Ticket
) -> None:
    sent = await answer_on_its_way(session, ticket)

    statuses = []
    for now in (NOON + 24 * HOUR, NOON + 24 * HOUR + SECOND):
        sent.due_at = now - SECOND
        await settle(session, Unknown("Bad Gateway"), sent, now=now)
        statuses.append(sent.status)

    assert statuses == [DeliveryStatus.WAITING, DeliveryStatus.FAILED]
    failed = DeliveryFailed(ticket.id, sent.id, "Bad Gateway")
    assert await told(session, sent) == [(STAFF, failed)]


@pytest.mark.parametrize("outcome", [Paused(30), ChatRefused("kicked"), BotRefused("Unauthorized")])
async def test_time_in_which_telegram_said_no_does_not_count_as_no_answer(
    session: AsyncSession, ticket: Ticket, outcome: Outcome
) -> None:
    """A group that the bot was out of for two days must not lose what one 502 strikes then."""
    question = await question_on_its_way(session, ticket)
    await settle(session, outcome, question, now=NOON + SECOND)

    await claim(session, question, now=NOON + 48 * HOUR)
    await settle(session, Unknown("Bad Gateway"), question, now=NOON + 48 * HOUR)

    assert question.status is DeliveryStatus.WAITING


async def test_each_part_of_a_long_message_has_24_hours(
    session: AsyncSession, ticket: Ticket
) -> None:
    long = await question_on_its_way(session, ticket)
    await settle(session, Delivered((77,)), long, parcel=factories.parcel(more=True))

    await claim(session, long, now=NOON + 25 * HOUR)
    await settle(session, Unknown("Bad Gateway"), long, now=NOON + 25 * HOUR)

    assert long.status is DeliveryStatus.WAITING


# The bot or the chat is refused


async def test_when_the_bot_is_refused_all_is_kept_and_the_operator_told_once(
    session: AsyncSession, ticket: Ticket
) -> None:
    to_staff = await question_on_its_way(session, ticket)
    to_user = await answer_on_its_way(session, ticket)

    with capture_logs() as logs:
        await settle(session, BotRefused("Unauthorized"), to_staff)
        await settle(session, BotRefused("Unauthorized"), to_user)

    assert [entry["event"] for entry in logs if entry["log_level"] == "error"] == [
        "Telegram refuses the bot"
    ]
    assert (await pauses_of.read(session, now=NOON)).everything
    assert [to_staff.status, to_user.status] == [DeliveryStatus.WAITING] * 2
    assert await told(session, to_staff, to_user) == []


async def test_a_staff_chat_that_refuses_is_held_and_the_operator_told_once(
    session: AsyncSession, ticket: Ticket
) -> None:
    question = await question_on_its_way(session, ticket)

    with capture_logs() as logs:
        for minute in range(3):
            await settle(session, ChatRefused("kicked"), question, now=NOON + minute * MINUTE)

    assert len([entry for entry in logs if entry["log_level"] == "error"]) == 1
    assert question.status is DeliveryStatus.WAITING
    assert await pauses(session) == {STAFF: (pauses_of.PROBED_EVERY, "kicked")}
    assert await told(session, question) == []


async def test_a_staff_chat_that_refuses_while_it_is_paused_is_held_too(
    session: AsyncSession, ticket: Ticket
) -> None:
    question = await question_on_its_way(session, ticket)
    await settle(session, Paused(5), question)

    with capture_logs() as logs:
        await settle(session, ChatRefused("kicked"), question)

    assert [entry["log_level"] for entry in logs].count("error") == 1
    assert await pauses(session) == {STAFF: (MINUTE, "kicked")}


async def test_news_for_staff_is_held_like_a_tickets(session: AsyncSession) -> None:
    news = await claimed(session, UpdateSetAside(1))

    await settle(session, ChatRefused("kicked"), news)

    assert news.status is DeliveryStatus.WAITING


async def test_any_other_group_that_refuses_is_let_alone(session: AsyncSession) -> None:
    foreign = await claimed(session, GroupIsNotStaff(-5), chat_id=-5)

    await settle(session, ChatRefused("no rights"), foreign)

    assert foreign.status is DeliveryStatus.FAILED
    assert await pauses(session) == {}
    assert await told(session, foreign) == []


# The user is gone


async def test_a_user_who_blocked_the_bot_is_remembered_and_staff_are_told(
    session: AsyncSession, ticket: Ticket
) -> None:
    sent = await answer_on_its_way(session, ticket)

    await settle(session, UserGone("bot was blocked by the user"), sent)

    assert ticket.user.blocked_at == NOON
    assert sent.error == "bot was blocked by the user"
    failed = DeliveryFailed(ticket.id, sent.id, "bot was blocked by the user")
    assert await told(session, sent) == [(STAFF, CardRedrawn(ticket.id)), (STAFF, failed)]


async def test_a_confirmation_to_a_user_who_is_gone_shows_on_the_card_alone(
    session: AsyncSession, ticket: Ticket
) -> None:
    sent = await claimed(session, TicketClosed(ticket.id), ticket, chat_id=USER)

    await settle(session, UserGone("blocked"), sent)

    assert sent.status is DeliveryStatus.FAILED
    assert await told(session, sent) == [(STAFF, CardRedrawn(ticket.id))]


async def test_somebody_unknown_who_is_gone_is_nobodys_business(session: AsyncSession) -> None:
    refusal = Refusal(NotForYou().to_json(), reply_to=None, language="en")
    sent = await claimed(session, refusal, chat_id=12345)

    await settle(session, UserGone("blocked"), sent)

    assert sent.status is DeliveryStatus.FAILED
    assert (await session.scalars(select(User))).all() == []


# Migration


async def all_come_along(session: AsyncSession) -> None:
    more = True
    while more:
        more = await relocating.go_on(session, now=NOON)


async def test_when_the_group_has_moved_its_delivery_goes_to_the_new_id(
    session: AsyncSession, ticket: Ticket
) -> None:
    question = await question_on_its_way(session, ticket)

    await settle(session, Migrated(NEW_STAFF), question)
    await all_come_along(session)

    await session.refresh(question)
    await session.refresh(ticket)
    assert (question.status, question.chat_id) == (DeliveryStatus.WAITING, NEW_STAFF)
    assert ticket.staff_chat_id == NEW_STAFF
    assert await told(session, question) == [
        (NEW_STAFF, StaffChatMigrated(STAFF, NEW_STAFF)),
        (NEW_STAFF, CardPosted(ticket.id)),
        (NEW_STAFF, CardRetired(ticket.id)),
    ]


async def test_what_arrived_in_the_old_group_keeps_its_link_there(
    session: AsyncSession, ticket: Ticket
) -> None:
    question = await question_on_its_way(session, ticket, chat_id=NEW_STAFF)

    await settle(session, Delivered((77,)), question, parcel=factories.parcel(STAFF))

    assert [row[:2] for row in await links(session)] == [(STAFF, 77)]


async def test_what_was_addressed_to_the_old_id_later_moves_as_well(
    session: AsyncSession, ticket: Ticket
) -> None:
    """Else it would be sent, and sent back, for ever."""
    first = await question_on_its_way(session, ticket)
    await settle(session, Migrated(NEW_STAFF), first)
    late = await claimed(session, AnswerDelivered(first.payload["message_id"]), ticket)

    await settle(session, Migrated(NEW_STAFF), late)
    await all_come_along(session)

    await session.refresh(late)
    assert late.chat_id == NEW_STAFF


# Refused for good


CONTENT: Sequence[type[Notice]] = [
    AnswerPosted,
    AnswerEdited,
    AnswerRetracted,
    QuestionPosted,
    QuestionEdited,
]


@pytest.mark.parametrize("kind", CONTENT, ids=lambda kind: kind.__name__)
async def test_content_that_is_refused_is_shown_to_staff(
    session: AsyncSession, ticket: Ticket, kind: type[Notice]
) -> None:
    message = await factories.message(session, ticket)
    sent = await claimed(session, kind(message.id), ticket)  # type: ignore[call-arg]

    await settle(session, Refused("Bad Request: no"), sent)

    assert (sent.status, sent.error) == (DeliveryStatus.FAILED, "Bad Request: no")
    told_staff = DeliveryFailed(ticket.id, sent.id, "Bad Request: no", doubted=True)
    assert await told(session, sent) == [(STAFF, told_staff)]


async def test_a_user_whose_message_staff_cannot_see_is_told_once_staff_know(
    session: AsyncSession, ticket: Ticket
) -> None:
    question = await question_on_its_way(session, ticket)

    notice = await doubted(session, question)
    told_staff = DeliveryFailed(ticket.id, question.id, "no", doubted=True)
    assert await told(session, question) == [(STAFF, told_staff)]
    await settle(session, Delivered((77,)), notice)

    told_staff = replace(told_staff, told_as=77)
    told_user = QuestionFailed(question.payload["message_id"])
    assert await told(session, question) == [(STAFF, told_staff), (USER, told_user)]
    assert question.status is DeliveryStatus.FAILED
    assert await pauses(session) == {}


async def doubted(session: AsyncSession, refused: Delivery, reason: str = "no") -> Delivery:
    """Have something refused, and the notice of it on its way."""
    await settle(session, Refused(reason), refused)
    notice = await doubts.probe(session, refused.chat_id)
    assert notice is not None
    await claim(session, notice)
    return notice


async def test_a_user_whose_first_message_has_no_card_is_told(
    session: AsyncSession, ticket: Ticket
) -> None:
    first = await factories.message(session, ticket)
    card = await claimed(session, CardPosted(ticket.id), ticket)

    await settle(session, Delivered((77,)), await doubted(session, card))

    told_staff = DeliveryFailed(ticket.id, card.id, "no", doubted=True, told_as=77)
    assert await told(session, card) == [(STAFF, told_staff), (USER, QuestionFailed(first.id))]


async def test_a_new_card_for_what_was_shown_before_is_told_to_staff_alone(
    session: AsyncSession, ticket: Ticket
) -> None:
    first = await factories.message(session, ticket)
    await factories.link(session, ticket, 50, copy_of=first.id)
    card = await claimed(session, CardPosted(ticket.id), ticket)

    await settle(session, Delivered((77,)), await doubted(session, card))

    assert {chat_id for chat_id, _ in await told(session, card)} == {STAFF}


@pytest.mark.parametrize(
    "outcome", [Refused("no"), ChatRefused("kicked")], ids=["the same words", "known words"]
)
async def test_where_the_notice_is_refused_too_the_chat_is_held_and_all_waits(
    session: AsyncSession, ticket: Ticket, outcome: Outcome
) -> None:
    questions = [await question_on_its_way(session, ticket) for _ in range(2)]
    long = await question_on_its_way(session, ticket, attempts=2, part=1)
    for one in [*questions[1:], long]:
        await settle(session, Refused("no"), one)

    notice = await doubted(session, questions[0])
    with capture_logs() as logs:
        await settle(session, outcome, notice)

    assert [one.status for one in questions] == [DeliveryStatus.WAITING] * 2
    assert [(one.attempts, one.batch_id) for one in questions] == [(0, None)] * 2
    assert (long.status, long.attempts, long.part) == (DeliveryStatus.WAITING, 2, 1)
    assert await told(session, *questions, long) == []
    assert [entry["log_level"] for entry in logs].count("error") == 1
    assert list(await pauses(session)) == [STAFF]


async def test_while_it_is_in_doubt_the_chat_takes_only_the_notice(
    session: AsyncSession, ticket: Ticket
) -> None:
    question = await question_on_its_way(session, ticket)

    await settle(session, Refused("no"), question)

    paused = await pauses_of.read(session, now=NOON)
    assert paused.questioned == paused.blocked == {STAFF}
    assert paused.probed == set()


async def test_the_operator_is_told_once_however_often_the_notice_is_refused(
    session: AsyncSession, ticket: Ticket
) -> None:
    question = await question_on_its_way(session, ticket)

    with capture_logs() as logs:
        for _ in range(3):
            await settle(session, Refused("no"), await doubted(session, question))
            await claim(session, question)

    assert [entry["log_level"] for entry in logs].count("error") == 1


async def test_news_for_staff_that_is_refused_waits_unless_its_chat_takes_others(
    session: AsyncSession,
) -> None:
    news = await claimed(session, UpdateSetAside(1))

    statuses = []
    for _ in range(3):
        await settle(session, Refused("no"), news)
        statuses.append(news.status)
        await pauses_of.release(session, {STAFF: NOON + HOUR})
        await claim(session, news)

    assert statuses == [DeliveryStatus.WAITING, DeliveryStatus.WAITING, DeliveryStatus.FAILED]


async def test_news_for_staff_never_fails_in_a_chat_that_takes_nothing(
    session: AsyncSession,
) -> None:
    news = await claimed(session, UpdateSetAside(1))

    for _ in range(9):
        await settle(session, Refused("no"), news)
        assert news.status is DeliveryStatus.WAITING
        await claim(session, news)


@pytest.mark.parametrize(
    "notice",
    [
        TicketOpened(1),
        TicketClosed(1),
        TicketReopened(1),
        CardRedrawn(1),
        CardRetired(1),
        AnswerDelivered(1),
        NoteKept(1),
        QuestionFailed(1),
    ],
    ids=lambda notice: notice.kind,
)
async def test_a_confirmation_that_fails_tells_nobody(
    session: AsyncSession, ticket: Ticket, notice: Notice
) -> None:
    to_user = notice.kind in {"ticket_opened", "ticket_closed", "ticket_reopened"}
    to_user |= notice.kind == QuestionFailed.kind
    sent = await claimed(session, notice, ticket, chat_id=USER if to_user else STAFF)

    await settle(session, Refused("no"), sent)

    assert sent.status is DeliveryStatus.FAILED
    assert await told(session, sent) == []


async def test_what_belongs_to_no_ticket_fails_in_the_log_alone(session: AsyncSession) -> None:
    sent = await claimed(session, UpdateFailed(5, "en"), chat_id=USER)

    with capture_logs() as logs:
        await settle(session, Refused("no"), sent)

    assert await told(session, sent) == []
    assert "delivery failed" in [entry["event"] for entry in logs]


async def test_staff_are_told_in_the_chat_that_the_ticket_has_now(
    session: AsyncSession,
) -> None:
    moved = await factories.ticket(session, staff_chat_id=NEW_STAFF, opened_on=TODAY)
    sent = await answer_on_its_way(session, moved)

    await settle(session, Refused("no"), sent)

    assert await told(session, sent) == [(NEW_STAFF, DeliveryFailed(moved.id, sent.id, "no"))]


# Refused as one


async def test_what_is_refused_as_one_goes_one_by_one(
    session: AsyncSession, ticket: Ticket
) -> None:
    batch = [await question_on_its_way(session, ticket, batch_id=1) for _ in range(2)]

    later = NOON + SECOND
    await settle(session, Refused("no"), *batch, now=later)

    assert await told(session, *batch) == []
    for one in batch:
        assert (one.status, one.due_at) == (DeliveryStatus.WAITING, later)
        assert (one.batch_id, one.attempts, one.error) == (None, 1, "no")
        assert await offered(session, one, now=later) == [one]


@pytest.mark.parametrize("outcome", [Paused(30), ChatRefused("kicked"), Unknown("cut off")])
async def test_what_was_refused_as_one_stays_apart_whatever_comes_next(
    session: AsyncSession, ticket: Ticket, outcome: Outcome
) -> None:
    batch = [await question_on_its_way(session, ticket, batch_id=1) for _ in range(2)]
    await settle(session, Refused("no"), *batch)

    await claim(session, batch[0])
    await settle(session, outcome, batch[0])

    assert await offered(session, batch[0], now=NOON + HOUR) == batch[:1]


async def test_of_what_was_refused_as_one_only_the_one_to_blame_fails(
    session: AsyncSession, ticket: Ticket
) -> None:
    batch = [await question_on_its_way(session, ticket) for _ in range(2)]
    await settle(session, Refused("no"), *batch)

    await claim(session, batch[0])
    await settle(session, Refused("bad text"), batch[0])
    await claim(session, batch[1])
    await settle(session, Delivered((77,)), batch[1])

    assert [one.status for one in batch] == [DeliveryStatus.FAILED, DeliveryStatus.DELIVERED]
    assert (batch[0].error, batch[1].error) == ("bad text", None)
    told_staff = DeliveryFailed(ticket.id, batch[0].id, "bad text", doubted=True)
    assert await told(session, *batch) == [(STAFF, told_staff)]


async def test_an_album_of_answers_that_went_one_by_one_is_confirmed_once(
    session: AsyncSession, ticket: Ticket
) -> None:
    album = [await answer_on_its_way(session, ticket, album="album") for _ in range(3)]
    await settle(session, Refused("no"), *album)

    for number, one in enumerate(album):
        await claim(session, one)
        await settle(session, Delivered((5 + number,)), one)

    confirmation = AnswerDelivered(album[0].payload["message_id"])
    assert await told(session, *album) == [(STAFF, confirmation)]


# Failing together


async def test_all_questions_of_a_batch_that_fails_are_told_to_their_user(
    session: AsyncSession, ticket: Ticket
) -> None:
    tomorrow = NOON + 25 * HOUR
    batch = [await question_on_its_way(session, ticket, due_at=tomorrow) for _ in range(2)]

    await settle(session, Unknown("cut off"), *batch, now=tomorrow)

    assert [one.status for one in batch] == [DeliveryStatus.FAILED] * 2
    assert await told(session, *batch) == [
        (STAFF, DeliveryFailed(ticket.id, batch[0].id, "cut off")),
        *[(USER, QuestionFailed(one.payload["message_id"])) for one in batch],
    ]


async def test_an_album_that_fails_is_one_message_to_its_user(
    session: AsyncSession, ticket: Ticket
) -> None:
    tomorrow = NOON + 25 * HOUR
    how = {"media_group_id": "a", "due_at": tomorrow}
    album = [await question_on_its_way(session, ticket, **how) for _ in range(2)]

    await settle(session, Unknown("cut off"), *album, now=tomorrow)

    assert await told(session, *album) == [
        (STAFF, DeliveryFailed(ticket.id, album[0].id, "cut off")),
        (USER, QuestionFailed(album[0].payload["message_id"])),
    ]


# Clocks that jump


async def test_a_clock_that_jumps_by_a_day_gives_nothing_up(
    session: AsyncSession, ticket: Ticket
) -> None:
    sent = await answer_on_its_way(session, ticket)
    await settle(session, Unknown("Bad Gateway"), sent)

    for hours in (26, 52, 78):
        await claim(session, sent)
        await settle(session, Unknown("Bad Gateway"), sent, now=NOON + hours * HOUR)
        assert sent.status is DeliveryStatus.WAITING


async def test_nor_does_one_that_jumps_back_and_forth(
    session: AsyncSession, ticket: Ticket
) -> None:
    sent = await answer_on_its_way(session, ticket)

    for hours in (30, -30, 0, 30, -30, 30):
        await settle(session, Unknown("Bad Gateway"), sent, now=NOON + hours * HOUR)
        assert sent.status is DeliveryStatus.WAITING
        await claim(session, sent)


async def test_nor_does_a_day_in_which_nobody_was_there(
    session: AsyncSession, ticket: Ticket
) -> None:
    """A claim that is a day old when the bot starts again was not tried for a day."""
    sent = await answer_on_its_way(session, ticket)

    later = NOON + 30 * HOUR
    await lanes.in_doubt(session)
    await claim(session, sent, now=later)
    await settle(session, Unknown("Bad Gateway"), sent, now=later)

    assert sent.status is DeliveryStatus.WAITING
