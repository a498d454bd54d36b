"""A message that Telegram answers with 500 each time holds nobody, and its writer hears of it."""

from collections.abc import Awaitable, Callable

from sandbox.client import Message, User
from tests.support.office import Office

HOUR = 3600

# How much time passes at once, in seconds.
EVERY = 20


async def breaks(office: Office, *methods: str, chat_id: int | None = None) -> None:
    """Have Telegram fail at these methods, and at nothing else."""
    for method in methods:
        await office.telegram.breaks(
            "error",
            method=method,
            chat_id=chat_id,
            status=500,
            times=None,
            description="Internal Server Error",
        )


async def until(office: Office, seen: Callable[[], Awaitable[bool]]) -> None:
    """Let time pass until something is seen; a slow machine takes fewer tries in that time."""
    waited = 0.0
    while not await seen():
        assert waited < 20 * HOUR, "not seen"
        await office.telegram.advance(EVERY)
        waited += EVERY
        # The question for updates that is open would have come back meanwhile, with nothing.
        office.app.courier.hear(after_silence=False)
        await office.app.courier.settled()


async def in_group(office: Office, text: str) -> list[Message]:
    return [one for one in await office.support.messages() if text in one.text]


async def arrives(user: User, text: str) -> bool:
    return any(text in one.text for one in await user.chat.messages())


async def test_what_comes_behind_a_sticker_that_fails_is_seen_within_minutes(
    office: Office, alice: User
) -> None:
    await office.opens(alice, "My order is late")
    await breaks(office, "copyMessage", "sendSticker")
    sticker = await alice.sends("sticker")
    await alice.writes("and it is urgent")
    await office.telegram.called("copyMessage", status=500)

    async def seen() -> bool:
        return bool(await in_group(office, "urgent"))

    await until(office, seen)
    told = await alice.sees("hasn't reached our team yet")
    assert told.reply_to == sticker.id
    await office.telegram.advance(HOUR)
    await alice.writes("really urgent")
    await office.sees("really urgent")
    told_again = [m for m in await alice.chat.messages() if "hasn't reached" in m.text]
    assert len(told_again) == 1


async def test_it_arrives_when_telegram_takes_it_after_all(office: Office, alice: User) -> None:
    await office.opens(alice, "My order is late")
    await breaks(office, "copyMessage", "sendSticker")
    await alice.sends("sticker")
    await alice.writes("and it is urgent")
    await office.telegram.called("copyMessage", status=500)

    async def passed() -> bool:
        return bool(await in_group(office, "urgent"))

    await until(office, passed)
    await office.telegram.mends()

    async def arrived() -> bool:
        return any(one.kind == "sticker" for one in await office.support.messages())

    await until(office, arrived)


async def test_staff_hear_of_an_answer_that_does_not_get_through(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    await breaks(office, "sendMessage", chat_id=alice.id)
    answer = await office.kate.replies(card, "It is on its way")
    await office.telegram.called("sendMessage", status=500)

    async def told() -> bool:
        return bool(await in_group(office, "takes longer than usual"))

    await until(office, told)
    (notice,) = await in_group(office, "takes longer than usual")
    assert notice.reply_to == answer.id
    await office.telegram.mends()
    await until(office, lambda: arrives(alice, "It is on its way"))


async def test_an_edit_of_what_is_stuck_is_seen_once_and_not_before_it(
    office: Office, alice: User
) -> None:
    card = await office.opens(alice, "My order is late")
    await breaks(office, "sendMessage", chat_id=alice.id)
    answer = await office.kate.replies(card, "It is on its weigh")
    await office.telegram.called("sendMessage", status=500)

    async def told() -> bool:
        return bool(await in_group(office, "takes longer than usual"))

    await until(office, told)
    await office.telegram.advance(60)
    await office.app.courier.settled()
    await office.kate.edits(answer, "It is on its way")
    await office.telegram.advance(60)
    await office.app.courier.settled()
    await office.telegram.mends()
    await until(office, lambda: arrives(alice, "It is on its way"))

    arrived = await alice.sees("It is on its way")
    assert arrived.edits == 0
    assert not any("weigh" in m.text for m in await alice.chat.messages())
