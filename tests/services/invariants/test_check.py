"""Every rule is broken once: what nobody can break, no check has to look for."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.team import StaffMode
from database.machinery import Delivery, DeliveryStatus, SeenUpdate, Timer
from database.models import (
    DailyTicketCounter,
    Direction,
    LinkKind,
    Message,
    MessageLink,
    Ticket,
    TicketStatus,
)
from database.schema import DatabaseNotAtHead
from database.session import make_engine
from database.team import Setting, StaffChatRow
from services import notices, timers, update_records
from services import ticket_service as tickets
from services.helpdesk import boards, team_settings
from services.helpdesk.closing import CloseTold
from services.helpdesk.team_settings import Words
from services.helpdesk.threads import TicketsBehind
from services.invariants import check, rules
from tests.services import factories
from tests.services.factories import ANN, DAY, HOUR, SECOND, STAFF, TODAY
from tests.support.times import NOON

FAILED, DELIVERED = DeliveryStatus.FAILED, DeliveryStatus.DELIVERED

type Break = Callable[[AsyncSession, Ticket], Awaitable[Any]]


@pytest.fixture
async def ticket(session: AsyncSession) -> Ticket:
    """Have Ann's ticket #1 as the bot makes it."""
    return await tickets.receive(
        session, ANN, factories.content(), staff_chat_id=STAFF, day=TODAY, now=NOON
    )


async def broken(session: AsyncSession) -> set[str]:
    """Name the rules that the database breaks."""
    await session.flush()
    found = await check.findings(await session.connection(), now=NOON)
    return {finding.rule for finding in found}


async def question(session: AsyncSession, ticket: Ticket, **fields: Any) -> Message:
    return await factories.message(session, ticket, factories.content(**fields))


async def answer(session: AsyncSession, ticket: Ticket, **fields: Any) -> Message:
    written = factories.content(**{"chat_id": STAFF} | fields)
    return await factories.message(session, ticket, written, Direction.ANSWER)


async def bobs_ticket(session: AsyncSession) -> Ticket:
    """Have the ticket #2 of somebody else."""
    bob = await factories.user(session, 8, name="Bob")
    other = await factories.ticket(session, 2, user=bob)
    (await session.scalars(_COUNTER)).one().last_number = 2
    await question(session, other, chat_id=8)
    await factories.delivery(session, notices.CardPosted(other.id), other)
    return other


_COUNTER = select(DailyTicketCounter)


# What breaks them ---------------------------------------------------------------------------------


async def a_number_is_left_out(session: AsyncSession, ticket: Ticket) -> None:
    (await session.scalars(_COUNTER)).one().last_number = 5
    ticket.daily_id = 5


async def the_counter_lags(session: AsyncSession, _ticket: Ticket) -> None:
    (await session.scalars(_COUNTER)).one().last_number = 0


async def the_counter_is_missing(session: AsyncSession, ticket: Ticket) -> None:
    ticket.opened_on = TODAY + DAY
    (await session.scalars(_COUNTER)).one().last_number = 0


async def two_are_current(session: AsyncSession, ticket: Ticket) -> None:
    await session.execute(text("DROP INDEX uq_tickets_user_id_current"))
    await factories.ticket(session, 2, user=ticket.user)


async def none_is_current(_session: AsyncSession, ticket: Ticket) -> None:
    ticket.is_current = False


async def current_although_closed(_session: AsyncSession, ticket: Ticket) -> None:
    ticket.status, ticket.closed_at = TicketStatus.CLOSED, NOON


async def closed_without_a_time(_session: AsyncSession, ticket: Ticket) -> None:
    ticket.status, ticket.is_current = TicketStatus.CLOSED, False


async def open_with_a_time(_session: AsyncSession, ticket: Ticket) -> None:
    ticket.closed_at = NOON


async def waits_since_another_time(_session: AsyncSession, ticket: Ticket) -> None:
    ticket.waiting_since = NOON - HOUR


