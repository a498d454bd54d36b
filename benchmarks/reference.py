"""The bot that ours is compared with, which shows the cost of aiogram itself.

It polls as aiogram does and copies every message to the group. It stores nothing, so a crash
loses whatever is in memory.
"""

import asyncio
import os

from aiogram import Bot, Dispatcher, Router
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.methods import CopyMessage
from aiogram.types import Message

router = Router()


@router.message()
async def relay(message: Message, staff_chat_id: int) -> CopyMessage:
    return message.copy_to(staff_chat_id)


async def main() -> None:
    """Run until terminated; takes the same environment as the bot."""
    server = TelegramAPIServer.from_base(os.environ["TELEGRAM_API_URL"])
    bot = Bot(os.environ["BOT_TOKEN"], session=AiohttpSession(api=server))
    dispatcher = Dispatcher(disable_fsm=True, staff_chat_id=int(os.environ["STAFF_CHAT_ID"]))
    dispatcher.include_router(router)
    await dispatcher.start_polling(bot)


if __name__ == "__main__":
    asyncio.run(main())
