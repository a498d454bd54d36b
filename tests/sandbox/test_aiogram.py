"""aiogram's own Bot and Dispatcher take the sandbox for Telegram.

Each call here is held against Telegram's description, too: see `conforming` in conftest.py.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramBadRequest,
    TelegramForbiddenError,
    TelegramMigrateToChat,
    TelegramNetworkError,
    TelegramRetryAfter,
)
from aiogram.types import (
    BotCommand,
    BufferedInputFile,
    CallbackQuery,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InputMediaPhoto,
    InputPollOption,
    Message,
    ReactionTypeEmoji,
    ReplyParameters,
)

from sandbox import Sandbox, Telegram
from sandbox.client import User


@pytest.fixture
async def bot(sandbox: Sandbox) -> AsyncIterator[Bot]:
    api = TelegramAPIServer.from_base(sandbox.url)
    async with Bot(sandbox.token, session=AiohttpSession(api=api)) as made:
        yield made


CLOSE = InlineKeyboardMarkup(
    inline_keyboard=[[InlineKeyboardButton(text="Close", callback_data="close")]]
)


def helpdesk() -> Dispatcher:
    dispatcher = Dispatcher(disable_fsm=True)

    @dispatcher.message(F.text == "/start")
    async def greet(message: Message) -> None:
        await message.answer("<b>Hello</b>", parse_mode="HTML", reply_markup=CLOSE)

    @dispatcher.callback_query()
    async def close(query: CallbackQuery) -> None:
        assert isinstance(query.message, Message)
        await query.message.edit_text("Closed")
        await query.answer("Done")

    return dispatcher


async def test_a_dispatcher_makes_a_round_trip(bot: Bot, alice: User) -> None:
    dispatcher = helpdesk()
    async with asyncio.TaskGroup() as tasks:
        polling = tasks.create_task(
            dispatcher.start_polling(bot, handle_signals=False, close_bot_session=False)
        )
        await alice.writes("/start")
        card = await alice.sees("Hello")
        press = await alice.presses(card, "Close")
        assert await press.answer() == "Done"
        assert (await alice.sees_edit(card, "Closed")).buttons == []
        await dispatcher.stop_polling()
        await polling


async def test_everything_a_helpdesk_calls_conforms(
    bot: Bot, telegram: Telegram, alice: User, kate: User
) -> None:
    group = await telegram.group("Support", members=[kate], bot="administrator")
    await bot.delete_webhook(drop_pending_updates=False)
    await bot.set_my_commands([BotCommand(command="help", description="Help")])
    await bot.get_my_commands()
    await bot.get_webhook_info()
    await bot.get_chat(group.id)
    await bot.get_chat_member(group.id, bot.id)
    await bot.get_chat_member(group.id, kate.id)
    await bot.get_chat_administrators(group.id)
    await bot.get_chat_member_count(group.id)

    message = await alice.writes("Hello @alice /start https://example.org")
    card = await bot.send_message(group.id, "card", reply_markup=CLOSE)
    await kate.replies(await kate.sees("card", in_=group), "answer")
    await bot.copy_message(group.id, alice.id, message.id, reply_parameters=reply(card))
    await bot.forward_message(group.id, alice.id, message.id)
    await bot.forward_messages(group.id, alice.id, [message.id])
    await bot.edit_message_text("card 2", chat_id=group.id, message_id=card.message_id)
    await bot.set_message_reaction(alice.id, message.id, [ReactionTypeEmoji(emoji="👍")])
    await bot.pin_chat_message(group.id, card.message_id)
    await bot.send_chat_action(alice.id, "typing")
    await kate.reacts(await kate.sees("card 2", in_=group), "🔥")
    await bot.delete_message(group.id, card.message_id)
    await bot.get_updates(allowed_updates=["message", "message_reaction"])


def reply(message: Message) -> ReplyParameters:
    return ReplyParameters(message_id=message.message_id, allow_sending_without_reply=True)


async def test_every_kind_of_content_conforms(
    bot: Bot, telegram: Telegram, alice: User, kate: User
) -> None:
    group = await telegram.group("Support", members=[kate], supergroup=True)
    kinds = ("photo", "document", "video", "animation", "audio", "voice", "video_note", "sticker")
    messages = [await alice.sends(kind) for kind in kinds]
    messages += await alice.sends_album(["photo", "video"])
    messages.append(await alice.sends("venue", latitude=1, longitude=2, title="T", address="A"))
    messages.append(await alice.sends("location", latitude=1, longitude=2, live_period=60))
    messages.append(await alice.sends("contact", phone_number="+1", first_name="Bob"))
    messages.append(await alice.sends("poll", question="Q?", options=["a", "b"]))
    messages.append(await alice.sends("dice"))

    for message in messages:
        await bot.copy_message(group.id, alice.id, message.id)
    await bot.copy_messages(group.id, alice.id, [message.id for message in messages])
    file = BufferedInputFile(b"content", "a.txt")
    uploaded = await bot.send_document(group.id, file, caption="<i>x</i>", parse_mode="HTML")
    assert uploaded.document is not None
    assert uploaded.caption_entities is not None
    downloaded = await bot.download(uploaded.document)
    assert downloaded is not None
    assert downloaded.read() == b"content"
    photo = BufferedInputFile(b"1", "a.png")
    await bot.send_media_group(group.id, [InputMediaPhoto(media=photo)] * 2)
    await bot.send_poll(group.id, "Q?", [InputPollOption(text=one) for one in "ab"])
    assert len(await bot.get_updates()) == len(messages) + 2


async def test_membership_and_topics_conform(
    bot: Bot, telegram: Telegram, alice: User, kate: User
) -> None:
    forum = await telegram.group("Forum", members=[kate], forum=True, bot="administrator")
    plain = await telegram.group("Plain", members=[kate])
    await bot.get_chat_member(forum.id, bot.id)
    topic = await bot.create_forum_topic(forum.id, "Alice")
    await bot.send_message(forum.id, "card", message_thread_id=topic.message_thread_id)
    await kate.writes("x", to=forum, thread=topic.message_thread_id, anonymous=True)
    await bot.edit_forum_topic(forum.id, topic.message_thread_id, name="New")
    await bot.close_forum_topic(forum.id, topic.message_thread_id)
    await alice.writes("/start")
    await alice.blocks_bot()
    await forum.bot_becomes("restricted")
    await bot.get_chat_member(forum.id, bot.id)
    await plain.becomes_supergroup()
    await bot.get_updates(allowed_updates=["my_chat_member", "message"])


async def test_refusals_become_aiograms_own_exceptions(
    bot: Bot, telegram: Telegram, alice: User, kate: User
) -> None:
    group = await telegram.group("Support", members=[kate])
    await alice.writes("/start")

    with pytest.raises(TelegramBadRequest, match="message text is empty"):
        await bot.send_message(alice.id, "")
    await telegram.breaks("cut_after")
    with pytest.raises(TelegramNetworkError):
        await bot.send_message(alice.id, "x")
    await telegram.breaks("html")
    with pytest.raises(ClientDecodeError):
        await bot.send_message(alice.id, "x")
    await telegram.breaks("garbage")
    with pytest.raises(ClientDecodeError) as unreadable:
        await bot.send_message(alice.id, "y")
    assert unreadable.value.data["ok"] is True
    await telegram.breaks(
        "error", status=429, description="Too Many Requests", parameters={"retry_after": 3}
    )
    with pytest.raises(TelegramRetryAfter) as slow:
        await bot.send_message(alice.id, "x")
    assert slow.value.retry_after == 3
    await alice.blocks_bot()
    with pytest.raises(TelegramForbiddenError):
        await bot.send_message(alice.id, "x")
    new = await group.becomes_supergroup()
    with pytest.raises(TelegramMigrateToChat) as moved:
        await bot.send_message(group.id, "x")
    assert moved.value.migrate_to_chat_id == new.id
