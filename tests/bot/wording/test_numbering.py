"""Answers to a user with several open tickets: each begins with its ticket's number."""

from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.address import Place
from core.text import utf16_len
from database.models import Message, Ticket
from services import ticket_service as tickets
from services.helpdesk import answers, closing, messages
from services.helpdesk.content import Content
from tests.bot.wording.wall import Wall
from tests.services import factories
from tests.services.factories import ANN, STAFF, content, photo
from tests.support.duties import passes
from tests.support.times import NOON

USER = ANN.telegram_id


@pytest.fixture
async def other(session: AsyncSession) -> Ticket:
    """Have Ann's current ticket."""
    return await factories.ticket(session, 8)


@pytest.fixture
async def ticket(session: AsyncSession, other: Ticket) -> Ticket:
    """Have a ticket beside it."""
    return await factories.ticket(session, 7, user=other.user, is_current=False)


async def answer(session: AsyncSession, ticket: Ticket, written: Content) -> Message:
    await answers.write(session, ticket, written, by=None, now=NOON)
    kept = await messages.find(session, Place(STAFF, written.message_id))
    assert kept is not None
    return kept


def words(length: int) -> str:
    return ("word " * length)[: length - 1] + "."


def unnumbered(*texts: str) -> str:
    return "".join(texts).removeprefix("#7\n")


async def test_a_text_begins_with_it_and_its_ticket_becomes_current(
    session: AsyncSession, wall: Wall, ticket: Ticket
) -> None:
    bold = [{"type": "bold", "offset": 3, "length": 2}]
    await answer(session, ticket, content("It is late", chat_id=STAFF, entities=bold))
    await wall.catch_up()

    (seen,) = wall.chat(USER)
    assert (seen.text, seen.formatted("bold")) == ("#7\nIt is late", ["is"])
    assert ticket.is_current


async def test_a_ticket_whose_close_its_user_has_not_heard_of_counts_as_open(
    session: AsyncSession, wall: Wall, other: Ticket, ticket: Ticket
) -> None:
    await tickets.close(session, other, by=None, now=NOON)
    await answer(session, ticket, content("It is late", chat_id=STAFF))
    await answer(session, other, content("It is red", chat_id=STAFF))
    await wall.catch_up()
    await passes(session, NOON + closing.TOLD_AFTER)
    await answer(session, ticket, content("And blue", chat_id=STAFF))
    await wall.catch_up()

    texts = [text for text in wall.texts(USER) if "closed" not in text]
    assert texts == ["#7\nIt is late", "#8\nIt is red", "And blue"]


@pytest.mark.parametrize("length", [4000, 4063, 4064, 4065, 4093, 4094, 4096])
@pytest.mark.parametrize("closes", [False, True])
async def test_nothing_of_a_long_text_is_lost_if_the_other_ticket_closes_meanwhile(
    session: AsyncSession, wall: Wall, other: Ticket, ticket: Ticket, length: int, *, closes: bool
) -> None:
    await answer(session, ticket, content(words(length), chat_id=STAFF))
    while await wall.step() != "answer_posted":
        pass
    if closes:
        await tickets.close(session, other, by=None, now=NOON)
    await wall.catch_up()

    texts = [text for text in wall.texts(USER) if "closed" not in text]
    assert unnumbered(*texts) == words(length)
    assert all(utf16_len(text) <= 4096 for text in texts)


@pytest.mark.parametrize("length", [10, 4070, 4094, 4096])
async def test_an_edit_keeps_it_where_there_is_room(
    session: AsyncSession, wall: Wall, ticket: Ticket, length: int
) -> None:
    written = await answer(session, ticket, content("It is late", chat_id=STAFF))
    await wall.catch_up()

    edited = content(words(length), chat_id=STAFF)
    await answers.edit(session, ticket, written, edited, now=NOON)
    await wall.catch_up()

    (seen,) = wall.chat(USER)
    assert unnumbered(seen.text) == words(length)
    assert seen.text.startswith("#7\n") == (length <= 4093)


@pytest.mark.parametrize(("caption", "shown"), [("Here", "#7\nHere"), (None, "#7")])
async def test_a_photo_has_it_in_its_caption(
    session: AsyncSession, wall: Wall, ticket: Ticket, caption: str | None, shown: str
) -> None:
    await answer(session, ticket, photo(caption, chat_id=STAFF))
    await wall.catch_up()

    (seen,) = wall.chat(USER)
    assert getattr(seen.method, "caption", None) == shown


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "sticker", "file_id": "s", "file_unique_id": "s"},
        {"kind": "contact", "details": {"contact": {"phone_number": "1", "first_name": "A"}}},
        {"kind": "photo", "file_id": "p", "file_unique_id": "p", "text": words(1024)},
    ],
    ids=lambda fields: fields["kind"],
)
async def test_where_there_is_no_room_it_is_sent_before(
    session: AsyncSession, wall: Wall, ticket: Ticket, fields: dict[str, Any]
) -> None:
    await answer(session, ticket, content(fields.pop("text", None), chat_id=STAFF, **fields))
    await wall.catch_up()

    number, seen = wall.chat(USER)
    assert number.text == "#7"
    assert type(seen.method).__name__ == "CopyMessage"


async def test_an_album_has_it_in_the_first_caption(
    session: AsyncSession, wall: Wall, ticket: Ticket
) -> None:
    for caption in ("One", "Two"):
        await answer(session, ticket, photo(caption, chat_id=STAFF, media_group_id="album"))
    wall.now = NOON.replace(minute=1)
    await wall.catch_up()

    first, _ = wall.chat(USER)
    captions = [one.caption for one in first.method.media]  # type: ignore[union-attr]
    assert captions == ["#7\nOne", "Two"]