async def answered_at_another_time(_session: AsyncSession, ticket: Ticket) -> None:
    ticket.status, ticket.waiting_since = TicketStatus.PENDING, NOON + HOUR


async def closed_at_another_time(_session: AsyncSession, ticket: Ticket) -> None:
    ticket.status, ticket.closed_at = TicketStatus.CLOSED, NOON + HOUR


async def another_group(session: AsyncSession, _ticket: Ticket) -> None:
    (await bobs_ticket(session)).staff_chat_id = -5


async def no_question(session: AsyncSession, _ticket: Ticket) -> None:
    await factories.ticket(session, 2, user=await factories.user(session, 8))


async def a_whisper_is_kept(session: AsyncSession, ticket: Ticket) -> None:
    (await question(session, ticket)).message_id = 0


async def a_whisper_has_a_link(session: AsyncSession, ticket: Ticket) -> None:
    link = {"ticket_id": ticket.id, "chat_id": STAFF, "message_id": 0, "kind": LinkKind.NOTICE}
    session.add(MessageLink(**link))


async def a_question_of_somebody_else(session: AsyncSession, ticket: Ticket) -> None:
    (await question(session, ticket)).author_id = None


async def a_question_from_elsewhere(session: AsyncSession, ticket: Ticket) -> None:
    await question(session, ticket, chat_id=8)


async def an_answer_from_private(session: AsyncSession, ticket: Ticket) -> None:
    await answer(session, ticket, chat_id=7)


async def a_reply_to_another_ticket(session: AsyncSession, ticket: Ticket) -> None:
    first = await question(session, await bobs_ticket(session), chat_id=8)
    (await question(session, ticket)).reply_to_id = first.id


async def a_question_forgotten(session: AsyncSession, ticket: Ticket) -> None:
    await question(session, ticket)


async def an_answer_forgotten(session: AsyncSession, ticket: Ticket) -> None:
    await answer(session, ticket)


async def a_first_photo_forgotten(session: AsyncSession, _ticket: Ticket) -> None:
    other = await bobs_ticket(session)
    first = (await session.scalars(select(Message).where(Message.ticket_id == other.id))).one()
    first.kind = "photo"


async def a_link_of_another_ticket(session: AsyncSession, ticket: Ticket) -> None:
    written = await question(session, await bobs_ticket(session), chat_id=8)
    await factories.link(session, ticket, 77, copy_of=written.id, kind=LinkKind.COPY)


async def a_wording_that_never_was(session: AsyncSession, ticket: Ticket) -> None:
    written = await question(session, ticket)
    await factories.link(session, ticket, 77, copy_of=written.id, revision=1)


async def a_copy_of_a_question_at_its_user(session: AsyncSession, ticket: Ticket) -> None:
    written = await question(session, ticket)
    await factories.link(session, ticket, 77, copy_of=written.id, chat_id=ANN.telegram_id)


async def a_copy_of_an_answer_in_the_group(session: AsyncSession, ticket: Ticket) -> None:
    written = await answer(session, ticket)
    await factories.link(session, ticket, 77, copy_of=written.id)


async def an_answer_shown_only_to_staff(session: AsyncSession, ticket: Ticket) -> None:
    written = await answer(session, ticket)
    await factories.link(session, ticket, 77, copy_of=written.id, kind=LinkKind.NOTICE)


async def a_copy_at_somebody_else(session: AsyncSession, ticket: Ticket) -> None:
    await factories.link(session, ticket, 77, kind=LinkKind.NOTICE, chat_id=8)


async def a_note_at_its_user(session: AsyncSession, ticket: Ticket) -> None:
    written = await answer(session, ticket)
    written.direction = Direction.NOTE
    await factories.link(session, ticket, 77, copy_of=written.id, chat_id=ANN.telegram_id)


async def a_delivery_to_somebody_else(session: AsyncSession, ticket: Ticket) -> None:
    await factories.delivery(session, notices.TicketClosed(ticket.id), ticket, chat_id=8)


