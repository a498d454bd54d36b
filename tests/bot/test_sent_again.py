"""What was sent again counts from then on, and its notice says what became of it."""

from sandbox.client import User
from tests.bot.test_blocking import refused
from tests.bot.test_standing import said_to
from tests.support.office import Office


async def test_what_became_a_note_meanwhile_was_not_sent_again(office: Office, alice: User) -> None:
    _, answer, notice = await refused(office, alice)
    await alice.unblocks_bot()
    await office.sees("the user is back")
    await office.telegram.breaks("html", method="sendMessage", chat_id=alice.id, times=None)
    await office.kate.presses(notice, "Send again")
    await office.telegram.called("sendMessage", status=502)

    await office.kate.edits(answer, "// It is on its way")

    await office.kate.sees_reaction(answer, "✍")
    await office.telegram.mends()
    await office.telegram.advance(60)
    told = await office.kate.sees_edit(notice, "sent again")
    assert told.text == "#1: this is a note now, so it wasn't sent again."
    assert not any("on its way" in text for text in await said_to(alice))


async def test_it_remains_when_a_later_answer_is_taken_back(office: Office, alice: User) -> None:
    card, first, notice = await refused(office, alice)
    await alice.unblocks_bot()
    second = await office.kate.replies(card, "Second answer")
    copy = await alice.sees("Second answer")
    await office.kate.presses(notice, "Send again")
    await alice.sees("It is on its way")
    await office.kate.sees_reaction(first, "👍")

    await office.kate.edits(second, "// Second answer")

    await alice.sees_gone(copy)
    await office.kate.sees_reaction(second, "✍")
    await office.says_in_staff_chat()
    await office.all_goes()
    shown = await office.support.message(card.id)
    assert shown is not None
    assert "answered, waiting" in shown.text


async def test_an_edit_of_what_it_answers_is_told(office: Office, alice: User) -> None:
    card, _, notice = await refused(office, alice)
    await alice.unblocks_bot()
    more = await alice.writes("Any news?")
    copy = await office.sees("Any news?")
    await office.kate.presses(notice, "Send again")
    await alice.sees("It is on its way")
    await office.kate.sees_edit(card, "answered, waiting for the user")

    await alice.edits(more, "Cancel it!")

    told = await office.sees("edited this message since you answered")
    assert told.reply_to == copy.id


async def test_data_of_a_notice_does_not_turn_a_card_into_one(office: Office, alice: User) -> None:
    card, _, notice = await refused(office, alice)
    await alice.unblocks_bot()
    data = notice.raw["keyboard"]["inline_keyboard"][0][0]["callback_data"]

    await office.kate.presses(card, data=data)

    await alice.sees("It is on its way")
    await office.kate.sees_edit(notice, "sent again")
    await office.all_goes()
    shown = await office.support.message(card.id)
    assert shown is not None
    assert "My order is late" in shown.text
