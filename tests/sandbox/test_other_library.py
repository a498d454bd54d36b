"""python-telegram-bot, which shares no code with aiogram, takes the sandbox for Telegram."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from sandbox import Sandbox, Telegram
from sandbox.client import User

PICTURE = b"\x89PNG\r\n\x1a\n a small picture"
TAKE = InlineKeyboardMarkup([[InlineKeyboardButton("Take", callback_data="take:7")]])
Context = ContextTypes.DEFAULT_TYPE


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    async with Bot(sandbox.token, f"{sandbox.url}/bot", f"{sandbox.url}/file/bot") as made:
        yield made


async def greet(update: Update, _context: Context) -> None:
    assert update.effective_message is not None
    text = f"You said: <b>{update.effective_message.text}</b>"
    await update.effective_message.reply_html(text, reply_markup=TAKE, do_quote=True)


async def take(update: Update, _context: Context) -> None:
    assert update.callback_query is not None
    await update.callback_query.answer("Yours")
    await update.callback_query.edit_message_text(f"Taken: {update.callback_query.data}")


def helpdesk(sandbox: Sandbox) -> Any:
    builder = ApplicationBuilder().token(sandbox.token)
    builder.base_url(f"{sandbox.url}/bot").base_file_url(f"{sandbox.url}/file/bot")
    application: Application[Any, Any, Any, Any, Any, Any] = builder.build()
    application.add_handler(MessageHandler(filters.TEXT, greet))
    application.add_handler(CallbackQueryHandler(take))
    return application


async def test_an_application_that_polls_makes_a_round_trip(sandbox: Sandbox, alice: User) -> None:
    async with helpdesk(sandbox) as application:
        await application.updater.start_polling()
        await application.start()
        hello = await alice.writes("hello")
        card = await alice.sees("You said: hello")
        press = await alice.presses(card, "Take")
        assert await press.answer() == "Yours"
        taken = await alice.sees_edit(card, "Taken: take:7")
        await application.updater.stop()
        await application.stop()

    assert card.raw["reply_to_message"]["message_id"] == hello.id
    assert card.raw["entities"] == [{"type": "bold", "offset": 10, "length": 5}]
    assert taken.buttons == []


async def test_a_plain_bot_makes_a_round_trip(bot: Bot, alice: User) -> None:
    me = await bot.get_me()
    assert (me.username, me.is_bot) == ("sandbox_bot", True)
    await alice.writes("/start now")
    (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.from_user is not None
    assert update.message.from_user.first_name == "Alice"
    assert [entity.type for entity in update.message.entities] == ["bot_command"]

    sent = await bot.send_photo(alice.id, PICTURE, caption="look", reply_markup=TAKE)
    again = await bot.send_photo(alice.id, sent.photo[-1].file_id)
    reply = await bot.send_message(alice.id, "below", reply_to_message_id=sent.message_id)
    assert reply.reply_to_message is not None
    assert reply.reply_to_message.message_id == sent.message_id
    file = await bot.get_file(again.photo[-1].file_id)
    assert bytes(await file.download_as_bytearray()) == PICTURE
    await bot.edit_message_caption(alice.id, sent.message_id, caption="seen")
    assert (await alice.sees("seen")).id == sent.message_id

    assert await bot.get_updates(offset=update.update_id + 1) == ()


async def test_a_waiting_poll_of_a_plain_bot_ends_with_the_message(
    sandbox: Sandbox, bot: Bot, alice: User
) -> None:
    async with asyncio.TaskGroup() as tasks:
        poll = tasks.create_task(bot.get_updates(timeout=50))
        await sandbox.world.updates.polled.wait()
        await alice.writes("wake up")

    assert [update.message.text for update in poll.result() if update.message] == ["wake up"]


async def test_refusals_become_the_librarys_own_exceptions(
    bot: Bot, telegram: Telegram, alice: User, kate: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PTB_TIMEDELTA", "true")  # without it the library warns of its future
    group = await telegram.group("Support", members=[kate])
    await alice.writes("/start")

    with pytest.raises(BadRequest, match="Message text is empty"):
        await bot.send_message(alice.id, "")
    await telegram.breaks(
        "error", status=429, description="Too Many Requests", parameters={"retry_after": 3}
    )
    with pytest.raises(RetryAfter) as slow:
        await bot.send_message(alice.id, "x")
    assert slow.value.retry_after == timedelta(seconds=3)
    await alice.blocks_bot()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(alice.id, "x")
    new = await group.becomes_supergroup()
    with pytest.raises(ChatMigrated) as moved:
        await bot.send_message(group.id, "x")
    assert moved.value.new_chat_id == new.id