async def a_batch_of_another_ticket(session: AsyncSession, ticket: Ticket) -> None:
    other = await bobs_ticket(session)
    first = await factories.delivery(session, notices.CardRedrawn(other.id), other)
    await factories.delivery(session, notices.CardRedrawn(1), ticket, batch_id=first.id)


async def a_batch_in_another_chat(session: AsyncSession, ticket: Ticket) -> None:
    first = await factories.delivery(session, notices.CardRedrawn(1), ticket, chat_id=-5)
    await factories.delivery(session, notices.CardRedrawn(1), ticket, batch_id=first.id)


async def a_batch_without_a_first(session: AsyncSession, ticket: Ticket) -> None:
    await factories.delivery(session, notices.CardRedrawn(1), ticket, batch_id=999_999_999)


async def a_failed_answer_untold(session: AsyncSession, ticket: Ticket) -> None:
    written = await answer(session, ticket)
    await factories.delivery(
        session, notices.AnswerPosted(written.id), ticket, chat_id=ANN.telegram_id, status=FAILED
    )


async def a_failed_question_told_to_staff_only(session: AsyncSession, ticket: Ticket) -> None:
    written = await question(session, ticket)
    failed = await factories.delivery(
        session, notices.QuestionPosted(written.id), ticket, status=FAILED
    )
    await factories.delivery(session, notices.DeliveryFailed(ticket.id, failed.id, "no"), ticket)


async def something_waits_for_two_days(session: AsyncSession, ticket: Ticket) -> None:
    await factories.delivery(session, notices.CardRedrawn(ticket.id), ticket, now=NOON - 2 * DAY)


async def an_answer_without_a_link(session: AsyncSession, ticket: Ticket) -> None:
    written = await answer(session, ticket)
    await factories.delivery(
        session,
        notices.AnswerPosted(written.id),
        ticket,
        chat_id=ANN.telegram_id,
        status=DELIVERED,
        sent_at=NOON,
    )


async def a_card_without_a_link(session: AsyncSession, ticket: Ticket) -> None:
    await factories.delivery(
        session, notices.CardPosted(ticket.id), ticket, status=DELIVERED, sent_at=NOON
    )


async def something_is_claimed(session: AsyncSession, ticket: Ticket) -> None:
    await factories.claimed(session, notices.CardRedrawn(ticket.id), ticket)


async def seen_in_the_future(session: AsyncSession, _ticket: Ticket) -> None:
    session.add(SeenUpdate(update_id=5, seen_at=NOON + 2 * DAY))


async def an_update_is_dead(session: AsyncSession, _ticket: Ticket) -> None:
    await update_records.set_aside(session, {"update_id": 5}, "", staff_chat_id=STAFF, now=NOON)


async def something_is_overdue(session: AsyncSession, _ticket: Ticket) -> None:
    session.add_all([timer("sweep_due", NOON + SECOND), timer("other", NOON - 2 * HOUR)])


async def words_joined_somebody_elses_ticket(session: AsyncSession, ticket: Ticket) -> None:
    bob = await factories.user(session, 8)
    bob.last_joined_id = ticket.id


async def an_open_ticket_is_to_be_told_closed(session: AsyncSession, ticket: Ticket) -> None:
    await timers.set(session, CloseTold(ticket.id), NOON + SECOND, now=NOON)


async def a_timer_fails(session: AsyncSession, _ticket: Ticket) -> None:
    session.add(timer("other", NOON + HOUR, failures=1))


def timer(kind: str, due_at: datetime, failures: int = 0) -> Timer:
    """Set one at noon."""
    return Timer(kind=kind, subject=0, payload={}, set_at=NOON, due_at=due_at, failures=failures)


async def a_board_that_nothing_looks_after(session: AsyncSession, _: Ticket) -> None:
    await boards.turn_on(session, STAFF, now=NOON)
    await session.execute(delete(Timer).where(Timer.kind == boards.BoardLook.kind))


