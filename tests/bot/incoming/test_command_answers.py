"""What a handler returns in a group goes through the outbox, just as it was returned."""

from aiogram.methods import SendMessage
from aiogram.utils.formatting import Bold, Text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.incoming.command_answers import answer_of
from services import outbox
from tests.bot.wording.wall import Wall
from tests.services.factories import STAFF
from tests.support.times import NOON


async def test_a_returned_text_keeps_its_formatting(session: AsyncSession) -> None:
    words = Text("Open: ", Bold("😀 seven"))
    answer = answer_of(SendMessage(chat_id=STAFF, **words.as_kwargs()))
    assert answer is not None
    await outbox.post_latest(session, *answer, now=NOON)

    wall = Wall(session)
    await wall.catch_up()
    (seen,) = wall.chat()

    assert seen.text == "Open: 😀 seven"
    assert seen.formatted("bold") == ["😀 seven"]
