"""Messages change tickets with all that is stored about them, also while they are on their way."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from core.address import Place
from database.machinery import Delivery, DeliveryStatus
from database.models import (
    Direction,
    KeptReason,
    LinkKind,
    Message,
    MessageLink,
    Ticket,
    TicketStatus,
)
from services import ticket_service as tickets
from services.delivery import arrivals
from services.delivery.outcomes import Delivered
from services.delivery.parcel import Shown, links_of
from services.helpdesk import (
    answers,
    current,
    kept_words,
    merging,
    messages,
    moving,
    owing,
    question_edits,
    rejoining,
)
from services.notices import (
    AnswerEdited,
    AnswerPosted,
    AnswerRetracted,
    CardPosted,
    CardRedrawn,
    DeliveryFailed,
    EditedAfterAnswer,
    QuestionEdited,
    QuestionPosted,
)
from services.problems import ButtonOutdated, ClosedMeanwhile
from tests.services import factories
from tests.services.factories import ANN, STAFF, TODAY
from tests.support.times import NOON

WAITING, CLAIMED = DeliveryStatus.WAITING, DeliveryStatus.CLAIMED
TOLD_AT = Place(ANN.telegram_id, 900)


@pytest.fixture
async def source(session: AsyncSession) -> Ticket:
    """Have Ann's current ticket, with the message that opened it."""
    ticket = await factories.ticket(session, 1)
    await factories.message(session, ticket)
    return ticket


@pytest.fixture
async def target(session: AsyncSession, source: Ticket) -> Ticket:
    """Have another one."""
    ticket = await factories.ticket(session, 2, user=source.user, is_current=False)
    await factories.message(session, ticket)
    return ticket


@pytest.fixture
async def question(session: AsyncSession, source: Ticket) -> Message:
    """Have what is moved."""
    written = factories.content("My invoice is wrong")
    return await factories.message(session, source, written, begins=True)


async def press(session: AsyncSession, question: Message, target: Ticket) -> Ticket:
    at, key, mark = question.message_id, target.id, target.mark
    moved = await rejoining.move(session, ANN, at, key, mark, told_at=TOLD_AT, now=NOON)
    await session.flush()
    return moved


async def posted(session: AsyncSession, ticket: Ticket) -> list[tuple[str, int, int]]:
    """List what waits about the ticket, besides redraws: its kind, chat and lane."""
    waits = select(Delivery).where(Delivery.ticket_id == ticket.id, Delivery.status == WAITING)
    content = waits.where(Delivery.kind != CardRedrawn.kind).order_by(Delivery.id)
    return [(one.kind, one.chat_id, one.lane) for one in await session.scalars(content)]


