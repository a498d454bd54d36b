"""Two tickets of one user become one, and everything that led to the other leads to it."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from database.machinery import Delivery, LostSend, Timer
from database.models import (
    Direction,
    EventKind,
    KeptReason,
    LinkKind,
    Message,
    MessageLink,
    Ticket,
    TicketEvent,
    TicketStatus,
)
from services import ticket_service as tickets
from services import timers
from services.delivery import failures
from services.helpdesk import (
    answers,
    first_words,
    history,
    joining,
    kept_words,
    lookup,
    merging,
    moving,
    owing,
    ticket_list,
)
from services.helpdesk.closing import CloseTold
from services.invariants import check
from services.notices import AnswerPosted, CardPosted, CardRetired, QuestionPosted, TicketOpened
from services.problems import MergeIntoClosed, MergeOfOne, MergeOfTwoUsers, Problem
from tests.services import factories
from tests.services.factories import ANN, HOUR, STAFF, TODAY
from tests.support.times import NOON

NEW, OPEN, PENDING, CLOSED = (
    TicketStatus.NEW,
    TicketStatus.OPEN,
    TicketStatus.PENDING,
    TicketStatus.CLOSED,
)


@pytest.fixture
async def survivor(session: AsyncSession) -> Ticket:
    """Have Ann's ticket #7, opened an hour after the other one, and not current."""
    times = dict.fromkeys(["opened_at", "waiting_since"], NOON + HOUR)
    made = await factories.ticket(session, 7, is_current=False, **times)
    await factories.message(session, made)
    return made


@pytest.fixture
async def other(session: AsyncSession, survivor: Ticket) -> Ticket:
    """Have her #5, which is current."""
    made = await factories.ticket(session, 5, user=survivor.user)
    await factories.message(session, made)
    return made


async def merge(session: AsyncSession, survivor: Ticket, other: Ticket) -> None:
    await merging.merge(
        session, survivor.id, other.id, staff_chat_id=STAFF, by=None, now=NOON + 2 * HOUR
    )
    await session.flush()


async def owners(session: AsyncSession, model: type[Any]) -> set[int]:
    """List the tickets that rows of a table belong to."""
    return set(await session.scalars(select(model.ticket_id)))


async def test_all_that_the_other_ticket_holds_goes_to_the_survivor(
    session: AsyncSession, survivor: Ticket, other: Ticket
) -> None:
    question = (await session.scalars(select(Message).where(Message.ticket_id == other.id))).one()
    await factories.link(session, other, 50, copy_of=question.id)
    await factories.delivery(session, QuestionPosted(question.id), other)
    history.record(session, other, None, EventKind.NOTED, NOON)
    kept, slip = factories.content("/ hm", chat_id=STAFF), KeptReason.SLIP
    row = await kept_words.keep(
        session, kept, slip, author=None, speaker_id=1, now=NOON, ticket=other
    )
    times = {"since": NOON, "until": NOON}
    lost = LostSend(delivery_id=1, part=0, ticket_id=other.id, chat_id=STAFF, copies=[], **times)
    session.add(lost)

    await merge(session, survivor, other)

    for model in (Message, MessageLink, Delivery, TicketEvent):
        assert await owners(session, model) == {survivor.id}, model
    await session.refresh(row)
    await session.refresh(lost)
    assert (row.ticket_id, lost.ticket_id) == (survivor.id, survivor.id)


async def test_the_other_row_stays_closed_and_leads_to_the_survivor(
    session: AsyncSession, survivor: Ticket, other: Ticket
) -> None:
    await merge(session, survivor, other)

    assert (other.status, other.merged_into_id, other.is_current) == (CLOSED, survivor.id, False)
    assert survivor.is_current
    assert await tickets.get(session, other.id, staff_chat_id=STAFF) is survivor
    found = await lookup.find_by_number(session, "5", staff_chat_id=STAFF, command="close")
    assert await tickets.get(session, found, staff_chat_id=STAFF) is survivor


async def test_in_reply_to_the_survivor_the_other_number_is_its_own(
    session: AsyncSession, survivor: Ticket, other: Ticket
) -> None:
    await merge(session, survivor, other)

    said = await lookup.rest_of_command(session, survivor, "#5 spam", command="close")

    assert said == "spam"


