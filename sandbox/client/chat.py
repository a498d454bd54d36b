"""A chat, as people see it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from sandbox.client.connection import Connection
from sandbox.client.message import Json, Message

RECENT = 300


class Chat:
    """A chat: somebody's private one with the bot, or a group."""

    def __init__(self, telegram: Connection, chat_id: int, title: str) -> None:
        """The chat of that id."""
        self.telegram, self.id, self.title = telegram, chat_id, title

    async def messages(self) -> list[Message]:
        """Everything in it, oldest first, with what only one of its people sees."""
        found = await self.telegram.call("messages", chat=self.id)
        return [Message(raw) for raw in found["messages"]]

    async def message(self, message_id: int) -> Message | None:
        """The message of that id, as it is now."""
        return next((m for m in await self.messages() if m.id == message_id), None)

    async def transcript(self) -> str:
        """The whole chat as one reads it."""
        lines = [message.line() for message in await self.messages()]
        return "\n".join([f"--- {self.title} ({self.id})", *lines])

    async def bot_becomes(self, status: str, **how: object) -> None:
        """Change the bot's status here: member, administrator, restricted, left, kicked."""
        await self.telegram.call("member", chat=self.id, status=status, **how)

    async def allows_reactions(self, emoji: Iterable[str] | None) -> None:
        """Which reactions the group allows; None: all."""
        listed = None if emoji is None else list(emoji)
        await self.telegram.call("settings", chat=self.id, reactions=listed)

    async def protects_content(self, *, protected: bool = True) -> None:
        """Forbid copying and forwarding of what comes from now on."""
        await self.telegram.call("settings", chat=self.id, protected=protected)

    async def mutes_members(self, *, muted: bool = True) -> None:
        """Let only administrators write, or everybody again."""
        await self.telegram.call("settings", chat=self.id, muted=muted)

    async def opens_to_strangers(
        self, *, username: str | None = None, linked: int | None = None
    ) -> None:
        """Make it public under a name, or the discussion group of a channel; private by default."""
        body = {"username": username, "linked_chat_id": linked}
        await self.telegram.call("settings", chat=self.id, **body)

    async def drops_threads(self, *, drops: bool = True) -> None:
        """Let what is sent to a thread land in General, without an error."""
        await self.telegram.call("settings", chat=self.id, drops_threads=drops)

    async def loses_ephemeral(self, *, loses: bool = True) -> None:
        """Let ephemeral messages of the bot never arrive, without an error."""
        await self.telegram.call("settings", chat=self.id, loses_ephemeral=loses)

    async def becomes_supergroup(self) -> Chat:
        """Upgrade a basic group; the new chat."""
        made = await self.telegram.call("upgrade", chat=self.id)
        return Chat(self.telegram, made["id"], self.title)

    async def turns_topics(self, *, on: bool = True) -> None:
        """Become a forum, or a supergroup without topics."""
        await self.telegram.call("forum", chat=self.id, on=on)

    async def loses_topic(self, thread: int) -> None:
        """Somebody deletes a forum topic."""
        await self.telegram.call("delete_topic", chat=self.id, thread=thread)

    async def forgets_topic(
        self, thread: int, description: str | None = "message thread not found"
    ) -> None:
        """Telegram no longer finds a topic that people see; None: it does again."""
        body = {"thread": thread, "description": description}
        await self.telegram.call("topic_refuses", chat=self.id, **body)

    async def wait(
        self, fits: Callable[[Message], bool], *, seconds: float, wanted: str
    ) -> Message:
        """The newest message that fits, or the first one to come; else the chat is printed."""
        found = await self.telegram.call("messages", chat=self.id, limit=RECENT)
        for raw in reversed(found["messages"]):
            if fits(Message(raw)):
                return Message(raw)

        def shown(change: Json) -> bool:
            return "message" in change and fits(Message(change["message"]))

        change = await self.telegram.watch(self.id, shown, found["seq"], seconds)
        if change is not None:
            return Message(change["message"])
        reason = f"{wanted} did not come within {seconds} s\n{await self.transcript()}"
        raise AssertionError(reason)
