import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from database.machinery import Delivery
from database.models import Direction, Message, Ticket, TicketStatus
from services.helpdesk import answers
from services.helpdesk.content import Content
from services.notices import (
    AnswerEdited,
    AnswerPosted,
    AnswerRetracted,
    CardRedrawn,
    CopyMayRemain,
    NoteKept,
    Refusal,
)
from services.problems import NoteStays
from tests.services import factories
from tests.services.factories import ANN, SECOND, STAFF, content, photo
from tests.support.times import NOON

USER = ANN.telegram_id


async def write(session: AsyncSession, ticket: Ticket, written: Content) -> Message:
    await answers.write(session, ticket, written, by=None, now=NOON)
    return (await session.scalars(select(Message).order_by(Message.id.desc()))).one()


async def edit(session: AsyncSession, ticket: Ticket, message: Message, written: Content) -> None:
    await answers.edit(session, ticket, message, written, now=NOON)


@pytest.fixture
async def answer(session: AsyncSession, ticket: Ticket) -> Message:
    """Have an answer that was posted before."""
    return await factories.message(session, ticket, content(chat_id=STAFF), Direction.ANSWER)


@pytest.fixture
async def note(session: AsyncSession, ticket: Ticket) -> Message:
    """Have a note that was kept before."""
    written = content("// ask Max", chat_id=STAFF)
    return await factories.message(session, ticket, written, Direction.NOTE)


async def test_an_answer_goes_to_the_user_and_the_card_shows_it(
    session: AsyncSession, ticket: Ticket
) -> None:
    answer = await write(session, ticket, content("It is on its way", chat_id=STAFF))

    assert (answer.direction, answer.text) == (Direction.ANSWER, "It is on its way")
    assert await factories.waiting(session) == [
        (USER, AnswerPosted(answer.id)),
        (STAFF, CardRedrawn(ticket.id)),
    ]


async def test_an_answer_is_written_down_with_who_wrote_it(
    session: AsyncSession, ticket: Ticket
) -> None:
    kate = await factories.kate(session)

    await answers.write(session, ticket, content(chat_id=STAFF), by=kate, now=NOON)

    assert (await session.scalars(select(Message.author_id))).one() == kate.id
    assert await factories.history(session, ticket) == [("answered", kate.id)]


async def test_an_answer_to_a_closed_ticket_is_delivered_and_leaves_it_closed(
    session: AsyncSession,
) -> None:
    ticket = await factories.ticket(session, status=TicketStatus.CLOSED)

    answer = await write(session, ticket, content(chat_id=STAFF))

    assert await factories.waiting(session) == [(USER, AnswerPosted(answer.id))]


async def test_an_album_of_answers_waits_for_all_its_items(
    session: AsyncSession, ticket: Ticket
) -> None:
    await write(session, ticket, photo(chat_id=STAFF, media_group_id="album"))

    posted = await session.scalar(select(Delivery).where(Delivery.kind == AnswerPosted.kind))
    assert posted is not None
    assert (posted.media_group_id, posted.due_at) == ("album", NOON + SECOND)


@pytest.mark.parametrize(
    "written",
    [
        content("// ask Max", chat_id=STAFF),
        content("//ask Max", chat_id=STAFF),
        content("  \n// ask Max", chat_id=STAFF),
        content("//", chat_id=STAFF),
        photo("// his invoice", chat_id=STAFF),
    ],
    ids=lambda written: repr(written.text),
)
async def test_a_note_stays_among_staff(
    session: AsyncSession, ticket: Ticket, written: Content
) -> None:
    note = await write(session, ticket, written)

    assert note.direction is Direction.NOTE
    assert ticket.status is TicketStatus.NEW
    assert await factories.waiting(session) == [(STAFF, NoteKept(note.id))]
    assert await factories.history(session, ticket) == [("noted", None)]


@pytest.mark.parametrize("text", ["https://example.com", "/ /", "see // here", None])
async def test_what_only_looks_a_little_like_a_note_is_an_answer(
    session: AsyncSession, ticket: Ticket, text: str | None
) -> None:
    answer = await write(session, ticket, content(text, chat_id=STAFF))

    assert answer.direction is Direction.ANSWER