async def in_a_thread_of_somebody_else(session: AsyncSession, ticket: Ticket) -> None:
    await forum(session)
    thread = await factories.thread(session, ticket)
    thread.user_id = (await factories.user(session, 8)).id


async def in_a_thread_that_is_not_known(session: AsyncSession, ticket: Ticket) -> None:
    await forum(session)
    ticket.thread_id = 5


async def a_wish_that_is_fulfilled(session: AsyncSession, ticket: Ticket) -> None:
    await forum(session)
    await factories.thread(session, ticket)
    ticket.wants_thread = True


async def a_wish_that_is_too_late(_session: AsyncSession, ticket: Ticket) -> None:
    ticket.status, ticket.is_current, ticket.wants_thread = TicketStatus.CLOSED, False, True
    ticket.closed_at = ticket.waiting_since = NOON


async def in_a_closed_thread(session: AsyncSession, ticket: Ticket) -> None:
    await forum(session)
    await factories.thread(session, ticket, is_closed=True)
    await session.execute(delete(Delivery))
    await factories.link(session, ticket, 60, kind=LinkKind.CARD)
    await factories.delivery(session, notices.ThreadRedrawn(ticket.id), ticket)


async def in_a_thread_under_cards(session: AsyncSession, ticket: Ticket) -> None:
    await factories.thread(session, ticket)


async def under_a_card_in_a_forum(session: AsyncSession, _: Ticket) -> None:
    await forum(session)


async def nothing_looks_for_old_threads(session: AsyncSession, _: Ticket) -> None:
    (await forum(session)).threads_kept_days = 30


async def no_thread_is_tried(session: AsyncSession, _: Ticket) -> None:
    (await forum(session)).threads_failed_at = NOON


async def nothing_makes_a_thread(session: AsyncSession, ticket: Ticket) -> None:
    await forum(session)
    ticket.wants_thread = True
    await session.execute(delete(Delivery))
    await factories.link(session, ticket, 60, kind=LinkKind.CARD)
    await factories.delivery(session, notices.ThreadRedrawn(ticket.id), ticket)


async def forum(session: AsyncSession) -> StaffChatRow:
    """Have the staff chat be a forum."""
    chat = (await session.scalars(select(StaffChatRow))).one()
    chat.mode = StaffMode.FORUM
    return chat


async def a_setting_that_nobody_changed(session: AsyncSession, _: Ticket) -> None:
    session.add(Setting(key=Words.GREETING, language="en", value={"text": "Hi", "entities": []}))


async def merged_and_open(session: AsyncSession, ticket: Ticket) -> None:
    other = await bobs_ticket(session)
    ticket.merged_into_id = other.id


async def a_change_that_does_not_count(session: AsyncSession, _: Ticket) -> None:
    hi = ("Hi", list[Any]())
    await team_settings.change(session, Words.GREETING, "en", hi, by=None, now=NOON)
    await session.execute(delete(Setting))


