"""Files that the bot sends: through real HTTP into Telegram, and down again."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, override

import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramNetworkError
from aiogram.methods import (
    EditMessageMedia,
    SendDocument,
    SendMediaGroup,
    SendPhoto,
    TelegramMethod,
)
from aiogram.types import (
    BufferedInputFile,
    FSInputFile,
    InputFile,
    InputMediaDocument,
    InputMediaPhoto,
    MessageEntity,
)
from pydantic import SecretStr
from structlog.testing import capture_logs

from bot.client import make_bot
from bot.outgoing.sender import Sender
from bot.wording.calls import Call, reply
from core.address import Address
from core.config import BotSettings
from sandbox import Message, Sandbox
from sandbox.client import User
from services.delivery.outcomes import Delivered, Refused
from services.delivery.parcel import Parcel
from tests.support.office import close, open_telegram

CHART = BufferedInputFile(b"a chart", "chart.png")
REPORT = BufferedInputFile(b"a report", "отчёт за май.csv")
BOLD = [MessageEntity(type="bold", offset=0, length=3)]


@dataclass
class Place:
    """Alice, who wrote to the bot, and the bot's client."""

    sandbox: Sandbox
    alice: User
    hello: Message
    bot: Bot

    def content(self, message: Message, kind: str) -> bytes | None:
        """Get the bytes of a message's file."""
        field = message.raw[kind]
        file_id = (field[-1] if kind == "photo" else field)["file_id"]
        return self.sandbox.world.files.get(file_id).content


@asynccontextmanager
async def client(token: str, url: str) -> AsyncIterator[Bot]:
    settings = BotSettings(bot_token=SecretStr(token), telegram_api_url=url, _env_file=None)
    bot = make_bot(settings)
    yield bot
    await close(bot)


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with open_telegram() as (sandbox, telegram):
        alice = await telegram.user("Alice")
        hello = await alice.writes("Hello")
        async with client(sandbox.token, sandbox.url) as bot:
            yield Place(sandbox, alice, hello, bot)


async def test_a_document_arrives_with_its_name_and_all_that_is_said_of_it(place: Place) -> None:
    await place.bot(
        SendDocument(
            chat_id=place.alice.id,
            document=REPORT,
            caption="May is here",
            caption_entities=BOLD,
            reply_parameters=reply(place.hello.id),
            protect_content=True,
        )
    )

    shown = await place.alice.sees("May is here")
    assert shown.raw["document"]["file_name"] == "отчёт за май.csv"
    assert place.content(shown, "document") == b"a report"
    assert shown.raw["caption_entities"] == [{"type": "bold", "offset": 0, "length": 3}]
    assert shown.raw["reply_to_message"]["message_id"] == place.hello.id
    assert shown.raw["has_protected_content"] is True


async def test_each_item_of_an_album_is_carried(place: Place) -> None:
    sent = await place.bot(
        SendMediaGroup(
            chat_id=place.alice.id,
            media=[
                InputMediaPhoto(media=CHART, caption="one"),
                InputMediaPhoto(media=BufferedInputFile(b"another", "other.png"), caption="two"),
            ],
        )
    )

    one, two = await place.alice.sees("one"), await place.alice.sees("two")
    assert [one.id, two.id] == [message.message_id for message in sent]
    assert place.content(one, "photo") == b"a chart"
    assert place.content(two, "photo") == b"another"


async def test_an_album_may_mix_what_is_new_with_what_telegram_has(place: Place) -> None:
    first = await place.bot(SendPhoto(chat_id=place.alice.id, photo=CHART))
    assert first.photo

    known, new = InputMediaPhoto(media=first.photo[-1].file_id), InputMediaPhoto(media=CHART)
    sent = await place.bot(SendMediaGroup(chat_id=place.alice.id, media=[known, new]))

    assert len(sent) == 2


async def test_a_message_is_given_another_file(place: Place) -> None:
    sent = await place.bot(SendDocument(chat_id=place.alice.id, document=REPORT, caption="old"))

    await place.bot(
        EditMessageMedia(
            chat_id=place.alice.id,
            message_id=sent.message_id,
            media=InputMediaDocument(
                media=BufferedInputFile(b"corrected", "june.csv"), caption="new"
            ),
        )
    )

    shown = await place.alice.sees("new")
    assert shown.id == sent.message_id
    assert place.content(shown, "document") == b"corrected"


async def test_a_file_on_disk_is_carried_too(place: Place, tmp_path: Path) -> None:
    path = tmp_path / "transcript.txt"
    path.write_bytes(b"who said what")

    await place.bot(SendDocument(chat_id=place.alice.id, document=FSInputFile(path), caption="it"))

    assert place.content(await place.alice.sees("it"), "document") == b"who said what"


async def test_the_sender_tells_the_id_of_what_carried_a_file(place: Place) -> None:
    document = SendDocument(chat_id=place.alice.id, document=REPORT, caption="May")

    outcome = await Sender(place.bot)(Parcel(Address(place.alice.id), Call(document)))

    assert outcome == Delivered(((await place.alice.sees("May")).id,))


async def test_what_is_sent_once_more_carries_its_file_once_more(place: Place) -> None:
    """The first try names a message that is gone, the second leaves that out."""
    wanted = MessageEntity(type="custom_emoji", offset=0, length=3, custom_emoji_id="x")
    document = SendDocument(
        chat_id=place.alice.id, document=REPORT, caption="May", caption_entities=[wanted]
    )
    await place.alice.telegram.call(
        "fault",
        kind="error",
        method="sendDocument",
        status=400,
        description="Bad Request: can't parse entities",
    )

    outcome = await Sender(place.bot)(Parcel(Address(place.alice.id), Call(document)))

    assert isinstance(outcome, Delivered)
    assert place.content(await place.alice.sees("May"), "document") == b"a report"


async def test_an_empty_file_is_refused_in_telegrams_words(place: Place) -> None:
    empty = SendDocument(chat_id=place.alice.id, document=BufferedInputFile(b"", "empty.csv"))

    outcome = await Sender(place.bot)(Parcel(Address(place.alice.id), Call(empty)))

    assert isinstance(outcome, Refused)
    assert "non-empty" in outcome.reason


# The token


class Unreadable(InputFile):
    """A file that breaks off."""

    @override
    async def read(self, bot: Bot) -> AsyncGenerator[bytes, None]:
        yield b"a beginning"
        raise OSError(f"https://api.telegram.org/bot{bot.token}: gone")


def uploads(chat_id: int) -> list[TelegramMethod[Any]]:
    return [
        SendDocument(chat_id=chat_id, document=Unreadable("report.csv")),
        SendDocument(chat_id=chat_id, document=FSInputFile("nowhere.csv")),
    ]


@pytest.mark.parametrize("number", [0, 1])
async def test_a_file_that_cant_be_read_is_an_error_of_aiograms_without_the_token(
    place: Place, number: int
) -> None:
    with capture_logs() as lines, pytest.raises(TelegramNetworkError) as raised:
        await place.bot(uploads(place.alice.id)[number])

    assert place.sandbox.token not in str(raised.value)
    assert place.sandbox.token not in str(lines)


async def test_an_upload_that_finds_no_telegram_keeps_the_token_to_itself(place: Place) -> None:
    async with client(place.sandbox.token, "http://127.0.0.1:1") as nowhere:
        with pytest.raises(TelegramNetworkError) as raised:
            await nowhere(SendDocument(chat_id=place.alice.id, document=REPORT))

    assert place.sandbox.token not in str(raised.value)
