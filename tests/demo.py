"""`make demo`: the real bot talks over real HTTP; read along, watch the page, and go on yourself.

A local Telegram (the sandbox) runs as a process of its own and starts `main.py`; the database is
a throw-away file. The page stays until Ctrl-C where somebody sits at the terminal; elsewhere it
ends after the conversation. Exits with 0 only if every expected message arrived.
"""

import asyncio
import json
import signal
import sys
import tempfile
from asyncio.subprocess import Process
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import IO

from core.config import PROJECT, sqlite_url
from sandbox import Message, Telegram
from sandbox.client import Chat, User
from tests.support import reading
from tests.support.processes import program

SCENE = PROJECT / "sandbox" / "scenes" / "office.json"
RECEIPT = SCENE.with_name("receipt.png")
SANDBOX = ("-m", "sandbox", "--port", "8081", "--next-port", "--limits", "--name", "Support Bot")

# Of the scene: ids and names.
ALICE, BORIS, KATE = (700000001, "Alice"), (700000002, "Борис"), (700000004, "Kate")
TEAM = -4000000001

# How long a program may take to start, in seconds.
STARTS_WITHIN = 60
LOG_TAIL = 25


class DemoFailed(Exception):
    """Something did not come about; the text says what."""


# What is said -----------------------------------------------------------------------------------


async def converse(alice: User, boris: User, kate: User, team: Chat) -> None:
    """Play two tickets through; raises AssertionError for what does not arrive."""
    order = await alice.writes("Hello! My order 4711 has not arrived.")
    card = await kate.sees("4711", in_=team)
    await alice.sees("#1")
    await alice.sends_photo("This is my receipt", name=RECEIPT.name, data=RECEIPT.read_bytes())
    photo = await kate.sees("my receipt", in_=team, kind="photo")

    await boris.writes("Здравствуйте! Можно ли изменить адрес доставки?")
    russian = await kate.sees("адрес доставки", in_=team)
    await boris.sees("#2")

    await presses(kate, card, "Take")
    await kate.sees_edit(card, "Kate")
    answer = await kate.replies(photo, "Thanks! It left our warehouse this morning.")
    arrived = await alice.sees("left our warehouse")
    await kate.sees_reaction(answer, "👍")

    note = await kate.replies(russian, "// He can change the address until Friday.")
    await kate.sees_reaction(note, "✍")
    await kate.replies(russian, "Да, конечно. Напишите новый адрес.")
    await boris.sees("Напишите новый адрес")
    await did_not_see(boris, "Friday")

    await alice.edits(order, "Hello! My order 4712 has not arrived.")
    await kate.sees_edit(card, "4712")
    await kate.replies(card, "/close on its way")
    closed = await alice.sees("#1", after=arrived)
    await kate.sees_edit(card, "on its way")
    await alice.writes("Thank you!")
    await kate.sees("Thank you!", in_=team)
    await did_not_see(alice, "open again", after=closed)


async def presses(person: User, message: Message, button: str) -> None:
    say(reading.line("Support", "", person.name, f"presses [ {button} ] of {message.id}"))
    answer = await (await person.presses(message, button)).answer()
    say(reading.line("Support", "", "the bot", f"answers the press: {answer}"))


async def did_not_see(person: User, text: str, after: Message | None = None) -> None:
    """Make sure that the bot did not write this to a person."""
    for message in await person.chat.messages():
        later = after is None or message.id > after.id
        if later and message.from_id != person.id and text in message.text:
            raise DemoFailed(f"{person.name} was sent {message.text!r}, which is for staff only")


async def read_along(telegram: Telegram, chats: dict[int, str], over: asyncio.Event) -> None:
    async for line in reading.lines(telegram, chats, over):
        say(line)


def say(text: str) -> None:
    print(text, flush=True)


# The programs -----------------------------------------------------------------------------------


async def sandbox_ready(sandbox: Process) -> dict[str, str]:
    """Read the line of JSON in which the sandbox says where it is."""
    assert sandbox.stdout is not None
    line = await asyncio.wait_for(sandbox.stdout.readline(), STARTS_WITHIN)
    if not line:
        raise DemoFailed("the sandbox did not start")
    return dict(json.loads(line))


async def play(folder: Path, log: IO[str]) -> None:
    """Start everything, play the conversation, and keep the page open while somebody may look."""
    database = {"database_url": sqlite_url(folder / "demo.db")}
    async with AsyncExitStack() as stack:
        say("Making a database: alembic upgrade head …")
        async with program("-m", "alembic", "upgrade", "head", log=log, **database) as alembic:
            if await asyncio.wait_for(alembic.wait(), STARTS_WITHIN):
                raise DemoFailed("alembic upgrade head failed")

        say("Starting a local Telegram, and the bot on it: python main.py …")
        arguments = [*SANDBOX, "--scene", str(SCENE), "--run", f'"{sys.executable}" main.py']
        sandbox = program(*arguments, log=log, staff_chat_id=TEAM, **database)
        process = await stack.enter_async_context(sandbox)
        ready = await sandbox_ready(process)
        say(f"The page: {ready['page_url']}")
        telegram = Telegram(ready["control_url"], ready["secret"])
        await stack.enter_async_context(telegram)
        await telegram.called("getMe", status=200, timeout=STARTS_WITHIN)

        say(f"\n{reading.HEADING}\n")
        alice, boris, kate = (User(telegram, *person) for person in (ALICE, BORIS, KATE))
        team, over = Chat(telegram, TEAM, "Support"), asyncio.Event()
        async with asyncio.TaskGroup() as group:
            chats = {ALICE[0]: "Alice", BORIS[0]: "Борис", TEAM: "Support"}
            group.create_task(read_along(telegram, chats, over))
            await converse(alice, boris, kate, team)
            over.set()
        say("\nEvery expected message arrived.")
        if sys.stdin.isatty():
            say(f"Go on by yourself: {ready['page_url']}\nCtrl-C ends it.")
            with suppress(asyncio.CancelledError):  # Ctrl-C is how one leaves
                await process.wait()


def why(error: Exception) -> list[str]:
    """Say what went wrong, also where several things did."""
    if isinstance(error, ExceptionGroup):
        return [reason for each in error.exceptions for reason in why(each)]
    return [str(error) or type(error).__name__]


def main() -> int:
    """Play the demo; 0 if every expected message arrived, or whoever watched has left."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with tempfile.TemporaryDirectory(prefix="support-bot-demo-") as folder:
        path = Path(folder) / "log"
        try:
            with path.open("w", encoding="utf-8") as log:
                asyncio.run(play(Path(folder), log))
        except KeyboardInterrupt:
            print("\nInterrupted; all programs are stopped.")
            # Ctrl-C is how a person leaves, and make would call anything else an error.
            return 0 if sys.stdin.isatty() else 130
        except (DemoFailed, AssertionError, TimeoutError, ExceptionGroup) as error:
            tail = path.read_text("utf-8", "replace").splitlines()[-LOG_TAIL:]
            print("\nThe end of the log:", *tail, "\nFAILED", *why(error), sep="\n")
            return 1
    print("All programs are stopped.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
