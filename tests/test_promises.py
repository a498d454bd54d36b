"""The promises of the README, one test each, by the same name.

Here each is kept in a small scene; tests/proofs/crash keeps the first two under SIGKILL, and
tests/test_race_condition.py the fourth with many writers.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import Engine, event, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from database.models import Ticket
from database.session import make_engine, make_sessions
from sandbox.client.chat import Chat
from tests.support.office import USERNAME, Office, open_office


@pytest.fixture
async def sessions(sqlite_url: str) -> Any:
    engine = make_engine(sqlite_url)
    yield make_sessions(engine)
    await engine.dispose()


async def test_nothing_accepted_is_lost(sessions: async_sessionmaker[AsyncSession]) -> None:
    async with open_office(sessions) as office:
        alice = await office.telegram.user("Alice")
        for kind in ("cut_before", "html"):
            await office.telegram.breaks(kind, times=4, probability=0.5)
        throttled = {"status": 429, "description": "Too Many Requests: retry after 1"}
        await office.telegram.breaks(
            "error", method="sendMessage", times=1, parameters={"retry_after": 1}, **throttled
        )

        for number in range(1, 11):
            await alice.writes(f"line {number:02}.")

        last = await office.kate.sees("line 10.", in_=office.support, timeout=30)
        answer = await office.kate.replies(last, "all read")
        await alice.sees("all read", timeout=30)
        await office.kate.sees_reaction(answer, "👍", timeout=30)
        assert await _lines(office.support) == [f"line {number:02}." for number in range(1, 11)]


async def test_nothing_is_said_twice(sessions: async_sessionmaker[AsyncSession]) -> None:
    async with open_office(sessions) as office:
        alice = await office.telegram.user("Alice")
        await office.telegram.breaks("cut_after", method="getUpdates", times=3)

        await alice.writes("line 01.")
        await office.kate.sees("line 01.", in_=office.support)
        await office.app.inbox.handle_one(_first_question(office))
        await alice.writes("line 02.")
        await office.kate.sees("line 02.", in_=office.support)

        assert await _lines(office.support) == ["line 01.", "line 02."]
        confirmations = [one.text for one in await alice.chat.messages() if "is open" in one.text]
        assert len(confirmations) == 1


async def test_to_the_right_person_only(sessions: async_sessionmaker[AsyncSession]) -> None:
    async with open_office(sessions) as office:
        users = [await office.telegram.user(f"User {number}") for number in range(1, 6)]
        for user in users:
            await user.writes(f"I am {user.name}, and this is about #1")
        cards = [await office.kate.sees(f"I am {user.name}", in_=office.support) for user in users]

        for user, card in reversed(list(zip(users, cards, strict=True))):
            await office.kate.replies(card, f"// {user.name} is a nice one, see #2")
            await office.kate.replies(card, f"Hello {user.name}, not #3")

        for user in users:
            await user.sees(f"Hello {user.name}, not #3")
        for user in users:
            heard = [message.text for message in await user.chat.messages()]
            assert [text for text in heard if "Hello" in text] == [f"Hello {user.name}, not #3"]
            assert not [text for text in heard if "nice" in text]


async def test_one_number_one_ticket(sessions: async_sessionmaker[AsyncSession]) -> None:
    async with open_office(sessions) as office:
        users = [await office.telegram.user(f"User {number}") for number in range(20)]

        await asyncio.gather(*(user.writes("A question") for user in users))
        for user in users:
            await user.sees("is open")

    async with sessions() as session:
        numbers = await session.scalars(select(Ticket.daily_id).order_by(Ticket.daily_id))
        assert numbers.all() == list(range(1, 21))


async def test_nobody_is_left_guessing(sessions: async_sessionmaker[AsyncSession]) -> None:
    async with open_office(sessions) as office:
        alice = await office.telegram.user("Alice")
        await alice.writes("A question")
        card = await office.kate.sees("A question", in_=office.support)

        await alice.blocks_bot()
        answer = await office.kate.replies(card, "Are you there?")
        failure = await office.kate.sees("did not arrive", in_=office.support)
        assert failure.reply_to == answer.id
        await alice.unblocks_bot()
        await office.kate.presses(failure, "Send again")
        await alice.sees("Are you there?")
        await alice.writes("/nonsense")
        await alice.sees("Just write")


async def test_telegrams_limits_are_kept_and_used_fully(
    sessions: async_sessionmaker[AsyncSession],
) -> None:
    async with open_office(sessions, limits=True) as office:
        users = [await office.telegram.user(f"User {number:02}") for number in range(20)]
        for user in users:
            await user.writes(f"{user.name} has a question")
        await office.kate.sees("User 19 has a question", in_=office.support)

        for number in range(1, 6):
            for user in users:
                await user.writes(f"{user.name} line {number:02}.")
        latecomer = await office.telegram.user("Zoe")
        await latecomer.writes("Me too")
        await latecomer.sees("is open")
        await office.telegram.advance(60)
        await office.kate.sees("User 18 line 05.", in_=office.support)

        assert [call for call in office.sandbox.calls if call.status == 429] == []
        seen = [message.text for message in await office.support.messages()]
        assert len([text for text in seen if "line 01." in text and "line 05." in text]) == 19


async def test_it_stays_fast_as_it_grows(sessions: async_sessionmaker[AsyncSession]) -> None:
    engine = sessions.kw["bind"].sync_engine
    with _plans(engine) as plans:
        async with open_office(sessions) as office:
            alice = await office.telegram.user("Alice")
            await alice.writes("A question")
            card = await office.kate.sees("A question", in_=office.support)
            copy = await alice.writes("More")
            await office.kate.sees("More", in_=office.support)
            await alice.edits(copy, "More of it")
            await office.kate.writes(f"/tickets@{USERNAME}", to=office.support, plain=True)
            listed = await office.sees("1 ticket waits for our answer")
            await office.kate.presses(listed, "All")
            await office.kate.sees_edit(listed, "1 ticket is not closed")
            answer = await office.kate.replies(card, "An answer")
            await office.kate.sees_reaction(answer, "👍")
            await (await office.kate.presses(card, "Close")).answer()
            await office.telegram.advance(10)
            await alice.sees("is closed")

    # Small for ever: paused chats, migrated groups, kept words, the team's settings, what somebody
    # is asked for, staff chats, what is due; of updates that were seen, the newest thousand; and
    # indexes of what waits, what is on its way, and what is open.
    small = ["chat_pauses", "chat_migrations", "bot_identity", "kept_words"]
    small += ["settings", "dialogues", "staff_chats", "timers", "ix_seen_updates_seen_at"]
    small += ["ix_deliveries_lane", "ix_deliveries_claimed"]
    small += ["ix_tickets_not_closed", "uq_tickets_user_id_current"]
    scans = [line for line in plans if line.startswith("SCAN ")]
    inner = ("SCAN (subquery", "SCAN anon_", "SCAN CONSTANT", "SCAN json_each", "SCAN w")
    large = [
        line
        for line in scans
        if not line.startswith(inner) and not any(name in line for name in small)
    ]
    assert "SCAN deliveries USING INDEX ix_deliveries_lane" in plans
    assert large == []


async def _lines(chat: Chat) -> list[str]:
    """List the numbered lines that a chat shows, in the order in which they stand there."""
    text = "\n".join(message.text for message in await chat.messages())
    words = text.split()
    return [f"{word} {number}" for word, number in pairwise(words) if word == "line"]


def _first_question(office: Office) -> dict[str, Any]:
    """Get the first message that the bot was given, to hand it over once more."""
    answers = [call.answer or {} for call in office.sandbox.calls if call.method == "getUpdates"]
    updates = [update for answer in answers for update in answer.get("result") or []]
    return next(dict(update) for update in updates if "line 01." in str(update))


@contextmanager
def _plans(engine: Engine) -> Iterator[set[str]]:
    """Collect SQLite's plan of every statement that runs meanwhile."""
    plans: set[str] = set()

    def explain(*, cursor: Any, statement: str, parameters: Any, **hook: Any) -> None:
        if not hook["executemany"] and statement.startswith(("SELECT", "UPDATE", "DELETE")):
            cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
            plans.update(row[3] for row in cursor.fetchall())

    event.listen(engine, "before_cursor_execute", explain, named=True)
    yield plans
    event.remove(engine, "before_cursor_execute", explain)
