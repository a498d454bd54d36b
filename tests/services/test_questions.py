from sqlalchemy.ext.asyncio import AsyncSession

from database.models import Ticket
from services import questions
from services.notices import QuestionEdited, QuestionPosted
from tests.services import factories
from tests.services.factories import STAFF, content
from tests.times import NOON


async def test_an_edit_of_a_question_follows_it_to_staff(
    session: AsyncSession, ticket: Ticket
) -> None:
    message = await factories.message(session, ticket)

    await questions.edit(session, message, content("Hello there"), now=NOON)

    assert (message.text, message.revision) == ("Hello there", 1)
    assert await factories.waiting(session) == [(STAFF, QuestionEdited(message.id))]


async def test_several_edits_of_a_question_wait_as_one(
    session: AsyncSession, ticket: Ticket
) -> None:
    message = await factories.message(session, ticket)

    for text in ("Hello there", "Hello all"):
        await questions.edit(session, message, content(text), now=NOON)

    assert message.revision == 2
    assert await factories.waiting(session) == [(STAFF, QuestionEdited(message.id))]


async def test_an_edit_that_changes_nothing_is_ignored(
    session: AsyncSession, ticket: Ticket
) -> None:
    message = await factories.message(session, ticket)

    await questions.edit(session, message, content(), now=NOON)

    assert await factories.waiting(session) == []


async def test_a_message_may_begin_with_slashes_and_stay_a_question(
    session: AsyncSession, ticket: Ticket
) -> None:
    message = await factories.message(session, ticket)

    await questions.edit(session, message, content("// not a note"), now=NOON)

    assert await factories.waiting(session) == [(STAFF, QuestionEdited(message.id))]


async def test_a_first_text_that_becomes_a_photo_is_shown_under_its_card(
    session: AsyncSession, ticket: Ticket
) -> None:
    """A card holds text only: a file that replaces it was seen by nobody."""
    first = await factories.message(session, ticket)
    later = await factories.message(session, ticket)

    await questions.edit(session, first, factories.photo("Hello"), now=NOON)
    await questions.edit(session, later, factories.photo("Hello"), now=NOON)

    assert await factories.waiting(session) == [
        (STAFF, QuestionEdited(first.id)),
        (STAFF, QuestionPosted(first.id)),
        (STAFF, QuestionEdited(later.id)),
    ]
