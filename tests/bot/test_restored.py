"""After a restore, keys are given again: cards of lost tickets are nobody else's."""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url

from database.session import make_engine, make_sessions
from sandbox import Sandbox, Telegram
from sandbox.client import Chat, Message, User
from tests.support.office import open_telegram, running, settings_for

TOO_OLD = "This button is too old. Please use a newer one."


class Place:
    """One Telegram, in which bots on several databases run one after the other."""

    def __init__(self, sandbox: Sandbox, telegram: Telegram, kate: User, support: Chat) -> None:
        self.sandbox, self.telegram = sandbox, telegram
        self.kate, self.support = kate, support

    @asynccontextmanager
    async def bot_on(self, url: str) -> AsyncIterator[None]:
        """Run the bot on a database, and stop it."""
        engine = make_engine(url)
        settings = settings_for(self.sandbox, self.support)
        try:
            async with running(self.sandbox, settings, make_sessions(engine), asyncio.Event()):
                yield
        finally:
            await engine.dispose()

    async def opens(self, name: str, text: str) -> tuple[User, Message]:
        """Have somebody new open a ticket; return person and card."""
        user = await self.telegram.user(name)
        await user.writes(text)
        await user.sees("Ticket #")
        return user, await self.kate.sees(text, in_=self.support)

    async def got(self, user: User) -> list[str]:
        """List what is in a user's chat once everything posted before is sent."""
        await self.kate.writes("/help@sandbox_bot", to=self.support, plain=True)
        await self.kate.sees("makes a note", in_=self.support)
        return [message.text for message in await user.chat.messages()]

    async def presses(self, message: Message, button: str) -> str:
        """Have Kate press a button; return what she is told."""
        return await (await self.kate.presses(message, button)).answer()


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    async with open_telegram() as (sandbox, telegram):
        kate = await telegram.user("Kate")
        yield Place(sandbox, telegram, kate, await telegram.group("Support", members=[kate]))


@pytest.fixture(params=["backup", "new database"])
async def lost(
    request: pytest.FixtureRequest, place: Place, sqlite_url: str, migrated_file: Path
) -> Message:
    """Have the card of a ticket that the restored database does not know."""
    file = Path(make_url(sqlite_url).database or "")
    saved = migrated_file
    if request.param == "backup":
        async with place.bot_on(sqlite_url):
            await place.opens("Alice", "I am in the backup.")
        saved = Path(shutil.copy(file, file.with_suffix(".backup")))
    async with place.bot_on(sqlite_url):
        _, card = await place.opens("Bob", "I am not in it.")
    shutil.copy(saved, file)
    return card


async def test_a_reply_to_the_card_of_a_lost_ticket_reaches_nobody(
    place: Place, lost: Message, sqlite_url: str
) -> None:
    async with place.bot_on(sqlite_url):
        carol, card = await place.opens("Carol", "I have Bob's number now.")

        await place.kate.replies(lost, "Bob, your new password is 1234.")

        told = await place.kate.sees("I no longer know this card.", in_=place.support)
        assert told.text == "I no longer know this card. Please use a newer one."
        await place.kate.replies(card, "Hello Carol")
        await carol.sees("Hello Carol")
        assert not any("password" in text for text in await place.got(carol))


@pytest.mark.parametrize("button", ["Take", "Close", "More…"])
async def test_buttons_of_a_lost_ticket_are_too_old(
    place: Place, lost: Message, sqlite_url: str, button: str
) -> None:
    async with place.bot_on(sqlite_url):
        carol, card = await place.opens("Carol", "I have Bob's number now.")

        assert await place.presses(lost, button) == TOO_OLD

        assert not any("is closed" in text for text in await place.got(carol))
        assert await place.support.message(card.id) == card


async def test_buttons_of_a_lost_ticket_are_too_old_while_nobody_has_its_number(
    place: Place, lost: Message, sqlite_url: str
) -> None:
    async with place.bot_on(sqlite_url):
        assert await place.presses(lost, "Close") == TOO_OLD


async def test_a_card_of_before_the_backup_works_on(place: Place, sqlite_url: str) -> None:
    file = Path(make_url(sqlite_url).database or "")
    async with place.bot_on(sqlite_url):
        alice, card = await place.opens("Alice", "I am in the backup.")
    shutil.copy(shutil.copy(file, file.with_suffix(".backup")), file)

    async with place.bot_on(sqlite_url):
        assert await place.presses(card, "Take") == "It's yours."
        await place.kate.replies(card, "Good evening")
        await alice.sees("Good evening")


async def test_send_again_of_a_lost_ticket_is_too_old(
    place: Place, sqlite_url: str, migrated_file: Path
) -> None:
    """Both have a failed answer under one key; only the notice that is known sends one again."""
    async with place.bot_on(sqlite_url):
        bob, card = await place.opens("Bob", "I am lost.")
        lost = await fails(place, bob, card, "Hello Bob")
    shutil.copy(migrated_file, Path(make_url(sqlite_url).database or ""))
    async with place.bot_on(sqlite_url):
        carol, card = await place.opens("Carol", "I have Bob's number now.")
        notice = await fails(place, carol, card, "Hello Carol", after=lost)

        assert await place.presses(lost, "Send again") == TOO_OLD

        assert "Hello Carol" not in await place.got(carol)
        assert await place.presses(notice, "Send again") == "Sending again."
        await carol.sees("Hello Carol")


async def fails(
    place: Place, user: User, card: Message, text: str, after: Message | None = None
) -> Message:
    """Have an answer to a user fail for good; return the notice that says so."""
    refused = {"status": 400, "description": "Bad Request: message is odd"}
    await place.telegram.breaks("error", method="sendMessage", chat_id=user.id, **refused)
    await place.kate.replies(card, text)
    return await place.kate.sees("this did not arrive", in_=place.support, after=after)


async def test_after_a_restored_dump_of_postgresql_neither(
    place: Place, postgres_url: str, new_postgres: Callable[[str], str]
) -> None:
    """A copy serves as a dump, or as a standby that lacks the last commits."""
    copy = await asyncio.to_thread(new_postgres, str(make_url(postgres_url).database))
    async with place.bot_on(postgres_url):
        _, lost = await place.opens("Bob", "I am not in it.")
    async with place.bot_on(copy):
        carol, _ = await place.opens("Carol", "I have Bob's number now.")

        await place.kate.replies(lost, "Bob, your new password is 1234.")

        await place.kate.sees("I no longer know this card.", in_=place.support)
        assert await place.presses(lost, "Close") == TOO_OLD
        assert not any("password" in text or "closed" in text for text in await place.got(carol))
