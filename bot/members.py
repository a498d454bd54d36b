"""Who is in a group: asked of Telegram before a press there counts, and remembered for a while.

In a public group people see the cards and press their buttons without having joined.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from aiogram import Bot
from aiogram.exceptions import AiogramError
from aiogram.types import ChatMemberBanned, ChatMemberLeft, ChatMemberRestricted

log = structlog.get_logger(__name__)

# Who was in a group is taken to be in it for so long.
REMEMBERED = timedelta(minutes=5)

# So long a press waits for the answer, in seconds.
PATIENCE = 5

# After no answer it is not asked again for so long.
NOT_ASKED = timedelta(seconds=30)


class Members:
    """Asks through one bot."""

    def __init__(self, bot: Bot, clock: Callable[[], datetime]) -> None:
        self._bot = bot
        self._clock = clock
        self._inside: dict[tuple[int, int], datetime] = {}

    async def is_outside(self, chat_id: int, user_id: int) -> bool:
        """Whether Telegram says that the person is not in the group.

        To a bot without admin rights it need not say: who may be in counts as in.
        """
        now = self._clock()
        if self._inside.get((chat_id, user_id), now) > now:
            return False
        try:
            member = await self._bot.get_chat_member(chat_id, user_id, request_timeout=PATIENCE)
        except AiogramError as error:
            log.info("not known who is in the group", reason=type(error).__name__)
            self._inside[chat_id, user_id] = now + NOT_ASKED
            return False
        if isinstance(member, ChatMemberLeft | ChatMemberBanned):
            return True
        if isinstance(member, ChatMemberRestricted) and not member.is_member:
            return True
        self._inside[chat_id, user_id] = now + REMEMBERED
        return False
