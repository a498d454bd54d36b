"""Messages of other programs, which are ignored: two bots could answer each other for ever."""

from aiogram import Router
from aiogram.types import Message

router = Router(name="programs")


@router.message()
@router.edited_message()
async def passed_over(message: Message) -> None:
    """Ignore another bot, or a channel post in its discussion group: nobody waits for an answer."""
