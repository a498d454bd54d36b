"""The wire: stands for Telegram; it hands out the updates of a test, and accepts every call.

What a call returns is JSON, which aiogram parses as always; updates leave the queue only by the
offset, as with Telegram. There is no HTTP, which would take most of the time.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, override

from aiogram import Bot
from aiogram.client.session.base import BaseSession
from aiogram.exceptions import TelegramNetworkError
from aiogram.methods import TelegramMethod
from aiogram.types import ChatMemberAdministrator

from bot.client import parameters, read
from core.text import utf16_len

BOT_ID = 1000000001
TOKEN = f"{BOT_ID}:fuzz"
BOT = {"id": BOT_ID, "is_bot": True, "first_name": "Support", "username": "support_bot"}

# Kate, of tests/proofs/fuzzing/people.py.
ADMINISTRATOR = 900

TEXT_LIMIT, CAPTION_LIMIT = 4096, 1024

# What getChat says about every chat (core.telegram.org/bots/api#chatfullinfo).
_GIFTS = "unlimited_gifts limited_gifts unique_gifts premium_subscription gifts_from_channels"
_FULL = {
    "accent_color_id": 0,
    "max_reaction_count": 1,
    "accepted_gift_types": dict.fromkeys(_GIFTS.split(), False),
}

# What getChatMember says of the bot, where it is an administrator.
_RIGHTS = dict.fromkeys(ChatMemberAdministrator.model_fields, True) | {"custom_title": "Bot"}

_SENDS = ("send", "copy", "edit", "delete", "setMessageReaction")


@dataclass(frozen=True)
class Fault:
    """What comes back instead of a result; `content` that is no JSON comes from a proxy."""

    status: int
    content: Any

    @classmethod
    def refusal(cls, status: int, description: str, **parameters: int) -> "Fault":
        said = {"ok": False, "error_code": status, "description": description}
        return cls(status, json.dumps(said | ({"parameters": parameters} if parameters else {})))


CUT = Fault(0, None)
FAULTS = (
    CUT,
    Fault(502, "<html>Bad Gateway</html>"),
    Fault(200, "<html>a proxy's page</html>"),
    Fault(200, '{"ok": true, "result": {"message_id": 4000000}}'),
    Fault(200, '{"ok": true, "result": {"shape": "of next year"}}'),
    Fault.refusal(429, "Too Many Requests: retry after 3", retry_after=3),
    Fault.refusal(500, "Internal Server Error"),
    Fault.refusal(403, "Forbidden: bot was blocked by the user"),
    Fault.refusal(400, "Bad Request: chat not found"),
    Fault.refusal(400, "Bad Request: message to be replied not found"),
    Fault.refusal(400, "Bad Request: message to edit not found"),
    Fault.refusal(400, "Bad Request: message is not modified"),
    Fault.refusal(400, "Bad Request: message to copy not found"),
    Fault.refusal(400, "Bad Request: can't parse entities: unsupported start tag"),
    Fault.refusal(400, "Bad Request: VOICE_MESSAGES_FORBIDDEN"),
    Fault.refusal(413, "Request Entity Too Large"),
)


class Wire(BaseSession):
    """Answers one bot. `now` is Telegram's clock, `faults` says which sends go wrong, and how."""

    def __init__(self, now: Callable[[], datetime], faults: Mapping[int, Fault]) -> None:
        super().__init__()
        self.now = now
        self.sends = 0
        self.alerts: list[str] = []
        self.answered: set[str] = set()
        self.unheard: list[dict[str, Any]] = []
        self.history: dict[int, list[dict[str, Any]]] = defaultdict(list)
        self.chats: dict[int, dict[str, Any]] = {}
        self.statuses: dict[int, str] = {}
        self._faults = faults
        self._queue: list[dict[str, Any]] = []
        self._served: list[dict[str, Any]] = []
        self._offered = asyncio.Event()
        self._idle = asyncio.Condition()
        self._ids = defaultdict[object, "count[int]"](lambda: count(1))

    # Updates

    def offer(self, updates: list[Any]) -> None:
        """Put updates in the bot's queue; make the chats that they come from, or move to."""
        for update in updates:
            said = update.get("message") if isinstance(update, dict) else None
            chat = said.get("chat") if isinstance(said, dict) else None
            if isinstance(said, dict) and isinstance(chat, dict):
                for chat_id in (chat.get("id"), said.get("migrate_to_chat_id")):
                    if type(chat_id) is int:
                        self.chats.setdefault(chat_id, {"id": chat_id, "type": "supergroup"})
        self._queue += updates
        self._offered.set()

    async def taken(self) -> None:
        """Wait until the bot has confirmed every update."""
        async with self._idle:
            await self._idle.wait_for(lambda: not self._queue)

    async def _updates(self, offset: int | None, *, wait: bool) -> list[dict[str, Any]]:
        self._confirm(offset)
        async with self._idle:
            self._idle.notify_all()
        while wait and not self._queue:
            self._offered.clear()
            await self._offered.wait()
        self._served = self._queue[:100]
        return self._served

    def _confirm(self, offset: int | None) -> None:
        """Drop the updates before the offset that were handed out."""
        if offset is not None:
            done = [one for one in self._served if _number(one) is None or _number(one) < offset]
            self._queue = [one for one in self._queue if all(one is not gone for gone in done)]

    # Calls

    @override
    async def make_request(
        self, bot: Bot, method: TelegramMethod[Any], timeout: int | None = None
    ) -> Any:
        name = method.__api_method__
        fields = self._form(bot, method)
        status, content = 200, ""
        if name == "getUpdates":
            updates = await self._updates(fields.get("offset"), wait=bool(fields.get("timeout")))
            content = json.dumps({"ok": True, "result": updates})
        elif name.startswith(_SENDS) and "ForumTopic" not in name:
            status, content = self._send(name, fields, method)
        else:
            content = json.dumps({"ok": True, "result": self._other(name, fields)})
        return read(self, bot, method, status, content.encode())

    def _form(self, bot: Bot, method: TelegramMethod[Any]) -> dict[str, Any]:
        """Give the fields, once it is certain that HTTP could carry them as UTF-8."""
        fields, _files = parameters(self, bot, method)
        json.dumps(fields, ensure_ascii=False).encode()
        return {name: value for name, value in method if value is not None}

    def _send(
        self, name: str, fields: dict[str, Any], method: TelegramMethod[Any]
    ) -> tuple[int, str]:
        self.sends += 1
        fault = self._faults.get(self.sends) or self._refusal(fields)
        if fault is CUT:
            raise TelegramNetworkError(method=method, message="cut")
        if fault is not None:
            return fault.status, fault.content
        return 200, json.dumps({"ok": True, "result": self._result(name, fields)})

    def _refusal(self, fields: dict[str, Any]) -> Fault | None:
        """Refuse texts that are too long or empty, and chats that don't exist, as Telegram does."""
        if fields.get("chat_id") not in self.chats:
            return Fault.refusal(400, "Bad Request: chat not found")
        if utf16_len(fields.get("text", "")) > TEXT_LIMIT:
            return Fault.refusal(400, "Bad Request: message is too long")
        if "text" in fields and not fields["text"].strip():
            return Fault.refusal(400, "Bad Request: message text is empty")
        if utf16_len(fields.get("caption", "") or "") > CAPTION_LIMIT:
            return Fault.refusal(400, "Bad Request: message caption is too long")
        return None

    def _result(self, name: str, fields: dict[str, Any]) -> Any:
        if name.startswith("delete") or name == "setMessageReaction":
            return True
        if name.startswith("editEphemeral"):
            self._change(self._whisper(fields), fields)
            return True
        if name.startswith("edit"):
            return self._edited(fields)
        if name == "sendMediaGroup":
            return [self._message(fields) for _ in fields["media"]]
        message = self._message(fields)
        return {"message_id": message["message_id"]} if name == "copyMessage" else message

    def _message(self, fields: dict[str, Any]) -> dict[str, Any]:
        chat_id = fields["chat_id"]
        made = {
            "message_id": self.next_id(chat_id),
            "date": int(self.now().timestamp()),
            "chat": self.chats[chat_id],
            "from": BOT,
            "text": fields.get("text", "media"),
        }
        if (whisper := fields.get("ephemeral_message_parameters")) is not None:
            receiver = {"id": whisper.receiver_user_id, "is_bot": False, "first_name": "Somebody"}
            made |= {"message_id": 0, "ephemeral_message_id": self.next_id(0)}
            made |= {"receiver_user": receiver}
        if (thread_id := fields.get("message_thread_id")) is not None:
            made |= {"message_thread_id": thread_id, "is_topic_message": True}
        self._change(made, fields)
        self.history[chat_id].append(made)
        if chat_id > 0 and fields.get("disable_notification"):
            self.unheard.append(made)
        return made

    def _whisper(self, fields: dict[str, Any]) -> dict[str, Any]:
        known = self.history[fields["chat_id"]]
        wanted = fields["ephemeral_message_id"]
        return next((one for one in known if one.get("ephemeral_message_id") == wanted), {})

    @staticmethod
    def _change(message: dict[str, Any], fields: dict[str, Any]) -> None:
        """Give a message the buttons of a call, or none."""
        message.pop("reply_markup", None)
        if (markup := fields.get("reply_markup")) is not None:
            message["reply_markup"] = markup.model_dump(mode="json", exclude_none=True)

    def _edited(self, fields: dict[str, Any]) -> dict[str, Any]:
        for message in self.history[fields["chat_id"]]:
            if message["message_id"] == fields["message_id"]:
                self._change(message, fields)
                return message
        return self._message(fields) | {"message_id": fields["message_id"]}

    def next_id(self, chat_id: int) -> int:
        """Count messages as Telegram does: each supergroup on its own, all other chats together."""
        return next(self._ids[chat_id if chat_id < -(10**12) else "all"])

    def _other(self, name: str, fields: dict[str, Any]) -> Any:
        if name == "answerCallbackQuery":
            self.answered.add(fields["callback_query_id"])
            if fields.get("text"):
                self.alerts.append(fields["text"])
        if name == "getMe":
            return BOT
        if name == "getChatMember":
            person = {"id": fields["user_id"], "is_bot": False, "first_name": "Somebody"}
            status = self.statuses.get(fields["user_id"], "member")
            rights = _RIGHTS if status == "administrator" else {}
            return rights | {"status": status, "user": person}
        if name == "getChatAdministrators":
            kate = {"id": ADMINISTRATOR, "is_bot": False, "first_name": "Kate"}
            return [{"status": "creator", "user": kate, "is_anonymous": False}]
        if name == "getChat":
            return self.chats.get(fields["chat_id"], {}) | _FULL
        if name == "createForumTopic":
            made = {"message_thread_id": self.next_id(fields["chat_id"]), "icon_color": 7322096}
            return made | {"name": fields["name"]}
        return [] if name in {"getMyCommands", "getForumTopicIconStickers"} else True

    @override
    async def close(self) -> None:
        """There is no connection."""

    @override
    async def stream_content(self, *_: Any, **__: Any) -> AsyncGenerator[bytes]:
        raise NotImplementedError
        yield b""


def _number(update: Any) -> Any:
    number = update.get("update_id") if isinstance(update, dict) else None
    return number if isinstance(number, int) else None
