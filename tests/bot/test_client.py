"""What travels to Telegram: JSON, and nothing that was not said."""

import pytest
from aiogram import Bot
from aiogram.methods import CopyMessage, SetMessageReaction
from aiogram.types import InlineKeyboardButton, InlineKeyboardMarkup, ReactionTypeEmoji

from bot.call import send_text
from bot.client import JsonSession, parameters
from tests.fuzzing.wire import TOKEN


@pytest.fixture
def session() -> JsonSession:
    return JsonSession()


@pytest.fixture
def bot(session: JsonSession) -> Bot:
    return Bot(TOKEN, session=session)


def test_what_is_not_said_is_left_to_telegram(session: JsonSession, bot: Bot) -> None:
    copy = CopyMessage(chat_id=-7, from_chat_id=7, message_id=1, caption="")

    assert parameters(session, bot, copy) == {
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

    text = send_text(7, ("Hello", [bold]), reply_to=3, keyboard=keyboard)

    assert parameters(session, bot, text) == {
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

    body = session.build_form_data(bot, reaction)

    assert body.content_type == "application/json"
    assert parameters(session, bot, reaction) == {
        "chat_id": 7,
        "message_id": 1,
        "reaction": [{"type": "emoji", "emoji": "👍"}],
        "is_big": False,
    }
