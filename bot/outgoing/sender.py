"""The sender: makes a parcel's call, and reports the outcome in the courier's terms."""

from dataclasses import replace
from typing import Any

import structlog
from aiogram import Bot
from aiogram.exceptions import AiogramError, TelegramBadRequest
from aiogram.methods import (
    CloseForumTopic,
    CopyMessage,
    CreateForumTopic,
    DeleteForumTopic,
    DeleteMessage,
    EditForumTopic,
    EditMessageText,
    PinChatMessage,
    SetMessageReaction,
    TelegramMethod,
    UnpinChatMessage,
)
from aiogram.types import (
    ChatMemberAdministrator,
    ChatMemberRestricted,
    ForumTopic,
    Message,
    MessageId,
)

from bot.client import SendText
from bot.outgoing import telegram_errors, threads
from bot.outgoing.silence import silence
from bot.outgoing.telegram_errors import Obstacle
from bot.wording.calls import Call, reply
from services.delivery.outcomes import (
    ChatRefused,
    Delivered,
    Outcome,
    Refused,
    Unknown,
)
from services.delivery.parcel import Parcel

log = structlog.get_logger(__name__)

# What a call can do without. Without its thread, a message goes to General, where what it would
# have replied to in the thread is not.
_LEFT_OUT = {
    Obstacle.ENTITIES: {"entities", "caption_entities"},
    Obstacle.THREAD_GONE: {"message_thread_id", "reply_parameters"},
}

# What an administrator's right is needed for: a refusal says nothing of messages.
_RIGHTS_NEEDED = (
    PinChatMessage,
    UnpinChatMessage,
    EditForumTopic,
    CloseForumTopic,
    DeleteForumTopic,
)

# What may be at fault if Telegram refuses a message in words that we don't know, likeliest first.
_SUSPECTED = {
    "ephemeral_message_parameters": Obstacle.WHISPER,
    "message_thread_id": Obstacle.THREAD_GONE,
}

# Request timeout, in seconds.
TIMEOUT = 30

# Timeout of a question about the bot itself, in seconds.
CHECK_TIMEOUT = 5


class Sender:
    """Sends through one bot; see `services.delivery.parcel.Send`."""

    def __init__(self, bot: Bot) -> None:
        self._bot = bot

    async def __call__(self, parcel: Parcel) -> Outcome:
        """Try the call, then variants without the part that Telegram rejects.

        Every further try follows a clear rejection, so nothing is ever said twice here.
        """
        call = parcel.call
        assert isinstance(call, Call)  # noqa: S101 - the composer made it
        method: TelegramMethod[Any] | None = call.method
        instead, beside = _Instead(call), False
        refused: Outcome = Refused("nothing to send")
        while method is not None:
            if not parcel.rings:
                silence(method)
            try:
                result = await self._bot(method, request_timeout=TIMEOUT)
            except Exception as error:  # noqa: BLE001 - `_read` re-raises what it can't read
                found = await self._read(error, parcel, method, instead)
                if not isinstance(found, Obstacle):
                    return found
                if found is Obstacle.TARGET_GONE and call.only_edits:
                    return Delivered()
                log.info("send retried without", obstacle=found.value)
                beside = beside or found is Obstacle.UNEDITABLE
                private = parcel.address.chat_id > 0
                refused = telegram_errors.exhausted(error, private=private)
                method = _without(method, found, instead, parcel.address.thread_id)
            else:
                ids = _message_ids(result)
                if threads.is_missed(_listed(result), parcel, method):
                    return threads.landed(ids)
                return Delivered(ids, whole=not instead.described, beside=beside)
        return refused

    async def _read(
        self,
        error: Exception,
        parcel: Parcel,
        method: TelegramMethod[Any],
        instead: "_Instead",
    ) -> Outcome | Obstacle:
        """Read what an error means, or which part of the call it rejects."""
        private = parcel.address.chat_id > 0
        if trouble := threads.trouble(error, parcel, method, is_last=instead.is_over):
            return trouble
        obstacle = _obstacle(error, method, instead, private=private)
        if obstacle is not None:
            return Delivered() if obstacle is Obstacle.NO_CHANGE else obstacle
        outcome = telegram_errors.outcome(error, private=private)
        if isinstance(outcome, Unknown):
            return replace(outcome, anew=_makes_a_message(method))
        if isinstance(outcome, ChatRefused) and _lacks_right(method, error):
            return Refused(outcome.reason)
        return await self._final(outcome, parcel)

    async def _final(self, outcome: Outcome, parcel: Parcel) -> Outcome:
        """Tell a group that forbids one kind of content from one that forbids everything."""
        if (
            not isinstance(outcome, Refused)
            or telegram_errors.NO_RIGHTS not in outcome.reason.lower()
        ):
            return outcome
        try:
            muted = await self._is_muted(parcel.address.chat_id)
        except AiogramError:
            return Unknown("whether we may write there is not known", maybe_delivered=False)
        return ChatRefused(outcome.reason) if muted else outcome

    async def _is_muted(self, chat_id: int) -> bool:
        """Ask whether even text is forbidden, to the bot or to all members of the group."""
        me = await self._bot.get_chat_member(chat_id, self._bot.id, request_timeout=CHECK_TIMEOUT)
        if isinstance(me, ChatMemberRestricted) and not me.can_send_messages:
            return True
        if isinstance(me, ChatMemberAdministrator):
            return False
        group = await self._bot.get_chat(chat_id, request_timeout=CHECK_TIMEOUT)
        return group.permissions is not None and not group.permissions.can_send_messages


