"""Chats as a person reads them, live: a line for each message, change or reaction."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

from sandbox import Message, Telegram

HEADING = "time      chat       id  who          what"


def line(chat: str, number: str, who: str, said: str) -> str:
    """Write when, where, the message's id, who and what; further lines go below."""
    head = f"{datetime.now().astimezone():%H:%M:%S}  {chat:<8} {number:>4}  {who:<12} "
    return head + ("\n" + " " * len(head)).join(filter(None, said.splitlines()))


def message_line(chat: str, kind: str, message: Message) -> str:
    """Write what a change of this kind did to a message."""
    if kind == "reaction":
        reactions = " ".join(message.reactions) or "nothing"
        return line(chat, str(message.id), "the bot", f"{reactions} on {message.id}")
    said = f"(to {message.reply_to}) " if message.reply_to else ""
    said += f"[{message.kind}] " if message.kind != "text" else ""
    said += "(edited) " if kind == "edit" else ""
    said += message.text
    if message.buttons:
        said += "\n" + " ".join(f"[ {button} ]" for button in message.buttons)
    return line(chat, str(message.id), message.author, said)


async def lines(
    telegram: Telegram, chats: dict[int, str], over: asyncio.Event
) -> AsyncIterator[str]:
    """Follow the chats of these names until it is over, and to the last line."""
    known, last = 0, False
    while not last:
        last = over.is_set()
        news = await telegram.call("changes", since=known, timeout=0 if last else 1)
        known = news["seq"]
        for change in news["changes"]:
            if change["kind"] in {"message", "edit", "reaction"}:
                message = Message(change["message"])
                if message.kind != "service":
                    yield message_line(chats[message.chat_id], change["kind"], message)
