from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from core.address import Place
from database.models import ContentKind, Direction, LinkKind, Message, Ticket
from services.helpdesk import messages
from services.helpdesk.content import Content
from tests.services import factories
from tests.services.factories import ANN, STAFF, content, photo
from tests.support.times import NOON

BOLD = [{"type": "bold", "offset": 0, "length": 5}]


async def test_what_was_written_is_stored_as_it_came(session: AsyncSession, ticket: Ticket) -> None:
    written = photo("Hello", entities=BOLD, media_group_id="album", message_id=5)

    kept = await messages.store(session, ticket, ticket.user, Direction.QUESTION, written)

    stored = await session.get_one(Message, kept.id)
    assert (kept.kind, kept.media_group_id) == ("photo", "album")

    assert (stored.ticket_id, stored.author_id) == (ticket.id, ticket.user_id)
    assert (stored.direction, stored.kind, stored.text) == (Direction.QUESTION, "photo", "Hello")
    assert stored.entities == BOLD
    assert (stored.file_id, stored.file_unique_id) == ("photo-1", "photo")
    assert (stored.media_group_id, stored.chat_id, stored.message_id) == ("album", 7, 5)
    assert (stored.revision, stored.sent_at, stored.reply_to_id) == (0, NOON, None)


async def test_a_kind_that_we_do_not_know_is_kept_by_its_name(
    session: AsyncSession, ticket: Ticket
) -> None:
    written = content(None, kind="hologram")

    kept = await messages.store(session, ticket, ticket.user, Direction.QUESTION, written)

    assert (await session.get_one(Message, kept.id)).kind == "hologram"


async def test_a_kind_is_stored_and_found_by_its_name(
    session: AsyncSession, ticket: Ticket
) -> None:
    written = content(kind=ContentKind.TEXT)

    kept = await messages.store(session, ticket, ticket.user, Direction.QUESTION, written)

    found = select(Message.id, Message.kind).where(Message.kind == ContentKind.TEXT)
    (row,) = (await session.execute(found)).all()
    assert tuple(row) == (kept.id, "text")
    assert type(row.kind) is str


async def test_what_nobody_in_particular_wrote_has_no_author(
    session: AsyncSession, ticket: Ticket
) -> None:
    kept = await messages.store(session, ticket, None, Direction.ANSWER, content(chat_id=STAFF))

    assert (await session.get_one(Message, kept.id)).author_id is None


async def test_a_message_is_found_by_its_place_in_telegram(
    session: AsyncSession, ticket: Ticket
) -> None:
    stored = await factories.message(session, ticket, content(message_id=5))

    assert await messages.find(session, Place(ANN.telegram_id, 5)) is stored
    assert await messages.find(session, Place(STAFF, 5)) is None
    assert await messages.find(session, Place(ANN.telegram_id, 6)) is None


async def test_a_business_account_has_its_own_numbers_for_the_messages_of_a_chat(
    session: AsyncSession, ticket: Ticket
) -> None:
    own = await factories.message(session, ticket, content(message_id=5))
    other = await factories.message(session, ticket, content(message_id=5, account=80))

    assert await messages.find(session, Place(ANN.telegram_id, 5)) is own
    assert await messages.find(session, Place(ANN.telegram_id, 5, account=80)) is other
    with pytest.raises(IntegrityError):
        await factories.message(session, ticket, content(message_id=5, account=80))


# Replies


async def test_a_reply_to_a_stored_message_remembers_it(
    session: AsyncSession, ticket: Ticket
) -> None:
    original = await factories.message(session, ticket, content(message_id=5))

    reply = await factories.message(session, ticket, content(reply_to=5))

    assert reply.reply_to_id == original.id


async def test_a_reply_to_a_copy_remembers_the_original(
    session: AsyncSession, ticket: Ticket
) -> None:
    question = await factories.message(session, ticket)
    await factories.link(session, ticket, 77, kind=LinkKind.COPY, copy_of=question.id)

    written = content(chat_id=STAFF, reply_to=77)
    answer = await factories.message(session, ticket, written, Direction.ANSWER)

    assert answer.reply_to_id == question.id


async def test_a_reply_to_a_merged_copy_remembers_the_first_in_it(
    session: AsyncSession, ticket: Ticket
) -> None:
    questions = [await factories.message(session, ticket) for _ in range(2)]
    for question in questions:
        await factories.link(session, ticket, 77, kind=LinkKind.COPY, copy_of=question.id)

    written = content(chat_id=STAFF, reply_to=77)
    answer = await factories.message(session, ticket, written, Direction.ANSWER)

    assert answer.reply_to_id == questions[0].id


@pytest.mark.parametrize("reply_to", [5, 77, 99])
async def test_a_reply_to_something_of_another_ticket_or_unknown_remembers_nothing(
    session: AsyncSession, ticket: Ticket, reply_to: int
) -> None:
    other = await factories.ticket(session, 8, user=await factories.user(session, 8))
    message = await factories.message(session, other, content(chat_id=STAFF, message_id=5))
    await factories.link(session, other, 77, copy_of=message.id)

    reply = await factories.message(session, ticket, content(chat_id=STAFF, reply_to=reply_to))

    assert reply.reply_to_id is None


# Edits


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(content("Hello"), content("Hello!"), id="another text"),
        pytest.param(content("Hello"), content("Hello", entities=BOLD), id="formatting"),
        pytest.param(content("Hello", entities=BOLD), content("Hello"), id="none any more"),
        pytest.param(photo(), photo("Look"), id="a caption"),
        pytest.param(photo("Look"), photo(), id="no caption any more"),
        pytest.param(photo(), photo(file_id="b", file_unique_id="b"), id="another file"),
    ],
)
async def test_an_edit_counts_as_a_revision(
    session: AsyncSession, ticket: Ticket, before: Content, after: Content
) -> None:
    message = await factories.message(session, ticket, before)

    assert messages.reword(message, after)

    assert message.revision == 1
    assert (message.text, message.entities or []) == (after.text, after.entities)
    assert (message.file_id, message.file_unique_id) == (after.file_id, after.file_unique_id)


@pytest.mark.parametrize(
    "written",
    [
        pytest.param(content("Hello", entities=BOLD), id="text"),
        pytest.param(content("Hello"), id="text without formatting"),
        pytest.param(photo("Look"), id="photo"),
        pytest.param(content(None, kind="location"), id="live location"),
    ],
)
async def test_equal_content_is_no_edit(
    session: AsyncSession, ticket: Ticket, written: Content
) -> None:
    message = await factories.message(session, ticket, written)

    assert not messages.reword(message, written)
    assert message.revision == 0


async def test_the_same_file_under_another_id_is_no_edit(
    session: AsyncSession, ticket: Ticket
) -> None:
    message = await factories.message(session, ticket, photo(file_id="one"))

    assert not messages.reword(message, photo(file_id="two"))


async def test_a_photo_may_become_a_video(session: AsyncSession, ticket: Ticket) -> None:
    message = await factories.message(session, ticket, photo())
    video: dict[str, Any] = {"kind": "video", "file_id": "v", "file_unique_id": "v"}

    assert messages.reword(message, content(None, **video))

    assert (message.kind, message.file_id) == ("video", "v")
