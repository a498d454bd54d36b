"""Our client for Telegram: aiogram's, with less work for what comes with every message."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, override

from aiogram import Bot
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.session.base import BaseSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.exceptions import (
    ClientDecodeError,
    TelegramAPIError,
    TelegramNetworkError,
)
from aiogram.methods import (
    AnswerCallbackQuery,
    CopyMessage,
    EditMessageText,
    Response,
    SendMediaGroup,
    SendMessage,
    TelegramMethod,
)
from aiogram.methods.base import TelegramType
from aiogram.types import InputFile, MessageId
from aiohttp import ClientError, ClientTimeout, FormData, JsonPayload

from bot.proxied import Tunnel
from core.config import BotSettings
from core.masking import masker

# Time to make a connection, in seconds. After an outage a new attempt gets through at once, while
# TCP repeats a lost packet less and less often.
CONNECTS_WITHIN = 5


class RawUpdates(TelegramMethod[list[Any]]):
    """getUpdates as plain JSON: one update that aiogram can't read would fail all of a batch."""

    __returning__ = list[Any]
    __api_method__ = "getUpdates"

    offset: int | None = None
    limit: int | None = None
    timeout: int | None = None
    allowed_updates: list[str] | None = None


class Sent(MessageId, extra="ignore"):
    """A new message, of which we only need the id, and in which thread of a forum it is.

    Without a `chat`, it does not say where it is: it may have the shape of a later version.
    """

    chat: Any = None
    message_thread_id: int | None = None
    is_topic_message: bool | None = None


class SendText(SendMessage):
    """sendMessage with less of the answer to read, as it is called for every message."""

    __returning__ = Sent  # type: ignore[assignment]  # aiogram says Message


class JsonSession(AiohttpSession):
    """Sends parameters as JSON, which takes a third of the time of a form; files need the form.

    See core.telegram.org/bots/api#making-requests. All failures on the way are raised as aiogram's
    errors. `date` is when the last answer was made, as its header says.
    """

    date: str | None = None

    @override
    def _setup_proxy_connector(self, proxy: Any) -> None:
        """Trust the same certificates as without a proxy, which aiogram forgets to do."""
        direct = self._connector_init
        super()._setup_proxy_connector(proxy)
        self._connector_type, self._connector_init = Tunnel, direct | self._connector_init

    @override
    async def make_request(
        self, bot: Bot, method: TelegramMethod[TelegramType], timeout: int | None = None
    ) -> TelegramType:
        """Call Telegram. Raises TelegramNetworkError, and what `read` raises."""
        session = await self.create_session()
        total = self.timeout if timeout is None else timeout
        try:
            async with session.post(
                self.api.api_url(token=bot.token, method=method.__api_method__),
                data=body_of(self, bot, method),
                timeout=ClientTimeout(total=total, sock_connect=CONNECTS_WITHIN),
            ) as response:
                answer = await response.read()
                self.date = response.headers.get("Date")
        except TimeoutError as error:
            raise TelegramNetworkError(method, "Request timeout error") from error
        except (ClientError, OSError, ValueError) as error:
            words = masker([bot.token])(f"{type(error).__name__}: {error}")
            raise TelegramNetworkError(method, words) from error
        return read(self, bot, method, response.status, answer)


def telegram_time(bot: Bot) -> datetime | None:
    """Tell Telegram's time at its last answer, to a second; None if the answer had none."""
    said = bot.session.date if isinstance(bot.session, JsonSession) else None
    try:
        return parsedate_to_datetime(said).astimezone(UTC) if said else None
    except ValueError:
        return None


class Unreadable(ClientDecodeError):
    """The response is not Telegram's answer, or can't be read; `data` is the response."""

    @override
    def __str__(self) -> str:
        """Leave out the response, which may contain people's words."""
        return f"{self.message} ({type(self.original).__name__})"


def read(
    session: BaseSession, bot: Bot, method: TelegramMethod[TelegramType], status: int, body: bytes
) -> TelegramType:
    """Read the result from any response.

    Raises Unreadable, and TelegramAPIError, whose text never contains the token.
    """
    content = body.decode(errors="replace")
    try:
        response = session.check_response(bot, method, status, content)
    except TelegramAPIError as error:
        error.message = masker([bot.token])(error.message)
        raise
    except ClientDecodeError as error:
        raise Unreadable("The answer can't be read", error.original, error.data) from error
    except Exception as error:
        raise Unreadable("The answer can't be read", error, content) from error
    if response.result is None:
        raise Unreadable("The answer has no result", LookupError(), {"ok": True})
    return response.result


def body_of(session: BaseSession, bot: Bot, method: TelegramMethod[Any]) -> JsonPayload | FormData:
    fields, files = parameters(session, bot, method)
    return form(bot, fields, files) if files else JsonPayload(fields)


def parameters(
    session: BaseSession, bot: Bot, method: TelegramMethod[Any]
) -> tuple[Mapping[str, Any], Mapping[str, InputFile]]:
    """Give a method's parameters as JSON, and the files that they mention as `attach://<name>`.

    Parameters that nobody set are left out: Telegram has defaults, and this bot sets none.
    """
    files: dict[str, InputFile] = {}
    chosen = method.model_dump(include=method.model_fields_set, exclude_none=True, warnings=False)
    fields = {
        name: session.prepare_value(value, bot=bot, files=files, _dumps_json=False)
        for name, value in chosen.items()
    }
    return {name: value for name, value in fields.items() if value is not None}, files


def form(bot: Bot, fields: Mapping[str, Any], files: Mapping[str, InputFile]) -> FormData:
    """Make a multipart form, in which all values but strings are JSON."""
    made = FormData(quote_fields=False)
    for name, value in fields.items():
        made.add_field(name, value if isinstance(value, str) else json.dumps(value))
    for name, file in files.items():
        made.add_field(name, file.read(bot), filename=file.filename or name)
    return made


def make_bot(settings: BotSettings) -> Bot:
    """Make the bot's client for Telegram, or for the server in the settings.

    aiohttp's own `trust_env` stays off: it would also read passwords from ~/.netrc.
    """
    server = TelegramAPIServer.from_base(settings.telegram_api_url)
    session = JsonSession(api=server, proxy=settings.proxy)
    return Bot(settings.bot_token.get_secret_value(), session=session)


# aiogram reads answers with `Response[…]`, a generic model. Pydantic only holds weak references to
# those: without this list they are collected, and the next answer waits milliseconds for a new one.
_OFTEN: tuple[type[TelegramMethod[Any]], ...] = (
    RawUpdates,
    SendText,
    SendMessage,
    CopyMessage,
    SendMediaGroup,
    EditMessageText,
    AnswerCallbackQuery,
)
_HELD = [Response[method.__returning__] for method in _OFTEN]  # type: ignore[name-defined]