BREAKS: dict[Break, str] = {
    a_number_is_left_out: "numbers",
    the_counter_lags: "counter",
    the_counter_is_missing: "counter",
    two_are_current: "one current ticket",
    none_is_current: "one current ticket",
    current_although_closed: "current and closed",
    words_joined_somebody_elses_ticket: "last joined",
    closed_without_a_time: "closed at",
    open_with_a_time: "closed at",
    waits_since_another_time: "waiting since",
    answered_at_another_time: "waiting since",
    closed_at_another_time: "waiting since",
    another_group: "staff chats",
    no_question: "a question each",
    a_whisper_is_kept: "ids of messages",
    a_whisper_has_a_link: "ids of message_links",
    merged_and_open: "merged",
    a_question_of_somebody_else: "own questions",
    a_question_from_elsewhere: "own questions",
    an_answer_from_private: "answers from a group",
    a_reply_to_another_ticket: "replies within a ticket",
    a_question_forgotten: "nothing forgotten",
    an_answer_forgotten: "nothing forgotten",
    a_first_photo_forgotten: "nothing forgotten",
    an_answer_shown_only_to_staff: "nothing forgotten",
    a_link_of_another_ticket: "links within a ticket",
    a_wording_that_never_was: "revisions",
    a_copy_of_a_question_at_its_user: "copies on the other side",
    a_copy_of_an_answer_in_the_group: "copies on the other side",
    a_copy_at_somebody_else: "links in the user's chat",
    a_note_at_its_user: "notes among staff",
    a_delivery_to_somebody_else: "to the right person",
    a_batch_of_another_ticket: "batches in a lane",
    a_batch_in_another_chat: "batches in a lane",
    a_batch_without_a_first: "batches in a lane",
    a_failed_answer_untold: "failures told",
    a_failed_question_told_to_staff_only: "askers told",
    something_waits_for_two_days: "nothing late",
    an_answer_without_a_link: "sent without a trace",
    a_card_without_a_link: "sent without a trace",
    something_is_claimed: "on their way",
    seen_in_the_future: "seen in time",
    an_update_is_dead: "set aside",
    something_is_overdue: "due things are done",
    an_open_ticket_is_to_be_told_closed: "only closes are told",
    a_timer_fails: "timers that fail",
    a_setting_that_nobody_changed: "settings as changed",
    a_change_that_does_not_count: "changes that count",
    a_board_that_nothing_looks_after: "boards kept true",
    in_a_thread_of_somebody_else: "threads of users",
    in_a_thread_that_is_not_known: "threads of users",
    a_wish_that_is_fulfilled: "a thread or none",
    a_wish_that_is_too_late: "a closed ticket wants nothing",
    in_a_closed_thread: "threads opened",
    in_a_thread_under_cards: "threads in forums",
    under_a_card_in_a_forum: "cards in forums",
    no_thread_is_tried: "threads tried again",
    nothing_looks_for_old_threads: "threads kept",
    nothing_makes_a_thread: "threads in the making",
}


@pytest.mark.parametrize("breaks", BREAKS, ids=lambda breaks: breaks.__name__)
async def test_what_breaks_a_rule_is_found(
    session: AsyncSession, ticket: Ticket, breaks: Break
) -> None:
    assert await broken(session) == set()

    await breaks(session, ticket)

    assert BREAKS[breaks] in await broken(session)


def test_every_rule_is_broken_by_something() -> None:
    assert {rule.name for rule in rules(NOON)} == set(BREAKS.values())


# What does not ------------------------------------------------------------------------------------


async def test_a_failure_that_was_told_by_the_first_of_its_batch_is_none_to_speak_of(
    session: AsyncSession, ticket: Ticket
) -> None:
    written = [await question(session, ticket), await question(session, ticket)]
    first = await factories.delivery(
        session, notices.QuestionPosted(written[0].id), ticket, status=FAILED
    )
    second = await factories.delivery(
        session, notices.QuestionPosted(written[1].id), ticket, status=FAILED, batch_id=first.id
    )
    first.batch_id = second.batch_id
    await factories.delivery(session, notices.DeliveryFailed(ticket.id, first.id, "no"), ticket)
    for one in written:
        told = notices.QuestionFailed(one.id)
        await factories.delivery(session, told, ticket, chat_id=ANN.telegram_id)

    assert await broken(session) == set()


async def test_a_note_whose_retraction_is_on_its_way_is_no_secret_told_yet(
    session: AsyncSession, ticket: Ticket
) -> None:
    await a_note_at_its_user(session, ticket)
    notes = await session.scalars(select(Message).where(Message.direction == Direction.NOTE))
    note = notes.one()
    await factories.delivery(
        session, notices.AnswerRetracted(note.id), ticket, chat_id=ANN.telegram_id
    )

    assert await broken(session) == set()


async def test_a_thread_that_a_delivery_makes_is_wanted_rightly(
    session: AsyncSession, ticket: Ticket
) -> None:
    await forum(session)
    ticket.wants_thread = True

    assert await broken(session) == set()