async def test_what_was_merged_before_leads_on(
    session: AsyncSession, survivor: Ticket, other: Ticket
) -> None:
    first = await factories.ticket(session, 3, user=survivor.user, is_current=False)
    await merge(session, other, first)

    await merge(session, survivor, other)

    await session.refresh(first)
    assert first.merged_into_id == survivor.id


async def test_what_waits_goes_on_in_order_in_one_lane(
    session: AsyncSession, survivor: Ticket, other: Ticket
) -> None:
    sent = []
    for ticket in (other, survivor, other, survivor):
        written = factories.content(chat_id=STAFF)
        answer = await factories.message(session, ticket, written, Direction.ANSWER)
        posted = AnswerPosted(answer.id)
        sent.append(await factories.delivery(session, posted, ticket, chat_id=ANN.telegram_id))
    claimed = await factories.claimed(session, QuestionPosted(1), other)

    await merge(session, survivor, other)

    assert {one.lane for one in [*sent, claimed]} == {survivor.id}


async def test_the_survivor_gets_a_new_card_and_all_older_ones_point_to_it(
    session: AsyncSession, survivor: Ticket, other: Ticket
) -> None:
    await merge(session, survivor, other)

    assert await factories.waiting(session) == [
        (STAFF, CardPosted(survivor.id)),
        (STAFF, CardRetired(survivor.id)),
    ]


async def test_a_card_that_waits_becomes_the_survivors(
    session: AsyncSession, survivor: Ticket, other: Ticket
) -> None:
    question = (await session.scalars(select(Message).where(Message.ticket_id == other.id))).one()
    await factories.delivery(session, CardPosted(other.id), other)

    await merge(session, survivor, other)

    assert await factories.waiting(session) == [
        (STAFF, CardPosted(survivor.id, question.id)),
        (STAFF, CardRetired(survivor.id)),
    ]


async def test_a_card_of_the_survivors_own_that_waits_keeps_its_words(
    session: AsyncSession, survivor: Ticket, other: Ticket
) -> None:
    """The other ticket's card, which is there already, shows none of them."""
    question = select(Message).where(Message.ticket_id == survivor.id)
    first = (await session.scalars(question)).one()
    await factories.delivery(session, CardPosted(survivor.id), survivor)

    await merge(session, survivor, other)

    assert await factories.waiting(session) == [
        (STAFF, CardPosted(survivor.id, first.id)),
        (STAFF, CardRetired(survivor.id)),
    ]


@pytest.mark.parametrize(
    ("own", "others", "shown"),
    [
        ("Q:late", "Q:lost", "lost"),  # it waits longer
        ("Q:late", "Q:lost A:where?", "late"),
        ("Q:late A:when?", "Q:lost", "lost"),
        ("Q:late A:when? Q:today", "Q:lost A:where? Q:here", "here"),
        ("Q:late", "Q:lost A:where? Q:here", "here"),
    ],
)
async def test_the_list_shows_the_words_that_wait_longest(
    session: AsyncSession, *, own: str, others: str, shown: str
) -> None:
    survivor = await factories.ticket(session, 7, waiting_since=NOON + HOUR)
    other = await factories.ticket(session, 5, user=survivor.user, is_current=False)
    ways = {"Q": Direction.QUESTION, "A": Direction.ANSWER}
    for ticket, talk in ((survivor, own), (other, others)):
        for way, text in (said.split(":") for said in talk.split()):
            written = factories.content(text, chat_id=STAFF)
            await factories.message(session, ticket, written, ways[way])
        ticket.status = PENDING if "A" in talk and "Q" not in talk[4:] else OPEN

    await merge(session, survivor, other)

    (line,) = (await ticket_list.page(session, staff_chat_id=STAFF)).lines
    assert line.said is not None
    assert line.said.text == shown


async def test_the_user_hears_nothing(
    session: AsyncSession, survivor: Ticket, other: Ticket
) -> None:
    opened = TicketOpened(other.id)
    await factories.delivery(session, opened, other, chat_id=ANN.telegram_id)
    await tickets.close(
        session,
        await tickets.get(session, other.id, staff_chat_id=STAFF),
        by=None,
        now=NOON,
    )
    assert await timers.find(session, CloseTold, other.id) is not None

    await merge(session, survivor, other)

    told = [one for chat, one in await factories.waiting(session) if chat == ANN.telegram_id]
    assert told == [opened]
    assert (await session.scalars(select(Timer.kind))).all() == []