async def test_an_edit_of_an_answer_follows_it_to_the_user(
    session: AsyncSession, ticket: Ticket, answer: Message
) -> None:
    await edit(session, ticket, answer, content("Better", chat_id=STAFF))

    assert (answer.text, answer.revision) == ("Better", 1)
    assert await factories.waiting(session) == [(USER, AnswerEdited(answer.id))]


async def test_several_edits_of_an_answer_wait_as_one(
    session: AsyncSession, ticket: Ticket, answer: Message
) -> None:
    for text in ("Better", "Best"):
        await edit(session, ticket, answer, content(text, chat_id=STAFF))

    assert answer.revision == 2
    assert await factories.waiting(session) == [(USER, AnswerEdited(answer.id))]


async def test_an_edit_that_changes_nothing_is_ignored(
    session: AsyncSession, ticket: Ticket, answer: Message
) -> None:
    await edit(session, ticket, answer, content(answer.text, chat_id=STAFF))

    assert answer.revision == 0
    assert await factories.waiting(session) == []


async def test_an_answer_that_becomes_a_note_is_taken_back(
    session: AsyncSession, ticket: Ticket, answer: Message
) -> None:
    await edit(session, ticket, answer, content("// Hello", chat_id=STAFF))

    assert answer.direction is Direction.NOTE
    assert await factories.waiting(session) == [
        (USER, AnswerRetracted(answer.id)),
        (STAFF, CopyMayRemain(answer.id)),
        (STAFF, NoteKept(answer.id)),
    ]


async def test_what_was_taken_back_is_written_down_with_who_wrote_it(
    session: AsyncSession, ticket: Ticket
) -> None:
    kate = await factories.kate(session)
    await answers.write(session, ticket, content(chat_id=STAFF), by=kate, now=NOON)
    (answer,) = await session.scalars(select(Message))

    await edit(session, ticket, answer, content("// oops", chat_id=STAFF))

    assert await factories.history(session, ticket) == [
        ("answered", kate.id),
        ("retracted", kate.id),
    ]


@pytest.mark.parametrize("before", [TicketStatus.NEW, TicketStatus.OPEN])
async def test_a_ticket_whose_only_answer_was_taken_back_is_what_it_was(
    session: AsyncSession, before: TicketStatus
) -> None:
    ticket = await factories.ticket(session, status=before)
    (answer,) = await written(session, ticket, "It is late")
    assert ticket.status is TicketStatus.PENDING

    await edit(session, ticket, answer, content("// wrong ticket", chat_id=STAFF))

    assert ticket.status is before
    assert (STAFF, CardRedrawn(ticket.id)) in await factories.waiting(session)


async def test_a_ticket_with_another_answer_waits_for_its_user_until_that_goes_too(
    session: AsyncSession, ticket: Ticket
) -> None:
    first, second = await written(session, ticket, "It is late", "Sorry")

    became = []
    for answer in (first, second):
        await edit(session, ticket, answer, content("// no", chat_id=STAFF))
        became.append(ticket.status)

    assert became == [TicketStatus.PENDING, TicketStatus.NEW]


async def test_an_answer_to_an_earlier_question_leaves_the_later_one_to_staff(
    session: AsyncSession, ticket: Ticket
) -> None:
    await written(session, ticket, "It is late")
    ticket.status = TicketStatus.OPEN  # the user wrote again
    *_, second = await written(session, ticket, "Tomorrow")

    await edit(session, ticket, second, content("// not sure", chat_id=STAFF))

    assert ticket.status is TicketStatus.OPEN


async def test_a_ticket_that_was_taken_meanwhile_is_not_new_again(
    session: AsyncSession, ticket: Ticket
) -> None:
    (answer,) = await written(session, ticket, "It is late")
    ticket.assigned_staff = await factories.kate(session)
    await session.flush()

    await edit(session, ticket, answer, content("// no", chat_id=STAFF))

    assert ticket.status is TicketStatus.OPEN


@pytest.mark.parametrize("status", [TicketStatus.OPEN, TicketStatus.ON_HOLD, TicketStatus.CLOSED])
async def test_taking_an_answer_back_moves_no_ticket_that_does_not_wait_for_its_user(
    session: AsyncSession, ticket: Ticket, status: TicketStatus
) -> None:
    (answer,) = await written(session, ticket, "It is late")
    ticket.status = status

    await edit(session, ticket, answer, content("// no", chat_id=STAFF))

    assert ticket.status is status