class _Instead:
    """What is left to try; `described` once only a description in words is left."""

    def __init__(self, call: Call) -> None:
        self._left = list(call.instead)
        self._words = call.described
        self.alone = call.alone
        self.described = False

    @property
    def is_over(self) -> bool:
        """Whether nothing else says the same."""
        return not self._left

    @property
    def is_copy(self) -> bool:
        """Whether the original may be copied next, however its content was refused."""
        return not self.is_over and isinstance(self._left[0], CopyMessage)

    def next(self) -> TelegramMethod[Any] | None:
        if self._left:
            return self._left.pop(0)
        words, self._words = self._words, None
        self.described = words is not None
        return words


def _obstacle(
    error: Exception, method: TelegramMethod[Any], instead: _Instead, *, private: bool
) -> Obstacle | None:
    """Tell which part of a call was rejected, or in words that we don't know, may have been."""
    found = telegram_errors.obstacle(error, private=private)
    if found is None and instead.is_copy:
        found = telegram_errors.perhaps_of(error, Obstacle.SOURCE_GONE)
    if found is None and isinstance(method, CreateForumTopic | EditForumTopic):
        found = None if instead.is_over else threads.looks_refused(error)
    for name, suspected in _SUSPECTED.items():
        named = _makes_a_message(method) and getattr(method, name, None) is not None
        if found is None and named:
            found = telegram_errors.perhaps_of(error, suspected)
    return found


def _without(
    method: TelegramMethod[Any], obstacle: Obstacle, instead: _Instead, thread_id: int | None
) -> TelegramMethod[Any] | None:
    """Make the call without what Telegram rejects; None if nothing would be left.

    What is sent in place of an edit goes to the thread.
    """
    fields = {name: value for name, value in method if value is not None}
    if obstacle in _LEFT_OUT:
        plain: dict[str, Any] = dict.fromkeys(_LEFT_OUT[obstacle] & fields.keys())
        return method.model_copy(update=plain) if plain else None
    if obstacle is Obstacle.QUOTE:
        target = fields.get("reply_parameters")
        plain = {"reply_parameters": reply(target.message_id) if target else None}
        return method.model_copy(update=plain)
    if obstacle in {Obstacle.TARGET_GONE, Obstacle.UNEDITABLE}:
        if isinstance(method, DeleteMessage | SetMessageReaction):
            return None
        if isinstance(method, EditMessageText):
            return _sent_anew(method, thread_id)
        if "reply_parameters" in fields:
            return instead.alone or method.model_copy(update={"reply_parameters": None})
    return instead.next()


def _sent_anew(method: EditMessageText, thread_id: int | None) -> SendText:
    return SendText(
        chat_id=int(method.chat_id or 0),
        message_thread_id=thread_id,
        text=method.text or "",
        entities=method.entities,
        reply_markup=method.reply_markup,
        link_preview_options=method.link_preview_options,
    )


def _lacks_right(method: TelegramMethod[Any], error: Exception) -> bool:
    return isinstance(method, _RIGHTS_NEEDED) and isinstance(error, TelegramBadRequest)


def _makes_a_message(method: TelegramMethod[Any]) -> bool:
    return method.__api_method__.startswith(("send", "copy"))


def _message_ids(result: object) -> tuple[int, ...]:
    """Read the ids of new or edited messages, or of a new thread; a scheduled one (0) has none."""
    if isinstance(result, ForumTopic):
        return (result.message_thread_id,)
    ids = [one.message_id for one in _listed(result) if isinstance(one, Message | MessageId)]
    return tuple(message_id for message_id in ids if message_id)


def _listed(result: object) -> list[object]:
    return result if isinstance(result, list) else [result]
