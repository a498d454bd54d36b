"""What travels to Telegram: JSON, and nothing that was not said."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from aiogram import Bot
from aiogram.exceptions import AiogramError, TelegramNetworkError
from aiogram.methods import CopyMessage, SetMessageReaction, TelegramMethod
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, ReactionTypeEmoji
from aiohttp import ClientTimeout, ConnectionTimeoutError, JsonPayload, web
from pydantic import SecretStr

from bot.client import (
    CONNECTS_WITHIN,
    JsonSession,
    RawUpdates,
    SendText,
    body_of,
    make_bot,
    parameters,
)
from bot.wording.calls import send_text
from core.address import Address
from core.config import BotSettings
from tests.proofs.fuzzing.wire import TOKEN
from tests.support.office import close


@pytest.fixture
def session() -> JsonSession:
    return JsonSession()


@pytest.fixture
def bot(session: JsonSession) -> Bot:
    return Bot(TOKEN, session=session)


def said(session: JsonSession, bot: Bot, method: TelegramMethod[Any]) -> Mapping[str, Any]:
    """Tell what a call without files says."""
    fields, files = parameters(session, bot, method)
    assert not files
    return fields


def test_what_is_not_said_is_left_to_telegram(session: JsonSession, bot: Bot) -> None:
    copy = CopyMessage(chat_id=-7, from_chat_id=7, message_id=1, caption="")

    assert said(session, bot, copy) == {
        "chat_id": -7,
        "from_chat_id": 7,
        "message_id": 1,
        "caption": "",
    }


def test_what_has_parts_stays_whole(session: JsonSession, bot: Bot) -> None:
    keyboard = InlineKeyboardMarkup(
        inline_keyboard=[[InlineKeyboardButton(text="Take", callback_data="take")]]
    )
    bold = {"type": "bold", "offset": 0, "length": 5}

    text = send_text(Address(7), ("Hello", [bold]), reply_to=3, keyboard=keyboard)

    assert said(session, bot, text) == {
        "chat_id": 7,
        "text": "Hello",
        "entities": [bold],
        "reply_parameters": {"message_id": 3, "allow_sending_without_reply": True},
        "reply_markup": {"inline_keyboard": [[{"text": "Take", "callback_data": "take"}]]},
    }


def test_it_travels_as_json(session: JsonSession, bot: Bot) -> None:
    reaction = SetMessageReaction(
        chat_id=7, message_id=1, reaction=[ReactionTypeEmoji(emoji="👍")], is_big=False
    )

    body = body_of(session, bot, reaction)

    assert isinstance(body, JsonPayload)
    assert body.content_type == "application/json"
    assert said(session, bot, reaction) == {
        "chat_id": 7,
        "message_id": 1,
        "reaction": [{"type": "emoji", "emoji": "👍"}],
        "is_big": False,
    }


def test_each_option_of_a_text_that_telegram_knows_is_there(session: JsonSession, bot: Bot) -> None:
    text = SendText(chat_id=7, text="Hello", message_thread_id=3, protect_content=True)

    assert said(session, bot, text) == {
        "chat_id": 7,
        "text": "Hello",
        "message_thread_id": 3,
        "protect_content": True,
    }


def test_links_are_shown_as_somebody_chose(session: JsonSession, bot: Bot) -> None:
    text = send_text(Address(7), ("https://example.org", []), previews={"is_disabled": True})

    assert said(session, bot, text)["link_preview_options"] == {"is_disabled": True}


def test_a_text_without_an_option_says_nothing_of_it(session: JsonSession, bot: Bot) -> None:
    assert said(session, bot, send_text(Address(7), ("Hello", []))) == {
        "chat_id": 7,
        "text": "Hello",
    }


# What comes back


@pytest.fixture
async def proxy() -> AsyncIterator[tuple[Bot, list[web.StreamResponse]]]:
    """Stand between us and Telegram, and answer as the list says, its last entry for ever."""
    answers: list[web.StreamResponse] = []

    async def answer(request: web.Request) -> web.StreamResponse:
        if not answers:
            raise web.HTTPTemporaryRedirect(request.rel_url)
        return answers[0]

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    bot = make_bot(
        BotSettings(bot_token=SecretStr(TOKEN), telegram_api_url=address, _env_file=None)
    )
    yield bot, answers
    await close(bot)
    await runner.cleanup()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (502, "<html>Доступ ограничен</html>".encode("cp1251")),
        (200, "<html>Доступ ограничен</html>".encode("cp1251")),
        (200, b"\xff\xfe\x00"),
        (200, b""),
        (500, b'{"ok": false}'),
        (200, b"null"),
        (200, b'{"ok": true}'),
        (200, b'{"ok": true, "result": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
        (200, b'{"ok": true, "result": ' + b"7" * 5_000 + b"}"),
        (200, f'{{"ok": "{TOKEN}"}}'.encode()),
        (500, f'{{"ok": false, "description": "restart /bot{TOKEN}"}}'.encode()),
    ],
    ids=lambda value: repr(value)[:30],
)
async def test_whatever_comes_is_an_error_of_aiograms_without_the_token(
    proxy: tuple[Bot, list[web.StreamResponse]], status: int, body: bytes
) -> None:
    bot, answers = proxy
    answers.append(web.Response(status=status, body=body, content_type="text/html"))

    with pytest.raises(AiogramError) as raised:
        await bot(RawUpdates())

    assert TOKEN not in str(raised.value)
    assert "Доступ" not in str(raised.value)


async def test_a_circle_of_redirects_is_no_answer_and_keeps_the_token_to_itself(
    proxy: tuple[Bot, list[web.StreamResponse]],
) -> None:
    bot, _ = proxy

    with pytest.raises(TelegramNetworkError) as raised:
        await bot(RawUpdates())

    assert "TooManyRedirects" in str(raised.value)
    assert TOKEN not in str(raised.value)


async def test_a_connection_is_not_waited_for_as_long_as_an_answer(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[ClientTimeout]()

    def post(_url: str, *, timeout: ClientTimeout, **_how: object) -> None:
        asked.append(timeout)
        raise ConnectionTimeoutError

    session = await bot.session.create_session()  # type: ignore[attr-defined]
    monkeypatch.setattr(session, "post", post)

    with pytest.raises(TelegramNetworkError) as raised:
        await bot(RawUpdates(), request_timeout=45)
    await close(bot)

    assert asked == [ClientTimeout(total=45, sock_connect=CONNECTS_WITHIN)]
    assert isinstance(raised.value.__cause__, ConnectionTimeoutError)
