"""What people see of Telegram's troubles, with the real parts together."""

import pytest

from database.machinery import Delivery
from sandbox.client import Message, User
from tests.support.office import Office


async def count(user: User, text: str) -> int:
    """Count how often a user sees a text of the bot's."""
    messages = await user.chat.messages()
    return len([one for one in messages if one.from_id != user.id and text in one.text])


async def in_staff_chat(office: Office, text: str) -> list[Message]:
    """List the messages in the staff chat that contain `text`."""
    return [message for message in await office.support.messages() if text in message.text]


@pytest.mark.parametrize("trouble", ["error", "html", "cut_before"])
async def test_what_telegram_did_not_take_arrives_a_little_later_and_once(
    office: Office, alice: User, trouble: str
) -> None:
    card = await office.opens(alice, "My order is late")
    await office.telegram.breaks(trouble, method="sendMessage", chat_id=alice.id)

    await office.kate.replies(card, "It is on its way")
    await office.telegram.called("sendMessage", since=(await office.telegram.calls())[-1]["number"])
    await office.telegram.advance(3)

    await alice.sees("It is on its way")
    assert await count(alice, "It is on its way") == 1


async def test_only_a_lost_answer_of_telegram_can_make_a_duplicate(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    await office.telegram.breaks("cut_after", method="sendMessage", chat_id=alice.id)

    answer = await office.kate.replies(card, "It is on its way")
    await alice.sees("It is on its way")
    await office.telegram.advance(3)
    await office.kate.sees_reaction(answer, "👍")

    assert await count(alice, "It is on its way") == 2


async def test_an_answer_of_telegram_that_cannot_be_read_is_good_enough(
    office: Office, alice: User
) -> None:
    await office.telegram.breaks("garbage", method="sendMessage", chat_id=office.support.id)
    await alice.writes("My order is late")
    card = await office.sees("My order is late")

    await office.kate.replies(card, "It is on its way")

    await alice.sees("It is on its way")
    assert len(await in_staff_chat(office, "My order is late")) == 1


async def test_what_telegram_refuses_is_shown_to_who_wrote_it_and_can_be_sent_again(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    reason = "Bad Request: VOICE_MESSAGES_FORBIDDEN"
    await office.telegram.breaks(
        "error", method="sendMessage", chat_id=alice.id, status=400, description=reason
    )

    answer = await office.kate.replies(card, "It is on its way")
    failed = await office.sees("did not arrive")
    assert failed.reply_to == answer.id
    assert "(the user does not accept voice and video messages)" in failed.text
    await office.kate.presses(failed, "Send again")

    await alice.sees("It is on its way")


async def test_a_user_whose_message_staff_cannot_see_is_told(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")
    await office.telegram.breaks(
        "error",
        method="sendMessage",
        chat_id=office.support.id,
        status=400,
        description="Bad Request: nobody knows why",
    )

    written = await alice.writes("by three weeks")

    told = await alice.sees("couldn't pass this message on to our team")
    assert told.reply_to == written.id
    await office.sees("Telegram refused: nobody knows why")


async def test_while_the_bot_is_out_of_the_group_everything_is_kept(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "My order is late")
    await office.support.bot_becomes("kicked")
    await alice.writes("by three weeks")
    refused = await office.telegram.called("sendMessage", status=403)
    await office.holds_all()
    await office.telegram.advance(61)
    await office.telegram.called("sendMessage", status=403, since=refused["number"])

    await office.lets_bot_in()

    await office.sees("by three weeks")
    assert await count(alice, "couldn't pass this message on") == 0


async def test_what_staff_wrote_before_the_group_moved_reaches_the_user_although_it_moved_first(
    office: Office, alice: User
) -> None:
    """The courier may hear of the move before the poller hears of what was written till then."""
    card = await office.opens(alice, "My order is late")
    deaf = await office.telegram.breaks("html", method="getUpdates", times=None)
    await office.kate.replies(card, "It is on its way")
    await office.telegram.breaks("error", method="sendMessage", chat_id=office.support.id)
    new = await office.support.becomes_supergroup()
    await post_to_staff(office)
    await office.kate.sees("became a supergroup", in_=new)

    await office.telegram.mends(deaf)

    await alice.sees("It is on its way")
    assert all("not the staff chat" not in message.text for message in await new.messages())


async def post_to_staff(office: Office) -> None:
    """Have the courier send something to the staff chat without an update."""
    async with office.sessions.begin() as session:
        session.add(
            Delivery(
                chat_id=office.support.id,
                kind="update_set_aside",
                payload={"dead_update_id": 1},
                precedence=1,
                status="waiting",
                created_at=office.app.courier._clock(),
                due_at=office.app.courier._clock(),
            )
        )
    office.app.courier.wake()
