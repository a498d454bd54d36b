"""From staff to a user: what is an answer, whom it reaches, and what stays among staff."""

import pytest
from sqlalchemy import select

from database.machinery import Delivery, DeliveryStatus
from database.models import Direction, Message, MessageLink
from sandbox.client import User
from tests.support.office import Office, formatted


async def test_an_answer_keeps_its_formatting(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")

    await office.kate.replies(
        card, "It is 😀 here", entities=[{"type": "bold", "offset": 9, "length": 4}]
    )

    assert formatted(await alice.sees("It is 😀 here"), "bold") == ["here"]


async def test_an_answer_that_looks_like_html_or_markdown_arrives_as_it_is(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")

    await office.kate.replies(card, "<b>1 < 2</b> & *a_b* [x](y) `z`")

    assert (await alice.sees("1 < 2")).text == "<b>1 < 2</b> & *a_b* [x](y) `z`"


async def test_a_reply_to_a_follow_up_quotes_the_users_own_message(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "My order is late")
    question = await alice.writes("Where is it?")
    follow_up = await office.sees("Where is it?")

    await office.kate.replies(follow_up, "In Hamburg")

    assert (await alice.sees("In Hamburg")).reply_to == question.id


async def test_a_reply_to_a_copied_photo_answers_its_user(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")
    question = await alice.sends_photo("Look")
    copy = await office.sees("Look", kind="photo")

    await office.kate.replies(copy, "I see")

    assert (await alice.sees("I see")).reply_to == question.id


async def test_a_reply_to_a_failure_notice_answers_its_user(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    await alice.blocks_bot()
    await office.kate.replies(card, "It is on its way")
    notice = await office.sees("this did not arrive")
    await alice.unblocks_bot()

    await office.kate.replies(notice, "Are you there?")

    await alice.sees("Are you there?")


async def test_a_reply_to_a_retired_card_answers_its_user(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    await office.kate.presses(card, "Close")
    await alice.sees("is closed")
    await alice.writes("It is still not here")
    await office.kate.sees_edit(card, "continues below")

    await office.kate.replies(card, "We are looking into it")

    await alice.sees("We are looking into it")


async def test_an_answer_to_a_closed_ticket_is_delivered_and_leaves_it_closed(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    await office.kate.presses(card, "Close")
    closed = await office.kate.sees_edit(card, "closed")

    answer = await office.kate.replies(card, "By the way, it is here")

    await alice.sees("it is here")
    await office.kate.sees_reaction(answer, "👍")
    await office.says_in_staff_chat()
    assert await office.support.message(card.id) == closed


async def test_an_answer_reaches_the_user_of_its_ticket_and_nobody_else(
    office: Office, alice: User, bob: User
) -> None:
    card = await office.opens(alice, "Mine is late")
    other = await office.opens(bob, "Mine is broken")

    await office.kate.replies(card, "For Alice, whatever #2 says")
    await office.kate.replies(other, "For Bob")

    await bob.sees("For Bob")
    await alice.sees("For Alice")
    assert not any("Alice" in message.text for message in await bob.chat.messages())
    assert not any("Bob" in message.text for message in await alice.chat.messages())


async def test_what_replies_to_staff_or_to_nobody_stays_among_staff(
    office: Office, alice: User
) -> None:
    await office.telegram.bot(privacy=False)
    await office.opens(alice, "My order is late")
    said = await office.kate.writes("Who knows about this?", to=office.support)
    mike = await office.telegram.user("Mike")
    await mike.joins(office.support)
    await mike.replies(said, "I do")

    await office.kate.replies(await office.sees("My order is late"), "It is on its way")

    await alice.sees("It is on its way")
    assert not any(
        words in message.text
        for message in await alice.chat.messages()
        for words in ("Who knows", "I do")
    )


async def test_a_group_that_forbids_the_reaction_still_answers(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    await office.support.allows_reactions([])

    await office.kate.replies(card, "It is on its way")
    await alice.sees("It is on its way")
    refused = await office.telegram.called("setMessageReaction", status=400)

    await office.kate.replies(card, "It is here")
    await alice.sees("It is here")
    await office.telegram.called("setMessageReaction", status=400, since=refused["number"])
    help_ = await office.says_in_staff_chat()
    assert not any("did not arrive" in m.text for m in await office.support.messages())
    assert help_.id > card.id


async def test_a_note_is_marked_and_never_reaches_the_user(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")

    note = await office.kate.replies(card, "// he is a friend of the boss")
    await office.kate.sees_reaction(note, "✍")
    await office.kate.replies(card, "It is on its way")

    await alice.sees("It is on its way")
    assert not any("boss" in message.text for message in await alice.chat.messages())


@pytest.mark.parametrize(
    "text", ["//", " // note", "//note", "\n// note", "// https://example.org"]
)
async def test_whatever_begins_with_two_slashes_is_a_note(
    office: Office, alice: User, text: str
) -> None:
    card = await office.opens(alice, "My order is late")

    note = await office.kate.replies(card, text)

    await office.kate.sees_reaction(note, "✍")
    await office.kate.replies(card, "It is on its way")
    await alice.sees("It is on its way")
    assert len([m for m in await alice.chat.messages() if m.from_id != alice.id]) == 2


async def test_a_caption_can_make_a_note_too(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")

    note = await office.kate.sends_photo("// from the warehouse", reply_to=card)
    await office.kate.sees_reaction(note, "✍")
    await office.kate.replies(card, "It is on its way")

    await alice.sees("It is on its way")
    assert not any(message.kind == "photo" for message in await alice.chat.messages())


async def test_a_note_leaves_the_ticket_as_it_is(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")

    note = await office.kate.replies(card, "// who takes it?")

    await office.kate.sees_reaction(note, "✍")
    await office.says_in_staff_chat()
    assert await office.support.message(card.id) == card


async def test_an_anonymous_administrator_answers_like_anybody(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")

    answer = await office.kate.replies(card, "It is on its way", anonymous=True)

    await alice.sees("It is on its way")
    await office.kate.sees_reaction(answer, "👍")


async def test_a_post_of_a_channel_in_the_staff_chat_answers_like_anybody(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    channel = {"id": -1009000000001, "type": "channel", "title": "News"}

    await office.kate.replies(card, "It is on its way", sender_chat=channel)

    await alice.sees("It is on its way")


async def test_a_reply_that_belongs_to_no_ticket_is_answered(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")
    help_ = await office.says_in_staff_chat()

    reply = await office.kate.replies(help_, "It is on its way")

    answer = await office.sees("I don't know which ticket this belongs to")
    assert answer.reply_to == reply.id
    assert len([m for m in await alice.chat.messages() if m.from_id != alice.id]) == 1


async def test_a_reply_to_a_copy_whose_link_is_not_stored_yet_arrives_all_the_same(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "My order is late")
    await office.telegram.latency(1.0, 1.0)
    await alice.writes("Where is it?")
    follow_up = await office.sees("Where is it?")

    # Telegram has the copy; the bot will know its id in half a second.
    await office.kate.replies(follow_up, "In Hamburg")
    await office.telegram.mends()

    await alice.sees("In Hamburg")
    assert not any("I don't know" in m.text for m in await office.support.messages())


async def test_a_reply_to_a_card_is_understood_by_its_buttons_if_the_link_is_lost(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    async with office.sessions.begin() as session:
        for link in await session.scalars(select(MessageLink)):
            await session.delete(link)

    await office.kate.replies(card, "It is on its way")

    await alice.sees("It is on its way")


async def test_answers_arrive_in_the_order_in_which_they_were_written(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")

    for number in range(10):
        await office.kate.replies(card, f"answer {number}")

    await alice.sees("answer 9")
    answers = [m.text for m in await alice.chat.messages() if m.text.startswith("answer")]
    assert answers == [f"answer {number}" for number in range(10)]


async def test_nothing_is_sent_twice_or_left_over(office: Office, alice: User) -> None:
    card = await office.opens(alice, "My order is late")
    answer = await office.kate.replies(card, "It is on its way")
    await office.kate.sees_reaction(answer, "👍")
    await office.kate.sees_edit(card, "answered")
    await office.app.courier.settled()

    async with office.sessions() as session:
        deliveries = list(await session.scalars(select(Delivery)))
        directions = list(await session.scalars(select(Message.direction)))
    assert {(one.status, one.attempts) for one in deliveries} == {(DeliveryStatus.DELIVERED, 1)}
    assert directions == [Direction.QUESTION, Direction.ANSWER]