async def test_what_the_user_writes_next_joins_the_survivor_without_a_word(
    session: AsyncSession, survivor: Ticket, other: Ticket
) -> None:
    survivor.user.last_joined_id = other.id
    await merge(session, survivor, other)

    joined = await tickets.receive(
        session, ANN, factories.content("Hello?"), staff_chat_id=STAFF, day=TODAY, now=NOON
    )

    assert joined is survivor
    assert survivor.user.last_joined_id == survivor.id


async def test_a_merged_ticket_is_never_the_one_closed_last(
    session: AsyncSession, survivor: Ticket, other: Ticket
) -> None:
    await merge(session, survivor, other)
    survivor.status, survivor.closed_at = CLOSED, NOON
    survivor.is_current = False
    await session.flush()

    found = await joining.find(session, survivor.user, factories.content(), now=NOON + 2 * HOUR)

    assert found is not None
    assert found.ticket is survivor


@pytest.mark.parametrize(
    ("own", "others", "becomes", "since"),
    [
        (NEW, NEW, NEW, timedelta()),
        (PENDING, NEW, OPEN, timedelta()),
        (NEW, PENDING, OPEN, HOUR),
        (OPEN, NEW, OPEN, timedelta()),
        (PENDING, PENDING, PENDING, HOUR),
        (PENDING, CLOSED, PENDING, HOUR),
        (NEW, CLOSED, NEW, HOUR),
    ],
)
async def test_the_survivor_waits_for_whom_either_waits(
    session: AsyncSession,
    survivor: Ticket,
    other: Ticket,
    *,
    own: TicketStatus,
    others: TicketStatus,
    becomes: TicketStatus,
    since: timedelta,
) -> None:
    survivor.status, other.status = own, others
    if others is CLOSED:
        other.closed_at, other.is_current, survivor.is_current = NOON, False, False
        await session.flush()
        survivor.is_current = True

    await merge(session, survivor, other)

    assert (survivor.status, survivor.waiting_since) == (becomes, NOON + since)


async def test_a_colleague_keeps_the_ticket(
    session: AsyncSession, survivor: Ticket, other: Ticket
) -> None:
    kate = await factories.kate(session)
    other.assigned_staff = kate
    await session.flush()

    await merge(session, survivor, other)

    assert survivor.assigned_to == kate.id


async def _answers(session: AsyncSession, ticket: Ticket, when: datetime) -> Message:
    said = factories.content(chat_id=STAFF, sent_at=when)
    answer = await factories.message(session, ticket, said, Direction.ANSWER)
    await owing.answered(session, ticket, answer.id, by=None, now=when)
    return answer


async def _take_back(session: AsyncSession, ticket: Ticket, answer: Message) -> None:
    note = factories.content("// no", chat_id=STAFF)
    await answers.edit(session, ticket, answer, note, now=NOON + 3 * HOUR)


async def _is_sound(session: AsyncSession) -> bool:
    await session.flush()
    found = await check.findings(await session.connection(), now=NOON + 4 * HOUR)
    return "waiting since" not in {one.rule for one in found}


@pytest.mark.parametrize("first_answered", ["survivor", "other"])
@pytest.mark.parametrize("undone", ["survivor", "other"])
async def test_what_was_asked_in_either_waits_again_if_its_answer_is_taken_back(
    session: AsyncSession, survivor: Ticket, other: Ticket, *, first_answered: str, undone: str
) -> None:
    both = {"survivor": survivor, "other": other}
    asked_at = {name: one.waiting_since for name, one in both.items()}
    asked = await first_words.of(session, [survivor.id, other.id])
    order = sorted(both, key=first_answered.__ne__)
    written = {name: await _answers(session, both[name], NOON + HOUR) for name in order}
    await merge(session, survivor, other)
    await factories.all_arrives(session)

    await _take_back(session, survivor, written[undone])

    assert (survivor.status, survivor.waiting_since) == (OPEN, asked_at[undone])
    (shown,) = (await first_words.of(session, [survivor.id])).values()
    assert shown.id == asked[both[undone].id].id
    assert (STAFF, CardPosted(survivor.id)) in await factories.waiting(session)
    assert await _is_sound(session)