async def test_a_message_that_was_sent_is_shown_again_and_its_copy_is_edited(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    copy = await factories.link(session, source, 50, kind=LinkKind.COPY, copy_of=question.id)
    sent = QuestionPosted(question.id)
    delivered = await factories.delivery(session, sent, source, status=DeliveryStatus.DELIVERED)

    assert await press(session, question, target) is target

    await session.refresh(copy)
    assert {question.ticket_id, copy.ticket_id, delivered.ticket_id} == {target.id}
    assert (question.details or {})["moved"] == {
        "from": {"daily_id": 1, "opened_on": source.opened_on.isoformat()},
        "to": {"daily_id": 2, "opened_on": target.opened_on.isoformat()},
        "revision": 1,
        "since": 0,
    }
    assert await posted(session, target) == [
        ("question_edited", STAFF, source.id),
        ("question_posted", STAFF, target.id),
    ]
    assert (source.is_current, target.is_current) == (False, True)
    assert source.user.last_joined_id == target.id


async def test_of_several_moves_one_edit_waits(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    third = await factories.ticket(session, 3, user=source.user, is_current=False)
    await factories.message(session, third)
    sent = QuestionPosted(question.id)
    await factories.delivery(session, sent, source, status=DeliveryStatus.DELIVERED)

    for to in (target, third):
        await press(session, question, to)

    moves = [one for one in await posted(session, third) if one[0] == "question_edited"]
    assert moves == [("question_edited", STAFF, target.id)]
    assert question.details is not None
    assert (question.revision, question.details["moved"]["since"]) == (2, 0)


async def test_an_edit_of_what_is_on_its_way_stays_behind_it_when_it_is_moved_again(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    third = await factories.ticket(session, 3, user=source.user, is_current=False)
    await factories.claimed(session, QuestionPosted(question.id), source)

    for to in (target, third):
        await press(session, question, to)

    moves = [one for one in await posted(session, third) if one[0] == "question_edited"]
    assert moves == [("question_edited", STAFF, one.id) for one in (source, target)]


async def test_edits_of_a_whole_album_stay_behind_it_while_it_is_on_its_way(
    session: AsyncSession, source: Ticket, target: Ticket
) -> None:
    items = [
        await factories.message(session, source, factories.photo(media_group_id="album"))
        for _ in range(3)
    ]
    for item in items:
        await factories.claimed(session, QuestionPosted(item.id), source)
    edits = [await factories.delivery(session, QuestionEdited(one.id), source) for one in items]

    await press(session, items[0], target)

    assert [(one.ticket_id, one.lane) for one in edits[1:]] == [(target.id, source.id)] * 2


@pytest.mark.parametrize("changed", [AnswerEdited, AnswerRetracted])
async def test_what_becomes_of_an_answer_stays_behind_it_while_it_is_on_its_way(
    session: AsyncSession,
    source: Ticket,
    target: Ticket,
    question: Message,
    changed: type[AnswerEdited | AnswerRetracted],
) -> None:
    """Earlier it would find no copy in the user's chat yet, and the user would keep the words."""
    reply = factories.content("Sent", chat_id=STAFF)
    answer = await factories.message(session, source, reply, Direction.ANSWER)
    answer.reply_to_id = question.id
    ann = ANN.telegram_id
    await factories.delivery(session, AnswerPosted(answer.id), source, chat_id=ann, attempts=1)
    change = await factories.delivery(session, changed(answer.id), source, chat_id=ann)

    await press(session, question, target)

    assert (change.ticket_id, change.lane) == (target.id, source.id)


async def test_what_was_never_sent_is_sent_once_in_its_new_lane(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    waits = await factories.delivery(session, QuestionPosted(question.id), source)

    await press(session, question, target)

    assert (waits.ticket_id, waits.lane) == (target.id, target.id)
    assert [kind for kind, _, _ in await posted(session, target)].count("question_posted") == 1


async def test_what_may_have_been_sent_keeps_its_place_and_its_companions(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    asked = select(Message).where(Message.ticket_id == source.id).order_by(Message.id)
    first = (await session.scalars(asked)).first()
    assert first is not None
    tried = [
        await factories.delivery(session, QuestionPosted(one.id), source, attempts=1)
        for one in (first, question)
    ]
    for one in tried:
        one.batch_id = tried[0].id

    await press(session, question, target)

    assert [(one.ticket_id, one.lane) for one in tried] == [
        (source.id, source.id),
        (target.id, source.id),
    ]
    assert [kind for kind, _, _ in await posted(session, target)].count("question_posted") == 1


@pytest.mark.parametrize("plain", [True, False])
async def test_what_arrives_after_the_move_gets_links_of_the_tickets_that_it_shows(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message, *, plain: bool
) -> None:
    """A claim may be older than the move; the copy then still says the old number."""
    stays = await factories.message(session, source, begins=True)
    batch = [
        await factories.claimed(session, QuestionPosted(one.id), source)
        for one in (stays, question)
    ]
    shown = [Shown(one.id, LinkKind.COPY) for one in (stays, question)]
    trip = factories.trip_of(batch, factories.parcel(effects=links_of(shown), carries=2))

    await press(session, question, target)
    if plain:
        await arrivals.note_plain(session, [(trip, [60])], now=NOON)
    else:
        await arrivals.note(session, trip, batch, Delivered((60,)), now=NOON)
    await session.flush()

    links = await session.scalars(select(MessageLink).where(MessageLink.message_id == 60))
    assert {one.copy_of: one.ticket_id for one in links} == {
        stays.id: source.id,
        question.id: target.id,
    }


async def test_replies_across_two_tickets_are_none_any_more(
    session: AsyncSession, source: Ticket, target: Ticket
) -> None:
    first = await factories.message(session, source)
    asked = factories.content("And this", reply_to=first.message_id)
    question = await factories.message(session, source, asked)
    assert question.reply_to_id == first.id

    await press(session, question, target)

    assert question.reply_to_id is None


async def test_replies_that_stay_are_none_any_more(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    asked = factories.content("I mean the price", reply_to=question.message_id)
    later = await factories.message(session, source, asked)

    await moving.carry(session, [question], source, target)

    await session.refresh(later)
    assert (later.ticket_id, later.reply_to_id) == (source.id, None)


async def test_what_its_writer_added_goes_along(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    asked = select(Message).where(Message.ticket_id == source.id).order_by(Message.id)
    before = (await session.scalars(asked)).first()
    added = [await factories.message(session, source) for _ in range(2)]

    await press(session, question, target)

    assert before is not None
    assert [one.ticket_id for one in (before, question, *added)] == [source.id, *[target.id] * 3]
    assert all("moved" in (one.details or {}) for one in added)


async def test_up_to_what_says_itself_where_it_goes(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    await factories.link(session, source, 40, chat_id=ANN.telegram_id, kind=LinkKind.NOTICE)
    told = factories.content("In this one", reply_to=40)
    said = await factories.message(session, source, told, begins=True)
    after = await factories.message(session, source)

    await press(session, question, target)

    assert [one.ticket_id for one in (question, said, after)] == [target.id, source.id, source.id]


async def test_replies_to_what_goes_go_along_with_what_follows_them(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    await factories.link(session, source, 50, kind=LinkKind.COPY, copy_of=question.id)
    answer = factories.content("Which one?", chat_id=STAFF, reply_to=50)
    answered = await factories.message(session, source, answer, Direction.ANSWER)
    note = factories.content("// ask Bob", chat_id=STAFF, reply_to=50)
    noted = await factories.message(session, source, note, Direction.NOTE)
    other = factories.content("It comes", chat_id=STAFF)
    stays = await factories.message(session, source, other, Direction.ANSWER)
    ends = await factories.message(session, source, begins=True)
    replied = factories.content("The first", reply_to=question.message_id)
    replies = [
        await factories.message(session, source, replied, begins=True),
        await factories.message(session, source),
    ]
    sent = await factories.delivery(session, AnswerPosted(answered.id), source, chat_id=7)

    await press(session, question, target)

    assert {one.ticket_id for one in (question, answered, noted, *replies)} == {target.id}
    assert {one.ticket_id for one in (stays, ends)} == {source.id}
    assert (answered.reply_to_id, sent.ticket_id) == (question.id, target.id)


async def answer(
    session: AsyncSession, ticket: Ticket, *, to: int | None = None, heard: bool = True
) -> Message:
    """Have staff answer the ticket, in reply to one of its copies; it may not have arrived yet."""
    said = factories.content("May we?", chat_id=STAFF, reply_to=to)
    answered = await factories.message(session, ticket, said, Direction.ANSWER)
    if heard:
        await arrive(session, ticket, answered)
    return answered


async def arrive(session: AsyncSession, ticket: Ticket, answered: Message) -> None:
    """Have the answer come to Ann, below what she has written so far."""
    at, chat_id = factories.content().message_id, ANN.telegram_id
    kind, of = LinkKind.COPY, answered.id
    await factories.link(session, ticket, at, chat_id=chat_id, kind=kind, copy_of=of)


async def test_what_is_written_to_an_answer_that_stays_does_too(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    added = await factories.message(session, source)
    stays = [
        await answer(session, source),
        await factories.message(session, source),
        await factories.message(session, source),
    ]

    await press(session, question, target)

    assert {one.ticket_id for one in (question, added)} == {target.id}
    assert {one.ticket_id for one in stays} == {source.id}


async def test_what_is_written_to_an_answer_that_goes_along_does_too(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    await factories.link(session, source, 50, kind=LinkKind.COPY, copy_of=question.id)
    stays = [await answer(session, source), await factories.message(session, source)]
    go = [await answer(session, source, to=50), await factories.message(session, source)]

    await press(session, question, target)

    assert {one.ticket_id for one in (question, *go)} == {target.id}
    assert {one.ticket_id for one in stays} == {source.id}


async def test_an_answer_ends_nothing_before_its_user_has_it(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    late = await answer(session, source, heard=False)
    crosses = await factories.message(session, source)
    await arrive(session, source, late)
    after = await factories.message(session, source)

    await press(session, question, target)

    assert [one.ticket_id for one in (late, crosses, after)] == [source.id, target.id, source.id]


async def test_an_answer_from_before_the_message_ends_nothing(
    session: AsyncSession, source: Ticket, target: Ticket
) -> None:
    await answer(session, source)
    moved = await factories.message(session, source, begins=True)
    added = await factories.message(session, source)

    await press(session, moved, target)

    assert {one.ticket_id for one in (moved, added)} == {target.id}


async def test_a_second_press_takes_back_what_crossed_an_answer_there(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    late = await answer(session, target, heard=False)
    added = await factories.message(session, source)
    await press(session, question, target)
    await arrive(session, target, late)

    await press(session, question, source)

    assert {one.ticket_id for one in (question, added)} == {source.id}


async def test_an_album_that_comes_between_is_not_torn(
    session: AsyncSession, source: Ticket, target: Ticket
) -> None:
    album = factories.photo(media_group_id="album")
    first = await factories.message(session, source, album, begins=True)
    between = await factories.message(session, source, begins=True)
    last = await factories.message(session, source, factories.photo(media_group_id="album"))

    await press(session, first, target)

    assert [one.ticket_id for one in (first, between, last)] == [target.id, source.id, target.id]


async def test_what_was_sent_and_what_waits_come_in_order_and_with_one_sound(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    target.status = TicketStatus.PENDING
    added = [await factories.message(session, source) for _ in range(2)]
    sent = QuestionPosted(question.id)
    await factories.delivery(session, sent, source, status=DeliveryStatus.DELIVERED)
    for one in added:
        await factories.delivery(session, QuestionPosted(one.id), source)

    await press(session, question, target)

    assert [one for _, one in await factories.waiting(session) if one.kind == sent.kind] == [
        QuestionPosted(question.id, our_turn=True),
        *[QuestionPosted(one.id) for one in added],
    ]


async def test_words_kept_in_reply_to_a_copy_go_along(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    await factories.link(session, source, 50, kind=LinkKind.COPY, copy_of=question.id)
    said, slip = factories.content("/ hm", chat_id=STAFF, reply_to=50), KeptReason.SLIP
    who: dict[str, Any] = {"author": None, "speaker_id": 1}
    kept = await kept_words.keep(session, said, slip, **who, now=NOON, ticket=source)

    await press(session, question, target)

    assert kept.ticket_id == target.id


async def write(session: AsyncSession, text: str, reply_to: int | None = None) -> Message:
    """Have Ann write, as she does in her private chat."""
    said = factories.content(text, reply_to=reply_to)
    await tickets.receive(session, ANN, said, staff_chat_id=STAFF, day=TODAY, now=NOON)
    written = await messages.find(session, said.place)
    assert written is not None
    return written


@pytest.mark.usefixtures("target")
async def test_of_two_that_were_told_each_moves_with_what_was_written_after_it(
    session: AsyncSession, source: Ticket, target: Ticket
) -> None:
    in_source = [await write(session, text) for text in ("It says 40", "And", "it is red")]
    await current.make(session, target, now=NOON)  # an answer on it arrived
    in_target = [await write(session, text) for text in ("Tomorrow?", "At noon?")]

    await press(session, in_target[0], source)
    await press(session, in_source[0], target)

    assert {one.ticket_id for one in in_source} == {target.id}
    assert {one.ticket_id for one in in_target} == {source.id}


async def test_what_replies_to_a_notice_and_what_follows_it_stays(
    session: AsyncSession, source: Ticket, target: Ticket
) -> None:
    await factories.link(session, source, 40, chat_id=ANN.telegram_id, kind=LinkKind.NOTICE)
    moved = await write(session, "It says 40")
    stay = [await write(session, "In this one", reply_to=40), await write(session, "it is red")]

    await press(session, moved, target)

    assert moved.ticket_id == target.id
    assert {one.ticket_id for one in stay} == {source.id}


async def test_what_is_written_after_the_press_goes_back_with_it(
    session: AsyncSession, source: Ticket, target: Ticket
) -> None:
    moved = await write(session, "It says 40")
    await press(session, moved, target)
    after = await write(session, "And it is red")
    assert after.ticket_id == target.id

    await press(session, moved, source)

    assert (moved.ticket_id, after.ticket_id) == (source.id, source.id)


async def test_a_message_of_next_year_goes_along(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    later = await factories.message(session, source, factories.content(None, kind="unknown"))

    await press(session, question, target)

    assert later.ticket_id == target.id
    assert (STAFF, QuestionPosted(later.id)) in await factories.waiting(session)


async def test_an_album_moves_as_a_whole_with_what_waits_of_it(
    session: AsyncSession, source: Ticket, target: Ticket
) -> None:
    items = [
        await factories.message(session, source, factories.photo(media_group_id="album"))
        for _ in range(2)
    ]
    sent = [
        await factories.delivery(session, QuestionPosted(one.id), source, media_group_id="album")
        for one in items
    ]

    await press(session, items[1], target)

    assert {one.ticket_id for one in items} == {target.id}
    assert {one.lane for one in sent} == {target.id}
    assert ["moved" in (one.details or {}) for one in items] == [True, False]


async def test_a_ticket_that_waited_for_its_user_waits_for_staff_with_the_message(
    session: AsyncSession, target: Ticket, question: Message
) -> None:
    target.status = TicketStatus.PENDING

    await press(session, question, target)

    assert target.status is TicketStatus.OPEN
    waits = await factories.waiting(session)
    assert (STAFF, QuestionPosted(question.id, our_turn=True)) in waits
    assert (STAFF, CardRedrawn(target.id)) in waits


async def test_the_ticket_that_it_leaves_waits_for_its_user_as_before(
    session: AsyncSession, source: Ticket, target: Ticket
) -> None:
    written = factories.content("Tomorrow", chat_id=STAFF)
    answer = await factories.message(session, source, written, Direction.ANSWER)
    await owing.answered(session, source, answer.id, by=None, now=NOON)
    later = NOON + timedelta(minutes=1)
    question = await factories.message(session, source)
    await owing.asked(session, source, now=later)

    await press(session, question, target)

    assert (source.status, source.waiting_since) == (TicketStatus.PENDING, NOON)


async def test_the_ticket_that_it_leaves_stays_ours_if_more_waits_there(
    session: AsyncSession, source: Ticket, target: Ticket
) -> None:
    written = factories.content("Tomorrow", chat_id=STAFF)
    answer = await factories.message(session, source, written, Direction.ANSWER)
    await owing.answered(session, source, answer.id, by=None, now=NOON)
    await factories.message(session, source)
    question = await factories.message(session, source)
    await owing.asked(session, source, now=NOON)

    await press(session, question, target)

    assert source.status is TicketStatus.OPEN


async def test_a_failure_moves_with_what_failed(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    asked = QuestionPosted(question.id)
    failed = await factories.delivery(session, asked, source, status=DeliveryStatus.FAILED)
    told = await factories.delivery(session, DeliveryFailed(source.id, failed.id, "no"), source)

    await press(session, question, target)

    assert (failed.ticket_id, told.ticket_id, told.payload["ticket_id"]) == (target.id,) * 3
    assert [kind for kind, _, _ in await posted(session, target)] == [
        "delivery_failed",
        "question_edited",
        "question_posted",
    ]


async def test_a_later_edit_is_about_the_new_ticket(
    session: AsyncSession, target: Ticket, question: Message
) -> None:
    await press(session, question, target)

    edit = factories.content("My invoice is right", edited_at=NOON)
    await question_edits.edit(session, question, edit, now=NOON)

    assert question.details is not None
    assert "moved" in question.details
    newest = await factories.newest_delivery(session)
    assert (newest.kind, newest.lane) == (QuestionEdited.kind, target.id)


async def test_a_later_edit_goes_behind_what_is_still_on_its_way(
    session: AsyncSession, source: Ticket, target: Ticket
) -> None:
    first, second = [
        await factories.message(session, source, factories.photo(media_group_id="album"))
        for _ in range(2)
    ]
    for item in (first, second):
        await factories.claimed(session, QuestionPosted(item.id), source)
    await press(session, first, target)

    edit = factories.photo("The second page", edited_at=NOON)
    await question_edits.edit(session, second, edit, now=NOON)

    newest = await factories.newest_delivery(session)
    assert (newest.kind, newest.lane) == (QuestionEdited.kind, source.id)


@pytest.mark.parametrize("words", ["Sent on Monday", "// Sent on Monday"])
async def test_a_later_change_of_an_answer_goes_behind_it_too(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message, words: str
) -> None:
    reply = factories.content("Sent", chat_id=STAFF)
    answer = await factories.message(session, source, reply, Direction.ANSWER)
    answer.reply_to_id = question.id
    ann = ANN.telegram_id
    await factories.claimed(session, AnswerPosted(answer.id), source, chat_id=ann)
    await press(session, question, target)

    edit = factories.content(words, chat_id=STAFF, edited_at=NOON)
    await answers.edit(session, target, answer, edit, now=NOON)
    await session.flush()

    changes = select(Delivery.lane).where(
        Delivery.kind.in_([AnswerEdited.kind, AnswerRetracted.kind])
    )
    assert (await session.scalars(changes)).all() == [source.id]


async def test_the_card_of_the_ticket_that_it_leaves_shows_it_no_more(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    """It had reopened the ticket."""
    card = await factories.link(session, source, 50, copy_of=question.id)
    waits = await factories.delivery(session, CardPosted(source.id, question.id), source)

    await press(session, question, target)

    await session.refresh(card)
    assert (card.ticket_id, card.copy_of) == (source.id, None)
    assert (waits.ticket_id, waits.payload["message_id"]) == (source.id, None)
    assert ("question_posted", STAFF, target.id) in await posted(session, target)


async def test_a_reply_to_the_notice_follows(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    told = await factories.link(
        session, source, TOLD_AT.message_id, chat_id=TOLD_AT.chat_id, kind=LinkKind.NOTICE
    )

    await press(session, question, target)

    await session.refresh(told)
    assert told.ticket_id == target.id


async def test_it_is_recorded_who_moved_it(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    await press(session, question, target)

    assert ("moved", source.user_id) in await factories.history(session, target)


async def test_what_staff_were_told_of_its_edits_moves_too(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    told = await factories.delivery(session, EditedAfterAnswer(question.id), source)

    await press(session, question, target)

    assert (told.ticket_id, told.lane) == (target.id, target.id)


async def test_another_staff_chat_gets_it_too(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    second = -1002
    await factories.staff_chat(session, second, main=False)
    target.staff_chat_id = second
    await factories.link(session, source, 50, kind=LinkKind.COPY, copy_of=question.id)

    await press(session, question, target)

    assert await posted(session, target) == [
        ("question_edited", STAFF, source.id),
        ("question_posted", second, target.id),
    ]


async def test_the_only_message_of_a_ticket_stays(
    session: AsyncSession, source: Ticket, target: Ticket
) -> None:
    first = (await session.scalars(select(Message).where(Message.ticket_id == source.id))).one()

    with pytest.raises(ButtonOutdated):
        await press(session, first, target)


async def test_a_ticket_that_is_closed_takes_nothing(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    target.status, target.closed_at = TicketStatus.CLOSED, NOON

    with pytest.raises(ClosedMeanwhile):
        await press(session, question, target)

    assert question.ticket_id == source.id


async def merge(session: AsyncSession, survivor: Ticket, other: Ticket) -> None:
    chat_id = survivor.staff_chat_id
    await merging.merge(session, survivor.id, other.id, staff_chat_id=chat_id, by=None, now=NOON)


async def test_a_ticket_that_was_merged_leads_to_the_other(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    third = await factories.ticket(session, 3, user=source.user, is_current=False)
    await merge(session, third, target)

    assert await press(session, question, target) is third

    assert (question.ticket_id, third.is_current) == (third.id, True)


async def test_what_is_in_the_other_already_stays(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    await merge(session, source, target)

    assert await press(session, question, target) is source

    assert (question.ticket_id, question.revision) == (source.id, 0)
    assert ("moved", source.user_id) not in await factories.history(session, source)


@pytest.mark.parametrize("case", ["mark", "stranger", "same", "answer", "unknown"])
async def test_a_press_that_fits_nothing_changes_nothing(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message, case: str
) -> None:
    at, key, mark = question.message_id, target.id, target.mark
    if case == "stranger":
        bob = await factories.user(session, 8)
        other = await factories.ticket(session, 3, user=bob)
        key, mark = other.id, other.mark
    elif case == "same":
        key, mark = source.id, source.mark
    elif case == "answer":
        written = factories.content(chat_id=STAFF, message_id=77_000)
        at = (await factories.message(session, source, written, Direction.ANSWER)).message_id
    mark = "other" if case == "mark" else mark
    at = 1 if case == "unknown" else at

    with pytest.raises(ButtonOutdated):
        await rejoining.move(session, ANN, at, key, mark, told_at=TOLD_AT, now=NOON)

    assert question.ticket_id == source.id


async def test_a_ticket_whose_only_answer_left_waits_for_staff_as_before_it(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    await factories.link(session, source, 50, kind=LinkKind.COPY, copy_of=question.id)
    said = factories.content("Yes", chat_id=STAFF, reply_to=50)
    answer = await factories.message(session, source, said, Direction.ANSWER)
    await owing.answered(session, source, answer.id, by=None, now=NOON)
    assert source.status is TicketStatus.PENDING

    await press(session, question, target)

    assert (source.status, source.waiting_since) == (TicketStatus.NEW, source.opened_at)
    assert target.status is TicketStatus.NEW


async def test_a_ticket_whose_last_answer_left_waits_for_its_user_since_the_one_before(
    session: AsyncSession, source: Ticket, target: Ticket
) -> None:
    first = factories.content("Tomorrow", chat_id=STAFF)
    answer = await factories.message(session, source, first, Direction.ANSWER)
    await owing.answered(session, source, answer.id, by=None, now=NOON)
    moved = await factories.message(session, source, begins=True)
    await owing.asked(session, source, now=NOON)
    await factories.link(session, source, 50, kind=LinkKind.COPY, copy_of=moved.id)
    said = factories.content("Yes", chat_id=STAFF, reply_to=50)
    second = await factories.message(session, source, said, Direction.ANSWER)
    await owing.answered(session, source, second.id, by=None, now=NOON + timedelta(minutes=1))

    await press(session, moved, target)

    assert (source.status, source.waiting_since) == (TicketStatus.PENDING, NOON)


async def test_a_message_moves_while_it_arrives(sessions: async_sessionmaker[AsyncSession]) -> None:
    """Whichever is first, its link is the new ticket's: the row of the delivery is the lock."""
    async with sessions.begin() as session:
        source = await factories.ticket(session, 1)
        target = await factories.ticket(session, 2, user=source.user, is_current=False)
        moved = await factories.message(session, source)
        sent = await factories.claimed(session, QuestionPosted(moved.id), source)
        effects = links_of([Shown(moved.id, LinkKind.COPY)])
        trip = factories.trip_of([sent], factories.parcel(effects=effects))
    async with sessions.begin() as session:
        found = await session.get_one(Message, moved.id)
        await moving.carry(session, [found], source, target)
    async with sessions.begin() as session:
        await arrivals.note_plain(session, [(trip, [60])], now=NOON)
        link = (await session.scalars(select(MessageLink))).one()
        assert link.ticket_id == target.id


async def test_what_opened_a_ticket_moves_if_more_is_left(
    session: AsyncSession, source: Ticket, target: Ticket, question: Message
) -> None:
    asked = select(Message).where(Message.ticket_id == source.id).order_by(Message.id)
    first = (await session.scalars(asked)).first()
    assert first is not None
    card = await factories.link(session, source, 50, copy_of=first.id)

    await press(session, first, target)

    await session.refresh(card)
    assert (first.ticket_id, question.ticket_id) == (target.id, source.id)
    assert card.copy_of is None
    assert (STAFF, CardRedrawn(source.id)) in await factories.waiting(session)
