"""What other programs say: passed over, or two of them would answer each other for ever."""

from aiogram import Router
from aiogram.types import Message

router = Router(name="programs")


@router.message()
@router.edited_message()
async def passed_over(message: Message) -> None:
    """Another bot, or a channel's post in its discussion group: nobody waits for an answer."""
