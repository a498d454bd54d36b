"""Our client for Telegram: aiogram's, with less work for what comes with every message."""

from collections.abc import Mapping
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
from aiogram.types import InlineKeyboardMarkup, MessageEntity, ReplyParameters
from aiohttp import ClientError, ClientTimeout, JsonPayload
from pydantic import BaseModel

from bot.proxied import Tunnel
from core.config import BotSettings
from core.masking import masker

# A connection that is not made by then, in seconds, is tried anew: after an outage the next attempt
# gets through at once, while a lost packet's own repetitions come further and further apart.
CONNECTS_WITHIN = 5


class RawUpdates(TelegramMethod[list[Any]]):
    """getUpdates as plain JSON: one update that aiogram can't read would fail all of a batch."""

    __returning__ = list[Any]
    __api_method__ = "getUpdates"

    offset: int | None = None
    limit: int | None = None
    timeout: int | None = None
    allowed_updates: list[str] | None = None


class Sent(BaseModel):
    """A new message, of which Telegram tells much more."""

    message_id: int


class SendText(TelegramMethod[Sent]):
    """sendMessage with what we say, and of the answer what we read: it is made for every message.

    aiogram's has sixteen more parameters and reads the whole message. Entities are all said, so
    Telegram has nothing to parse.
    """

    __returning__ = Sent
    __api_method__ = "sendMessage"

    chat_id: int
    text: str
    entities: list[MessageEntity] | None = None
    reply_parameters: ReplyParameters | None = None
    reply_markup: InlineKeyboardMarkup | None = None
    link_preview_options: dict[str, Any] | None = None


class JsonSession(AiohttpSession):
    """Sends parameters as JSON, which takes a third of the time of a form.

    Telegram takes either for whatever carries no file (core.telegram.org/bots/api#making-requests),
    and we upload none. Whatever goes wrong on the way is one of aiogram's errors.
    """

    @override
    def _setup_proxy_connector(self, proxy: Any) -> None:
        """Trust whom aiogram trusts without a proxy: it forgets its certificates for one."""
        direct = self._connector_init
        super()._setup_proxy_connector(proxy)
        self._connector_type, self._connector_init = Tunnel, direct | self._connector_init

    @override
    def build_form_data(  # type: ignore[override]  # to aiohttp either is a body
        self, bot: Bot, method: TelegramMethod[Any]
    ) -> JsonPayload:
        return JsonPayload(parameters(self, bot, method))

    @override
    async def make_request(
        self, bot: Bot, method: TelegramMethod[TelegramType], timeout: int | None = None
    ) -> TelegramType:
        """Call. Raises TelegramNetworkError, and what `read` raises."""
        session = await self.create_session()
        total = self.timeout if timeout is None else timeout
        try:
            async with session.post(
                self.api.api_url(token=bot.token, method=method.__api_method__),
                data=self.build_form_data(bot, method),
                timeout=ClientTimeout(total=total, sock_connect=CONNECTS_WITHIN),
            ) as response:
                body = await response.read()
        except TimeoutError as error:
            raise TelegramNetworkError(method, "Request timeout error") from error
        except (ClientError, OSError, ValueError) as error:
            words = masker([bot.token])(f"{type(error).__name__}: {error}")
            raise TelegramNetworkError(method, words) from error
        return read(self, bot, method, response.status, body)


class Unreadable(ClientDecodeError):
    """What came is not Telegram's answer, or none that can be read; `data` has what came."""

    @override
    def __str__(self) -> str:
        """Leave out what came: people's words may stand in it."""
        return f"{self.message} ({type(self.original).__name__})"


def read(
    session: BaseSession, bot: Bot, method: TelegramMethod[TelegramType], status: int, body: bytes
) -> TelegramType:
    """Read an answer's result, whatever it is that came.

    Raises TelegramAPIError, in whose words there is no token, and Unreadable.
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


def parameters(session: BaseSession, bot: Bot, method: TelegramMethod[Any]) -> Mapping[str, Any]:
    """Give a method's parameters as JSON; Telegram has its own defaults for what is not said."""
    fields = {
        name: session.prepare_value(value, bot=bot, files={}, _dumps_json=False)
        for name, value in method.model_dump(warnings=False, exclude_none=True).items()
    }
    return {name: value for name, value in fields.items() if value is not None}


def make_bot(settings: BotSettings) -> Bot:
    """Make the bot's client for Telegram, or for the server in the settings.

    aiohttp itself is not asked to heed the environment: it would read passwords in ~/.netrc too.
    """
    server = TelegramAPIServer.from_base(settings.telegram_api_url)
    session = JsonSession(api=server, proxy=settings.proxy)
    return Bot(settings.bot_token.get_secret_value(), session=session)


# aiogram reads an answer by `Response[…]`, a generic model of pydantic's, and pydantic forgets one
# that nobody holds: the garbage collector takes it, and the next answer waits milliseconds for it.
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
