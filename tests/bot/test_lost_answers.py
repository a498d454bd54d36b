"""An answer whose send got no reply from Telegram: the user may have a copy that we don't know."""

import pytest

from sandbox.client import Message, User
from tests.bot.test_standing import of_bot, said_to
from tests.support.office import Office, Sessions, open_office

REMAINS = "Telegram gave no answer when this was sent to the user"


async def doubled(office: Office, user: User, card: Message, text: str) -> Message:
    """Have an answer arrive twice, because nobody hears that the first copy has."""
    await office.telegram.breaks("cut_after", method="sendMessage", chat_id=user.id)
    answer = await office.kate.replies(card, text)
    first = await user.sees(text)
    await user.sees(text, after=first)
    await office.kate.sees_reaction(answer, "👍")
    return answer


async def test_staff_are_told_that_a_copy_may_remain_of_what_they_take_back(
    sessions: Sessions,
) -> None:
    async with open_office(sessions) as office:
        alice = await office.telegram.user("Alice")
        card = await office.opens(alice, "My order is late")
        answer = await doubled(office, alice, card, "She lies")

        await office.kate.edits(answer, "// She lies")

        told = await office.sees(REMAINS)
        assert told.reply_to == answer.id
        assert "#1" in told.text
        await office.app.courier.settled()
        assert (await said_to(alice)).count("She lies") == 1
        assert len([text for text in await of_bot(office.support) if REMAINS in text]) == 1


async def test_nobody_is_told_of_copies_where_each_send_had_its_answer(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    await doubled(office, alice, card, "It is on its way")
    answer = await office.kate.replies(card, "She lies")
    shown = await alice.sees("She lies")

    await office.kate.edits(answer, "// She lies")

    await office.kate.sees_reaction(answer, "✍")
    await office.says_in_staff_chat()
    await office.app.courier.settled()
    assert await alice.chat.message(shown.id) is None
    assert not any(REMAINS in text for text in await of_bot(office.support))


@pytest.mark.parametrize("how", ["html_after", "cut_after"])
async def test_an_answer_that_is_taken_back_before_it_is_tried_again_may_remain_too(
    office: Office, alice: User, how: str
) -> None:
    card = await office.opens(alice, "My order is late")
    await office.telegram.breaks(how, method="sendMessage", chat_id=alice.id)
    await office.telegram.breaks("html", method="sendMessage", chat_id=alice.id, times=None)
    answer = await office.kate.replies(card, "She lies")
    await alice.sees("She lies")

    await office.kate.edits(answer, "// She lies")

    assert (await office.sees(REMAINS)).reply_to == answer.id
