"""A person acts."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.client.chat import Chat
from sandbox.client.connection import Connection
from sandbox.client.message import Json, Message
from sandbox.client.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Press:
    """A pressed button."""

    telegram: Connection
    id: str

    async def answer(self, *, timeout: float = 30) -> str:  # noqa: ASYNC109
        """What the bot answered, once it does."""
        known = await self.telegram.call("seq")
        given = await self.telegram.call("callback", id=self.id)
        if given is None:
            given = await self.telegram.watch(
                None, lambda change: change.get("query_id") == self.id, known, timeout
            )
        if given is None:
            reason = f"the button was not answered within {timeout} s"
            raise AssertionError(reason)
        return str(given["text"])


class User(Viewer):
    """A person, with everything people do to a bot or in a group."""

    async def _do(self, action: str, **body: object) -> Any:
        sent = {key: value for key, value in body.items() if value is not None}
        return await self.telegram.call(action, user=self.id, **sent)

    async def writes(
        self,
        text: str,
        *,
        to: Chat | None = None,
        entities: list[Json] | None = None,
        reply_to: Message | None = None,
        thread: int | None = None,
        anonymous: bool = False,
        plain: bool = False,
        extra: Json | None = None,
    ) -> Message:
        """Write a text: to the bot in private, or `to` a group.

        `plain`: with a client that knows no ephemeral commands.
        """
        raw = await self._do(
            "write",
            text=text,
            chat=(to or self.chat).id,
            entities=entities,
            reply_to=reply_to.id if reply_to else None,
            thread=thread,
            anonymous=anonymous,
            plain=plain,
            extra=extra,
        )
        return Message(raw)

    async def replies(self, to: Message, text: str, **how: object) -> Message:
        """Answer a message with a text, where it is."""
        body = {"text": text, "chat": to.chat_id, "reply_to": to.id} | how
        return Message(await self._do("write", **body))

    async def sends(
        self, kind: str, *, to: Chat | None = None, reply_to: Message | None = None, **what: object
    ) -> Message:
        """Send anything: photo, document, …, location, venue, contact, poll, dice.

        Answering a message goes where that message is.
        """
        if isinstance(data := what.get("data"), bytes):
            what["data"] = base64.b64encode(data).decode()
        chat_id = to.id if to else reply_to.chat_id if reply_to else self.id
        reply = reply_to.id if reply_to else None
        return Message(await self._do("send", kind=kind, chat=chat_id, reply_to=reply, **what))

    async def sends_photo(self, caption: str = "", **what: Any) -> Message:
        """Send a photo."""
        return await self.sends("photo", caption=caption, **what)

    async def sends_document(self, caption: str = "", **what: Any) -> Message:
        """Send a document (`name`, `data`)."""
        return await self.sends("document", caption=caption, **what)

    async def sends_album(
        self,
        items: Sequence[Json | str],
        *,
        to: Chat | None = None,
        reply_to: Message | None = None,
        **how: object,
    ) -> list[Message]:
        """Send an album; an item is a kind, or `{"kind": …, "caption": …}`."""
        full = [{"kind": item} if isinstance(item, str) else dict(item) for item in items]
        chat_id = to.id if to else reply_to.chat_id if reply_to else self.id
        reply = reply_to.id if reply_to else None
        sent = await self._do("album", items=full, chat=chat_id, reply_to=reply, **how)
        return [Message(raw) for raw in sent]

    async def edits(self, message: Message, text: str, **how: object) -> Message:
        """Change a text or caption of one's own."""
        name = "text" if "text" in message.raw else "caption"
        body = {name: text, "chat": message.chat_id, "message": message.id} | how
        return Message(await self._do("edit", **body))

    async def deletes(self, message: Message) -> None:
        """Delete a message; the bot is not told."""
        await self._do("delete", chat=message.chat_id, message=message.id)

    async def presses(
        self, message: Message, button: str | None = None, *, data: str | None = None
    ) -> Press:
        """Press the button with this text (a part of it will do), or forge `data`."""
        query = await self._do(
            "press", chat=message.chat_id, message=message.id, button=button, data=data
        )
        return Press(self.telegram, query["id"])

    async def reacts(self, message: Message, *emoji: str) -> None:
        """Choose a reaction, or take one's reactions back."""
        await self._do("react", chat=message.chat_id, message=message.id, emoji=list(emoji))

    async def pins(self, message: Message, *, silent: bool = False) -> Message:
        """Pin a message; the service message that says so."""
        place = {"chat": message.chat_id, "message": message.id}
        return Message(await self._do("pin", silent=silent, **place))

    async def unpins(self, message: Message) -> None:
        """Unpin a message; the bot is not told."""
        await self._do("unpin", chat=message.chat_id, message=message.id)

    async def opens_topic(self, name: str, *, in_: Chat, icon: str | None = None) -> int:
        """Open a topic of a forum; its number."""
        made = await self._do("topic", chat=in_.id, name=name, icon=icon)
        return int(made["message_thread_id"])

    async def edits_topic(
        self, thread: int, *, in_: Chat, name: str | None = None, icon: str | None = None
    ) -> None:
        """Give a topic (General is 1) another name or icon."""
        await self._do("edit_topic", chat=in_.id, thread=thread, name=name, icon=icon)

    async def closes_topic(self, thread: int, *, in_: Chat, closed: bool = True) -> None:
        """Close a topic (General is 1), or open it again."""
        await self._do("close_topic", chat=in_.id, thread=thread, closed=closed)

    async def hides_general(self, *, in_: Chat, hidden: bool = True) -> None:
        """Hide the topic General, or show it again."""
        await self._do("hide_general", chat=in_.id, hidden=hidden)

    async def deletes_topic(self, thread: int, *, in_: Chat) -> None:
        """Delete a topic with all its messages; the bot is not told."""
        await self._do("delete_topic", chat=in_.id, thread=thread)

    async def votes(self, message: Message, *options: int) -> None:
        """Choose options of a poll by their numbers from 0; none takes one's vote back."""
        await self._do("vote", chat=message.chat_id, message=message.id, options=list(options))

    async def blocks_bot(self) -> None:
        """Block the bot."""
        await self._do("block")

    async def unblocks_bot(self) -> None:
        """Let the bot write again."""
        await self._do("block", blocked=False)

    async def becomes(self, status: str, in_: Chat) -> None:
        """Be made a member, administrator, creator, restricted, left or kicked of a group."""
        await self._do("member", chat=in_.id, status=status)

    async def joins(self, group: Chat) -> None:
        """Enter a group."""
        await self.becomes("member", group)

    async def leaves(self, group: Chat) -> None:
        """Go out of a group."""
        await self.becomes("left", group)

    async def deactivates(self) -> None:
        """Delete one's account."""
        await self._do("deactivate")
