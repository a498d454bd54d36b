"""A press is answered by a whisper, or else by something that all see; and then as a press."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiogram.methods import AnswerCallbackQuery, EditMessageReplyMarkup, SendMessage
from aiogram.types import EphemeralMessageParameters, InlineKeyboardButton, InlineKeyboardMarkup

from bot.client import make_bot
from bot.outgoing.best_effort import Asides
from bot.whispers import PressAnswered
from sandbox import Telegram
from sandbox.client import Chat, Message, User
from services.delivery.limiter import Limiter
from services.whispers import WITHIN
from tests.support.office import close, open_telegram, settings_for


@dataclass
class Desk:
    """A group with a card of the bot's, which is no administrator, and Kate, who presses."""

    telegram: Telegram
    asides: Asides
    limiter: Limiter
    support: Chat
    kate: User
    card: Message
    clock: list[float] = field(default_factory=lambda: [0.0])

    async def presses(self, text: str = "a menu") -> PressAnswered:
        """Have Kate press the card's button, for the whisper that answers her."""
        query = await self.kate.presses(self.card, "More")
        to = EphemeralMessageParameters(receiver_user_id=self.kate.id, callback_query_id=query.id)
        menu = SendMessage(chat_id=self.support.id, text=text, ephemeral_message_parameters=to)
        return PressAnswered(menu, None, query.id)

    def answers(self, press: PressAnswered) -> None:
        """Whisper, or else change the card and answer the press."""

        async def for_all() -> None:
            self.asides.show(
                EditMessageReplyMarkup(
                    chat_id=self.support.id, message_id=self.card.id, reply_markup=keyboard("Menu")
                )
            )
            self.asides.show(AnswerCallbackQuery(callback_query_id=press.query_id))

        self.asides.whisper(press, for_all)

    async def calls(self) -> list[str]:
        return [call["method"] for call in await self.telegram.calls()][1:]

    async def passes(self, seconds: float) -> None:
        for _ in range(3):
            await asyncio.sleep(0)  # the task has its turn
        self.clock[0] += seconds


def keyboard(label: str) -> InlineKeyboardMarkup:
    button = InlineKeyboardButton(text=label, callback_data="more")
    return InlineKeyboardMarkup(inline_keyboard=[[button]])


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    async with open_telegram() as (sandbox, telegram):
        kate = await telegram.user("Kate")
        support = await telegram.group("Support", members=[kate])
        limiter, clock = Limiter(), [0.0]
        bot = make_bot(settings_for(sandbox, support))
        asides = Asides(bot, limiter, lambda: clock[0])
        await bot(SendMessage(chat_id=support.id, text="card", reply_markup=keyboard("More")))
        card = await kate.sees("card", in_=support)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(asides.run())
            yield Desk(telegram, asides, limiter, support, kate, card, clock)
            task.cancel()
        await close(bot)


def fill(desk: Desk, *, until: float) -> None:
    """Let the group have no room until this time."""
    for _ in range(20):
        desk.limiter.leave(desk.support.id)
        desk.limiter.answer(until - 60.0, desk.support.id)


async def test_whoever_pressed_alone_sees_the_answer_and_the_press_is_answered_after_it(
    desk: Desk,
) -> None:
    desk.answers(await desk.presses())

    menu = await desk.kate.sees("a menu", in_=desk.support)
    await desk.telegram.called("answerCallbackQuery", status=200)
    assert (menu.only_for, menu.silent) == (desk.kate.id, True)
    assert await desk.calls() == ["sendMessage", "answerCallbackQuery"]


async def test_a_whisper_that_telegram_refuses_is_answered_for_all(desk: Desk) -> None:
    press = await desk.presses()
    await desk.telegram.advance(16)

    desk.answers(press)

    assert (await desk.kate.sees_edit(desk.card)).buttons == ["Menu"]
    assert all(message.only_for is None for message in await desk.support.messages())
    await desk.telegram.called("answerCallbackQuery", status=200)


async def test_a_whisper_without_room_for_ten_seconds_is_answered_for_all(desk: Desk) -> None:
    fill(desk, until=20)
    desk.answers(await desk.presses())
    await desk.passes(WITHIN.total_seconds() + 0.1)

    await desk.telegram.called("answerCallbackQuery", status=200)
    assert await desk.calls() == ["answerCallbackQuery"]
    await desk.passes(10)

    assert (await desk.kate.sees_edit(desk.card)).buttons == ["Menu"]


async def test_of_one_persons_presses_the_newest_is_whispered_and_each_is_answered(
    desk: Desk,
) -> None:
    fill(desk, until=2)
    for text in ("first", "second"):
        desk.answers(await desk.presses(text))
        await desk.passes(0)
    first = await desk.telegram.called("answerCallbackQuery", status=200)
    await desk.passes(2.1)

    await desk.kate.sees("second", in_=desk.support)
    await desk.telegram.called("answerCallbackQuery", status=200, since=first["number"])
    assert "first" not in [one.text for one in await desk.support.messages()]


async def test_what_cannot_be_answered_for_all_either_leaves_no_button_busy(desk: Desk) -> None:
    async def for_all() -> None:
        raise ConnectionError

    press = await desk.presses()
    await desk.telegram.advance(16)
    desk.asides.whisper(press, for_all)
    await desk.telegram.called("answerCallbackQuery", status=200)

    desk.answers(await desk.presses())

    await desk.kate.sees("a menu", in_=desk.support)


async def test_a_whisper_counts_as_a_message_of_the_group(desk: Desk) -> None:
    desk.answers(await desk.presses())

    await desk.telegram.called("answerCallbackQuery", status=200)
    assert desk.limiter.room(0.0, desk.support.id) == 19
