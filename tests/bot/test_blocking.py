"""A user who blocked the bot: staff are told, and nothing is lost when the user comes back."""

from sandbox.client import Message, User
from tests.support.office import Office


async def refused(office: Office, alice: User) -> tuple[Message, Message, Message]:
    """Have an answer fail; return the card, the answer and the notice about it."""
    card = await office.opens(alice, "My order is late")
    await alice.blocks_bot()
    answer = await office.kate.replies(card, "It is on its way")
    return card, answer, await office.sees("this did not arrive")


async def test_who_wrote_the_answer_is_told_that_it_did_not_arrive_and_why(
    office: Office, alice: User
) -> None:
    _, answer, notice = await refused(office, alice)

    assert notice.reply_to == answer.id
    assert notice.text == "#1: this did not arrive (the user has blocked the bot)."
    assert notice.buttons == ["Send again"]


async def test_what_failed_is_not_tried_again_by_itself(office: Office, alice: User) -> None:
    await refused(office, alice)
    await alice.unblocks_bot()
    await office.telegram.advance(3600)

    await office.says_in_staff_chat()

    tries = [c for c in await office.telegram.calls("sendMessage") if c["chat_id"] == alice.id]
    assert [call["status"] for call in tries] == [200, 403]


async def test_the_button_sends_it_again_once_the_user_is_back(office: Office, alice: User) -> None:
    _, answer, notice = await refused(office, alice)
    await alice.unblocks_bot()

    press = await office.kate.presses(notice, "Send again")

    assert await press.answer() == "Sending again."
    await alice.sees("It is on its way")
    await office.kate.sees_reaction(answer, "👍")
    told = await office.kate.sees_edit(notice, "#1: sent again, it has arrived.")
    assert told.buttons == []


async def test_the_button_of_what_became_a_note_says_so(office: Office, alice: User) -> None:
    _, answer, notice = await refused(office, alice)
    await office.kate.edits(answer, "// It is on its way")
    await office.kate.sees_reaction(answer, "✍")

    for _ in range(2):
        press = await office.kate.presses(notice, "Send again")
        assert await press.answer() == "This is a note now, so it won't be sent."


async def test_what_fails_again_leaves_one_notice_with_a_button(
    office: Office, alice: User
) -> None:
    _, _, notice = await refused(office, alice)

    await office.kate.presses(notice, "Send again")

    told = await office.kate.sees_edit(notice, "#1: sent again, but it did not arrive.")
    assert told.buttons == []
    second = await office.sees("this did not arrive", after=notice)
    assert second.buttons == ["Send again"]


async def test_pressing_too_early_fails_again_and_pressing_twice_sends_once(
    office: Office, alice: User
) -> None:
    _, _, notice = await refused(office, alice)
    await office.kate.presses(notice, "Send again")
    second = await office.sees("this did not arrive", after=notice)
    await alice.unblocks_bot()

    await office.kate.presses(second, "Send again")
    await alice.sees("It is on its way")
    press = await office.kate.presses(notice, "Send again")

    assert await press.answer() == "It has already arrived, or is being sent right now."
    assert sum("on its way" in m.text for m in await alice.chat.messages()) == 1