async def test_an_answer_of_an_older_version_leaves_an_open_ticket_behind(
    session: AsyncSession, answer: Message
) -> None:
    ticket = await session.get_one(Ticket, answer.ticket_id, options=[selectinload(Ticket.user)])
    ticket.status = TicketStatus.PENDING

    await edit(session, ticket, answer, content("// no", chat_id=STAFF))

    assert ticket.status is TicketStatus.OPEN


async def written(session: AsyncSession, ticket: Ticket, *texts: str) -> list[Message]:
    """Have answers written, one after the other."""
    for text in texts:
        await answers.write(session, ticket, content(text, chat_id=STAFF), by=None, now=NOON)
    return list(await session.scalars(select(Message).order_by(Message.id)))


async def test_a_note_never_becomes_an_answer(
    session: AsyncSession, ticket: Ticket, note: Message
) -> None:
    await edit(session, ticket, note, content("ask Max", chat_id=STAFF))

    assert (note.direction, note.text) == (Direction.NOTE, "ask Max")
    stays = NoteStays.of(ticket).to_json()
    told = Refusal(stays, note.message_id, language="", asked_in=STAFF)
    assert await factories.waiting(session) == [(STAFF, told)]


async def test_an_answer_that_was_taken_back_stays_a_note(
    session: AsyncSession, ticket: Ticket, answer: Message
) -> None:
    await edit(session, ticket, answer, content("// Hello", chat_id=STAFF))
    await edit(session, ticket, answer, content("Hello", chat_id=STAFF))

    assert answer.direction is Direction.NOTE
    waiting = await factories.waiting(session)
    assert [notice for chat_id, notice in waiting if chat_id == USER] == [
        AnswerRetracted(answer.id)
    ]


# Albums


async def album(session: AsyncSession, ticket: Ticket, *captions: str | None) -> list[Message]:
    """Write an album, item by item, and list what became of them."""
    for caption in captions:
        item = photo(caption, chat_id=STAFF, media_group_id="album")
        await answers.write(session, ticket, item, by=None, now=NOON)
    return list(await session.scalars(select(Message).order_by(Message.id)))


async def test_an_album_is_answered_with_as_a_whole(session: AsyncSession, ticket: Ticket) -> None:
    items = await album(session, ticket, "Look", None)

    assert [item.direction for item in items] == [Direction.ANSWER] * 2


async def test_an_album_whose_caption_makes_a_note_is_a_note_and_marked_once(
    session: AsyncSession, ticket: Ticket
) -> None:
    first, *others = await album(session, ticket, "// his invoices", None, None)

    assert {item.direction for item in (first, *others)} == {Direction.NOTE}
    assert await factories.waiting(session) == [(STAFF, NoteKept(first.id))]


async def test_a_note_further_down_an_album_takes_back_what_came_before_and_marks_the_first(
    session: AsyncSession, ticket: Ticket
) -> None:
    first, second, third = await album(session, ticket, None, "// his invoices", "too")

    assert {item.direction for item in (first, second, third)} == {Direction.NOTE}
    waiting = await factories.waiting(session)
    assert (USER, AnswerRetracted(first.id)) in waiting
    assert [notice for _, notice in waiting if isinstance(notice, NoteKept)] == [NoteKept(first.id)]
    assert ticket.status is TicketStatus.NEW


async def test_an_edit_that_makes_a_note_of_an_item_takes_the_album_back(
    session: AsyncSession, ticket: Ticket
) -> None:
    first, second = await album(session, ticket, "Look", None)

    await edit(session, ticket, first, photo("// Look", chat_id=STAFF))

    assert {first.direction, second.direction} == {Direction.NOTE}
    assert ticket.status is TicketStatus.NEW
    waiting = await factories.waiting(session)
    assert waiting[-5:] == [
        (USER, AnswerRetracted(first.id)),
        (STAFF, CopyMayRemain(first.id)),
        (USER, AnswerRetracted(second.id)),
        (STAFF, CopyMayRemain(second.id)),
        (STAFF, NoteKept(first.id)),
    ]


async def test_an_edit_of_a_later_item_marks_the_album_where_its_reaction_is(
    session: AsyncSession, ticket: Ticket
) -> None:
    first, second = await album(session, ticket, "Look", None)

    await edit(session, ticket, second, photo("// Look", chat_id=STAFF))

    assert (STAFF, NoteKept(first.id)) in await factories.waiting(session)