async def test_what_was_asked_waits_again_if_its_answer_fails_after_the_merge(
    session: AsyncSession, survivor: Ticket, other: Ticket
) -> None:
    await _answers(session, survivor, NOON + HOUR)
    lost = await _answers(session, other, NOON + HOUR)
    posted = AnswerPosted(lost.id)
    send = await factories.delivery(session, posted, other, chat_id=ANN.telegram_id)
    await merge(session, survivor, other)

    await failures.fail(session, [send], "Forbidden", now=NOON + 3 * HOUR)

    assert (survivor.status, survivor.waiting_since) == (OPEN, NOON)
    assert await _is_sound(session)


async def test_a_ticket_is_new_again_if_the_answers_of_both_fail_at_once(
    session: AsyncSession, survivor: Ticket, other: Ticket
) -> None:
    sends = []
    for ticket in (survivor, other):
        posted = AnswerPosted((await _answers(session, ticket, NOON + HOUR)).id)
        sends.append(await factories.delivery(session, posted, ticket, chat_id=ANN.telegram_id))
    await merge(session, survivor, other)

    await failures.fail(session, sends, "Forbidden", now=NOON + 3 * HOUR)

    assert (survivor.status, survivor.waiting_since) == (NEW, NOON)
    assert await _is_sound(session)


@pytest.mark.parametrize("taken_back", [0, 1, 2])
async def test_what_was_asked_in_each_of_three_counts_by_itself(
    session: AsyncSession, survivor: Ticket, other: Ticket, taken_back: int
) -> None:
    third = await factories.ticket(session, 9, user=survivor.user, is_current=False)
    await factories.message(session, third)
    all_three = [third, survivor, other]
    written = [await _answers(session, one, NOON + HOUR) for one in all_three]
    await merge(session, survivor, other)
    await merge(session, third, survivor)

    await _take_back(session, third, written[taken_back])

    assert third.status is OPEN


async def test_an_answer_after_the_merge_answers_what_was_asked_in_both(
    session: AsyncSession, survivor: Ticket, other: Ticket
) -> None:
    first = await _answers(session, survivor, NOON + HOUR)
    second = await _answers(session, other, NOON + HOUR)
    await merge(session, survivor, other)
    await _answers(session, survivor, NOON + 2 * HOUR)

    for answer in (first, second):
        await _take_back(session, survivor, answer)

    assert survivor.status is PENDING


async def test_what_was_closed_before_the_merge_answers_nothing_of_the_survivor(
    session: AsyncSession, survivor: Ticket, other: Ticket
) -> None:
    own = await _answers(session, survivor, NOON)
    beside = await _answers(session, other, NOON)
    other.status, other.closed_at, other.is_current = CLOSED, NOON, False
    await session.flush()
    survivor.is_current = True
    await merge(session, survivor, other)

    await _take_back(session, survivor, beside)
    before = survivor.status
    await _take_back(session, survivor, own)

    assert (before, survivor.status) == (PENDING, NEW)


async def test_what_was_asked_and_has_gone_to_another_ticket_is_owed_there(
    session: AsyncSession, survivor: Ticket, other: Ticket
) -> None:
    for ticket in (survivor, other):
        await _answers(session, ticket, NOON + HOUR)
    gone = await session.scalars(select(Message).where(Message.ticket_id == other.id))
    moved = list(gone)
    await merge(session, survivor, other)
    target = await factories.ticket(session, 9, user=survivor.user, is_current=False)

    await moving.carry(session, moved, survivor, target)
    await moving.left(session, survivor, now=NOON + 3 * HOUR)

    assert survivor.status is PENDING


async def test_tickets_that_do_not_fit_stay_apart(
    session: AsyncSession, survivor: Ticket, other: Ticket
) -> None:
    bob = await factories.user(session, 8)
    strange = await factories.ticket(session, 9, user=bob)
    closed = await factories.ticket(session, 4, user=survivor.user, status=CLOSED)
    cases: list[tuple[Ticket, Ticket, type[Problem]]] = [
        (survivor, strange, MergeOfTwoUsers),
        (survivor, survivor, MergeOfOne),
        (closed, survivor, MergeIntoClosed),
    ]
    for first, second, problem in cases:
        with pytest.raises(problem):
            await merge(session, first, second)
    await merge(session, survivor, other)
    with pytest.raises(MergeOfOne):
        await merge(session, survivor, other)


async def test_a_card_link_stays_a_card(
    session: AsyncSession, survivor: Ticket, other: Ticket
) -> None:
    card = await factories.link(session, other, 50)

    await merge(session, survivor, other)

    await session.refresh(card)
    assert (card.ticket_id, card.kind) == (survivor.id, LinkKind.CARD)