async def test_an_album_that_failed_is_sent_again_as_an_album(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    await alice.blocks_bot()
    await office.kate.sends_album([{"kind": "photo", "caption": "here"}, "photo"], reply_to=card)
    notice = await office.sees("this did not arrive")
    await alice.unblocks_bot()

    await office.kate.presses(notice, "Send again")

    first = await alice.sees("here")
    album = [m for m in await alice.chat.messages() if m.album == first.album]
    assert len(album) == 2


async def test_staff_are_told_when_the_user_is_back_and_missed_something(
    office: Office, alice: User
) -> None:
    card, _, _ = await refused(office, alice)

    await alice.unblocks_bot()

    back = await office.sees("#1: the user is back. What did not arrive can be sent again.")
    assert back.reply_to == card.id


async def test_all_that_a_user_missed_is_sent_again_by_one_press_on_the_return(
    office: Office, alice: User
) -> None:
    card, first, _ = await refused(office, alice)
    second = await office.kate.replies(card, "It is blue")
    await office.app.courier.settled()
    await alice.unblocks_bot()
    back = await office.sees("the user is back")
    assert back.buttons == ["Send again"]

    await office.kate.presses(back, "Send again")

    await alice.sees("It is on its way")
    await alice.sees("It is blue")
    for answer in (first, second):
        await office.kate.sees_reaction(answer, "👍")
    assert (await office.kate.sees_edit(back, "it has arrived")).buttons == []


async def test_what_was_missed_on_a_closed_ticket_is_sent_again_on_the_return(
    office: Office, alice: User
) -> None:
    card, _, _ = await refused(office, alice)
    await office.kate.replies(card, "/close")
    await office.kate.sees_edit(card, "closed")
    await alice.unblocks_bot()

    await office.kate.presses(await office.sees("the user is back"), "Send again")

    await alice.sees("It is on its way")


async def test_a_ticket_whose_answer_did_not_arrive_waits_for_staff_until_it_does(
    office: Office, alice: User
) -> None:
    card, _, notice = await refused(office, alice)
    await office.kate.sees_edit(card, "new · the user has blocked the bot")
    await alice.unblocks_bot()

    await office.kate.presses(notice, "Send again")

    await office.kate.sees_edit(card, "answered, waiting for the user")


async def test_the_card_says_that_the_user_has_blocked_the_bot_until_the_return(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")

    await alice.blocks_bot()

    await office.kate.sees_edit(card, "new · the user has blocked the bot")
    await alice.unblocks_bot()
    await office.kate.sees_edit(card, "new · asked")


async def test_who_missed_nothing_comes_back_without_a_word(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")
    await alice.blocks_bot()
    await alice.unblocks_bot()

    await alice.writes("I am back")

    await office.sees("I am back")
    assert not any("the user is back" in m.text for m in await office.support.messages())


async def test_the_ticket_goes_on_when_the_user_is_back(office: Office, alice: User) -> None:
    card, _, _ = await refused(office, alice)
    await alice.unblocks_bot()

    await alice.writes("I am back")

    follow_up = await office.sees("I am back")
    assert follow_up.text.startswith("#1 · ")
    await office.kate.replies(card, "Welcome")
    await alice.sees("Welcome")


async def test_later_answers_are_tried_although_an_earlier_one_failed(
    office: Office, alice: User
) -> None:
    card, _, _ = await refused(office, alice)
    await alice.unblocks_bot()

    await office.kate.replies(card, "Are you there?")

    await alice.sees("Are you there?")


async def test_a_deleted_account_is_reported_like_a_block(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    await alice.deactivates()

    await office.kate.replies(card, "It is on its way")

    await office.sees("this did not arrive (the user's account was deleted)")


async def test_closing_the_ticket_of_who_blocked_the_bot_closes_it(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    await alice.blocks_bot()

    await office.kate.replies(card, "/close")

    await office.kate.sees_edit(card, "closed · Kate")


async def test_one_users_block_keeps_nobody_elses_answer(
    office: Office, alice: User, bob: User
) -> None:
    card = await office.opens(bob, "Mine is broken")
    await refused(office, alice)

    await office.kate.replies(card, "Yours is repaired")

    await bob.sees("Yours is repaired")


async def test_one_press_settles_all_notices_that_offer_the_same(
    office: Office, alice: User
) -> None:
    card, _, first = await refused(office, alice)
    await office.kate.replies(card, "It is blue")
    second = await office.sees("this did not arrive", after=first)
    await alice.unblocks_bot()
    back = await office.sees("the user is back")

    await office.kate.presses(back, "Send again")

    told = await office.kate.sees_edit(back, "#1: sent again, all 2 have arrived.")
    assert told.buttons == []
    for notice in (first, second):
        told = await office.kate.sees_edit(notice, "#1: sent again, it has arrived.")
        assert told.buttons == []


async def test_what_failed_in_an_earlier_block_is_not_sent_at_a_later_return(
    office: Office, alice: User
) -> None:
    card, _, first = await refused(office, alice)
    await alice.unblocks_bot()
    earlier = await office.sees("the user is back")
    await office.telegram.advance(60)
    await office.kate.replies(card, "It will come on Friday")
    await alice.sees("on Friday")
    await alice.blocks_bot()
    await office.kate.replies(card, "It has come")
    await office.sees("this did not arrive", after=earlier)
    await alice.unblocks_bot()
    later = await office.sees("the user is back", after=earlier)

    await office.kate.presses(later, "Send again")

    await alice.sees("It has come")
    await office.kate.sees_edit(later, "#1: sent again, it has arrived.")
    assert not any("on its way" in m.text for m in await alice.chat.messages())
    shown = await office.support.message(first.id)
    assert shown is not None
    assert shown.buttons == ["Send again"]


async def test_what_could_not_be_taken_back_in_a_block_is_taken_back_at_the_return(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    answer = await office.kate.replies(card, "You are a nuisance")
    copy = await alice.sees("a nuisance")
    await alice.blocks_bot()
    await office.kate.sees_edit(card, "the user has blocked the bot")
    await office.kate.edits(answer, "// She is a nuisance")
    notice = await office.sees("this can't be taken back now, because the user has blocked the bot")
    assert notice.buttons == []
    await office.app.courier.settled()

    await alice.unblocks_bot()

    await alice.sees_gone(copy)
    await office.kate.sees_edit(notice, "#1: the user is back, and this was taken back.")