async def test_tickets_that_still_follow_the_mode_are_in_order(
    session: AsyncSession, ticket: Ticket
) -> None:
    chat = await forum(session)
    await factories.thread(session, ticket)
    chat.mode = StaffMode.PLAIN
    await timers.set(session, TicketsBehind(chat.id), NOON, now=NOON)

    assert await broken(session) == set()


async def test_what_moved_to_a_supergroup_with_half_of_its_batch_sent_is_in_order(
    session: AsyncSession, ticket: Ticket
) -> None:
    first = await factories.delivery(
        session, notices.CardRedrawn(1), ticket, chat_id=-5, status=DELIVERED
    )
    await factories.delivery(session, notices.CardRedrawn(1), ticket, batch_id=first.id)

    assert await broken(session) == set()


async def test_what_came_due_while_the_bot_is_off_is_in_order(session: AsyncSession) -> None:
    session.add_all([timer("sweep_due", NOON - 2 * HOUR), timer("other", NOON - 2 * HOUR)])
    for one in await session.scalars(select(Timer)):
        one.set_at = NOON - 3 * HOUR

    assert await broken(session) == set()


# What is said -------------------------------------------------------------------------------------


async def test_of_many_that_break_a_rule_the_first_are_named(
    session: AsyncSession, ticket: Ticket
) -> None:
    for _ in range(check.NAMED + 5):
        await question(session, ticket)

    await session.flush()
    (finding,) = await check.findings(await session.connection(), now=NOON)

    assert finding.line.endswith(", …")
    assert finding.line.count(", ") == check.NAMED


async def test_the_check_reads_beside_a_writer_and_says_that_all_is_well(
    sessions: async_sessionmaker[AsyncSession], database_url: str
) -> None:
    async with sessions.begin() as session:
        ticket = await tickets.receive(
            session, ANN, factories.content(), staff_chat_id=STAFF, day=TODAY, now=NOON
        )
    said: list[str] = []

    async with sessions.begin() as session:
        (await session.get_one(Ticket, ticket.id)).daily_id = 9
        await session.flush()
        wrong = await check.check(database_url, now=NOON, say=said.append)

    assert wrong == 0
    assert said == ["all is well: 1 tickets, 1 messages, 2 deliveries"]


async def test_what_is_only_worth_knowing_is_said_and_nothing_is_wrong(
    sessions: async_sessionmaker[AsyncSession], database_url: str
) -> None:
    async with sessions.begin() as session:
        await update_records.set_aside(session, {"update_id": 5}, "", staff_chat_id=STAFF, now=NOON)
    said: list[str] = []

    assert await check.check(database_url, now=NOON, say=said.append) == 0

    assert said == [
        (
            "(for your information) These could not be handled and wait for "
            "`python main.py replay`: numbers 1"
        ),
        "all is well: 0 tickets, 0 messages, 0 deliveries",
    ]


async def test_a_database_without_tables_is_not_checked(empty_database_url: str) -> None:
    with pytest.raises(DatabaseNotAtHead):
        await check.check(empty_database_url, now=NOON, say=print)


async def test_a_row_that_refers_to_nothing_is_found_on_sqlite(sqlite_url: str) -> None:
    engine = make_engine(sqlite_url)
    async with engine.connect() as connection:
        await connection.exec_driver_sql("COMMIT")
        await connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        await connection.exec_driver_sql("BEGIN IMMEDIATE")
        await connection.execute(
            insert(Delivery).values(
                chat_id=STAFF,
                ticket_id=99,
                kind="card_redrawn",
                payload={},
                precedence=4,
                status=FAILED,
                created_at=NOON,
                due_at=NOON - timedelta(1),
            )
        )
        await connection.commit()
    await engine.dispose()
    said: list[str] = []

    assert await check.check(sqlite_url, now=NOON, say=said.append) == 1

    assert said == ["A row refers to one that is gone: deliveries 1"]
