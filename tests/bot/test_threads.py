"""A staff chat that is a forum: what somebody asks in a thread is answered there.

Telegram gives threads of replies a number, too (`message_thread_id`), to which nothing can be sent.
"""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest
from aiogram.types import Chat, Message

from bot.reading.content import thread_of
from sandbox.client import Message as Seen
from tests.bot.test_settings import TYPED
from tests.support.office import USERNAME, Office, Sessions, open_office


@pytest.fixture
async def forum(file_sessions: Sessions) -> AsyncIterator[Office]:
    """Open an office whose staff chat is a forum; tickets are under cards, in General."""
    async with open_office(
        file_sessions, forum=True, bot="administrator", staff_mode="plain"
    ) as office:
        yield office


async def thread(office: Office, name: str = "Ideas") -> int:
    """Have Kate open a thread."""
    opened = await office.telegram.call(
        "topic", chat=office.support.id, user=office.kate.id, name=name
    )
    return int(opened["message_thread_id"])


async def asks(office: Office, command: str, where: int | None, answer: str) -> Seen:
    """Have Kate give a command in a thread."""
    await office.kate.writes(f"/{command}@{USERNAME}", to=office.support, thread=where, plain=True)
    return await office.kate.sees(answer, in_=office.support)


async def waits(office: Office) -> None:
    """Have Telegram ask the bot to wait five seconds."""
    wait = {"status": 429, "parameters": {"retry_after": 5}}
    await office.telegram.breaks("error", method="sendMessage", **wait)


def _answer_in(where: int) -> Callable[[Seen], bool]:
    return lambda one: one.thread == where and "All tickets are closed" in one.text


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("tickets", "All tickets are closed"),
        ("help", "makes a note"),
        ("settings", "What do you want"),
    ],
)
async def test_a_command_is_answered_where_it_was_given(
    forum: Office, command: str, answer: str
) -> None:
    where = await thread(forum)

    assert (await asks(forum, command, where, answer)).thread == where


async def test_in_general_nothing_is_said_of_a_thread(forum: Office) -> None:
    await thread(forum)

    assert (await asks(forum, "tickets", None, "All tickets are closed")).thread is None
    sent = (await forum.telegram.calls("sendMessage"))[-1]
    assert "message_thread_id" not in sent["params"]


async def test_the_same_command_in_two_threads_is_answered_in_both(forum: Office) -> None:
    first, second = await thread(forum), await thread(forum, "Bills")
    await waits(forum)

    for where in (first, second):
        await forum.kate.writes(f"/tickets@{USERNAME}", to=forum.support, thread=where, plain=True)
    await forum.all_goes()
    await forum.telegram.advance(6)

    for where in (first, second):
        await forum.support.wait(_answer_in(where), seconds=30, wanted="an answer in each")


async def test_words_for_settings_are_asked_for_and_shown_in_the_menus_thread(
    forum: Office,
) -> None:
    where = await thread(forum)
    kate, support = forum.kate, forum.support

    menu = await asks(forum, "settings", where, "What do you want")
    await kate.presses(menu, "Greeting")
    await kate.presses(await kate.sees_edit(menu, "In which language?"), "English")
    await kate.presses(await kate.sees_edit(menu, "Greeting · English"), "Change")
    question = await kate.sees("please reply to this message", in_=support)
    await kate.replies(question, TYPED)
    shown = await kate.sees("Changed on", in_=support)

    assert (question.thread, shown.thread) == (where, where)


async def test_a_refusal_is_where_its_request_is(forum: Office) -> None:
    where = await thread(forum)
    await forum.kate.writes(f"/close@{USERNAME} 9", to=forum.support, thread=where)

    assert (await forum.kate.sees("no ticket 9", in_=forum.support)).thread == where


async def test_the_answer_goes_to_general_if_its_thread_is_gone(forum: Office) -> None:
    where = await thread(forum)
    await waits(forum)
    await forum.kate.writes(f"/tickets@{USERNAME}", to=forum.support, thread=where, plain=True)
    await forum.all_goes()
    await forum.support.loses_topic(where)

    await forum.telegram.advance(6)

    assert (await forum.kate.sees("All tickets are closed", in_=forum.support)).thread is None


@pytest.mark.parametrize(("is_topic", "thread_id"), [(True, 7), (None, None), (False, None)])
def test_only_a_topic_message_is_in_a_thread(is_topic: bool | None, thread_id: int | None) -> None:
    message = Message(
        message_id=9,
        date=datetime.now(UTC),
        chat=Chat(id=-1001, type="supergroup"),
        message_thread_id=7,
        is_topic_message=is_topic,
    )

    assert thread_of(message) == thread_id
    assert message.answer("words").message_thread_id == thread_id
